"""One process at a time in a directory: a lock that ends with its process, however it ends."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from omnipub import private_files

TRY_EVERY = 0.02
"""Seconds."""

TAKEN = 4
"""Exit code with which a process tells the one that started it that its directory is taken."""


class LockTakenError(Exception):
    """Another process holds the lock."""


@contextmanager
def locked(file: Path, *, patience: float) -> Iterator[None]:
    """Hold the lock, waiting up to `patience` seconds for it.

    Whoever only asks with `is_locked`, or has just been killed, holds it for moments: those are waited for.

    Raises:
        TakenError: Somebody else holds it and goes on holding it.
    """
    with private_files.file(file).open("a") as opened:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise LockTakenError(str(file)) from error
            time.sleep(TRY_EVERY)
        yield


def is_locked(file: Path) -> bool:
    """Whether somebody holds the lock now."""
    try:
        opened = file.open()
    except FileNotFoundError:
        return False
    with opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
