"""Lambda `sender`: sends what the worker hands over, a thread for each account.

Nothing calls it again by itself. A record that our own storage fails on makes the run fail: then Lambda parks the
call, and the ticks find what is due in the table.
"""

from collections.abc import Callable, Mapping
from typing import Any

from omnipub.errors import UnavailableError
from omnipub.handlers.process import system
from omnipub.log_events import LogEvent
from omnipub.services.stream.wire_format import handed_from
from omnipub.wiring.assemble import System

Event = Mapping[str, Any]


def build(over: System) -> Callable[[Event, object], None]:
    """The handler over a system."""

    def handle(event: Event, context: object) -> None:  # noqa: ARG001  Lambda passes a context
        named = handed_from(event)
        for place, pointer in enumerate(named):
            if pointer is None:
                over.world.journal.note(LogEvent.FOREIGN_RECORD, sequence=str(place))
        failures = over.batches.run([one for one in named if one is not None])
        for pointer, error in failures.items():
            over.world.journal.note(LogEvent.RECORD_FAILED, pk=pointer.pk, sk=pointer.sk, error=error.message)
        if failures:
            first = next(iter(failures.values()))
            raise UnavailableError(f"{len(failures)} of {len(named)} records failed. The first: {first.message}")

    return handle


def handler(event: Event, context: object) -> None:
    """Lambda's entry."""
    build(system())(event, context)
