"""SIGTERM ends a long command as cleanly as Ctrl-C does."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class TerminatedError(KeyboardInterrupt):
    """Somebody asked this process to end."""


@contextmanager
def termination() -> Iterator[None]:
    """While this lasts, SIGTERM raises TerminatedError."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise TerminatedError(number, frame)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
