"""How many shards the shared partition keys have: an item in the table, not a constant.

Writers use the current count, readers the highest ever, so that what was written under another count is
still found. A raise takes effect later than any cache lives: raise, wait CACHED_FOR, done.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipub.ports.table import Table
from omnipub.storage import keys

CACHED_FOR = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class ShardCount:
    """`current` for writers, `highest` for readers."""

    current: int = 1
    highest: int = 1

    def of(self, name: str) -> int:
        """The shard that a writer puts `name` into."""
        return keys.shard_of(name, self.current)

    def all(self) -> range:
        """The shards that a reader looks into."""
        return range(self.highest)


class Shards:
    """Reads the shard count and caches it for CACHED_FOR."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: tuple[datetime, ShardCount] | None = None

    def count(self, now: datetime) -> ShardCount:
        """The count in force."""
        if self._known is None or not timedelta(0) <= now - self._known[0] < CACHED_FOR:
            item = self._table.get(keys.shards()) or {}
            current = int(item.get("current", 1))
            count = ShardCount(current=current, highest=max(current, int(item.get("highest", 1))))
            self._known = (now, count)
        return self._known[1]
