"""Reading records over several shards: spans, the newest, what arrives, and places."""

from datetime import timedelta

import pytest

from omnipub.errors import InvalidInputError
from omnipub.ports.stream import Pointer, StreamRecord
from omnipub.ports.stream_reader import StartPosition
from omnipub.services.stream.records import StreamRecords
from omnipub.services.stream.wire_format import pointer_from_text
from support.shelves import MemoryStreamReader
from support.world import START, FakeClock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def shelves(clock: FakeClock) -> MemoryStreamReader:
    """Six records, one a minute, on two shards in turn."""
    made = MemoryStreamReader(clock.now)
    for number in range(6):
        made.put(pointer(number), number % 2)
        clock.advance(minutes=1)
    return made


@pytest.fixture
def records(shelves: MemoryStreamReader) -> StreamRecords:
    return StreamRecords(reader=shelves)


def pointer(number: int) -> Pointer:
    return Pointer(pk=f"{number}", sk="s", group="g", why="due")


def numbers(found: object) -> list[int]:
    assert isinstance(found, list)
    pointers = [pointer_from_text(one.data) for one in found if isinstance(one, StreamRecord)]
    return [int(one.pk) for one in pointers if one]


def test_a_span_goes_through_one_shard_after_the_other(records: StreamRecords, clock: FakeClock) -> None:
    assert numbers(list(records.span(StartPosition(), until=clock.now()))) == [0, 2, 4, 1, 3, 5]


def test_a_span_of_one_shard_reads_no_other(
    records: StreamRecords, shelves: MemoryStreamReader, clock: FakeClock
) -> None:
    assert numbers(list(records.span(StartPosition(), until=clock.now(), shard=shelves.names[1]))) == [1, 3, 5]


def test_the_end_of_a_span_is_excluded_on_each_shard(records: StreamRecords) -> None:
    assert numbers(list(records.span(StartPosition(at=START + MINUTE), until=START + 4 * MINUTE))) == [2, 1, 3]


def test_a_record_that_stands_behind_a_younger_one_is_still_in_its_span(clock: FakeClock) -> None:
    made = MemoryStreamReader(clock.now)
    for seconds in (0, 40, 20, 200):
        clock.time = START + timedelta(seconds=seconds)
        made.put(pointer(seconds))
    found = StreamRecords(reader=made).span(StartPosition(), until=START + timedelta(seconds=30))
    assert numbers(list(found)) == [0, 20]


def test_the_newest_are_told_by_their_arrival_across_shards(records: StreamRecords) -> None:
    found, _ = records.newest(StartPosition(), count=3)
    assert numbers(list(found)) == [3, 4, 5]


def test_what_arrives_is_told_once_and_in_its_order(
    records: StreamRecords, shelves: MemoryStreamReader, clock: FakeClock
) -> None:
    _, ends = records.newest(StartPosition(), count=3)
    assert records.fresh(ends)[0] == []
    for number in (6, 7, 8):
        shelves.put(pointer(number), number % 2)
        clock.advance(minutes=1)
    found, ends = records.fresh(ends)
    assert numbers(list(found)) == [6, 7, 8]
    assert records.fresh(ends)[0] == []


def test_what_arrives_on_a_shard_that_was_empty_is_told(clock: FakeClock) -> None:
    made = MemoryStreamReader(clock.now)
    made.put(pointer(0), 0)
    _, ends = StreamRecords(reader=made).newest(StartPosition(), count=3)
    made.put(pointer(1), 1)
    assert numbers(list(StreamRecords(reader=made).fresh(ends)[0])) == [1]


def test_a_new_shard_is_read_from_its_beginning(records: StreamRecords, shelves: MemoryStreamReader) -> None:
    _, ends = records.newest(StartPosition(), count=3)
    shelves.names = (*shelves.names, "shardId-000000000002")
    shelves.put(pointer(6), 2)
    assert numbers(list(records.fresh(ends)[0])) == [6]


def test_a_place_names_its_shard_where_there_are_several(records: StreamRecords, shelves: MemoryStreamReader) -> None:
    sequence = shelves.kept[3].sequence
    shard, start = records.place(f"{shelves.names[1]}:{sequence}")
    assert numbers(list(records.span(start, until=START + 9 * MINUTE, shard=shard))) == [3, 5]
    with pytest.raises(InvalidInputError, match="several shards") as refused:
        records.place(sequence)
    assert f"{shelves.names[0]}:{sequence}" in refused.value.hint


def test_a_place_on_the_only_shard_needs_no_shard(clock: FakeClock) -> None:
    made = MemoryStreamReader(clock.now, names=("only",))
    assert StreamRecords(reader=made).place("17") == ("only", StartPosition(sequence="17"))


@pytest.mark.parametrize("wrong", ["", "x", "shardId-000000000000:", "shardId-000000000000:x", "²"])
def test_a_place_that_is_none_is_refused(records: StreamRecords, wrong: str) -> None:
    with pytest.raises(InvalidInputError, match="no sequence number"):
        records.place(wrong)


def test_a_place_on_a_shard_that_is_none_names_those_there_are(records: StreamRecords) -> None:
    with pytest.raises(InvalidInputError, match="no shard 'elsewhere'") as refused:
        records.place("elsewhere:1")
    assert "shardId-000000000001" in refused.value.hint


def test_nothing_is_gone_while_nothing_was_trimmed(records: StreamRecords) -> None:
    assert records.gone_from(StartPosition(at=START - timedelta(days=3))) is None


def test_what_is_gone_is_told_to_whoever_asks_for_it(
    records: StreamRecords, shelves: MemoryStreamReader, clock: FakeClock
) -> None:
    first, third, fifth = (shelves.kept[number].sequence for number in (0, 2, 4))
    shard = shelves.names[0]
    clock.time = START + timedelta(hours=24) + 2 * MINUTE
    shelves.trim()
    gone = START + 2 * MINUTE
    assert records.gone_from(StartPosition(at=START)) == gone
    assert records.gone_from(StartPosition(at=gone)) is None
    assert records.gone_from(StartPosition(sequence=first), shard) == gone
    assert records.gone_from(StartPosition(sequence=third), shard) is None
    assert records.gone_from(StartPosition(sequence=fifth), shard) is None
    assert records.gone_from(StartPosition()) == gone
