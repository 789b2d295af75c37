"""What follows a commit that set a due moment: onto the stream if it is due, a nudge if it is due soon."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from omnipub.domain.delivery import Delivery
from omnipub.services.ports import Clock, DueSoon, Journal, Nudge, Pointer, Stream
from omnipub.storage import keys

HORIZON = timedelta(seconds=150)
"""How far a tick looks ahead: two and a half ticks, so that one lost tick delays nothing."""


@dataclass(frozen=True, kw_only=True)
class DueMoments:
    """Tells stream and scheduler about moments just committed. Losing this costs time, never a post."""

    stream: Stream
    nudge: Nudge
    clock: Clock
    journal: Journal

    def committed(self, deliveries: Iterable[Delivery], *, why: str, trace: str = "") -> None:
        """Announce the next moments of `deliveries`, all of them already in the table."""
        now = self.clock.now()
        due, soon = [], []
        for delivery in deliveries:
            if delivery.next_at is None or delivery.next_at > now + HORIZON:
                continue
            pointer = pointer_to(delivery, why=why, trace=trace)
            # A pointer put early would make the worker wait, and with it all that is behind in its group.
            if delivery.next_at <= now:
                due.append(pointer)
            else:
                soon.append(DueSoon(pointer=pointer, at=delivery.next_at))
        if due:
            lost = self.stream.put(due)
            if lost:
                self.journal.note("stream_put_lost", records=len(lost), of=len(due))
                self.nudge.nudge([DueSoon(pointer=pointer, at=now) for pointer in lost])
        if soon:
            self.nudge.nudge(soon)


def pointer_to(delivery: Delivery, *, why: str, trace: str) -> Pointer:
    """The stream's record about a delivery."""
    key = keys.delivery(delivery.parent, delivery.channel)
    return Pointer(
        pk=key.pk, sk=key.sk, group=group_of(delivery.channel, delivery.account, delivery.owner), why=why, trace=trace
    )


def group_of(channel: str, account: str, owner: str) -> str:
    """Network, account and owner: what the stream keeps in order and the worker takes turns over.

    With the owner, as another owner's account of that name may be another account: nobody may slow it down.
    """
    return f"{channel.partition(':')[0]}/{account}#{owner}"
