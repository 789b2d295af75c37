"""Where tests keep their data: in memory if there is room, since most of them are not about disks."""

import os
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  pytest makes a private directory in it
ROOM = 1024**3
"""Bytes that must be free there; all tests together need a tenth of it at any time."""


def holds_tests(place: Path = MEMORY) -> bool:
    """Whether directories of tests can lie there: it takes writes and programs, and has room."""
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return False
    found = os.statvfs(place)
    return not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize >= ROOM
