"""Each hour: release what is held without a reason, and miss what has passed its window.

A release carries out once what was begun; it looks through an index that may lag. This sweep looks at everything that
is held, and asks the items themselves. It needs no row that says that something is to be let go.

What a pause holds stays held past its window: whoever resumes is asked whether it shall be sent or missed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.log_events import LogEvent
from omnipub.services.base import Base
from omnipub.services.pauses.release import LatePolicy, Releases
from omnipub.services.scheduling.heartbeat import beat_of, note, swept
from omnipub.storage import access
from omnipub.storage.items import delivery_of
from omnipub.storage.paging import stored

EVERY = timedelta(hours=1)

PAGES = 10
"""Pages of the held that one tick looks through at most; the next one goes on behind them."""


class _Hold(Enum):
    """What keeps a delivery from going out."""

    NOTHING = auto()
    PAUSE = auto()
    ACCOUNT = auto()  # it is not connected, needs its owner, or its network is unknown


@dataclass(frozen=True, kw_only=True)
class HeldSweep:
    """Sweeps."""

    base: Base
    releases: Releases

    def go_on(self) -> int:
        """Begin the sweep that is due, or go on with the one under way; how many were let go.

        How far it came is noted after what was found there has been let go.
        """
        now, beat = self.base.clock.now(), beat_of(self.base.table)
        since, shard, after = beat.sweeping_since, beat.sweep_shard, beat.sweep_after
        if since is None:
            if beat.swept_at is not None and timedelta(0) <= now - beat.swept_at < EVERY:
                return 0
            since, shard, after = now, 0, None
        return self._swept(since, shard or 0, after)

    def _swept(self, since: datetime, first: int, after: str | None) -> int:
        place: tuple[int | None, str | None] = (first, after)
        free: list[Delivery] = []
        over: list[Delivery] = []
        holds: dict[tuple[str, str, str], _Hold] = {}
        now = self.base.clock.now()
        for _ in range(PAGES):
            shard, after = place
            if shard is None:
                break
            page = self.base.table.query(access.with_status(Status.HELD, shard, after=after))
            there = map(delivery_of, stored(self.base.table, page))
            held = [(one, self._hold(one, holds)) for one in there if one.status is Status.HELD]
            free += [one for one, hold in held if hold is _Hold.NOTHING]
            over += [one for one, hold in held if hold is _Hold.ACCOUNT and one.is_past_window(now)]
            place = (shard, page.cursor) if page.cursor else (self._behind(shard), None)
        freed = self.releases.let_go_in_order(free, lambda _: LatePolicy.WINDOW)
        if freed:
            self.base.journal.note(LogEvent.RELEASED, scope="without a reason", deliveries=freed)
        missed = sum(self.releases.let_go(one, now, LatePolicy.WINDOW, missing="") for one in over)
        if missed:
            self.base.journal.note(LogEvent.MISSED_WHILE_HELD, deliveries=missed)
        note(self.base.table, swept(since, *place))
        return freed

    def _hold(self, delivery: Delivery, holds: dict[tuple[str, str, str], _Hold]) -> _Hold:
        """What holds it; asked once for each account of an owner."""
        account = (delivery.owner, delivery.channel, delivery.account)
        if account not in holds:
            if self.releases.is_free(delivery):
                holds[account] = _Hold.NOTHING
            else:
                holds[account] = _Hold.PAUSE if self.releases.is_paused(delivery) else _Hold.ACCOUNT
        return holds[account]

    def _behind(self, shard: int) -> int | None:
        following = shard + 1
        return following if following in self.base.shards.count(self.base.clock.now()).all() else None
