"""A range of a partition as a SQLite query: one seek to its start, then its rows.

SQLite seeks by one lower and one upper bound and tests whatever else is asked of every row it passes. A cursor
therefore takes the place of the bound that it lies within. Tested beside it, each page would pass all before it.
"""

import json

from omnipub.errors import InvalidInputError
from omnipub.ports.table import Item, Query
from omnipub.storage.key_range import span
from omnipub.storage.schema import INDEXES, PARTITION, SORT
from omnipub.strict_json import loads


def statement(query: Query) -> tuple[str, list[str]]:
    """The statement for a page and the one row that says whether there are more, and the values in it.

    Raises:
        InvalidInputError: The cursor is not one of ours.
    """
    index = INDEXES[query.index] if query.index else None
    partition, sort = (index.partition, index.sort) if index else (PARTITION, SORT)
    bounds, values = _bounds(query, sort)
    clauses = " AND ".join([f'"{partition}" = ?', *bounds])
    direction = "DESC" if query.newest_first else "ASC"
    order = ", ".join(f'"{name}" {direction}' for name in _ordering(query))
    wanted = ", ".join(f'"{name}"' for name in key_attributes(query)) if query.keys_only else "body"
    return (
        f"SELECT {wanted} FROM items WHERE {clauses} ORDER BY {order} LIMIT {query.limit + 1}",  # noqa: S608  names of our own, values bound
        [query.partition, *values],
    )


def key_attributes(query: Query) -> list[str]:
    """The attributes that an index holds by itself: what is asked for no more than these is not looked up."""
    index = INDEXES[query.index] if query.index else None
    return [PARTITION, SORT, *([index.partition, index.sort] if index else [])]


def closed(item: Item, sort: str) -> str:
    """The cursor behind an item of a page that `sort` orders."""
    return json.dumps([item[sort], item[PARTITION], item[SORT]])


def opened(cursor: str) -> list[str]:
    """Sort key, partition key and sort key in the table of the item that a page ended with.

    Raises:
        InvalidInputError: It is no cursor.
    """
    try:
        parts = loads(cursor)
    except ValueError:
        parts = None
    match parts:
        case [str(sort), str(pk), str(sk)]:
            return [sort, pk, sk]
        case _:
            raise InvalidInputError("This cursor is not one of ours.", hint="Take the cursor of the previous page.")


def _ordering(query: Query) -> list[str]:
    """The columns behind the partition key that order it: an index may hold several items of one sort key."""
    return [INDEXES[query.index].sort, PARTITION, SORT] if query.index else [SORT]


def _bounds(query: Query, sort: str) -> tuple[list[str], list[str]]:
    """The conditions on the sort key, at most one on each side, and their values."""
    lower, upper = span(query)
    bounds = {">=": lower or None, "<": upper}
    clauses = {side: (f'"{sort}" {side} ?', [bound]) for side, bound in bounds.items() if bound is not None}
    if query.after is not None:
        at, *rest = opened(query.after)
        side, sign = ("<", "<") if query.newest_first else (">=", ">")
        bound = bounds[side]
        within = bound is None or (at < bound if query.newest_first else at >= bound)
        if within:
            columns = _ordering(query)
            names = ", ".join(f'"{name}"' for name in columns)
            clauses[side] = f"({names}) {sign} ({', '.join('?' * len(columns))})", [at, *rest][: len(columns)]
    return [clause for clause, _ in clauses.values()], [value for _, values in clauses.values() for value in values]
