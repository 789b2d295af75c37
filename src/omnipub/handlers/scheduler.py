"""Lambda `scheduler`: the tick of each minute, and an operator's run-now. It waits for no moment."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from omnipub.errors import GateClosedError
from omnipub.handlers.process import system
from omnipub.log_events import LogEvent
from omnipub.services.stream.wire_format import ROWS, RUN_NOW, TICK, report_to, run_now_from
from omnipub.wiring.assemble import System

TELLING = timedelta(seconds=10)
"""So long after a tick notices are begun; what is left, the next tick tells."""

Event = Mapping[str, Any]
Answer = dict[str, Any]


def build(over: System) -> Callable[[Event, object], Answer]:
    """The handler over a system."""

    def handle(event: Event, context: object) -> Answer:
        try:
            return _answered(over, event, trace=str(getattr(context, "aws_request_id", "")))
        except GateClosedError as error:
            over.world.journal.note(LogEvent.GATE_CLOSED, why=error.message)  # the run fails all the same
            raise

    return handle


def _answered(over: System, event: Event, *, trace: str) -> Answer:
    match event.get("source"):
        case source if source == TICK:
            report = over.dispatch.tick(trace=str(event.get("execution_id", "")))
            _tell(over)
            return {"due": report.due, "overdue": report.overdue, "looks": report.looks, "lost": report.lost}
        case source if source == RUN_NOW:
            run = over.run_now.run(run_now_from(event), dry_run=False, trace=trace, most=ROWS)
            over.world.journal.note(LogEvent.RUN_NOW, dispatched=run.dispatched, skipped=run.skipped, lost=run.lost)
            return report_to(run)
        case other:
            raise ValueError(f"the scheduler knows {TICK} and {RUN_NOW}, not {other!r}")


def _tell(over: System) -> None:
    """Tell what needs a person, on AWS alone: one machine has a loop for it. A failure of this fails no tick."""
    if not over.settings.on_aws:
        return
    from omnipub.handlers.api.hint_sentences import sentence

    try:
        until = over.world.clock.now() + TELLING
        over.notices.round(lambda: over.checkup.look("", running=True), sentence, until=until)
    except Exception as error:  # noqa: BLE001  a mistake of ours here must not make a tick fail that has done its work
        over.notices.broke(error)


def handler(event: Event, context: object) -> Answer:
    """Lambda's entry."""
    return build(system())(event, context)
