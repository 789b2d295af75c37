"""Put on the stream what the delay queue wakes: at once, a lead before its moment. Whoever sends waits the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from omnipub.log_events import LogEvent
from omnipub.ports.delay import DueSoon
from omnipub.services.base import Base
from omnipub.services.protocol.enqueue import Enqueue
from omnipub.services.protocol.gate import Gate

REPEATED = timedelta(seconds=1)
"""So long the consumer of the delay queue offers again what the stream refuses."""

PAUSE = timedelta(milliseconds=200)

DELAYED_AGAIN = timedelta(seconds=10)
"""What the stream refuses this long after its moment is left to the ticks. Each round may double some of it."""


@dataclass(frozen=True, kw_only=True)
class Wake:
    """Wakes."""

    base: Base
    due: Enqueue
    gate: Gate

    def put(self, named: Sequence[DueSoon]) -> Sequence[DueSoon]:
        """Put at once what the delay queue has woken; what neither the stream nor that queue takes now.

        What the stream refuses for a second goes to the queue again, as a message of its own.

        Raises:
            GateClosedError: Nothing is sent from this table.
        """
        self.gate.check()
        left, until = sorted(named, key=lambda one: one.at), self.base.clock.now() + REPEATED
        while left := list(self.due.on_stream(left)):
            if self.base.clock.now() >= until:
                break
            self.base.clock.sleep_until(self.base.clock.now() + PAUSE)
        oldest = self.base.clock.now() - DELAYED_AGAIN
        again = [one for one in left if one.at > oldest]
        if left:
            self.base.journal.note(
                LogEvent.STREAM_PUT_LOST, records=len(left), of=len(named), left_to_ticks=len(left) - len(again)
            )
        return self.due.later(again)
