"""What the stream promises: order per group, at least once, everything after the lowest failure again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnipub.adapters.local.sqlite.stream import LANES, RETENTION_MS, SqliteStream, lane_of
from omnipub.ports.stream import Pointer
from omnipub.services.stream.wire_format import pointer_from_text


def pointer(number: int, group: str = "facebook/1") -> Pointer:
    return Pointer(pk=f"MSG#{number}", sk="CHANNEL#facebook", group=group, why="due", trace="t")


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[SqliteStream]:
    made = SqliteStream(tmp_path / "stream.db")
    yield made
    made.close()


def test_records_of_one_group_keep_their_order(stream: SqliteStream) -> None:
    assert not stream.put([pointer(number) for number in range(50)])
    assert not stream.put([pointer(50)])
    records = stream.batch(lane_of("facebook/1"), limit=100)
    assert [pointer_from_text(record.data) for record in records] == [pointer(number) for number in range(51)]
    assert [record.sequence for record in records] == sorted(record.sequence for record in records)


def test_groups_spread_over_lanes_and_one_group_stays_in_one(stream: SqliteStream) -> None:
    stream.put([pointer(number, f"facebook/{number}") for number in range(200)])
    sizes = [len(stream.batch(lane, limit=1000)) for lane in range(LANES)]
    assert sum(sizes) == 200
    assert all(sizes)


def test_an_unread_record_is_there_after_a_restart(tmp_path: Path) -> None:
    before = SqliteStream(tmp_path / "stream.db")
    before.put([pointer(1), pointer(2)])
    lane = lane_of("facebook/1")
    before.checkpoint({lane: before.batch(lane, limit=1)[0].sequence})
    before.close()
    after = SqliteStream(tmp_path / "stream.db")
    assert [pointer_from_text(record.data) for record in after.batch(lane, limit=10)] == [pointer(2)]
    after.close()


def test_without_a_checkpoint_a_record_comes_again(stream: SqliteStream) -> None:
    stream.put([pointer(1)])
    lane = lane_of("facebook/1")
    assert stream.batch(lane, limit=10) == stream.batch(lane, limit=10)


def test_a_checkpoint_never_moves_back(stream: SqliteStream) -> None:
    stream.put([pointer(1), pointer(2)])
    lane = lane_of("facebook/1")
    first, second = stream.batch(lane, limit=10)
    stream.checkpoint({lane: second.sequence})
    stream.checkpoint({lane: first.sequence})
    assert stream.batch(lane, limit=10) == []


def test_iterator_age_is_that_of_the_oldest_unread_record(stream: SqliteStream) -> None:
    assert stream.iterator_age_ms() == 0
    stream.put([pointer(1)])
    with stream._database.writing() as connection:
        connection.execute("UPDATE records SET arrived_ms = arrived_ms - 5000")
    assert 5000 <= stream.iterator_age_ms() < 60_000
    lane = lane_of("facebook/1")
    stream.checkpoint({lane: stream.batch(lane, limit=10)[0].sequence})
    assert stream.iterator_age_ms() == 0


def test_what_is_older_than_retention_is_forgotten_read_or_not(stream: SqliteStream) -> None:
    stream.put([pointer(1)])
    with stream._database.writing() as connection:
        connection.execute("UPDATE records SET arrived_ms = arrived_ms - ?", (RETENTION_MS + 1000,))
    stream.put([pointer(2)])
    stream.prune()
    records = stream.batch(lane_of("facebook/1"), limit=10)
    assert [pointer_from_text(record.data) for record in records] == [pointer(2)]


def test_a_record_is_small_and_holds_no_content(stream: SqliteStream) -> None:
    stream.put([pointer(1)])
    (record,) = stream.batch(lane_of("facebook/1"), limit=10)
    assert len(record.data) < 500
    assert set(record.data) & set("{}") == {"{", "}"}


@pytest.mark.parametrize("foreign", ["", "null", "[]", "{}", '{"pk": 1}', b"\xff\xfe"])
def test_a_foreign_record_is_no_pointer(foreign: str | bytes) -> None:
    assert pointer_from_text(foreign) is None


def test_a_stream_that_cannot_write_hands_the_pointers_back(stream: SqliteStream) -> None:
    with stream._database.writing() as connection:
        connection.execute("DROP TABLE records")
    assert list(stream.put([pointer(1)])) == [pointer(1)]
