"""Nudges on one machine: asynchronous invocations of the scheduler, kept until one has run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omnipub.adapters.sqlite import Database
from omnipub.errors import UnavailableError
from omnipub.services.ports import DueSoon
from omnipub.services.wire import nudge_to_text
from omnipub.strict_json import loads

TRIES = 3
"""Lambda tries an asynchronous invocation three times."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS invocations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, payload TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0
)
"""


class SqliteNudge:
    """The `Nudge` port, and the side from which the scheduler is invoked."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, expendable=True)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def nudge(self, due: Sequence[DueSoon]) -> None:
        """Keep an invocation; if that fails, the next tick finds the deliveries all the same."""
        try:
            with self._database.writing() as connection:
                connection.execute("INSERT INTO invocations (payload) VALUES (?)", (nudge_to_text(due),))
        except UnavailableError:
            return

    def waiting(self, *, after: int) -> list[tuple[int, Any]]:
        """Number and payload of the invocations after number `after`, each counted as one more try."""
        with self._database.reading() as connection:
            known = connection.execute("SELECT id FROM invocations WHERE id > ? LIMIT 1", (after,)).fetchone()
        if known is None:
            return []
        with self._database.writing() as connection:
            connection.execute("DELETE FROM invocations WHERE tries >= ?", (TRIES,))
            rows = connection.execute(
                "UPDATE invocations SET tries = tries + 1 WHERE id > ? RETURNING id, payload", (after,)
            ).fetchall()
        return sorted(((row["id"], loads(row["payload"], lenient=True)) for row in rows), key=lambda one: one[0])

    def done(self, number: int) -> None:
        """The invocation has run."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM invocations WHERE id = ?", (number,))
