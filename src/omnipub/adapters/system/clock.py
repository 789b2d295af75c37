"""This machine's clock, its timed waits, and its random numbers."""

import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from omnipub.domain.timestamps import moment
from omnipub.errors import OmnipubError

LONGEST_NAP = 1.0
"""Seconds; a clock that jumps, or a machine that slept, is noticed after this long."""


class ClockStoppedError(OmnipubError):
    """The process is being stopped while somebody waits; what was waited for goes on after the restart."""


def _wall() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    """The `Clock` port: the machine's wall clock, whose sleepers can be sent home.

    Waiting goes by the wall clock, in naps: what counts seconds stands still while a laptop sleeps.
    """

    def __init__(
        self,
        *,
        wall: Callable[[], datetime] = _wall,
        seconds: Callable[[], float] = time.monotonic,
        nap: Callable[[float], bool] | None = None,
    ) -> None:
        """`nap` sleeps so many seconds and says whether `stop` ended it; all three are the machine's own."""
        self._stopped = threading.Event()
        self._wall = wall
        self._seconds = seconds
        self._nap = nap or self._stopped.wait

    def stop(self) -> None:
        """End every sleep, now and later, with StoppedError."""
        self._stopped.set()

    def now(self) -> datetime:
        """The present moment."""
        return moment(self._wall())

    def sleep_until(self, moment: datetime) -> None:
        """Return at `moment` or later.

        If the clock was set back, return when as much time has passed as lay before it.

        A clock set forward, or a machine that slept, ends the sleep within a nap. Whoever waits while the clock is set
        back by an hour does not wait an hour longer. It looks again at what is due by the new time.
        """
        left = (moment - self._wall()).total_seconds()
        longest = self._seconds() + left + LONGEST_NAP
        while left > 0 and self._seconds() < longest:
            if self._nap(min(left, LONGEST_NAP)):
                raise ClockStoppedError("omnipub is being stopped.")
            left = (moment - self._wall()).total_seconds()


class SystemChance:
    """The `Chance` port: the operating system's randomness."""

    def token(self) -> str:
        """128 random bits in hex."""
        return secrets.token_hex(16)

    def randomness(self, count: int) -> bytes:
        """`count` random bytes."""
        return secrets.token_bytes(count)

    def share(self) -> float:
        """A number in [0, 1)."""
        return secrets.randbelow(1 << 53) / (1 << 53)
