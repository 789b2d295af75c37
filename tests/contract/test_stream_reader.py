"""What reading the stream promises: every record until its retention ends, in order, from wherever one begins."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub.adapters.local.sqlite.stream import LANES, SqliteStream, lane_of
from omnipub.adapters.local.sqlite.stream_reader import RETENTION_MS, SHARD
from omnipub.domain.timestamps import EPOCH, milliseconds
from omnipub.errors import InvalidInputError
from omnipub.onebox.aws_events import sequence_number
from omnipub.ports.stream import Pointer, StreamRecord
from omnipub.ports.stream_reader import StartPosition, StreamReader
from omnipub.services.stream.wire_format import pointer_from_text
from support.shelves import MemoryStreamReader
from support.world import START, FakeClock


def pointer(number: int, group: str = "facebook/1") -> Pointer:
    return Pointer(pk=f"MSG#{number}", sk="CHANNEL#facebook", group=group, why="due", trace="t")


@dataclass
class Kept:
    """A stream that one can read, put to and trim."""

    reader: StreamReader
    put: Callable[[Pointer], object]
    trim: Callable[[], None]
    clock: FakeClock

    @property
    def shard(self) -> str:
        return self.reader.shards()[0].name

    def read(self, start: StartPosition | None = None, *, limit: int = 100) -> list[StreamRecord]:
        return list(self.reader.page(self.shard, start or StartPosition(), limit=limit))

    def numbers(self, start: StartPosition | None = None, *, limit: int = 100) -> list[int]:
        pointers = [pointer_from_text(one.data) for one in self.read(start, limit=limit)]
        return [int(one.pk.partition("#")[2]) for one in pointers if one]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sqlite(tmp_path: Path, clock: FakeClock) -> Iterator[SqliteStream]:
    made = SqliteStream(tmp_path / "stream.db", now_ms=lambda: milliseconds(clock.now() - EPOCH))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "memory"])
def kept(request: pytest.FixtureRequest, sqlite: SqliteStream, clock: FakeClock) -> Kept:
    if request.param == "sqlite":
        return Kept(sqlite.reader, lambda one: sqlite.put([one]), sqlite.prune, clock)
    memory = MemoryStreamReader(clock.now)
    return Kept(memory, memory.put, memory.trim, clock)


def put_each_minute(kept: Kept, count: int) -> None:
    for number in range(1, count + 1):
        kept.put(pointer(number))
        kept.clock.advance(minutes=1)


def test_a_record_says_where_it_stands_when_it_came_and_what_was_put(kept: Kept) -> None:
    kept.put(pointer(1))
    (record,) = kept.read()
    assert (record.shard, record.arrived_at, record.partition_key) == (kept.shard, START, "facebook/1")
    assert record.sequence.isdigit()
    assert pointer_from_text(record.data) == pointer(1)


def test_without_a_start_reading_begins_with_the_oldest(kept: Kept) -> None:
    put_each_minute(kept, 3)
    assert kept.numbers() == [1, 2, 3]
    assert kept.numbers(limit=2) == [1, 2]


def test_a_moment_begins_with_the_first_record_of_that_very_moment_or_later(kept: Kept) -> None:
    put_each_minute(kept, 3)
    minute = timedelta(minutes=1)
    assert kept.numbers(StartPosition(at=START + minute)) == [2, 3]
    assert kept.numbers(StartPosition(at=START + minute + timedelta(milliseconds=1))) == [3]
    assert kept.numbers(StartPosition(at=START - minute)) == [1, 2, 3]
    assert kept.numbers(StartPosition(at=START + 10 * minute)) == []


def test_a_sequence_begins_with_its_record_and_after_it_with_the_next(kept: Kept) -> None:
    put_each_minute(kept, 3)
    middle = kept.read()[1].sequence
    assert kept.numbers(StartPosition(sequence=middle)) == [2, 3]
    assert kept.numbers(StartPosition(after=middle)) == [3]


def test_pages_that_go_on_after_the_last_sequence_give_everything_once(kept: Kept) -> None:
    put_each_minute(kept, 7)
    found, start = [], StartPosition()
    while page := kept.read(start, limit=3):
        found += page
        start = StartPosition(after=page[-1].sequence)
    assert found == kept.read()
    kept.put(pointer(8))
    assert kept.numbers(start) == [8]


def test_sequences_order_as_numbers(kept: Kept) -> None:
    put_each_minute(kept, 12)
    sequences = [int(one.sequence) for one in kept.read()]
    assert sequences == sorted(set(sequences))


def test_what_is_older_than_retention_is_gone_and_the_reader_says_so(kept: Kept) -> None:
    kept.put(pointer(1))
    assert kept.reader.gone_before() is None
    kept.clock.advance(hours=23)
    kept.put(pointer(2))
    kept.trim()
    assert kept.numbers() == [1, 2]
    kept.clock.advance(hours=2)
    kept.trim()
    assert kept.numbers() == [2]
    gone = kept.reader.gone_before()
    assert gone is not None
    assert START < gone <= kept.read()[0].arrived_at


def test_another_shards_name_reads_nothing(kept: Kept) -> None:
    kept.put(pointer(1))
    assert list(kept.reader.page("shardId-000000000009", StartPosition(), limit=10)) == []


def test_what_the_worker_has_read_stays_until_retention_ends(sqlite: SqliteStream) -> None:
    sqlite.put([pointer(number) for number in range(3)])
    lane = lane_of("facebook/1")
    sqlite.checkpoint({lane: sqlite.batch(lane, limit=10)[-1].sequence})
    assert sqlite.batch(lane, limit=10) == []
    assert len(sqlite.reader.page(SHARD, StartPosition(), limit=10)) == 3


def test_reading_moves_no_checkpoint(sqlite: SqliteStream) -> None:
    sqlite.put([pointer(1)])
    sqlite.reader.page(SHARD, StartPosition(), limit=10)
    assert sqlite.reader.lag().records == 1


def test_the_lag_counts_what_no_lane_has_read_and_how_long_it_waits(sqlite: SqliteStream, clock: FakeClock) -> None:
    assert (sqlite.reader.lag().records, sqlite.reader.lag().age) == (0, timedelta(0))
    for group in range(20):
        sqlite.put([pointer(group, f"facebook/{group}")])
        clock.advance(seconds=1)
    lag = sqlite.reader.lag()
    assert (lag.records, lag.age) == (20, timedelta(seconds=20))
    for lane in range(LANES):
        read = sqlite.batch(lane, limit=100)
        if read:
            sqlite.checkpoint({lane: read[-1].sequence})
    assert sqlite.reader.lag().records == 0


def test_a_shard_tells_what_it_holds(sqlite: SqliteStream, clock: FakeClock) -> None:
    (empty,) = sqlite.reader.shards()
    assert (empty.records, empty.oldest_at, empty.newest_at) == (0, None, None)
    sqlite.put([pointer(1)])
    clock.advance(minutes=5)
    sqlite.put([pointer(2)])
    (shard,) = sqlite.reader.shards()
    assert (shard.records, shard.oldest_at, shard.newest_at) == (2, START, START + timedelta(minutes=5))


def test_a_sequence_is_taken_in_the_form_that_events_and_logs_have(sqlite: SqliteStream) -> None:
    sqlite.put([pointer(number) for number in range(3)])
    (record, *_) = sqlite.reader.page(SHARD, StartPosition(sequence=sequence_number(2)), limit=1)
    assert record.sequence == "2"


@pytest.mark.parametrize("wrong", ["x", "-1", "1.5", "²", "9" * 200])
def test_what_is_no_sequence_is_refused(sqlite: SqliteStream, wrong: str) -> None:
    with pytest.raises(InvalidInputError, match="no sequence number"):
        sqlite.reader.page(SHARD, StartPosition(sequence=wrong), limit=1)


@pytest.mark.parametrize("start", [StartPosition(sequence="9" * 100), StartPosition(after="9" * 100)])
def test_a_sequence_beyond_all_is_at_the_end(sqlite: SqliteStream, start: StartPosition) -> None:
    sqlite.put([pointer(1)])
    assert list(sqlite.reader.page(SHARD, start, limit=1)) == []


def test_retention_is_a_day(sqlite: SqliteStream) -> None:
    assert sqlite.reader.retention == timedelta(hours=24) == timedelta(milliseconds=RETENTION_MS)
