"""Which use case answers a request: by path, then method, then whether somebody is signed in.

Nothing here remembers a request: one machine answers many at once with the same routes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omnipub.errors import OmnipubError
from omnipub.handlers.api import problems
from omnipub.handlers.api.principal import viewer
from omnipub.handlers.api.request import ApiRequest, request_of
from omnipub.handlers.api.response import ApiResponse
from omnipub.log_events import LogEvent
from omnipub.names import API_ROOT
from omnipub.services.messages.read import Viewer
from omnipub.wiring.assemble import System

Event = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ApiCall:
    """A request to one route: what was sent, who sent it, and the `<id>` of its path."""

    request: ApiRequest
    viewer: Viewer
    id: str = ""


@dataclass(frozen=True)
class Route:
    """One use case for whoever is signed in; its path is below API_ROOT, and `<id>` takes any one segment."""

    method: str
    path: str
    answer: Callable[[System, ApiCall], ApiResponse]


@dataclass(frozen=True)
class Public:
    """One that needs nobody, and is told nothing of the request."""

    method: str
    path: str
    answer: Callable[[System], ApiResponse]


Routes = Sequence[Route | Public]


def build(over: System, routes: Routes) -> Callable[[Event, object], dict[str, Any]]:
    """A handler of API Gateway's events; many threads may call it at once."""

    def handle(event: Event, context: object) -> dict[str, Any]:  # noqa: ARG001  Lambda passes a context
        try:
            return _answer(over, routes, event).to_event()
        except Exception as error:  # noqa: BLE001  the edge: a caller gets a problem, never a stack trace
            over.world.journal.note(LogEvent.API_BROKE, error=type(error).__name__, where=_where(error))
            return problems.answer(500, "The request failed", "omnipub made a mistake; it is in the log.").to_event()

    return handle


def _answer(over: System, routes: Routes, event: Event) -> ApiResponse:
    try:
        return _routed(over, routes, request_of(event))
    except OmnipubError as error:
        return problems.problem(error)


def _routed(over: System, routes: Routes, request: ApiRequest) -> ApiResponse:
    fitting = [(route, named) for route in routes if (named := _named(route.path, request.path)) is not None]
    if not fitting:
        return problems.answer(404, "Not found", "There is no such route.", hint=f"Routes begin with {API_ROOT}/.")
    for route, named in fitting:
        if route.method == request.method:
            if isinstance(route, Public):
                return route.answer(over)
            return route.answer(over, ApiCall(request=request, viewer=viewer(request.claims), id=named))
    allowed = ", ".join(sorted({route.method for route, _ in fitting}))
    return problems.answer(405, "Method not allowed", f"This route answers {allowed}.", headers={"Allow": allowed})


def _named(template: str, path: str) -> str | None:
    """The `<id>` that `path` puts into a template, empty where it has none; None if the path is another one."""
    wanted, given = f"{API_ROOT}{template}".split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    named = ""
    for want, part in zip(wanted, given, strict=True):
        if want == "<id>" and part:
            named = part
        elif want != part:
            return None
    return named


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
