from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from omnipub.ports.table import Condition, Item, Key, Page, Query, Write
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from omnipub.storage.shards import CACHED_FOR, ShardCount, Shards

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


class OneItem:
    """A table with the shard count in it that counts its reads."""

    def __init__(self, **counts: int) -> None:
        self.counts = counts
        self.reads = 0

    def get(self, key: Key) -> Item | None:
        assert key == keys.shards()
        self.reads += 1
        return plain_item(key, **self.counts) if self.counts else None

    def put(self, item: Item, condition: Condition | None = None) -> None:
        raise NotImplementedError

    def transact(self, writes: Sequence[Write]) -> None:
        raise NotImplementedError

    def query(self, query: Query) -> Page:
        raise NotImplementedError

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        raise NotImplementedError


def test_a_table_without_a_count_has_one_shard() -> None:
    count = Shards(OneItem()).count(NOON)
    assert (count.current, list(count.all())) == (1, [0])
    assert count.of("anything") == 0


def test_writers_use_the_current_count_and_readers_the_highest_ever() -> None:
    count = Shards(OneItem(current=2, highest=8)).count(NOON)
    assert {count.of(str(number)) for number in range(100)} == {0, 1}
    assert list(count.all()) == list(range(8))


@pytest.mark.parametrize("counts", [{"current": 4}, {"current": 4, "highest": 2}])
def test_readers_look_wherever_writers_write(counts: dict[str, int]) -> None:
    count = Shards(OneItem(**counts)).count(NOON)
    assert {count.of(str(number)) for number in range(100)} <= set(count.all())


def test_what_was_written_before_a_raise_is_still_read() -> None:
    before, since = ShardCount(current=2, highest=2), ShardCount(current=8, highest=8)
    for number in range(100):
        assert before.of(str(number)) in since.all()


def test_the_count_is_read_once_while_it_is_remembered() -> None:
    table = OneItem(current=2)
    shards = Shards(table)
    for later in (timedelta(0), TICK, CACHED_FOR - TICK):
        shards.count(NOON + later)
    assert table.reads == 1


def test_a_raise_is_seen_when_the_memory_ends() -> None:
    table = OneItem(current=2)
    shards = Shards(table)
    shards.count(NOON)
    table.counts = {"current": 4, "highest": 4}
    assert shards.count(NOON + CACHED_FOR - TICK).current == 2
    assert shards.count(NOON + CACHED_FOR).current == 4


def test_a_clock_that_went_back_reads_again() -> None:
    table = OneItem(current=2)
    shards = Shards(table)
    shards.count(NOON)
    shards.count(NOON - TICK)
    assert table.reads == 2
