"""Reads a large file once from start to end, so that later reads find it in memory.

A check walks SQLite's trees, which lie scattered over the file. What no memory holds is then fetched page by page,
five times as slowly. Reading happens in a process of its own. A process that closes a file lets go of all its locks on
it, SQLite's too.
"""

import os
import sys
from pathlib import Path

LARGE = 64 * 1024 * 1024
"""Below this it makes no difference."""

PORTION = 4 * 1024 * 1024


def read_ahead(file: Path) -> None:
    """Read a large file into memory if half of the memory can hold it.

    What cannot be read is for SQLite to report.
    """
    if LARGE <= file.stat().st_size <= _memory() // 2:
        import subprocess

        subprocess.run([sys.executable, "-m", __name__, str(file)], stderr=subprocess.DEVNULL, check=False)  # noqa: S603  our own module


def read_through(file: Path) -> int:
    """Read every byte and keep none; how many there were."""
    portion, read = bytearray(PORTION), 0
    with file.open("rb", buffering=0) as opened:
        while got := opened.readinto(portion):
            read += got
    return read


def _memory() -> int:
    """Bytes of this machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


if __name__ == "__main__":
    read_through(Path(sys.argv[1]))
