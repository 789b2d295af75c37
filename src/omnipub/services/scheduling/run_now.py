"""Put what is due now on the stream at once, as an operator asked, without a tick.

Nothing goes out early or twice: the worker asks the table before it sends, whoever put the pointer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from omnipub.domain.delivery.decide import NextAct, next_step
from omnipub.domain.ids import Parent
from omnipub.domain.timestamps import from_text, to_text
from omnipub.ports.stream import Pointer, Stream
from omnipub.ports.table import Item
from omnipub.services.base import Base
from omnipub.services.protocol.enqueue import pointer_to
from omnipub.services.protocol.gate import Gate
from omnipub.storage import access, keys
from omnipub.storage.items import delivery_of
from omnipub.storage.paging import items, stored_items

NOT_TAKEN = "the stream did not take it"
PORTION = 500
"""Deliveries that are read and put together, so that a run of any length holds no more of them."""

_EVER = from_text("2000-01-01T00:00:00.000Z")


@dataclass(frozen=True, kw_only=True)
class RunNowResult:
    """One delivery of a run-now: whether it may go on now, and whether it was put on the stream."""

    pk: str
    channel: str
    ready: bool
    dispatched: bool
    why: str


@dataclass(frozen=True, kw_only=True)
class RunNowReport:
    """What a run-now did; the counts are of all deliveries, `rows` may be of the first ones only.

    Attributes:
        rows: A line for each delivery.
        dispatched: How many were put on the stream.
        skipped: How many were not.
        lost: How many of the skipped were ready, and the stream did not take them.
    """

    rows: Sequence[RunNowResult] = ()
    dispatched: int = 0
    skipped: int = 0
    lost: int = 0

    @property
    def left_out(self) -> int:
        """How many deliveries have no row."""
        return self.dispatched + self.skipped - len(self.rows)


@dataclass(kw_only=True)
class _Tally:
    """A report in the making."""

    most: int | None
    rows: list[RunNowResult] = field(default_factory=list)
    total: int = 0
    dispatched: int = 0
    lost: int = 0

    def count(self, row: RunNowResult) -> None:
        self.total += 1
        self.dispatched += row.dispatched
        self.lost += row.why == NOT_TAKEN
        if self.most is None or len(self.rows) < self.most:
            self.rows.append(row)

    def report(self) -> RunNowReport:
        return RunNowReport(
            rows=self.rows, dispatched=self.dispatched, skipped=self.total - self.dispatched, lost=self.lost
        )


@dataclass(frozen=True, kw_only=True)
class RunNow:
    """Runs."""

    base: Base
    stream: Stream
    gate: Gate

    def run(
        self, parents: Sequence[Parent] = (), *, dry_run: bool, trace: str = "", most: int | None = None
    ) -> RunNowReport:
        """Put what is due at this moment; of `parents` only, if any are named.

        Args:
            parents: Messages and certifications; none means all.
            dry_run: Only look.
            trace: Who asks; the pointers carry it.
            most: How many rows the report has at most; the counts are whole all the same.

        Raises:
            GateClosedError: Nothing is sent from this table.
        """
        self.gate.check()
        now = self.base.clock.now()
        tally, refused = _Tally(most=most), False
        items = iter(self._named(parents) if parents else self._due(now))
        while portion := list(islice(items, PORTION)):
            rows, pointers = _judged(portion, now, trace)
            if not dry_run:
                lost = pointers if refused else self.stream.put(pointers) if pointers else ()
                # A stream that takes nothing is not tried again: each try waits, and the ticks find what is left.
                refused = refused or 0 < len(pointers) == len(lost)
                rows = _put(rows, lost)
            for row in rows:
                tally.count(row)
        return tally.report()

    def _named(self, parents: Sequence[Parent]) -> Iterator[Item]:
        for parent in parents:
            collection = items(self.base.table, access.collection(parent))
            yield from (item for item in collection if keys.channel_of(item["SK"]))

    def _due(self, now: datetime) -> Iterator[Item]:
        shards = self.base.shards.count(now).all()
        return stored_items(self.base.table, *(access.due(shard, since=_EVER, until=now) for shard in shards))


def _judged(items: Iterable[Item], now: datetime, trace: str) -> tuple[list[RunNowResult], list[Pointer]]:
    """A row for each delivery, and the pointers to those that are ready."""
    rows, pointers = [], []
    for item in items:
        delivery = delivery_of(item)
        step = next_step(delivery, now)
        ready = step.act in {NextAct.SEND, NextAct.FIND_OUT}
        why = step.why if ready or delivery.next_at is None else f"{step.why}: {to_text(delivery.next_at)}"
        rows.append(RunNowResult(pk=item["PK"], channel=delivery.channel, ready=ready, dispatched=False, why=why))
        if ready:
            pointers.append(pointer_to(delivery, why="now", trace=trace))
    return rows, pointers


def _put(rows: Sequence[RunNowResult], lost: Iterable[Pointer]) -> list[RunNowResult]:
    """The rows after the ready ones were put, but for those that were lost."""
    missing = {(pointer.pk, keys.channel_of(pointer.sk)) for pointer in lost}
    return [
        replace(row, why=NOT_TAKEN) if (row.pk, row.channel) in missing else replace(row, dispatched=row.ready)
        for row in rows
    ]
