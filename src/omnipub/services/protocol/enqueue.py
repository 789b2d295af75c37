"""What follows a commit that set a due moment: its pointer goes onto the stream, or to the delay queue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from omnipub.domain.delivery.lifecycle import TIMED
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.timestamps import to_text
from omnipub.log_events import LogEvent
from omnipub.ports.delay import Delay, DueSoon
from omnipub.ports.stream import Pointer, Stream
from omnipub.services.base import Base
from omnipub.storage import keys

HORIZON = timedelta(seconds=150)
"""How far a tick looks ahead: two and a half ticks, so that one lost tick delays nothing."""


@dataclass(frozen=True, kw_only=True)
class Enqueue:
    """Hands over moments that stand in the table. Losing this costs time, never a post.

    Attributes:
        lead: So long before its moment a pointer may be on the stream; whoever sends waits the rest.
    """

    base: Base
    stream: Stream
    delay: Delay
    lead: timedelta

    def committed(self, deliveries: Iterable[Delivery], *, why: str, trace: str = "") -> None:
        """Hand over the next moments of `deliveries`, all of them already in the table.

        What the stream does not take goes to the delay queue. And what that does not take is left to the ticks.
        """
        until = self.base.clock.now() + HORIZON
        soon = [
            DueSoon(pointer=pointer_to(delivery, why=why, trace=trace), at=delivery.next_at)
            for delivery in deliveries
            if delivery.status in TIMED and delivery.next_at is not None and delivery.next_at <= until
        ]
        lost = self.put(soon)
        if lost:
            refused = self.delay.put(lost)
            self.base.journal.note(
                LogEvent.STREAM_PUT_LOST, records=len(lost), of=len(soon), left_to_ticks=len(refused)
            )

    def put(self, soon: Sequence[DueSoon]) -> Sequence[DueSoon]:
        """Put what is due within the lead on the stream, and what is due later on the delay queue.

        The answer is what was refused.
        """
        border = self.base.clock.now() + self.lead
        return [
            *self.on_stream([one for one in soon if one.at <= border]),
            *self.later([one for one in soon if one.at > border]),
        ]

    def on_stream(self, due: Sequence[DueSoon]) -> Sequence[DueSoon]:
        """Put on the stream at once; what it did not take."""
        if not due:
            return ()
        by_pointer = {one.pointer: one for one in due}
        return [by_pointer[pointer] for pointer in self.stream.put(list(by_pointer))]

    def later(self, due: Sequence[DueSoon]) -> Sequence[DueSoon]:
        """Put on the delay queue; what it did not take."""
        return self.delay.put(due) if due else ()

    def back(self, pointer: Pointer, delivery: Delivery) -> bool:
        """Hand a pointer that came too early to the delay queue again; whether that was this pointer's business.

        Only the pointer of the very moment that stands in the table comes back. Whoever set another moment has handed
        that over.
        """
        at = delivery.next_at
        if at is None or pointer.at != at or not timedelta(0) < at - self.base.clock.now() <= HORIZON:
            return False
        refused = self.later([DueSoon(pointer=pointer, at=at)])
        if refused:
            self.base.journal.note(LogEvent.DELAY_REFUSED, pk=pointer.pk, sk=pointer.sk, at=to_text(at))
        return not refused


def pointer_to(delivery: Delivery, *, why: str, trace: str) -> Pointer:
    """The stream's record about a delivery, and about the moment that it waits for."""
    key = keys.delivery(delivery.parent, delivery.channel)
    group = group_of(delivery.channel, delivery.account, delivery.owner)
    return Pointer(pk=key.pk, sk=key.sk, group=group, why=why, trace=trace, at=delivery.next_at)


def group_of(channel: str, account: str, owner: str) -> str:
    """Network, account and owner: what the stream keeps in order and the worker takes turns over.

    With the owner, as another owner's account of that name may be another account: nobody may slow it down.
    """
    return f"{channel.partition(':')[0]}/{account}#{owner}"
