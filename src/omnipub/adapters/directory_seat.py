"""The place of a table on one machine: machine and directory, with the epoch in a file beside the table."""

import hashlib
import os
import uuid
from pathlib import Path

EPOCH = "epoch"
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


class DirectorySeat:
    """The `Seat` port over a data directory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def identity(self) -> str:
        """Machine, directory and the directory's inode: a copy differs in one of them at least."""
        where = self._path.resolve()
        text = f"{_machine()}:{where}:{where.stat().st_ino}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def epoch(self) -> int:
        """The epoch in the file."""
        try:
            return int((self._path / EPOCH).read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def remember(self, epoch: int) -> None:
        """Write the epoch, whole or not at all."""
        temporary = self._path / f".{EPOCH}"
        with temporary.open("w") as file:
            file.write(str(epoch))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path / EPOCH)


def _machine() -> str:
    for path in _MACHINE_IDS:
        if path.is_file():
            return path.read_text().strip()
    return f"{uuid.getnode():012x}"
