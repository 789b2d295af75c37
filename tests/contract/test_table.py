"""What every `Table` adapter means by its verbs."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omnipub.adapters.aws.dynamodb.table import DynamoTable
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.errors import InvalidInputError
from omnipub.ports.table import (
    Absent,
    ConditionCheck,
    ConditionFailedError,
    Delete,
    Item,
    Key,
    Put,
    Query,
    Table,
    Unchanged,
)
from omnipub.storage.schema import READ_LIMIT

A = Key("MSG#A", "METADATA")


MINISTACK = pytest.param("ministack", marks=pytest.mark.ministack)


@pytest.fixture
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Table]]:
    opened: list[SqliteTable | DynamoTable] = []

    def making(kind: str) -> Table:
        if kind == "sqlite":
            opened.append(SqliteTable(tmp_path / "table.db"))
        else:
            cloud = request.getfixturevalue(f"over_{kind}")
            opened.append(DynamoTable(cloud.clients, cloud.table()))
        return opened[-1]

    yield making
    for one in opened:
        one.close()


@pytest.fixture(params=["sqlite", "moto", MINISTACK])
def table(request: pytest.FixtureRequest, make: Callable[[str], Table]) -> Table:
    return make(request.param)


@pytest.fixture(params=["sqlite", MINISTACK])
def shared(request: pytest.FixtureRequest, make: Callable[[str], Table]) -> Table:
    """A table that several threads write: moto would lose updates."""
    return make(request.param)


def item(key: Key = A, version: int = 1, **attributes: object) -> Item:
    return {"PK": key.pk, "SK": key.sk, "version": version, **attributes}


def test_an_item_comes_back_as_it_was_written(table: Table) -> None:
    written = item(text="Grüße 👋 \u0000", number=-5, yes=True, nothing=None, nested={"list": [1, "two", {}]})
    table.put(written)
    assert table.get(A) == written


def test_what_is_not_there_is_none(table: Table) -> None:
    assert table.get(A) is None


def test_a_put_replaces_the_whole_item(table: Table) -> None:
    table.put(item(one=1))
    table.put(item(two=2))
    assert table.get(A) == item(two=2)


def test_absent_refuses_an_existing_item(table: Table) -> None:
    table.put(item(), Absent())
    with pytest.raises(ConditionFailedError):
        table.put(item(version=2), Absent())
    assert table.get(A) == item()


@pytest.mark.parametrize("version", [1, 3])
def test_unchanged_refuses_another_version(table: Table, version: int) -> None:
    table.put(item(version=2))
    with pytest.raises(ConditionFailedError):
        table.put(item(version=9), Unchanged(version=version))
    table.put(item(version=3), Unchanged(version=2))
    assert table.get(A) == item(version=3)


def test_unchanged_refuses_an_absent_item(table: Table) -> None:
    with pytest.raises(ConditionFailedError):
        table.put(item(), Unchanged(version=1))


def test_an_item_that_never_said_its_version_has_none(table: Table) -> None:
    table.put({"PK": A.pk, "SK": A.sk})
    with pytest.raises(ConditionFailedError):
        table.put(item(version=2), Unchanged(version=1))


def test_a_transaction_is_all_or_nothing_and_names_what_failed(table: Table) -> None:
    b, c = Key("MSG#B", "METADATA"), Key("MSG#C", "METADATA")
    table.put(item(b))
    with pytest.raises(ConditionFailedError) as refused:
        table.transact([Put(item=item(), condition=Absent()), Put(item=item(b), condition=Absent()), Put(item=item(c))])
    assert refused.value.failed == (1,)
    assert table.get(A) is None
    assert table.get(c) is None


def test_a_check_lets_the_transaction_fail_and_writes_nothing(table: Table) -> None:
    b = Key("MSG#B", "METADATA")
    table.put(item(b, version=4))
    table.transact([Put(item=item()), ConditionCheck(key=b, condition=Unchanged(version=4))])
    with pytest.raises(ConditionFailedError):
        table.transact([Put(item=item(version=2)), ConditionCheck(key=b, condition=Unchanged(version=5))])
    assert table.get(A) == item()
    assert table.get(b) == item(b, version=4)


def test_a_delete_removes_the_item(table: Table) -> None:
    table.put(item())
    table.transact([Delete(key=A, condition=Unchanged(version=1))])
    assert table.get(A) is None


def test_a_transaction_takes_a_hundred_writes_and_no_more(table: Table) -> None:
    many = [Put(item=item(Key(f"MSG#{number}", "METADATA"))) for number in range(101)]
    with pytest.raises(ValueError, match="1 to 100"):
        table.transact(many)
    table.transact(many[:100])
    with pytest.raises(ValueError, match="once"):
        table.transact([many[0], many[0]])


def test_empty_texts_long_numbers_and_nothing_come_back_as_they_were_written(table: Table) -> None:
    written = item(
        empty="", least=-(10**30), most=10**30, none=None, maps={"m": {"list": [], "none": None}, "n": {}}, no=False
    )
    table.put(written)
    assert table.get(A) == written
    assert type(table.get(A)["most"]) is int  # type: ignore[index]
    assert table.get(A)["no"] is False  # type: ignore[index]
    table.transact([Put(item=written | {"version": 2}, condition=Unchanged(version=1))])
    assert table.query(Query(partition=A.pk)).items == (written | {"version": 2},)


def test_a_query_returns_a_partition_in_sort_order(table: Table) -> None:
    for sort in ("CHANNEL#b", "METADATA", "CHANNEL#a", "ATTEMPT#a#0001"):
        table.put(item(Key("MSG#A", sort)))
    table.put(item(Key("MSG#B", "METADATA")))
    found = [one["SK"] for one in table.query(Query(partition="MSG#A")).items]
    assert found == ["ATTEMPT#a#0001", "CHANNEL#a", "CHANNEL#b", "METADATA"]
    prefixed = table.query(Query(partition="MSG#A", prefix="CHANNEL#")).items
    assert [one["SK"] for one in prefixed] == ["CHANNEL#a", "CHANNEL#b"]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("index", [None, "GSI1"])
def test_pages_cover_a_partition_without_gaps_or_repeats(table: Table, index: str | None, backwards: bool) -> None:  # noqa: FBT001  a parameter of the test
    for number in range(23):
        # several items with the same index sort key: the page must break between them as well
        table.put(item(Key("P", f"{number:02d}"), GSI1PK="P", GSI1SK=f"{number // 4:02d}"))
    seen, cursor = [], None
    while True:
        page = table.query(Query(partition="P", index=index, limit=5, after=cursor, newest_first=backwards))
        assert len(page.items) <= 5
        seen += [one["SK"] for one in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=backwards)
    assert len(seen) == 23


def test_bounds_are_inclusive_below_and_exclusive_above(table: Table) -> None:
    for sort in "abcd":
        table.put(item(Key("P", sort)))
    found = table.query(Query(partition="P", at_least="b", below="d")).items
    assert [one["SK"] for one in found] == ["b", "c"]


BOUNDS: list[tuple[dict[str, str], list[str]]] = [
    ({"prefix": "b"}, ["b", "b1", "b2", "bb"]),
    ({"prefix": "b", "at_least": "b1"}, ["b1", "b2", "bb"]),
    ({"prefix": "b", "at_least": "a"}, ["b", "b1", "b2", "bb"]),
    ({"prefix": "b", "below": "bb"}, ["b", "b1", "b2"]),
    ({"prefix": "b", "below": "zz"}, ["b", "b1", "b2", "bb"]),
    ({"prefix": "b", "at_least": "b1", "below": "b2"}, ["b1"]),
    ({"prefix": "b", "at_least": "c"}, []),
    ({"prefix": "x"}, []),
    ({"at_least": "b2"}, ["b2", "bb", "c", "\U0010ffff"]),
    ({"at_least": "b", "below": "b"}, []),
    ({"at_least": "c", "below": "b"}, []),
    ({"below": "b"}, ["a"]),
    ({"below": ""}, []),
    ({"prefix": "", "at_least": ""}, ["a", "b", "b1", "b2", "bb", "c", "\U0010ffff"]),
    ({"prefix": "\U0010ffff"}, ["\U0010ffff"]),
]


@pytest.mark.parametrize("index", [None, "GSI1"])
def test_all_bounds_hold_together_in_both_directions(table: Table, index: str | None) -> None:
    for sort in ("a", "b", "b1", "b2", "bb", "c", "\U0010ffff"):
        table.put(item(Key("P", sort), GSI1PK="P", GSI1SK=sort))
    for bounds, expected in BOUNDS:
        for backwards in (False, True):
            page = table.query(Query(partition="P", index=index, newest_first=backwards, **bounds))  # type: ignore[arg-type]
            assert [one["SK"] for one in page.items] == sorted(expected, reverse=backwards), bounds
            assert page.cursor is None


@pytest.mark.parametrize("backwards", [False, True])
def test_pages_stop_before_the_upper_bound_however_small_they_are(table: Table, backwards: bool) -> None:  # noqa: FBT001  a parameter of the test
    for number in range(9):
        # three items stand at the bound itself
        table.put(item(Key("P", str(number)), GSI1PK="P", GSI1SK=f"{number // 3}"))
    seen, cursor = [], None
    while True:
        page = table.query(
            Query(partition="P", index="GSI1", at_least="0", below="2", limit=1, after=cursor, newest_first=backwards)
        )
        seen += [one["SK"] for one in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(seen) == ["0", "1", "2", "3", "4", "5"]


def test_a_page_that_ends_with_the_last_item_says_that_it_is_the_last(table: Table) -> None:
    for number in range(10):
        table.put(item(Key("P", f"{number}"), GSI1PK="P", GSI1SK="same"))
    for index in (None, "GSI1"):
        first = table.query(Query(partition="P", index=index, limit=5))
        second = table.query(Query(partition="P", index=index, limit=5, after=first.cursor))
        assert (len(first.items), len(second.items), second.cursor) == (5, 5, None)
    half = table.everything(limit=5)
    assert (len(half.items), table.everything(limit=5, after=half.cursor).cursor) == (5, None)


def test_a_last_page_below_an_item_that_is_there_says_that_it_is_the_last(table: Table) -> None:
    for number in range(6):
        table.put(item(Key("P", f"{number}"), GSI1PK="P", GSI1SK=f"{number}"))
    for index in (None, "GSI1"):
        page = table.query(Query(partition="P", index=index, at_least="0", below="5", newest_first=True, limit=5))
        assert ([one["SK"] for one in page.items], page.cursor) == (["4", "3", "2", "1", "0"], None)


def test_pages_of_large_items_leave_nothing_out(table: Table) -> None:
    for number in range(8):
        table.put(item(Key("P", f"{number}"), bulk="x" * 300_000))
    seen, cursor = [], None
    while True:
        page = table.query(Query(partition="P", after=cursor))
        assert page.items
        seen += [one["SK"] for one in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [str(number) for number in range(8)]
    keys = [Key("P", str(number)) for number in range(8)]
    assert list(table.batch_get(keys)) == keys


def test_an_index_is_sparse_and_shows_only_what_it_projects(table: Table) -> None:
    table.put(item(status="scheduled", frozen={"secret": "bulk"}, GSI1PK="STATUS#scheduled", GSI1SK="x"))
    table.put(item(Key("MSG#B", "METADATA")))
    (found,) = table.query(Query(partition="STATUS#scheduled", index="GSI1")).items
    assert found == {
        "PK": A.pk,
        "SK": A.sk,
        "GSI1PK": "STATUS#scheduled",
        "GSI1SK": "x",
        "status": "scheduled",
    }
    table.put(item(status="published"))
    assert table.query(Query(partition="STATUS#scheduled", index="GSI1")).items == ()


def test_prefixes_and_bounds_compare_bytes_not_patterns(table: Table) -> None:
    for sort in ("A%", "AB", "A_", "a"):
        table.put(item(Key("P", sort)))
    assert [one["SK"] for one in table.query(Query(partition="P", prefix="A%")).items] == ["A%"]


def test_a_batch_get_takes_any_number_of_keys_and_skips_what_is_not_there(table: Table) -> None:
    keys = [Key(f"MSG#{number}", "METADATA") for number in range(READ_LIMIT * 2 + 5)]
    for key in keys[::2]:
        table.put(item(key))
    found = table.batch_get([*keys, keys[0]])
    assert set(found) == set(keys[::2])
    assert found[keys[0]] == item(keys[0])


def test_a_foreign_cursor_is_refused(table: Table) -> None:
    with pytest.raises(InvalidInputError):
        table.query(Query(partition="P", after="nonsense"))


def test_of_two_claimants_one_wins(shared: Table) -> None:
    shared.put(item())
    wins: list[int] = []

    def claim(number: int) -> None:
        try:
            shared.put(item(version=2, claim=number), Unchanged(version=1))
        except ConditionFailedError:
            return
        wins.append(number)

    _race([lambda number=number: claim(number) for number in range(16)])  # type: ignore[misc]
    assert len(wins) == 1
    there = shared.get(A)
    assert there is not None
    assert there["claim"] == wins[0]


def test_concurrent_transactions_lose_no_write(shared: Table) -> None:
    def write(number: int) -> None:
        for step in range(20):
            shared.transact(
                [Put(item=item(Key(f"MSG#{number}", f"{part}#{step}")), condition=Absent()) for part in "ab"]
            )

    _race([lambda number=number: write(number) for number in range(8)])  # type: ignore[misc]
    assert sum(len(shared.query(Query(partition=f"MSG#{number}")).items) for number in range(8)) == 8 * 40


def test_of_two_transactions_about_one_item_one_wins(shared: Table) -> None:
    b = Key("MSG#B", "METADATA")
    shared.put(item())
    wins: list[int] = []

    def claim(number: int) -> None:
        writes = [
            Put(item=item(version=2, claim=number), condition=Unchanged(version=1)),
            Put(item=item(b, claim=number), condition=Absent()),
        ]
        try:
            shared.transact(writes)
        except ConditionFailedError:
            return
        wins.append(number)

    _race([lambda number=number: claim(number) for number in range(16)])  # type: ignore[misc]
    assert len(wins) == 1
    assert {one["claim"] for one in shared.batch_get([A, b]).values()} == set(wins)


def test_a_counter_that_many_raise_loses_no_step(shared: Table) -> None:
    shared.put(item(count=0))

    def raise_it() -> None:
        for _ in range(10):
            while True:
                there = shared.get(A)
                assert there is not None
                version = there["version"]
                try:
                    shared.put(item(version=version + 1, count=there["count"] + 1), Unchanged(version=version))
                except ConditionFailedError:
                    continue
                break

    _race([raise_it for _ in range(4)])
    assert shared.get(A) == item(version=41, count=40)


def test_many_writes_put_and_remove_whatever_was_there(table: Table) -> None:
    keys = [Key(f"MSG#{number}", "METADATA") for number in range(2345)]
    table.put(item(keys[0], version=7, old=True))
    table.write_many([Put(item=item(key)) for key in keys])
    assert table.batch_get(keys) == {key: item(key) for key in keys}
    table.write_many([*(Delete(key=key) for key in keys[1:]), Delete(key=Key("MSG#none", "METADATA"))])
    assert list(table.batch_get(keys)) == keys[:1]


def test_of_many_writes_of_one_key_the_last_wins(table: Table) -> None:
    table.write_many([Put(item=item()), Delete(key=A), Put(item=item(version=2))])
    assert table.get(A) == item(version=2)
    table.write_many([])


def test_many_writes_take_no_conditions(table: Table) -> None:
    with pytest.raises(ValueError, match="transaction"):
        table.write_many([Put(item=item()), Put(item=item(version=2), condition=Absent())])
    assert table.get(A) is None


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_everything_comes_once_whatever_the_pages_are(table: Table, limit: int) -> None:
    written = {
        Key(f"P{number % 5}", f"{number:02d}"): item(Key(f"P{number % 5}", f"{number:02d}"), GSI1PK="X", GSI1SK="same")
        for number in range(23)
    }
    table.write_many([Put(item=one) for one in written.values()])
    seen, cursor = [], None
    while True:
        page = table.everything(limit=limit, after=cursor)
        assert len(page.items) <= limit
        seen += page.items
        cursor = page.cursor
        if cursor is None:
            break
    assert len(seen) == 23
    assert {Key(one["PK"], one["SK"]): one for one in seen} == written


def test_everything_of_an_empty_table_is_nothing(table: Table) -> None:
    page = table.everything(limit=10)
    assert (page.items, page.cursor) == ((), None)


def _race(tasks: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
