"""The API's gateway on one machine: HTTP on 127.0.0.1 to API Gateway events and back.

The locks of `omnipub.loopback` keep web pages out, and every route but health wants the token of the data directory.
All of that is judged by a request's head; what is refused is not read.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from omnipub.loopback.connection import ClientConnection, ServerOptions
from omnipub.loopback.exchange import Head, Reply, problem
from omnipub.loopback.locks import Locks
from omnipub.loopback.server import LoopbackServer
from omnipub.names import LOCAL_OWNER, OPERATORS_GROUP, PUBLIC_ROUTES
from omnipub.onebox.aws_events import IncomingRequest, LambdaContext, gateway_event

BODY_AT_MOST = 10 * 1024 * 1024
"""API Gateway refuses larger bodies."""

CONNECTIONS = 128
"""At once, each with a thread; who comes then is asked to try again."""

CLAIMS = {"sub": LOCAL_OWNER, "cognito:groups": f"[{OPERATORS_GROUP}]", "token_use": "access"}
"""Who the holder of the local token is."""

Api = Callable[[Mapping[str, Any], object], dict[str, Any]]


class Gateway(LoopbackServer):
    """Listens on loopback and calls the API handler."""

    def __init__(self, api: Api, token: str, port: int, *, connections: int = CONNECTIONS) -> None:
        super().__init__(port, connections=connections)
        self._api = api
        self._token = token
        self._locks = Locks(self.server_port)

    @property
    def address(self) -> str:
        """Where it listens."""
        return self.url

    def manner(self) -> ServerOptions:
        """What is done with requests."""
        return ServerOptions(
            name="omnipub", most_bytes=BODY_AT_MOST, judge=self._refusal, answer=self._answer, broke=self.broke
        )

    def _refusal(self, head: Head) -> Reply | None:
        refused = self._locks.refusal(head)
        if refused is not None or (head.method, head.path) in PUBLIC_ROUTES:
            return refused
        scheme, _, given = head.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), self._token.encode()):
            detail = "Send the token that was printed when omnipub started, as Authorization: Bearer."
            return problem(401, "Not signed in", detail, {"WWW-Authenticate": "Bearer"})
        return None

    def _answer(self, head: Head, body: bytes, _: ClientConnection) -> Reply:
        target = f"{head.path}?{head.query}" if head.query else head.path
        incoming = IncomingRequest(
            method=head.method, target=target, headers=head.headers, body=body, source=head.source
        )
        event = gateway_event(incoming, None if (head.method, head.path) in PUBLIC_ROUTES else CLAIMS)
        answer = self._api(event, LambdaContext(function_name="omnipub-api"))
        text = answer.get("body") or ""
        content = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
        headers = {name: str(value) for name, value in (answer.get("headers") or {}).items()}
        headers |= {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Reply(status=int(answer["statusCode"]), headers=headers, body=content)
