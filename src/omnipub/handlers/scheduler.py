"""Lambda `scheduler`: EventBridge Scheduler's tick each minute, and nudges in between."""

from collections.abc import Callable, Mapping
from typing import Any

from omnipub.errors import GateClosedError
from omnipub.handlers.built import system
from omnipub.services.wire import NUDGE, TICK, nudge_from
from omnipub.wiring import System

Event = Mapping[str, Any]
Answer = dict[str, Any]


def build(over: System) -> Callable[[Event, object], Answer]:
    """The handler over a system."""

    def handle(event: Event, context: object) -> Answer:  # noqa: ARG001  Lambda passes a context
        try:
            return _answered(over, event)
        except GateClosedError as error:
            over.world.journal.note("gate_closed", why=error.message)  # the run fails all the same
            raise

    return handle


def _answered(over: System, event: Event) -> Answer:
    match event.get("source"):
        case source if source == NUDGE:
            return {"lost": over.dispatch.nudged(nudge_from(event))}
        case source if source == TICK:
            report = over.dispatch.tick(trace=str(event.get("execution_id", "")))
            return {"due": report.due, "overdue": report.overdue, "looks": report.looks, "lost": report.lost}
        case other:
            raise ValueError(f"the scheduler knows {TICK} and {NUDGE}, not {other!r}")


def handler(event: Event, context: object) -> Answer:
    """Lambda's entry."""
    return build(system())(event, context)
