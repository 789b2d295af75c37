"""What is written down about a table outside its directory: its last epoch, and each claim before its first request.

One SQLite file for each identity. Claims that come at the same moment are committed together. The file is bounded.
Once it holds CLAIMS_AT_MOST claims the oldest are dropped, and `reach` says from which epoch on all are known.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from omnipub.adapters.local.sqlite.database import Database
from omnipub.hints import Action, Hint
from omnipub.ports.place import ClaimRecord, Evidence

CLAIMS_AT_MOST = 500_000
"""Some 60 MB. At a hundred posts a minute that is three and a half days. At a hundred a day it is thirteen years."""

DROPPED = 50_000
"""Dropped at once, so that it is not counted at each claim."""

PAGE = 10_000

UNSURE = 2
"""The table is ahead of the evidence by one at most. So a claim's epoch may be one too low; one more is kept as a
reserve."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS seat (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, "
    "begun INTEGER NOT NULL, reach INTEGER NOT NULL, successor TEXT NOT NULL); "
    "CREATE TABLE IF NOT EXISTS claims (number INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, pk TEXT NOT NULL, "
    "sk TEXT NOT NULL, attempt INTEGER NOT NULL, claim TEXT NOT NULL)"
)
_REMEDY = (
    "It was left as it is.",
    Hint(action=Action.MOVE_AWAY, when="Stop omnipub, then move the file away"),
    Hint(action=Action.ADOPT_SAME, when="Then, if the table was neither copied nor restored"),
)
_CLAIM = "pk, sk, attempt, claim"


class EvidenceFile:
    """The evidence of one table."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, remedy=_REMEDY)

    def begin(self, epoch: int) -> None:
        """Make the row if it is not there, for a table with this last epoch that has not begun here."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR IGNORE INTO seat VALUES (1, ?, 0, 0, '')", (epoch,))

        self._database.write(work)

    def read(self) -> tuple[Evidence, bool] | None:
        """What is known, and whether the table has begun under this identity; None if nothing was written yet."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT epoch, begun, reach, successor FROM seat").fetchone()
        if row is None:
            return None
        known = Evidence(epoch=row["epoch"], reach=row["reach"], successor=row["successor"])
        return known, bool(row["begun"])

    def remember(self, epoch: int) -> None:
        """Write an epoch down; a higher one that is there stays."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE seat SET epoch = max(epoch, ?), begun = 1", (epoch,))

        self._database.write(work)

    def succeed(self, successor: str) -> None:
        """Write down under which identity its table goes on."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE seat SET successor = ?", (successor,))

        self._database.write(work)

    def claimed(self, claim: ClaimRecord) -> None:
        """Append a claim with the epoch that was remembered last."""

        def work(connection: sqlite3.Connection) -> None:
            added = connection.execute(
                f"INSERT INTO claims (epoch, {_CLAIM}) SELECT epoch, ?, ?, ?, ? FROM seat",  # noqa: S608  names of our own
                (claim.pk, claim.sk, claim.attempt, claim.claim_id),
            ).lastrowid
            if added is not None and added % DROPPED == 0:
                _drop(connection, added - CLAIMS_AT_MOST)

        self._database.write(work)

    def latest(self, at_most: int) -> Sequence[ClaimRecord]:
        """The last claims, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_CLAIM} FROM claims ORDER BY number DESC LIMIT ?",  # noqa: S608  names of our own
                (at_most,),
            ).fetchall()
        return [_claimed(row) for row in rows]

    def since(self, epoch: int) -> Iterator[ClaimRecord]:
        """All claims of that epoch and later ones that are known, in their order."""
        last = 0
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(
                    f"SELECT number, {_CLAIM} FROM claims WHERE number > ? AND epoch >= ? ORDER BY number LIMIT ?",  # noqa: S608  likewise
                    (last, epoch - UNSURE, PAGE),
                ).fetchall()
            yield from map(_claimed, rows)
            if len(rows) < PAGE:
                return
            last = rows[-1]["number"]

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def _drop(connection: sqlite3.Connection, until: int) -> None:
    newest = connection.execute("SELECT max(epoch) AS epoch FROM claims WHERE number <= ?", (until,)).fetchone()
    if newest["epoch"] is None:
        return
    connection.execute("UPDATE seat SET reach = max(reach, ?)", (newest["epoch"] + UNSURE,))
    connection.execute("DELETE FROM claims WHERE number <= ?", (until,))


def _claimed(row: sqlite3.Row) -> ClaimRecord:
    return ClaimRecord(pk=row["pk"], sk=row["sk"], attempt=row["attempt"], claim_id=row["claim"])
