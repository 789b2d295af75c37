"""Pagination: every page of a query, all its items, or its first ones.

A query of the table answers one page and a cursor. No other file follows cursors to the end.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, TypeVar

from omnipub.ports.table import Item, Key, Page, Query, Table
from omnipub.storage.schema import INDEXES, PARTITION, SORT


class HasCursor(Protocol):
    """A page of anything."""

    @property
    def cursor(self) -> str | None:
        """Where the next page begins; None at the end."""
        ...


AnyPage = TypeVar("AnyPage", bound=HasCursor)


class MergedItem(NamedTuple):
    """An item, and its sort key in the index that it was read from."""

    sort: str
    item: Item


@dataclass(frozen=True, kw_only=True)
class MergedPage:
    """Items of several queries in the order of their sort keys, and whether there are no more."""

    items: Sequence[MergedItem]
    complete: bool


@dataclass(frozen=True, kw_only=True)
class FirstItems:
    """The first items of a query, and whether there are no more."""

    items: Sequence[Item]
    complete: bool


def follow(read: Callable[[str | None], AnyPage], after: str | None = None) -> Iterator[AnyPage]:
    """Every page from a cursor to the end, each read when it is wanted.

    Args:
        read: Answers the page behind a cursor; None means the first page.
        after: The cursor to begin behind.
    """
    while True:
        page = read(after)
        yield page
        after = page.cursor
        if after is None:
            return


def pages(table: Table, query: Query) -> Iterator[Page]:
    """Every page of a query, from its own cursor on."""
    return follow(lambda after: table.query(replace(query, after=after)), query.after)


def items(table: Table, *queries: Query) -> Iterator[Item]:
    """All items of some queries, one query after the other; a page is read when its first item is wanted."""
    for query in queries:
        for page in pages(table, query):
            yield from page.items


def stored_items(table: Table, *queries: Query) -> Iterator[Item]:
    """All items of some queries of an index as they stand in the table, strongly consistent and whole.

    What an index still lists and the table no longer has is left out. An item may have moved meanwhile: callers check
    again what the query picked it for.
    """
    for query in queries:
        for page in pages(table, query):
            yield from stored(table, page)


def stored(table: Table, page: Page) -> Iterator[Item]:
    """The items of an index's page as they stand in the table, in the order of the page."""
    keys = [Key(item[PARTITION], item[SORT]) for item in page.items]
    there = table.batch_get(keys)
    return (there[key] for key in keys if key in there)


def first_items(table: Table, query: Query, at_most: int) -> FirstItems:
    """The first items of a query, at most `at_most`; its own limit is that of a page."""
    found: list[Item] = []

    def read(after: str | None) -> Page:
        return table.query(replace(query, limit=min(query.limit, at_most - len(found)), after=after))

    for page in follow(read, query.after):
        found += page.items
        if len(found) >= at_most:
            return FirstItems(items=found, complete=page.cursor is None)
    return FirstItems(items=found, complete=True)


def merged_page(table: Table, queries: Iterable[Query]) -> MergedPage:
    """One page of each query of one index, merged by sort key.

    The merged page ends where the first of these pages ends.

    Beyond the end of one page there may be items of its query that were not read. They would be missing between the
    others. All queries are of one index and read it in one direction; one whose bounds hold nothing is not asked.
    """
    found: list[MergedItem] = []
    ends: list[str] = []
    backwards = False
    for query in queries:
        if query.at_least is not None and query.below is not None and query.at_least >= query.below:
            continue  # the cursor lies at the bound; a key condition must not be empty
        sort, backwards = _sort_key(query), query.newest_first
        page = table.query(query)
        found += [MergedItem(item[sort], item) for item in page.items]
        if page.cursor is not None:
            ends.append(page.items[-1][sort])
    if ends:
        end = max(ends) if backwards else min(ends)
        found = [one for one in found if (one.sort >= end if backwards else one.sort <= end)]
    found.sort(key=lambda one: one.sort, reverse=backwards)
    return MergedPage(items=found, complete=not ends)


def _sort_key(query: Query) -> str:
    return INDEXES[query.index].sort if query.index else SORT
