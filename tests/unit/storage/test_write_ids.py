from collections.abc import Mapping, Sequence

import pytest

from omnipub.names import WRITE_ID
from omnipub.ports.table import (
    Absent,
    Condition,
    ConditionCheck,
    ConditionFailedError,
    Item,
    Key,
    Page,
    Put,
    Query,
    Unchanged,
    Write,
)
from omnipub.storage import write_ids
from omnipub.storage.items import plain_item

KEY = Key("A", "B")
OTHER = Key("C", "D")


class Refusing:
    """A table whose conditions do not hold, with something in it."""

    def __init__(self, *there: Item, refuses: bool = True) -> None:
        self.there = {Key(item["PK"], item["SK"]): item for item in there}
        self.refuses = refuses
        self.writes = 0

    def get(self, key: Key) -> Item | None:
        return self.there.get(key)

    def put(self, item: Item, condition: Condition | None = None) -> None:
        assert condition is not None
        self.transact([Put(item=item, condition=condition)])

    def transact(self, writes: Sequence[Write]) -> None:
        self.writes += len(writes)
        if self.refuses:
            raise ConditionFailedError([0])

    def query(self, query: Query) -> Page:
        raise NotImplementedError

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        raise NotImplementedError


def item(write_id: str, key: Key = KEY) -> Item:
    return plain_item(key, **{WRITE_ID: write_id}, version=2)


def test_a_write_that_is_taken_is_done_once() -> None:
    table = Refusing(refuses=False)
    write_ids.put(table, item("mine"), Unchanged(version=1))
    write_ids.transact(table, [Put(item=item("mine")), ConditionCheck(key=OTHER, condition=Absent())])
    assert table.writes == 3


def test_a_refused_write_that_finds_its_own_id_had_succeeded() -> None:
    write_ids.put(Refusing(item("mine")), item("mine"), Unchanged(version=1))


def test_a_refused_write_that_finds_another_id_was_somebody_elses() -> None:
    with pytest.raises(ConditionFailedError):
        write_ids.put(Refusing(item("theirs")), item("mine"), Unchanged(version=1))


@pytest.mark.parametrize("there", [[], [plain_item(KEY, version=2)], [item("mine", OTHER)]])
def test_a_refused_write_that_finds_no_id_was_not_done(there: list[Item]) -> None:
    with pytest.raises(ConditionFailedError):
        write_ids.put(Refusing(*there), item("mine"), Unchanged(version=1))


def test_a_refused_transaction_that_finds_its_first_writes_id_had_succeeded() -> None:
    write_ids.transact(Refusing(item("mine")), [Put(item=item("mine")), Put(item=plain_item(OTHER))])


def test_a_refused_transaction_is_not_known_by_its_other_writes() -> None:
    with pytest.raises(ConditionFailedError):
        write_ids.transact(
            Refusing(item("theirs"), item("mine", OTHER)), [Put(item=item("mine")), Put(item=item("mine", OTHER))]
        )


def test_a_refused_transaction_that_begins_without_a_put_is_never_taken_for_done() -> None:
    with pytest.raises(ConditionFailedError):
        write_ids.transact(
            Refusing(item("mine")), [ConditionCheck(key=KEY, condition=Absent()), Put(item=item("mine"))]
        )


def test_a_refusal_is_never_tried_again() -> None:
    table = Refusing(item("theirs"))
    with pytest.raises(ConditionFailedError):
        write_ids.put(table, item("mine"), Absent())
    assert table.writes == 1


def test_what_was_read_is_replaced_only_unchanged_and_what_was_absent_only_absent() -> None:
    assert write_ids.replacing(3) == Unchanged(version=3)
    assert write_ids.replacing(None) == Absent()


def test_a_failed_condition_says_which_writes_it_was() -> None:
    error = ConditionFailedError([0, 2])
    assert error.failed == (0, 2)
    assert error.hint
