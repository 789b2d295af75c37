"""The delay queue on one machine: pointers wait in a file until a lead before their moments."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from omnipub.adapters.local.sqlite.database import Database
from omnipub.domain.timestamps import TICK, from_text, to_text
from omnipub.errors import UnavailableError
from omnipub.ports.delay import DueSoon
from omnipub.services.stream.wire_format import delayed_from, delayed_to_text

PACK = 100
"""Pointers of one message at most."""

BATCH = 10
"""Messages that its reader is handed together at most, as on AWS."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, pk TEXT NOT NULL, sk TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (pk, sk, at)
);
CREATE INDEX IF NOT EXISTS by_moment ON waiting (at)
"""


@dataclass(frozen=True, kw_only=True)
class DelayedMessage:
    """A message whose time has come: pointers of one moment.

    Attributes:
        ids: The rows it was packed of.
        body: What `services.wire.delayed_from` reads.
    """

    ids: tuple[int, ...]
    body: str


class SqliteDelay:
    """The `Delay` port, and the side from which its messages are taken."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, expendable=True)
        self._changed = threading.Condition()
        self._generation = 0

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def put(self, due: Sequence[DueSoon]) -> Sequence[DueSoon]:
        """Keep pointers; all of them or none are taken.

        One that waits for its moment already waits once, as a new row. Whoever has read the old one forgets only that.
        """
        rows = [(one.pointer.pk, one.pointer.sk, to_text(one.at), delayed_to_text([one])) for one in due]
        try:
            with self._database.writing() as connection:
                connection.executemany("INSERT OR REPLACE INTO waiting (pk, sk, at, body) VALUES (?, ?, ?, ?)", rows)
        except UnavailableError:
            return due
        self.wake()
        return ()

    def wait(self, seconds: float) -> None:
        """Return after `seconds`, or as soon as this process puts something or wakes it."""
        with self._changed:
            generation = self._generation
            self._changed.wait_for(lambda: self._generation != generation, seconds)

    def wake(self) -> None:
        """End every `wait`."""
        with self._changed:
            self._generation += 1
            self._changed.notify_all()

    def next_at(self) -> datetime | None:
        """The earliest moment that something waits for."""
        with self._database.reading() as connection:
            earliest = connection.execute("SELECT min(at) FROM waiting").fetchone()[0]
        return from_text(earliest) if earliest else None

    def until(self, moment: datetime) -> list[DelayedMessage]:
        """The next messages for moments up to `moment`, the earliest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, at, body FROM waiting WHERE at < ? ORDER BY at, id LIMIT ?",
                (to_text(moment + TICK), PACK * BATCH),
            ).fetchall()
        messages = [
            DelayedMessage(ids=tuple(row["id"] for row in pack), body=_packed(row["body"] for row in pack))
            for _, group in groupby(rows, key=lambda row: row["at"])
            for pack in _packs(list(group))
        ]
        return messages[:BATCH]

    def done(self, messages: Iterable[DelayedMessage]) -> None:
        """Forget messages: what they named is on the stream, or left to the ticks."""
        rows = [(number,) for message in messages for number in message.ids]
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM waiting WHERE id = ?", rows)


def _packs(rows: Sequence[Any]) -> list[Sequence[Any]]:
    return [rows[start : start + PACK] for start in range(0, len(rows), PACK)]


def _packed(bodies: Iterable[str]) -> str:
    return delayed_to_text([one for body in bodies for one in delayed_from(body) or ()])
