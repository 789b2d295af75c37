"""Exponential backoff with jitter: how long to wait before the next try."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Wait `first` after the first failure, twice as long after each further one, at most `longest`.

    `jitter` is the share of the wait that chance may add. So what failed together does not come back together.
    """

    first: timedelta = timedelta(seconds=15)
    longest: timedelta = timedelta(hours=1)
    jitter: float = 0.25

    def wait(self, failures: int, *, chance: float) -> timedelta:
        """The wait after `failures` ≥ 1 failures; `chance` in [0, 1) is drawn by the caller."""
        doubled = self.first * (1 << min(failures - 1, 30))
        return min(doubled, self.longest) * (1 + self.jitter * chance)
