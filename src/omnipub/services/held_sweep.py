"""Each hour: let go what is held without a reason, whoever forgot it and however far an index was behind.

A release carries out once what was begun; it looks through an index that may lag. This sweep looks at everything that
is held, asks the items themselves, and needs no row that says that something is to be let go.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipub.domain.delivery import Delivery
from omnipub.domain.lifecycle import Status
from omnipub.services.beat import beat_of, note, swept
from omnipub.services.ports import Clock, Journal
from omnipub.services.releases import Late, Releases
from omnipub.storage import access
from omnipub.storage.items import delivery_of, key_of
from omnipub.storage.shards import Shards
from omnipub.storage.table import Table

EVERY = timedelta(hours=1)

PAGES = 10
"""Pages of the held that one tick looks through at most; the next one goes on behind them."""


@dataclass(frozen=True, kw_only=True)
class HeldSweep:
    """Sweeps."""

    table: Table
    shards: Shards
    releases: Releases
    clock: Clock
    journal: Journal

    def go_on(self) -> int:
        """Begin the sweep that is due, or go on with the one under way; how many were let go.

        How far it came is noted after what was found there has been let go.
        """
        now, beat = self.clock.now(), beat_of(self.table)
        since, shard, after = beat.sweeping_since, beat.sweep_shard, beat.sweep_after
        if since is None:
            if beat.swept_at is not None and timedelta(0) <= now - beat.swept_at < EVERY:
                return 0
            since, shard, after = now, 0, None
        return self._swept(since, shard or 0, after)

    def _swept(self, since: datetime, first: int, after: str | None) -> int:
        place: tuple[int | None, str | None] = (first, after)
        free: list[Delivery] = []
        holds: dict[tuple[str, str, str], bool] = {}
        for _ in range(PAGES):
            shard, after = place
            if shard is None:
                break
            page = self.table.query(access.with_status(Status.HELD, shard, after=after))
            there = map(delivery_of, self.table.batch_get([key_of(item) for item in page.items]).values())
            free += [one for one in there if one.status is Status.HELD and self._is_free(one, holds)]
            place = (shard, page.cursor) if page.cursor else (self._behind(shard), None)
        freed = self.releases.let_go_in_order(free, lambda _: Late.WINDOW)
        if freed:
            self.journal.note("released", scope="without a reason", deliveries=freed)
        note(self.table, swept(since, *place))
        return freed

    def _is_free(self, delivery: Delivery, holds: dict[tuple[str, str, str], bool]) -> bool:
        """Whether nothing holds it; asked once for each account of an owner."""
        account = (delivery.owner, delivery.channel, delivery.account)
        if account not in holds:
            holds[account] = not self.releases.is_free(delivery)
        return not holds[account]

    def _behind(self, shard: int) -> int | None:
        following = shard + 1
        return following if following in self.shards.count(self.clock.now()).all() else None
