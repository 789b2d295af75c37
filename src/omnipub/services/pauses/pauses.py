"""Stop and go on: everything, a channel, an account or an owner, with a reason that is shown everywhere.

A pause is a row in the table, read before each claim, so it survives restarts and deployments. What
becomes due meanwhile is held; whoever resumes decides about what became late: send it, or miss it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.timestamps import to_text
from omnipub.errors import NotFoundError
from omnipub.hints import Action, Hint
from omnipub.log_events import LogEvent
from omnipub.names import SERVICE, WRITE_ID
from omnipub.ports.table import Absent, ConditionFailedError, Delete
from omnipub.services.base import Base
from omnipub.services.pauses.release import LatePolicy, Releases, left_missed
from omnipub.services.pauses.scopes import Pause, checked_scope, pause_of, pause_over, scopes_of
from omnipub.storage import access, keys, write_ids
from omnipub.storage.items import delivery_of, plain_item
from omnipub.storage.paging import items, stored_items


@dataclass(frozen=True, kw_only=True)
class WaitingDeliveries:
    """What waits behind a pause, in due order: what is late by now, and what can still be in time."""

    late: tuple[Delivery, ...]
    in_time: tuple[Delivery, ...]


@dataclass(frozen=True, kw_only=True)
class Pauses:
    """Pauses and resumes."""

    base: Base
    releases: Releases

    def pause(self, scope: str, *, reason: str, by: str) -> Pause:
        """Stop a scope; pausing it again replaces the reason."""
        at = to_text(self.base.clock.now())
        item = plain_item(keys.pause(checked_scope(scope)), reason=reason, by=by, at=at, version=1)
        self.base.table.put(item)
        self.base.journal.note(LogEvent.PAUSED, scope=scope)
        return pause_of(item)

    def pause_unless_paused(self, scope: str, *, reason: str) -> None:
        """Stop a scope for what omnipub itself found; a pause that stands keeps its reason."""
        at = to_text(self.base.clock.now())
        item = plain_item(keys.pause(checked_scope(scope)), reason=reason, by=SERVICE, at=at, version=1)
        item |= {WRITE_ID: self.base.chance.token()}
        try:
            write_ids.put(self.base.table, item, Absent())
        except ConditionFailedError:
            return
        self.base.journal.note(LogEvent.PAUSED, scope=scope)

    def resume(self, scope: str, *, send_late: bool, by: str = "") -> WaitingDeliveries:
        """Let a scope go on: what became late is sent (`send_late`) or missed; the rest waits for its moment.

        What is to be missed is missed while the pause still stands. Should this process die, the pause
        stands as before, or the ticks bring the release to its end. What is missed says by whom: `by`.

        Raises:
            GateClosedError: The table is a copy: an adoption doubts what is held, and not what was missed.
            NotFoundError: It is not paused.
        """
        key = keys.pause(checked_scope(scope))
        if self.base.table.get(key) is None:
            raise NotFoundError(f"{scope} is not paused.", hint=Hint(action=Action.LIST_PAUSES))
        self.releases.gate.check()
        late = LatePolicy.SEND if send_late else LatePolicy.MISS
        waiting = self.waiting(scope)
        for delivery in waiting.late:
            # What is held is released below; what no worker has met yet would otherwise follow its window.
            decided = late is LatePolicy.MISS or delivery.status is Status.SCHEDULED
            if decided and not self._held_twice(delivery, scope):
                self.releases.let_go(delivery, self.base.clock.now(), late, missing=left_missed(scope, by))
        row = self.releases.begun(scope, late)
        self.base.table.transact([Delete(key=key), row])
        self.base.journal.note(LogEvent.RESUMED, scope=scope, late=late.value)
        self.releases.carry_out(row.item, by=by)
        return waiting

    def of(self, delivery: Delivery) -> Pause | None:
        """The pause that holds a delivery, the widest first, or None."""
        return pause_over(self.base.table, delivery)

    def all(self) -> Sequence[Pause]:
        """Every pause in force."""
        return [pause_of(item) for item in items(self.base.table, access.pauses())]

    def waiting(self, scope: str) -> WaitingDeliveries:
        """What waits in a scope, but for what waits for its account's owner: no resume helps that."""
        now = self.base.clock.now()
        held = [one for one in self.releases.held(scope) if self.releases.account_works(one)]
        mine = sorted([*held, *self._overdue(scope)], key=lambda one: one.due_at or now)
        late = tuple(one for one in mine if one.due_at is not None and one.due_at <= now)
        return WaitingDeliveries(late=late, in_time=tuple(one for one in mine if one not in late))

    def _held_twice(self, delivery: Delivery, scope: str) -> bool:
        others = [keys.pause(one) for one in scopes_of(delivery) if one != scope]
        return bool(self.base.table.batch_get(others))

    def _overdue(self, scope: str) -> Iterator[Delivery]:
        """What became due in a scope and has met no worker yet: nothing ran, or not for long enough."""
        now = self.base.clock.now()
        shards, until = self.base.shards.count(now).all(), now + timedelta(milliseconds=1)
        listed = stored_items(self.base.table, *(access.overdue(shard, until=until) for shard in shards))
        scheduled = (one for one in map(delivery_of, listed) if one.status is Status.SCHEDULED)
        return (one for one in scheduled if one.attempts == 0 and scope in scopes_of(one))
