"""What parking promises: a record given up on is kept whole until somebody removes it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub.adapters.local.sqlite.stream import SqliteStream, lane_of
from omnipub.adapters.local.sqlite.stream_reader import RETENTION_MS
from omnipub.domain.timestamps import EPOCH, milliseconds
from omnipub.ports.stream import Pointer
from omnipub.services.stream.wire_format import pointer_from_text
from support.world import START, FakeClock

GROUP = "facebook/1"
LANE = lane_of(GROUP)


def pointer(number: int) -> Pointer:
    return Pointer(pk=f"MSG#{number}", sk="CHANNEL#facebook", group=GROUP, why="due", trace="t")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def stream(tmp_path: Path, clock: FakeClock) -> Iterator[SqliteStream]:
    made = SqliteStream(tmp_path / "stream.db", now_ms=lambda: milliseconds(clock.now() - EPOCH))
    yield made
    made.close()


def park(stream: SqliteStream, count: int) -> None:
    stream.put([pointer(number) for number in range(1, count + 1)])
    stream.park(stream.batch(LANE, limit=count), tries=11, why="retries_exhausted")


def test_a_parked_record_is_whole(stream: SqliteStream, clock: FakeClock) -> None:
    stream.put([pointer(1)])
    clock.advance(minutes=1)
    stream.park(stream.batch(LANE, limit=1), tries=11, why="retries_exhausted")
    (kept,) = stream.parked.page(limit=10)
    assert (kept.tries, kept.why, kept.parked_at) == (11, "retries_exhausted", START + timedelta(minutes=1))
    assert (kept.record.partition_key, kept.record.arrived_at) == (GROUP, START)
    assert pointer_from_text(kept.record.data) == pointer(1)


def test_parking_leaves_the_records_in_the_stream_and_passes_nothing_by(stream: SqliteStream) -> None:
    park(stream, 2)
    stream.put([pointer(3)])
    assert [pointer_from_text(one.data) for one in stream.batch(LANE, limit=10)] == [pointer(n) for n in (1, 2, 3)]
    (shard,) = stream.reader.shards()
    assert shard.records == 3


def test_parked_records_outlive_the_streams_retention(stream: SqliteStream, clock: FakeClock) -> None:
    park(stream, 1)
    clock.advance(milliseconds=2 * RETENTION_MS)
    stream.put([pointer(2)])
    stream.prune()
    assert stream.parked.count() == 1


def test_parked_records_are_there_after_a_restart(tmp_path: Path) -> None:
    before = SqliteStream(tmp_path / "stream.db")
    park(before, 2)
    before.close()
    after = SqliteStream(tmp_path / "stream.db")
    assert after.parked.count() == 2
    after.close()


def test_a_record_parked_twice_is_there_once(stream: SqliteStream) -> None:
    stream.put([pointer(1)])
    batch = stream.batch(LANE, limit=1)
    stream.park(batch, tries=11, why="retries_exhausted")
    stream.park(batch, tries=12, why="retries_exhausted")
    assert [one.tries for one in stream.parked.page(limit=10)] == [12]


def test_pages_give_every_parked_record_once_in_their_order(stream: SqliteStream) -> None:
    park(stream, 12)
    found, after = [], ""
    while page := stream.parked.page(after=after, limit=5):
        found += [pointer_from_text(one.record.data) for one in page]
        after = page[-1].id
    assert found == [pointer(number) for number in range(1, 13)]


def test_those_named_come_as_they_are_named_and_unknown_ones_are_left_out(stream: SqliteStream) -> None:
    park(stream, 3)
    ids = [one.id for one in stream.parked.page(limit=3)]
    found = stream.parked.named([ids[2], "999", "no number", ids[0]])
    assert [one.id for one in found] == [ids[2], ids[0]]


def test_what_is_forgotten_is_gone_and_the_rest_stays(stream: SqliteStream) -> None:
    park(stream, 3)
    first, second, third = (one.id for one in stream.parked.page(limit=3))
    stream.parked.forget([first, third])
    stream.parked.forget([first])
    assert [one.id for one in stream.parked.page(limit=3)] == [second]
    assert stream.parked.count() == 1
