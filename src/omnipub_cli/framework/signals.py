"""SIGTERM ends a long command as cleanly as Ctrl-C does."""

import signal
import threading
from collections.abc import Callable, Iterator
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


@contextmanager
def terminable() -> Iterator[None]:
    """While this lasts, SIGTERM does as Ctrl-C does; only the main thread of a process may ask for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with termination():
        yield


@contextmanager
def deferred() -> Iterator[Callable[[], bool]]:
    """The first SIGINT or SIGTERM only asks to stop; the next one interrupts.

    What is under way may end.

    Yields:
        Whether somebody has asked.
    """
    requests: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if requests:
            raise TerminatedError(number, frame)
        requests.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(requests)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
