"""Let go what was held: in due order, spaced by each channel's pace, and to the end whoever dies meanwhile.

A release is a row. It is written with the very write that lifts the reason (a pause deleted, an account connected
again). Whoever lifts it carries it out at once. The ticks carry it out again until no index can lag behind any more.
And only then is the row deleted. A hold is written on the condition that its reason still stands. So nothing is held
after the last of these looks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.decide import released
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.moves import missed
from omnipub.domain.ids import network_of
from omnipub.domain.timestamps import from_text, to_text
from omnipub.log_events import LogEvent
from omnipub.ports.table import ConditionFailedError, Delete, Item, Put, Unchanged
from omnipub.services.base import Base
from omnipub.services.pauses.scopes import bound_to, pause_over, scopes_of
from omnipub.services.protocol.enqueue import Enqueue
from omnipub.services.protocol.gate import Gate
from omnipub.services.protocol.store import DeliveryStore
from omnipub.storage import access, keys
from omnipub.storage.items import delivery_of, key_of, plain_item
from omnipub.storage.paging import items, stored_items

LAG = timedelta(minutes=5)
"""So long the ticks look again: no index is further behind."""


class LatePolicy(StrEnum):
    """What becomes of a delivery whose moment has passed while it was held."""

    SEND = "send"
    MISS = "miss"
    WINDOW = "window"  # sent if its window is still open


@dataclass(frozen=True, kw_only=True)
class Releases:
    """Begins releases, carries them out, and finishes those of others.

    Attributes:
        window: How long what is sent late on purpose may take until its first claim.
    """

    base: Base
    recording: DeliveryStore
    gate: Gate
    due: Enqueue
    channels: Mapping[str, Channel]
    window: timedelta

    def begun(self, scope: str, late: LatePolicy) -> Put:
        """The row that says what is to be released; written with what lifts the reason of the hold."""
        version = int.from_bytes(self.base.chance.randomness(5), "big")  # unlike that of any release before
        at = to_text(self.base.clock.now())
        return Put(item=plain_item(keys.release(scope), late=late.value, at=at, version=version))

    def carry_out(self, row: Item, *, by: str = "") -> int:
        """Release what is held in the row's scope and no longer has a reason to be; how many.

        In a table that is a copy nothing is let go. An adoption doubts what is held, and not what was missed. The row
        stays, and the ticks after the adoption carry it out.

        `by` is who began it, if that is known: a row does not say it, so the ticks do not.
        """
        if self.gate.why_closed() is not None:
            return 0
        late, at = LatePolicy(row["late"]), from_text(row["at"])
        missing = left_missed(row["SK"], by)
        free = [one for one in self.held(row["SK"]) if self.is_free(one)]
        freed = self.let_go_in_order(
            free,
            lambda one: late if one.due_at is not None and one.due_at <= at else LatePolicy.WINDOW,
            missing=missing,
        )
        if freed:
            self.base.journal.note(LogEvent.RELEASED, scope=row["SK"], deliveries=freed)
        return freed

    def finish(self) -> None:
        """Carry out again what was begun in the last minutes, and what somebody did not bring to its end."""
        for row in items(self.base.table, access.releases()):
            if self._waits_for_a_release(row["SK"]):
                continue
            began = self.base.clock.now()
            self.carry_out(row)
            if from_text(row["at"]) + LAG < began:
                self._done(row)

    def held(self, scope: str) -> Iterator[Delivery]:
        """Everything that is held in a scope, for whatever reason."""
        shards = self.base.shards.count(self.base.clock.now()).all()
        listed = stored_items(self.base.table, *(access.with_status(Status.HELD, shard) for shard in shards))
        held = (one for one in map(delivery_of, listed) if one.status is Status.HELD)
        return (one for one in held if scope in scopes_of(one))

    def is_free(self, delivery: Delivery) -> bool:
        """Whether nothing holds it: its network is known, there is no pause, and its account works."""
        known = network_of(delivery.channel) in self.channels
        return known and not self.is_paused(delivery) and self.account_works(delivery)

    def is_paused(self, delivery: Delivery) -> bool:
        """Whether a pause holds it."""
        return pause_over(self.base.table, delivery) is not None

    def account_works(self, delivery: Delivery) -> bool:
        """Whether its account is connected and does not wait for its owner."""
        return bound_to(self.base.table, delivery).works

    def let_go(self, delivery: Delivery, at: datetime, late: LatePolicy, *, missing: str) -> bool:
        """Schedule a held delivery again, not before `at`, or miss it; whether it was still as it was read.

        `missing` is what is said of it if it is missed: that this was somebody's decision.
        """
        now = self.base.clock.now()
        free = released(delivery, now) if delivery.status is Status.HELD else delivery
        match late:
            case LatePolicy.MISS:
                free = missed(delivery, now, sentence=missing)
            case LatePolicy.WINDOW if delivery.is_past_window(now):
                free = missed(delivery, now)
            case LatePolicy.SEND:
                free = replace(free, next_at=max(at, free.due_at or at), not_after=at + self.window)
            case _:
                free = replace(free, next_at=max(at, free.due_at or at))
        try:
            moved = self.recording.move(delivery, free)
        except ConditionFailedError:
            return False  # somebody cancelled or edited it meanwhile; that stands
        self.due.committed([moved], why="released")
        return True

    def let_go_in_order(
        self, free: Sequence[Delivery], late: Callable[[Delivery], LatePolicy], *, missing: str = ""
    ) -> int:
        """Let go what nothing holds: in due order, spaced by the pace of each account's network; how many.

        `late` says what becomes of each if its moment has passed.
        """
        now, freed = self.base.clock.now(), 0
        for (network, _), group in groupby(sorted(free, key=_account_then_due), key=_account):
            pace = self.channels[network].pace if network in self.channels else timedelta(0)
            for number, delivery in enumerate(group):
                freed += self.let_go(delivery, now + pace * number, late(delivery), missing=missing)
        return freed

    def _waits_for_a_release(self, scope: str) -> bool:
        """Whether only a release of omnipub that knows the scope's network can carry it out."""
        kind, _, name = scope.partition(":")
        return kind == "channel" and name not in self.channels

    def _done(self, row: Item) -> None:
        try:
            condition = Unchanged(version=row["version"])
            self.base.table.transact([Delete(key=key_of(row), condition=condition)])
        except ConditionFailedError:
            return  # a later release of the same scope, or another tick has finished it


def left_missed(scope: str, by: str) -> str:
    """Why a delivery is missed whose moment passed during a pause, if whoever resumed wanted it so; "" is somebody."""
    who = f"{by}, who resumed it," if by else "whoever resumed it"
    return f"It became late while {scope} was paused; {who} let it be missed."


def _account(delivery: Delivery) -> tuple[str, str]:
    return network_of(delivery.channel), delivery.account


def _account_then_due(delivery: Delivery) -> tuple[str, str, str]:
    due = to_text(delivery.due_at) if delivery.due_at else ""
    return (*_account(delivery), f"{due}#{delivery.parent.id}")
