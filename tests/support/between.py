"""A server of this machine between a command and an emulator of AWS: it hands requests on, and puts answers right.

AWS' Query protocol only (CloudFormation, STS): a form goes in, XML comes back. An emulator is too fast to be met in
the middle of its work, and reaches some states never; what is shown instead is what AWS documents.
"""

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

REFUSAL = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ErrorResponse>"
)


@dataclass(kw_only=True)
class Between:
    """What is said in between.

    Attributes:
        url: Where it answers.
        statuses: Stack's name → its real status → the one that is told.
        swaps: Action → words in its answer and those that are told, one pair for each of the next answers.
        refusals: Action → HTTP status, error code and message.
    """

    upstream: str
    url: str = ""
    statuses: dict[str, dict[str, str]] = field(default_factory=dict)
    swaps: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    refusals: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def answer(self, form: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer to a request."""
        asked = {name: values[0] for name, values in parse_qs(form).items()}
        if refused := self.refusals.get(asked["Action"]):
            status, code, message = refused
            return status, REFUSAL.format(code=code, message=message).encode()
        request = urllib.request.Request(self.upstream, data=form.encode(), headers=headers)  # noqa: S310  the emulator
        try:
            with urllib.request.urlopen(request) as told:  # noqa: S310  likewise
                status, body = told.status, told.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        return status, self._restated(asked, body.decode()).encode()

    def _restated(self, asked: dict[str, str], body: str) -> str:
        if swaps := self.swaps.get(asked["Action"]):
            body = body.replace(*swaps.pop(0))
        named = asked.get("StackName", "")
        if asked["Action"] != "DescribeStacks":
            return body
        told = next((one for name, one in self.statuses.items() if name == named or f":stack/{name}/" in named), {})

        def restated(found: re.Match[str]) -> str:
            return f"<StackStatus>{told.get(found[1], found[1])}</StackStatus>"

        return re.sub("<StackStatus>([A-Z_]+)</StackStatus>", restated, body)


@contextmanager
def between(upstream: str) -> Iterator[Between]:
    """One that runs as long as the body."""
    made = Between(upstream=upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            kept = {name: value for name, value in self.headers.items() if name.lower() not in {"host", "connection"}}
            status, body = made.answer(form, kept)
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *values: object) -> None:  # noqa: A002  the base class's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
