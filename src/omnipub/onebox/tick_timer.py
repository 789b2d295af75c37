"""When the scheduler ticks on one machine: each minute, and at once after the clock jumped."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

EVERY = timedelta(minutes=1)

JUMP = timedelta(seconds=2)
"""More than this between what the clock says and the seconds that passed: it was set, or the machine slept."""


class TickTimer:
    """Asked every second or so, it says when a tick is due.

    A clock set back by an hour would otherwise mean an hour without ticks. And a laptop that wakes a minute until what
    it slept through goes out.
    """

    def __init__(self, now: Callable[[], datetime], *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._seconds = seconds
        self._due: datetime | None = None
        self._last: tuple[datetime, float] | None = None

    def at_once(self) -> None:
        """The next time it is asked, a tick is due, and from there each minute."""
        self._due = None

    def beat(self) -> datetime | None:
        """The moment of the tick that is due, once; None if none is."""
        now, seconds = self._now(), self._seconds()
        jumped = self._last is not None and abs(now - self._last[0] - timedelta(seconds=seconds - self._last[1])) > JUMP
        self._last = now, seconds
        if self._due is None or jumped or now - self._due >= EVERY:
            self._due = now
        if now < self._due:
            return None
        at, self._due = self._due, self._due + EVERY
        return at
