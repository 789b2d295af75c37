"""The files of a data directory and its evidence are their owner's alone; what was left open is closed.

The directories themselves are left as somebody made them: only what omnipub writes is its own to close. The vault's
key is not among it. A key that others could read is not made secret again by closing its file, so its owner is told.
"""

import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from omnipub import private_files
from omnipub.adapters.local.place import SEATS

OWN = (
    "table.db*",
    "stream.db*",
    "delay.db*",
    "nudges.db*",
    "omnipub.log*",
    "mode",
    "token",
    "up.json",
    "up.lock",
    "seat",
    "epoch",
    "media",
    "media/*",
    "sandbox",
    "sandbox/*",
)
"""What omnipub writes into a data directory."""

OWN_EVIDENCE = (SEATS, f"{SEATS}/*")
"""What it writes into a state directory."""


def mend(data: Path, state: Path) -> int:
    """Close what others may read or write; how many files and directories that were."""
    return sum(private_files.closed(path) for path in (*own(data, OWN), *own(state, OWN_EVIDENCE)))


def readable(directory: Path, patterns: tuple[str, ...]) -> list[Path]:
    """What of it others may do something with; nothing if they cannot enter the directory."""
    if not directory.is_dir() or not directory.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH):
        return []
    return [path for path in own(directory, patterns) if private_files.is_open(path)]


def own(directory: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    """The files and directories of a directory that omnipub wrote."""
    for pattern in patterns:
        found: list[Path] = []
        with suppress(OSError):  # what we may not look into, we cannot close
            found = sorted(directory.glob(pattern))
        yield from found
