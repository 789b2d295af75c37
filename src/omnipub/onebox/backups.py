"""Backups of a data directory's table, and the way back: what is restored sends nothing until it is adopted."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from omnipub import private_files
from omnipub.adapters.local.sqlite.backup import copied, examined, sealed_off
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.config import Mode, Settings
from omnipub.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError
from omnipub.hints import Action, Hint
from omnipub.onebox.data_directory import alone
from omnipub.services.protocol.gate import shut

TABLE = "table.db"

Progress = Callable[[int, int], None]

_MARKS = {Mode.SANDBOX: 1, Mode.LIVE: 2}


@dataclass(frozen=True, kw_only=True)
class BackupResult:
    """A backup: where and how large."""

    file: Path
    size: int


@dataclass(frozen=True, kw_only=True)
class RestoreResult:
    """A restored table, and the one it replaced, if there was one."""

    table: Path
    kept: Path | None


def size_of(settings: Settings) -> int:
    """Bytes of the table's file and of what is not folded into it yet."""
    table = Path(settings.data) / TABLE
    return sum(file.stat().st_size for file in (table, table.with_name(f"{TABLE}-wal")) if file.exists())


def backup(settings: Settings, file: Path, *, progress: Progress) -> BackupResult:
    """Copy the table as it is at this moment, while it is used.

    Raises:
        ConflictError: The file exists.
        InvalidInputError: Its directory does not.
        NotFoundError: There is no table yet.
    """
    table = Path(settings.data) / TABLE
    if not table.exists():
        raise NotFoundError(f"There is no table in {settings.data} yet.", hint="Name its directory with --data DIR.")
    vacant(file)
    partial = file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        copied(table, partial, progress=progress)
        sealed_off(partial, mark=_MARKS[settings.mode])
        examined(partial)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return BackupResult(file=file, size=file.stat().st_size)


def restore(settings: Settings, file: Path, *, progress: Progress) -> RestoreResult:
    """Put a backup in the table's place and shut its gate; the old table is kept beside it.

    Raises:
        ConflictError: `up` runs on the directory, or the backup is of the other mode.
        InvalidInputError: The file is no backup, or damaged.
        NotFoundError: There is no such file.
    """
    checked(settings, file)
    data = Path(settings.data)
    table = data / TABLE
    with alone(data):
        prepared = data / f".{TABLE}.restoring"
        _gone(prepared)
        try:
            copied(file, prepared, progress=progress)
            _close_gate(prepared)
            kept = _kept(table)
            copied(prepared, table, progress=lambda _done, _of: None)
        finally:
            _gone(prepared)
    return RestoreResult(table=table, kept=kept)


def checked(settings: Settings, file: Path) -> None:
    """Pass if `restore` could put this file here."""
    if not file.is_file():
        raise NotFoundError(f"There is no file {file}.", hint=Hint(action=Action.BACKUP))
    mark = examined(file)
    if mark not in {0, _MARKS[settings.mode]}:
        raise ConflictError(
            f"{file} is not of a {settings.mode.value} table; sandbox and live are never mixed.",
            hint="Restore it into a directory of its own mode: --data DIR",
        )


def vacant(file: Path) -> None:
    """Pass if a new file can be made there."""
    if file.exists():
        raise ConflictError(f"{file} exists already; nothing is overwritten.", hint="Choose another name.")
    if not file.parent.is_dir():
        raise InvalidInputError(f"There is no directory {file.parent}.", hint="Make it, or choose another path.")
    probe = file.with_name(f".{file.name}.partial")
    try:
        private_files.file(probe)
        probe.unlink()
    except OSError as error:
        sentence = f"{file} cannot be written: {error.strerror}."
        raise InvalidInputError(sentence, hint="Choose another path.") from error


def _close_gate(prepared: Path) -> None:
    table = SqliteTable(prepared)
    try:
        shut(table, "was restored from a backup")
    finally:
        table.close()


def _kept(table: Path) -> Path | None:
    if not table.exists():
        return None
    kept = table.with_name(f"{TABLE}.before-{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z")
    try:
        copied(table, kept, progress=lambda _done, _of: None)
    except UnavailableError:
        # A damaged table is a reason to restore one: what cannot be read is put aside as it is.
        for name in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                table.with_name(f"{TABLE}{name}").replace(kept.with_name(f"{kept.name}{name}"))
    return kept


def _gone(file: Path) -> None:
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm", f"{file.name}-journal"):
        with suppress(FileNotFoundError):
            file.with_name(name).unlink()
