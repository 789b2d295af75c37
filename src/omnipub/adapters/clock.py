"""Time and chance as this machine has them."""

import secrets
import threading
from datetime import UTC, datetime

from omnipub.domain.moments import moment
from omnipub.errors import OmnipubError

LONGEST_NAP = 1.0
"""Seconds; a clock that jumps while we sleep is noticed after this long."""


class StoppedError(OmnipubError):
    """The process is being stopped while somebody waits; what was waited for goes on after the restart."""


class SystemClock:
    """The `Clock` port: the machine's wall clock, whose sleepers can be sent home."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End every sleep, now and later, with StoppedError."""
        self._stopped.set()

    def now(self) -> datetime:
        """The present moment."""
        return moment(datetime.now(UTC))

    def sleep_until(self, moment: datetime) -> None:
        """Return at `moment` or later, in naps, so that a clock set forward ends the sleep."""
        while (left := (moment - datetime.now(UTC)).total_seconds()) > 0:
            if self._stopped.wait(min(left, LONGEST_NAP)):
                raise StoppedError("omnipub is being stopped.")


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
