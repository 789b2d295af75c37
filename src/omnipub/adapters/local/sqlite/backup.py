"""Copies of a SQLite file that is in use, by SQLite's own online backup.

A copy shows one moment of the file, and is there whole or not at all.
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from omnipub.adapters.local.sqlite.database import BUSY_MS
from omnipub.adapters.local.sqlite.errors import error_for
from omnipub.errors import InvalidInputError
from omnipub.hints import Action, Hint
from omnipub.storage.schema import KEY_ATTRIBUTES

PAGES = 2048
"""Pages copied between two reports: 8 MB."""

APPLICATION = 0x6F6D6E69
"""What marks a file as a copy of ours: `omni`."""

Progress = Callable[[int, int], None]
"""Is told how many pages of how many are copied."""


def copied(source: Path, target: Path, *, progress: Progress) -> None:
    """Make `target` what `source` is at this moment, in one transaction; a new file is readable by its user only.

    Raises:
        UnavailableError: One of them does not work; the target is as it was.
    """
    if not target.exists():
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR))
    with _translated(source, target), closing(_reading(source)) as there, closing(_connect(target)) as here:
        # An open read keeps the moment: without it every write meanwhile would begin the copy anew.
        there.execute("BEGIN")
        there.execute("SELECT count(*) FROM sqlite_master").fetchone()
        here.execute("PRAGMA synchronous=FULL")
        there.backup(here, pages=PAGES, progress=lambda _, left, pages: progress(pages - left, pages))


def sealed_off(file: Path, *, mark: int) -> None:
    """Make a copy one file that says what it is, with nothing beside it."""
    with _translated(file, file), closing(_connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute(f"PRAGMA application_id={APPLICATION}")
        connection.execute(f"PRAGMA user_version={mark:d}")


def examined(file: Path) -> int:
    """The mark of a whole and undamaged copy, or 0 of a table's own file.

    Raises:
        InvalidInputError: It is no table of ours, or damaged.
    """
    hint = Hint(action=Action.BACKUP)
    try:
        with closing(_reading(file)) as connection:
            columns = {row[1] for row in connection.execute("PRAGMA table_info(items)")}
            damage = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (mark,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise InvalidInputError(f"{file} is no backup, or is damaged: {error}.", hint=hint) from error
    if not {*KEY_ATTRIBUTES, "body"} <= columns:
        raise InvalidInputError(f"{file} is no backup: it holds no table of omnipub's.", hint=hint)
    if damage != ["ok"]:
        first = next(line for row in damage for line in row.splitlines() if not line.startswith("***"))
        raise InvalidInputError(f"{file} is damaged: {first}.", hint="Restore another backup.")
    return int(mark) if application == APPLICATION else 0


def _reading(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=BUSY_MS / 1000, isolation_level=None)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)


@contextmanager
def _translated(source: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
        raise error_for(error, source if damaged else target, expendable=False) from error
