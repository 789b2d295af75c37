"""Records given up on, in SQLite beside the stream: whole, until somebody replays them."""

import sqlite3
from collections.abc import Mapping, Sequence

from omnipub.adapters.local.sqlite.database import Database
from omnipub.adapters.local.sqlite.stream_reader import moment_of, record_of
from omnipub.ports.parked import ParkedRecord

SCHEMA = """
CREATE TABLE IF NOT EXISTS parked (
    sequence INTEGER PRIMARY KEY,
    partition_key TEXT NOT NULL,
    data TEXT NOT NULL,
    arrived_ms INTEGER NOT NULL,
    parked_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    why TEXT NOT NULL
)
"""

_COLUMNS = "sequence, partition_key, data, arrived_ms, parked_ms, tries, why"

KEEP = f"INSERT OR REPLACE INTO parked ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  our own columns
"""Writes a row in the order of the columns."""


class SqliteParked:
    """The `Parked` port; a record keeps its sequence number as its id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        """How many there are."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM parked").fetchone()[0])

    def counts(self) -> Mapping[str, int]:
        """How many the worker gave up on: here nothing else gives up."""
        return {"worker": self.count()}

    def page(self, *, after: str = "", limit: int) -> Sequence[ParkedRecord]:
        """Those behind `after`, by sequence."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM parked WHERE sequence > ? ORDER BY sequence LIMIT ?",  # noqa: S608  our own columns
                (int(after or 0), limit),
            ).fetchall()
        return [_parked(row) for row in rows]

    def named(self, ids: Sequence[str]) -> Sequence[ParkedRecord]:
        """Those of `ids` that are there; one after the other, for a person names few."""
        statement = f"SELECT {_COLUMNS} FROM parked WHERE CAST(sequence AS TEXT) = ?"  # noqa: S608  likewise
        with self._database.reading() as connection:
            rows = [connection.execute(statement, (one,)).fetchone() for one in ids]
        return [_parked(row) for row in rows if row is not None]

    def forget(self, ids: Sequence[str]) -> None:
        """Remove them, all or none."""
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM parked WHERE sequence = ?", [(int(one),) for one in ids])


def _parked(row: sqlite3.Row) -> ParkedRecord:
    record = record_of(row)
    return ParkedRecord(
        id=record.sequence,
        record=record,
        parked_at=moment_of(row["parked_ms"]),
        tries=row["tries"],
        why=row["why"],
    )
