"""Evidence as earlier releases kept it in the data directory: which directory that is, and an epoch in a file."""

import hashlib
import uuid
from pathlib import Path

EPOCH = "epoch"
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def identity(data: Path) -> str:
    """Machine, directory and the directory's inode."""
    where = data.resolve()
    text = f"{_machine()}:{where}:{where.stat().st_ino}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def epoch(data: Path) -> int:
    """The epoch in the file; 0 without one."""
    try:
        return int((data / EPOCH).read_text())
    except (OSError, ValueError):
        return 0


def forget(data: Path) -> None:
    """Remove the file: the evidence stands elsewhere now."""
    (data / EPOCH).unlink(missing_ok=True)


def _machine() -> str:
    for path in _MACHINE_IDS:
        if path.is_file():
            return path.read_text().strip()
    return f"{uuid.getnode():012x}"
