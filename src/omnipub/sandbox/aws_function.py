"""Lambda `sandbox`: the networks of a stage in sandbox mode, over the stage's table, so that all instances count alike.

Two callers reach it. What publishes invokes it with a request that is meant for a network (`sandbox_events`).
Operators read the wall through the API, behind its sign-in.
"""

import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from omnipub.adapters.aws import sandbox_events
from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.dynamodb.table import DynamoTable
from omnipub.adapters.aws.origin_secret import OriginSecret
from omnipub.adapters.aws.sandbox_events import SandboxReply
from omnipub.config import from_environment
from omnipub.errors import ConfigurationError
from omnipub.handlers.api import problems
from omnipub.handlers.api.origin import turned_away
from omnipub.handlers.api.principal import NobodyError, viewer
from omnipub.handlers.api.request import request_of
from omnipub.loopback.exchange import pairs_of
from omnipub.names import SANDBOX_ADDRESS, SANDBOX_ROUTE
from omnipub.ports.table import Table
from omnipub.sandbox.control_plane import PREFIX
from omnipub.sandbox.http_exchange import SandboxAnswer, SandboxRequest, json_answer, segments
from omnipub.sandbox.network import SandboxState
from omnipub.sandbox.routes import Routes
from omnipub.sandbox.table_images import TablePictures
from omnipub.sandbox.table_ledger import TableLedger
from omnipub.sandbox.table_tokens import TableGrants

Event = Mapping[str, Any]
Answer = dict[str, Any]

_NO_ORDERS = (
    "A stage's sandbox takes no orders of trouble: each of its instances would obey its own. "
    "The sandbox of one machine takes them."
)


class _NoClient:
    """The connection of an invocation: nobody can hang up."""

    def wait_for_client_to_leave(self, seconds: float) -> None:
        """Return at once."""


def in_table(table: Table) -> SandboxState:
    """The sandbox's state in a table."""
    return SandboxState(ledger=TableLedger(table), pictures=TablePictures(table), grants=TableGrants(table))


def build(table: Table) -> Callable[[Event, object], Answer]:
    """The handler over a table."""
    routes = Routes(in_table(table))

    def handle(event: Event, context: object) -> Answer:  # noqa: ARG001  Lambda passes a context
        if not sandbox_events.is_call(event):
            return _wall(routes, event)
        answer = _answer(routes, _network_request(event))
        reply = SandboxReply(status=answer.status, headers=answer.headers, body=answer.body)
        return sandbox_events.reply_to_event(reply)

    return handle


def handler(event: Event, context: object) -> Answer:
    """Lambda's entry."""
    secret = None if sandbox_events.is_call(event) else _origin_secret()
    refusal = turned_away(event, secret) if secret else None
    return refusal or build(_table())(event, context)


def _answer(routes: Routes, request: SandboxRequest) -> SandboxAnswer:
    if request.path[:2] == (PREFIX, "faults") and request.method != "GET":
        return json_answer({"error": _NO_ORDERS}, status=501)
    answer = routes.answer(request, _NoClient())
    if not isinstance(answer, SandboxAnswer):
        raise AssertionError("only an order of trouble ends a request without an answer")  # noqa: TRY004  a broken promise
    return answer


def _network_request(event: Event) -> SandboxRequest:
    call = sandbox_events.from_event(event)
    path, _, query = call.target.partition("?")
    return SandboxRequest(
        method=call.method,
        path=segments(path),
        query=dict(pairs_of(query)),
        headers={name.lower(): value for name, value in call.headers.items()},
        body=call.body,
        base_url=SANDBOX_ADDRESS,
    )


def _wall(routes: Routes, event: Event) -> Answer:
    """The wall, a post's page or a picture, for an operator."""
    request = request_of(event)
    try:
        caller = viewer(request.claims)
    except NobodyError as error:
        return problems.problem(error).to_event()
    if not caller.operator:
        return problems.answer(403, "Not an operator", "The sandbox's wall is for operators.").to_event()
    if request.method != "GET":
        return problems.answer(405, "Not allowed", "The wall is read with GET.").to_event()
    rest = request.path.removeprefix(SANDBOX_ROUTE).lstrip("/")
    answer = _answer(
        routes, SandboxRequest(method="GET", path=segments(rest), query=request.query, base_url=SANDBOX_ROUTE)
    )
    return {
        "statusCode": answer.status,
        "headers": dict(answer.headers),
        "body": b64encode(answer.body).decode(),
        "isBase64Encoded": True,
    }


@cache
def _table() -> Table:
    settings = from_environment(os.environ)
    if not settings.on_aws:
        raise ConfigurationError("The sandbox of a stage needs the stage's table.", hint="Set OMNIPUB_TABLE.")
    return DynamoTable(_clients(), settings.table)


@cache
def _origin_secret() -> OriginSecret | None:
    name = from_environment(os.environ).origin_secret
    return OriginSecret(_clients(), name) if name else None


@cache
def _clients() -> Clients:
    return Clients()
