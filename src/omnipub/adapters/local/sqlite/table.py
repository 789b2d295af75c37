"""The table in SQLite: the same keys, conditions, transactions, sparse indexes and projections as DynamoDB."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from omnipub.adapters.local.sqlite.database import Database
from omnipub.adapters.local.sqlite.query import closed, opened, statement
from omnipub.errors import ConfigurationError
from omnipub.names import VERSION
from omnipub.ports.table import (
    Absent,
    Condition,
    ConditionCheck,
    ConditionFailedError,
    Delete,
    Item,
    Key,
    Page,
    Put,
    Query,
    Write,
)
from omnipub.storage.schema import INDEXES, KEY_ATTRIBUTES, MEANING, PARTITION, READ_LIMIT, SORT, WRITE_LIMIT, Index
from omnipub.strict_json import loads

PORTION = 1000
"""Writes of one commit of `write_many`: enough that the disk is not waited for, few enough to let others in."""

_QUOTED = [f'"{name}"' for name in KEY_ATTRIBUTES]
_COLUMNS = ", ".join(f"{name} TEXT" for name in _QUOTED)

_INDEX_STATEMENTS = ";".join(
    f'CREATE INDEX IF NOT EXISTS "{index.name}" ON items '
    f'("{index.partition}", "{index.sort}", "{PARTITION}", "{SORT}") WHERE "{index.partition}" IS NOT NULL'
    for index in INDEXES.values()
)

SCHEMA = (
    f'CREATE TABLE IF NOT EXISTS items ({_COLUMNS}, body TEXT NOT NULL, PRIMARY KEY ("{PARTITION}", "{SORT}")) '
    f"WITHOUT ROWID; {_INDEX_STATEMENTS}; CREATE TABLE IF NOT EXISTS meaning (number INTEGER NOT NULL)"
)
"""`meaning` has one row: the number of what the items mean, which travels with every copy of the file."""

_INSERT = (
    f"INSERT OR REPLACE INTO items ({', '.join(_QUOTED)}, body) "  # noqa: S608  names of our own
    f"VALUES ({', '.join('?' * (len(KEY_ATTRIBUTES) + 1))})"
)
_SELECT = f'SELECT body FROM items WHERE "{PARTITION}" = ? AND "{SORT}" = ?'  # noqa: S608  names of our own
_DELETE = f'DELETE FROM items WHERE "{PARTITION}" = ? AND "{SORT}" = ?'  # noqa: S608  names of our own


class SqliteTable:
    """The `Table` port over one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, SCHEMA)
        try:
            self._agree(path)
        except BaseException:
            self._database.close()
            raise

    def _agree(self, path: Path) -> None:
        """Go on with items that mean what this release knows; earlier ones are read, and mean that from now on.

        Raises:
            ConfigurationError: A later release wrote them.
        """
        with self._database.reading() as connection:
            (number,) = connection.execute("SELECT max(number) FROM meaning").fetchone()
        if number == MEANING:
            return
        if number is not None and number > MEANING:
            raise ConfigurationError(
                f"{path} was written by a later omnipub, which means something else by its items ({number}; this one "
                f"knows {MEANING}). Nothing was changed.",
                hint="Use that release, or another directory: --data DIR.",
            )
        with self._database.writing() as connection:
            connection.execute("DELETE FROM meaning")
            connection.execute("INSERT INTO meaning VALUES (?)", (MEANING,))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def get(self, key: Key) -> Item | None:
        """The item, strongly consistent."""
        with self._database.reading() as connection:
            return _read(connection, key)

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Write one item."""
        self.transact([Put(item=item, condition=condition)])

    def transact(self, writes: Sequence[Write]) -> None:
        """All writes or none."""
        _bounded(writes)

        def work(connection: sqlite3.Connection) -> None:
            failed = [
                number
                for number, write in enumerate(writes)
                if write.condition is not None and not _holds(connection, _key(write), write.condition)
            ]
            if failed:
                raise ConditionFailedError(failed)
            for write in writes:
                _apply(connection, write)

        self._database.write(work)

    def query(self, query: Query) -> Page:
        """One page in key order."""
        index = INDEXES[query.index] if query.index else None
        text, values = statement(query)
        with self._database.reading() as connection:
            rows = connection.execute(text, values)
            found = [dict(row) if query.keys_only else loads(row["body"], lenient=True) for row in rows]
        shown = found[: query.limit]
        cursor = closed(shown[-1], index.sort if index else SORT) if len(found) > query.limit else None
        return Page(items=tuple(_projected(item, index) for item in shown), cursor=cursor)

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        """The items that exist, in portions as DynamoDB takes them."""
        found: dict[Key, Item] = {}
        unique = list(dict.fromkeys(keys))
        with self._database.reading() as connection:
            for start in range(0, len(unique), READ_LIMIT):
                for key in unique[start : start + READ_LIMIT]:
                    item = _read(connection, key)
                    if item is not None:
                        found[key] = item
        return found

    def write_many(self, writes: Sequence[Put | Delete]) -> None:
        """Writes without conditions, in portions between which other writers get their turn."""
        if any(write.condition is not None for write in writes):
            raise ValueError("writes with conditions belong into a transaction")
        for start in range(0, len(writes), PORTION):
            with self._database.writing() as connection:
                for write in writes[start : start + PORTION]:
                    _apply(connection, write)

    def everything(self, *, limit: int, after: str | None = None) -> Page:
        """One page of the whole table, in key order."""
        bound, values = ("", []) if after is None else (f'WHERE ("{PARTITION}", "{SORT}") > (?, ?)', opened(after)[1:])
        text = f'SELECT body FROM items {bound} ORDER BY "{PARTITION}", "{SORT}" LIMIT {limit + 1}'  # noqa: S608  names of our own, values bound
        with self._database.reading() as connection:
            found = [loads(row["body"], lenient=True) for row in connection.execute(text, values)]
        shown = found[:limit]
        last = shown[-1] if len(found) > limit else None
        return Page(items=tuple(shown), cursor=json.dumps(["", last[PARTITION], last[SORT]]) if last else None)


def _bounded(writes: Sequence[Write]) -> None:
    if not 0 < len(writes) <= WRITE_LIMIT:
        raise ValueError(f"a transaction has 1 to {WRITE_LIMIT} writes, not {len(writes)}")
    if len({_key(write) for write in writes}) < len(writes):
        raise ValueError("a transaction writes each item once")


def _key(write: Write) -> Key:
    if isinstance(write, Put):
        return Key(write.item[PARTITION], write.item[SORT])
    return write.key


def _holds(connection: sqlite3.Connection, key: Key, condition: Condition) -> bool:
    there = _read(connection, key)
    if isinstance(condition, Absent):
        return there is None
    return there is not None and there.get(VERSION) == condition.version


def _apply(connection: sqlite3.Connection, write: Write) -> None:
    match write:
        case Put(item=item):
            body = json.dumps(item, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            connection.execute(_INSERT, [*(item.get(name) for name in KEY_ATTRIBUTES), body])
        case Delete(key=key):
            connection.execute(_DELETE, key)
        case ConditionCheck():
            pass


def _read(connection: sqlite3.Connection, key: Key) -> Item | None:
    row = connection.execute(_SELECT, key).fetchone()
    return loads(row["body"], lenient=True) if row else None


def _projected(item: Item, index: Index | None) -> Item:
    if index is None:
        return item
    visible = {PARTITION, SORT, index.partition, index.sort, *index.projected}
    return {name: value for name, value in item.items() if name in visible}
