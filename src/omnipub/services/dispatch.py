"""Put what is due on the stream: the scheduler's tick and its nudges; an operator's run-now has its own room.

Ticks and nudges may overlap, double, jitter or be lost. Only the cursor's write is conditional; putting a
pointer twice costs a read, putting none costs punctuality, and neither can lose or double a post.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Protocol

from omnipub.domain.moments import from_text, to_text
from omnipub.domain.overdue import is_put_again
from omnipub.errors import OmnipubError
from omnipub.services.due import HORIZON, group_of
from omnipub.services.gate import Gate
from omnipub.services.ports import Clock, DueSoon, Journal, Pointer, Stream
from omnipub.services.releases import Releases
from omnipub.storage import access, keys
from omnipub.storage.items import plain_item
from omnipub.storage.schema import BY_STATUS_OR_OWNER
from omnipub.storage.shards import Shards
from omnipub.storage.table import ConditionFailedError, Item, Query, Table
from omnipub.storage.writing import replacing

OVERLAP = timedelta(minutes=5)
"""How far below the cursor a tick reads again: index lag and late commits fall into it."""

TICK_EVERY = timedelta(minutes=1)

ALARMING_SILENCE = timedelta(minutes=3)
"""A heartbeat older than this means that nothing dispatches."""


class _Ranged(Protocol):
    def __call__(self, shard: int, *, after: str | None = None) -> Query: ...


@dataclass(frozen=True, kw_only=True)
class TickReport:
    """What a run put: `due` at their moments, `overdue` again, `looks` whose time had come; `lost` by the stream."""

    due: int = 0
    overdue: int = 0
    looks: int = 0
    lost: int = 0


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """Dispatches."""

    table: Table
    shards: Shards
    stream: Stream
    clock: Clock
    journal: Journal
    gate: Gate
    releases: Releases

    def tick(self, *, trace: str = "") -> TickReport:
        """Look HORIZON ahead, wait for each moment, put its pointers; with nothing due, end at once."""
        self.gate.check()
        now = self.clock.now()
        last = self._moment(keys.heartbeat()) or now - TICK_EVERY
        self.table.put(plain_item(keys.heartbeat(), at=to_text(now)))
        self._finish_releases()
        cursor = self._moment(keys.cursor()) or now
        start, end = min(cursor, now) - OVERLAP, now + HORIZON
        old = [soon for soon in self._overdue(start, trace) if _again(soon.at, now, last)]
        fresh = [soon for soon in self._due(start, end, trace) if soon.at > now or _again(soon.at, now, last)]
        looks = list(self._looks(end, trace))
        lost = self._put_in_time([*old, *fresh, *looks])
        self._move_cursor(end)
        report = TickReport(due=len(fresh), overdue=len(old), looks=len(looks), lost=lost)
        self.journal.note("tick", due=report.due, overdue=report.overdue, looks=report.looks, lost=report.lost)
        return report

    def nudged(self, due: Sequence[DueSoon]) -> int:
        """Wait for the named moments and put their pointers; how many were lost."""
        self.gate.check()
        end = self.clock.now() + HORIZON
        return self._put_in_time([soon for soon in due if soon.at <= end])

    def last_beat(self) -> datetime | None:
        """When a tick began last."""
        return self._moment(keys.heartbeat())

    def _finish_releases(self) -> None:
        try:
            self.releases.finish()
        except OmnipubError as error:
            self.journal.note("release_failed", error=error.message)  # the next tick goes on; what is due is not late

    def _due(self, start: datetime, end: datetime, trace: str) -> Iterator[DueSoon]:
        pages = self._pages(lambda shard, after=None: access.due(shard, since=start, until=end, after=after))
        return (_soon(item, "due", trace) for item in pages)

    def _overdue(self, start: datetime, trace: str) -> Iterator[DueSoon]:
        pages = self._pages(lambda shard, after=None: access.overdue(shard, until=start, after=after))
        return (_soon(item, "overdue", trace) for item in pages)

    def _looks(self, end: datetime, trace: str) -> Iterator[DueSoon]:
        pages = self._pages(lambda shard, after=None: access.leases_ending(shard, until=end, after=after))
        return (_soon(item, "look", trace) for item in pages)

    def _pages(self, query: _Ranged) -> Iterator[Item]:
        for shard in self.shards.count(self.clock.now()).all():
            cursor = None
            while True:
                page = self.table.query(query(shard, after=cursor))
                yield from page.items
                cursor = page.cursor
                if cursor is None:
                    break

    def _put_in_time(self, soon: Iterable[DueSoon]) -> int:
        """Wait until each moment and put its pointers; a put that fails is left to later ticks."""
        lost = 0
        for moment, group in groupby(sorted(soon, key=lambda one: one.at), key=lambda one: one.at):
            self.clock.sleep_until(moment)
            lost += len(self.stream.put([one.pointer for one in group]))
        return lost

    def _move_cursor(self, to: datetime) -> None:
        item = self.table.get(keys.cursor())
        if item is not None and from_text(item["at"]) >= to:
            return
        version = int(item["version"]) if item else None
        moved = plain_item(keys.cursor(), at=to_text(to), version=(version or 0) + 1)
        try:
            self.table.put(moved, replacing(version))
        except ConditionFailedError:
            return  # another tick moved it; the overlap covers the difference

    def _moment(self, key: keys.Key) -> datetime | None:
        item = self.table.get(key)
        return from_text(item["at"]) if item else None


def _again(at: datetime, now: datetime, last: datetime) -> bool:
    return is_put_again(age=now - at, age_at_last_tick=last - at)


def _soon(item: Item, why: str, trace: str) -> DueSoon:
    at = from_text(keys.moment_of(item[BY_STATUS_OR_OWNER.sort]))
    group = group_of(item["channel"], item["account"], item["owner"])
    return DueSoon(pointer=Pointer(pk=item["PK"], sk=item["SK"], group=group, why=why, trace=trace), at=at)
