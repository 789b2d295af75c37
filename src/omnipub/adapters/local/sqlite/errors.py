"""SQLite's errors as a person meets them: one table from result code to a sentence and what to do."""

import sqlite3
from dataclasses import replace
from pathlib import Path

from omnipub.errors import UnavailableError
from omnipub.hints import Action, Advice, Hint, parts

_DAMAGED = "The data file {path} is damaged: {error}."
_NOT_WRITTEN = "The data file {path} could not be written: {error}."
_MAKE_ROOM = (
    "Make room, then try again; what was accepted before is safe.",
    Hint(action=Action.SHOW_SPACE, when="See what is left"),
)

TABLE: dict[int, tuple[str, Advice]] = {
    sqlite3.SQLITE_FULL: (_NOT_WRITTEN, _MAKE_ROOM),
    sqlite3.SQLITE_IOERR_WRITE: (_NOT_WRITTEN, _MAKE_ROOM),
    sqlite3.SQLITE_IOERR_SHMSIZE: (_NOT_WRITTEN, _MAKE_ROOM),
    sqlite3.SQLITE_IOERR: (
        "The disk does not serve the data file {path}: {error}.",
        "Check the disk and its cable or mount, then try again.",
    ),
    sqlite3.SQLITE_READONLY: (
        "The data file {path} is read-only here: {error}.",
        (
            "Make the files writable, or choose another directory with --data DIR.",
            Hint(action=Action.SHOW_RIGHTS, when="See whose they are"),
        ),
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The data file {path} cannot be opened: {error}.",
        Hint(action=Action.SHOW_RIGHTS, when="Check who may use it"),
    ),
    sqlite3.SQLITE_BUSY: (
        "The data file {path} has been kept busy by another process for too long.",
        ("Try again when that has ended.", Hint(action=Action.SHOW_USERS_OF_FILE)),
    ),
    sqlite3.SQLITE_CORRUPT: (_DAMAGED, ""),
    sqlite3.SQLITE_NOTADB: (_DAMAGED, ""),
}
"""Extended result codes come before the primary ones they refine; the hints of damage stand below."""

OTHER: tuple[str, Advice] = (
    "The data file {path} does not work: {error}.",
    "Check disk space and permissions, then try again.",
)

_RESTORE = (
    "It was left as it is; a restore keeps the damaged file and says what follows.",
    Hint(action=Action.RESTORE, when="Stop omnipub, then put your backup back"),
)
_MOVE_AWAY = (
    "It was left as it is, and nothing is lost without it: what is due stands in the table.",
    Hint(action=Action.MOVE_AWAY, when="Stop omnipub, then move the file away"),
)


def error_for(
    error: sqlite3.Error | ValueError, path: Path, *, expendable: bool, remedy: Advice = ""
) -> UnavailableError:
    """Our error for one of SQLite's, or for content that cannot be read.

    Args:
        error: What happened; a ValueError means that SQLite handed out what nobody wrote.
        path: The file it happened to.
        expendable: Whether the file holds nothing that the table does not know.
        remedy: What to do if it is damaged, where that is something else.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is None and (isinstance(error, ValueError) or "decode" in str(error)):
        code = sqlite3.SQLITE_CORRUPT
    sentence, hint = TABLE.get(code or 0) or TABLE.get((code or 0) & 0xFF) or OTHER
    if sentence is _DAMAGED:
        hint = remedy or (_MOVE_AWAY if expendable else _RESTORE)
    about = [
        replace(one, file=str(path), data=str(path.parent)) if isinstance(one, Hint) else one for one in parts(hint)
    ]
    return UnavailableError(sentence.format(path=path, error=error), hint=about)
