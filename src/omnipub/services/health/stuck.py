"""What needs somebody, worst first: what may be out twice or not at all, what stopped, what is late.

Each status is read from its index, the longest waiting first, and no further than the rows asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipub.domain.delivery.lifecycle import TIMED, Status
from omnipub.domain.delivery.model import Delivery
from omnipub.errors import InvalidInputError
from omnipub.ports.table import Item, Query
from omnipub.services.base import Base
from omnipub.services.messages.calendar import CalendarEntry, abouts
from omnipub.storage import access
from omnipub.storage.schema import BY_STATUS_OR_OWNER

ROWS_AT_MOST = 100

WORST_FIRST = (
    Status.UNCONFIRMED,
    Status.FAILED,
    Status.MISSED,
    Status.HELD,
    Status.PUBLISHING,
    Status.SCHEDULED,
)
"""The order in which somebody should look."""

LATE = timedelta(minutes=2)
"""What is due, or whose lease has ended, this long ago should have been seen by the scheduler twice."""


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """Reads, nothing else."""

    base: Base

    def rows(self, *, limit: int = 50) -> tuple[list[CalendarEntry], bool]:
        """At most `limit` deliveries that need somebody, worst first, and whether there are more.

        Raises:
            InvalidInputError: The limit makes no sense.
        """
        if not 1 <= limit <= ROWS_AT_MOST:
            raise InvalidInputError(f"There are 1 to {ROWS_AT_MOST} rows; {limit} were asked for.")
        now = self.base.clock.now()
        found: list[CalendarEntry] = []
        for status in WORST_FIRST:
            entries, more = self._entries(status, now, limit - len(found))
            # The index may lag behind what happened meanwhile.
            found += [one for one in abouts(self.base.table, entries) if needs_somebody(one.delivery, now)]
            if more:
                return found, True
        return found, False

    def _entries(self, status: Status, now: datetime, wanted: int) -> tuple[list[Item], bool]:
        """The longest waiting with one status, and whether there are more than wanted."""
        entries: list[Item] = []
        for shard in self.base.shards.count(now).all():
            entries += self.base.table.query(_query(status, now)(shard, wanted + 1)).items
        entries.sort(key=lambda item: str(item[BY_STATUS_OR_OWNER.sort]))
        return entries[:wanted], len(entries) > wanted


def needs_somebody(delivery: Delivery, now: datetime) -> bool:
    """Whether a delivery does not go on by itself, or should have gone on by now."""
    if delivery.status in TIMED:
        return delivery.next_at is not None and delivery.next_at <= now - LATE
    return delivery.status in WORST_FIRST


def _query(status: Status, now: datetime) -> Callable[[int, int], Query]:
    if status in TIMED:
        return lambda shard, limit: access.late_with_status(status, shard, until=now - LATE, limit=limit)
    return lambda shard, limit: access.with_status(status, shard, limit=limit)
