"""The API's gateway on one machine: HTTP on 127.0.0.1 to API Gateway events and back.

Three locks keep web pages out: the address is loopback, `Host` must name it (a page cannot rebind a name
onto us), `Origin` must be ours, and every route but health wants the token of the data directory.
"""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from omnipub.names import API_ROOT, LOCAL_OWNER, OPERATORS_GROUP
from omnipub.onebox.events import Context, Incoming, gateway_event

BODY_AT_MOST = 10 * 1024 * 1024
"""API Gateway refuses larger bodies."""

CLAIMS = {"sub": LOCAL_OWNER, "cognito:groups": f"[{OPERATORS_GROUP}]", "token_use": "access"}
"""Who the holder of the local token is."""

PUBLIC = frozenset({f"{API_ROOT}/health"})

Api = Callable[[Mapping[str, Any], object], dict[str, Any]]


class Gateway(ThreadingHTTPServer):
    """Listens on loopback and calls the API handler, a thread per connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, api: Api, token: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.api = api
        self.token = token
        names = ("127.0.0.1", "localhost")
        self.hosts = frozenset(f"{name}:{self.server_port}" for name in names)
        self.origins = frozenset(f"http://{host}" for host in self.hosts)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Connection(BaseHTTPRequestHandler):
    server: Gateway
    protocol_version = "HTTP/1.1"
    timeout = 60

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._body(headers)
        if body is None:
            return
        refused = self._refusal(headers)
        if refused is not None:
            self._problem(*refused)
            return
        incoming = Incoming(
            method=self.command, target=self.path, headers=headers, body=body, source=self.client_address[0]
        )
        public = self.path.partition("?")[0] in PUBLIC
        event = gateway_event(incoming, None if public else CLAIMS)
        self._send(self.server.api(event, Context(function_name="omnipub-api")))

    def _body(self, headers: Mapping[str, str]) -> bytes | None:
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isascii() or not length.isdecimal():
            self._close_with(411, "Length required", "Send the body with a Content-Length.")
            return None
        if int(length) > BODY_AT_MOST:
            self._close_with(413, "The body is too large", f"At most {BODY_AT_MOST:,} bytes are allowed.")
            return None
        return self.rfile.read(int(length))

    def _refusal(self, headers: Mapping[str, str]) -> tuple[int, str, str] | None:
        if headers.get("host", "") not in self.server.hosts:
            return 421, "Wrong host", f"This API answers as {self.server.address} only."
        origin = headers.get("origin")
        if (origin is not None and origin not in self.server.origins) or headers.get("sec-fetch-site") == "cross-site":
            return 403, "Wrong origin", "Web pages of other origins cannot use this API."
        if self.path.partition("?")[0] in PUBLIC:
            return None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), self.server.token.encode()):
            return 401, "Not signed in", "Send the token that `omnipub up` printed as Authorization: Bearer."
        return None

    def _close_with(self, status: int, title: str, detail: str) -> None:
        self.close_connection = True
        self._problem(status, title, detail)

    def _problem(self, status: int, title: str, detail: str) -> None:
        body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
        self._send({"statusCode": status, "headers": {"Content-Type": "application/problem+json"}, "body": body})

    def _send(self, answer: Mapping[str, Any]) -> None:
        text = answer.get("body") or ""
        body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
        self.send_response(int(answer["statusCode"]))
        for name, value in (answer.get("headers") or {}).items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815  the standard library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the standard library's name
        """Say nothing: the handlers log, and a request line may hold what must not be logged."""
