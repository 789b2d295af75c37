"""The clock and the source of randomness."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """The present moment (UTC, milliseconds)."""
        ...

    def sleep_until(self, moment: datetime) -> None:
        """Return at `moment` or later."""
        ...


class Chance(Protocol):
    """Randomness."""

    def token(self) -> str:
        """A name nobody else draws: 128 random bits."""
        ...

    def randomness(self, count: int) -> bytes:
        """`count` random bytes."""
        ...

    def share(self) -> float:
        """A number in [0, 1)."""
        ...
