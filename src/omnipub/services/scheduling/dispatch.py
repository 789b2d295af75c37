"""Hand over what is due, each minute: the scheduler's tick. It waits for nothing.

Ticks may overlap, double, jitter or be lost. A pointer that is put twice costs a read; none costs punctuality. "A tick
ran" and "a tick put everything" are two facts. The beat is written first. The cursor and `served_at` are written after
the last put, if stream and delay queue took all of it. Only the cursor's write is conditional.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from omnipub.domain.delivery.overdue import FRESH, in_turns, is_put_again
from omnipub.domain.timestamps import from_text, to_text
from omnipub.errors import OmnipubError
from omnipub.log_events import LogEvent
from omnipub.ports.delay import DueSoon
from omnipub.ports.stream import Pointer
from omnipub.ports.table import ConditionFailedError, Item, Query
from omnipub.services.base import Base
from omnipub.services.pauses.release import Releases
from omnipub.services.protocol.enqueue import HORIZON, Enqueue, group_of
from omnipub.services.protocol.gate import Gate
from omnipub.services.scheduling.heartbeat import Heartbeat, beat_of, began, note, served
from omnipub.services.scheduling.held_sweep import HeldSweep
from omnipub.storage import access, keys
from omnipub.storage.items import plain_item
from omnipub.storage.paging import items
from omnipub.storage.schema import BY_STATUS_OR_OWNER
from omnipub.storage.write_ids import replacing

OVERLAP = timedelta(minutes=5)
"""How far below the cursor a tick reads again: index lag and late commits fall into it."""

TICK_EVERY = timedelta(minutes=1)

ALARMING_SILENCE = timedelta(minutes=3)
"""A heartbeat older than this means that nothing dispatches."""

PORTION = 500
"""Pointers that are put together; after a portion that is refused whole, a tick puts no more."""

BACKLOG = 1_000
"""Overdue deliveries without a try that a tick puts at most, in turns over their accounts."""

READ = 20_000
"""Overdue deliveries that a tick reads at most, the oldest first."""


@dataclass(frozen=True, kw_only=True)
class TickReport:
    """What a tick handed over: `due` at their moments, `overdue` again, `looks`; `lost` were refused."""

    due: int = 0
    overdue: int = 0
    looks: int = 0
    lost: int = 0


@dataclass(kw_only=True)
class _Found:
    """What a tick read.

    Attributes:
        due: Scheduled, from five minutes below the cursor to the end of the horizon.
        looks: Publishing, up to the end of the horizon.
        overdue: Scheduled, older than `due`.
        whole: Whether `overdue` is all there is.
    """

    due: list[DueSoon] = field(default_factory=list)
    looks: list[DueSoon] = field(default_factory=list)
    overdue: list[DueSoon] = field(default_factory=list)
    whole: bool = True


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """Dispatches."""

    base: Base
    due: Enqueue
    gate: Gate
    releases: Releases
    held_sweep: HeldSweep

    def tick(self, *, trace: str = "") -> TickReport:
        """Hand over each moment of the horizon and what is overdue; then look after the held. It waits for nothing."""
        self.gate.check()
        self.gate.move()
        now = self.base.clock.now()
        beat = note(self.base.table, began(now))
        cursor = self._cursor() or now
        start, end = min(cursor, now) - OVERLAP, now + HORIZON
        found = self._found(start, end, beat, now, trace)
        # What is on time goes first: however long the backlog is, it delays nothing that is not late yet.
        on_time = [one for one in (*found.due, *found.looks) if one.at > now - FRESH]
        late = [one for one in (*found.overdue, *found.due, *found.looks) if one.at <= now - FRESH]
        refused = self._handed_over([*_by_moment(on_time), *_by_moment(late)])
        if not refused:
            self._move_cursor(end)
            if found.whole:
                note(self.base.table, served(now))
        report = TickReport(due=len(found.due), overdue=len(found.overdue), looks=len(found.looks), lost=len(refused))
        self.base.journal.note(
            LogEvent.TICK, due=report.due, overdue=report.overdue, looks=report.looks, lost=report.lost
        )
        self._go_on_with_the_held()
        return report

    def last_beat(self) -> datetime | None:
        """When a tick began last."""
        return beat_of(self.base.table).at

    def last_served(self) -> datetime | None:
        """When the last tick began whose puts were all accepted."""
        return beat_of(self.base.table).served_at

    def _found(self, start: datetime, end: datetime, beat: Heartbeat, now: datetime, trace: str) -> _Found:
        # Without a mark of before, everything that is overdue counts as unserved.
        mark = beat.served_at or datetime.min.replace(tzinfo=now.tzinfo)
        due = [
            _soon(item, "due" if _moment(item) > now - FRESH else "overdue", trace)
            for item in self._items(lambda shard: access.due(shard, since=start, until=end))
            if _never_claimed(item) or _again(_moment(item), now, mark)
        ]
        older = self._items(lambda shard: access.overdue(shard, until=start))
        read = list(islice(older, READ))
        never = in_turns([item for item in read if _never_claimed(item)], _group, BACKLOG)
        tried = [item for item in read if not _never_claimed(item) and _again(_moment(item), now, mark)]
        return _Found(
            due=due,
            looks=self._looks(end, trace),
            overdue=[_soon(item, "overdue", trace) for item in (*never, *tried)],
            whole=len(read) < READ,
        )

    def _looks(self, end: datetime, trace: str) -> list[DueSoon]:
        """Ended leases and looks, overdue ones too: every tick sweeps them."""
        ending = self._items(lambda shard: access.leases_ending(shard, until=end))
        return [_soon(item, "look", trace) for item in ending]

    def _handed_over(self, soon: Sequence[DueSoon]) -> list[DueSoon]:
        """Hand over in portions; what was refused, and what was not offered after a portion refused whole."""
        refused: list[DueSoon] = []
        for start in range(0, len(soon), PORTION):
            portion = soon[start : start + PORTION]
            not_taken = self.due.put(portion)
            refused += not_taken
            if len(not_taken) == len(portion):
                return [*refused, *soon[start + PORTION :]]  # each try waits, and the next tick finds them
        return refused

    def _go_on_with_the_held(self) -> None:
        try:
            self.releases.finish()
            self.held_sweep.go_on()
        except OmnipubError as error:
            self.base.journal.note(
                LogEvent.RELEASE_FAILED, error=error.message
            )  # the next tick goes on; what is due is not late

    def _items(self, query: Callable[[int], Query]) -> Iterator[Item]:
        shards = self.base.shards.count(self.base.clock.now()).all()
        return items(self.base.table, *map(query, shards))

    def _cursor(self) -> datetime | None:
        item = self.base.table.get(keys.cursor())
        return from_text(item["at"]) if item else None

    def _move_cursor(self, to: datetime) -> None:
        item = self.base.table.get(keys.cursor())
        if item is not None and from_text(item["at"]) >= to:
            return
        version = int(item["version"]) if item else None
        moved = plain_item(keys.cursor(), at=to_text(to), version=(version or 0) + 1)
        try:
            self.base.table.put(moved, replacing(version))
        except ConditionFailedError:
            return  # another tick moved it; the overlap covers the difference


def _again(at: datetime, now: datetime, served: datetime) -> bool:
    return is_put_again(age=now - at, age_at_last_tick=served - at)


def _never_claimed(item: Item) -> bool:
    """Whether nobody claimed it since it fell due: its moment is still the one that was asked for."""
    return bool(item["next_at"] == item.get("due_at"))


def _group(item: Item) -> str:
    return group_of(item["channel"], item["account"], item["owner"])


def _moment(item: Item) -> datetime:
    return from_text(keys.moment_of(item[BY_STATUS_OR_OWNER.sort]))


def _by_moment(soon: Iterable[DueSoon]) -> list[DueSoon]:
    return sorted(soon, key=lambda one: one.at)


def _soon(item: Item, why: str, trace: str) -> DueSoon:
    at = _moment(item)
    pointer = Pointer(pk=item["PK"], sk=item["SK"], group=_group(item), why=why, trace=trace, at=at)
    return DueSoon(pointer=pointer, at=at)
