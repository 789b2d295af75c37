"""Pagination, over a table that hands out pages of its own size."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from omnipub.ports.table import Item, Key, Page, Query, Table
from omnipub.storage.paging import first_items, follow, items, merged_page, pages, stored, stored_items


def item(number: int, partition: str = "a") -> Item:
    return {"PK": partition, "SK": f"{number:02}", "GSI1PK": f"by-{partition}", "GSI1SK": f"{number:02}"}


@dataclass
class PagedTable:
    """Answers queries of one partition in pages; a cursor is the sort key that a page ended with."""

    there: Sequence[Item]
    size: int = 2
    stored: Sequence[Item] | None = None
    queries: list[Query] = field(default_factory=list)

    def query(self, query: Query) -> Page:
        self.queries.append(query)
        partition, sort = ("GSI1PK", "GSI1SK") if query.index else ("PK", "SK")
        found = sorted((one for one in self.there if one[partition] == query.partition), key=lambda one: one[sort])
        if query.newest_first:
            found = found[::-1]
        if query.after is not None:
            found = found[[one[sort] for one in found].index(query.after) + 1 :]
        page = found[: min(self.size, query.limit)]
        return Page(items=tuple(page), cursor=page[-1][sort] if len(page) < len(found) else None)

    def batch_get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        there = {Key(one["PK"], one["SK"]): one for one in (self.there if self.stored is None else self.stored)}
        return {key: there[key] for key in reversed(keys) if key in there}


def over(numbers: Sequence[int], **changes: Any) -> tuple[Table, PagedTable]:
    made = PagedTable([item(number) for number in numbers], **changes)
    return cast("Table", made), made


A = Query(partition="a")


@pytest.mark.parametrize("count", range(6))
def test_every_item_of_every_page_comes_once_and_in_order(count: int) -> None:
    table, made = over(range(count))
    assert list(items(table, A)) == list(made.there)
    assert len(made.queries) == max(1, -(-count // 2))


def test_pages_begin_behind_the_querys_own_cursor() -> None:
    table, _ = over(range(5))
    assert [[one["SK"] for one in page.items] for page in pages(table, replace(A, after="01"))] == [
        ["02", "03"],
        ["04"],
    ]


def test_a_page_is_read_when_it_is_wanted_and_no_earlier() -> None:
    table, made = over(range(6))
    found = items(table, A)
    assert made.queries == []
    assert [next(found)["SK"], next(found)["SK"]] == ["00", "01"]
    assert len(made.queries) == 1


def test_queries_are_read_one_after_the_other() -> None:
    made = PagedTable([item(1, "b"), item(1), item(2), item(3)])
    found = items(cast("Table", made), Query(partition="b"), A)
    assert [one["PK"] for one in found] == ["b", "a", "a", "a"]


def test_an_empty_page_with_a_cursor_is_not_the_end() -> None:
    answers = {None: Page(items=(), cursor="x"), "x": Page(items=(item(1),), cursor=None)}
    assert [len(page.items) for page in follow(answers.__getitem__)] == [0, 1]


def test_what_the_table_no_longer_has_is_left_out_and_the_rest_keeps_its_order() -> None:
    newer = [item(number) | {"version": 2} for number in (3, 0, 1)]
    table, made = over(range(4), stored=newer)
    assert [(one["SK"], one["version"]) for one in stored_items(table, A)] == [("00", 2), ("01", 2), ("03", 2)]
    assert [one["SK"] for one in stored(table, Page(items=tuple(made.there[1:]), cursor=None))] == ["01", "03"]


@pytest.mark.parametrize(
    ("count", "at_most", "read", "complete"), [(0, 3, 0, True), (3, 3, 3, True), (4, 3, 3, False), (5, 9, 5, True)]
)
def test_first_items_says_whether_there_are_more(count: int, at_most: int, read: int, *, complete: bool) -> None:
    table, made = over(range(count))
    first = first_items(table, A, at_most)
    assert (len(first.items), first.complete) == (read, complete)
    assert all(query.limit <= at_most for query in made.queries)


def test_first_items_asks_for_no_more_than_is_still_wanted() -> None:
    table, made = over(range(9), size=100)
    assert len(first_items(table, replace(A, limit=2), 5).items) == 5
    assert [query.limit for query in made.queries] == [2, 2, 1]


@pytest.mark.parametrize(("backwards", "expected"), [(False, ["01", "02", "03"]), (True, ["09", "08", "07"])])
def test_merged_pages_end_where_the_first_of_them_ends(backwards: bool, expected: list[str]) -> None:  # noqa: FBT001
    numbers: dict[str, tuple[int, ...]] = {"a": (1, 3, 7, 9), "b": (2, 8)}
    made = PagedTable([item(one, partition) for partition, those in numbers.items() for one in those])
    queries = [Query(index="GSI1", partition=f"by-{one}", newest_first=backwards) for one in numbers]
    merged = merged_page(cast("Table", made), queries)
    assert [one.sort for one in merged.items] == expected
    assert not merged.complete
    assert len(made.queries) == 2


def test_a_merge_of_whole_partitions_is_complete() -> None:
    made = PagedTable([item(2), item(1, "b")])
    merged = merged_page(cast("Table", made), [A, Query(partition="b")])
    assert [one.sort for one in merged.items] == ["01", "02"]
    assert merged.complete


def test_bounds_that_hold_nothing_are_not_asked() -> None:
    table, made = over(range(3))
    empty = merged_page(table, [replace(A, at_least="05", below="05"), replace(A, at_least="06", below="05")])
    assert (empty.items, empty.complete, made.queries) == ([], True, [])
