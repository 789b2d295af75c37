"""How a network gives a new token for an old one, and when to ask again."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from omnipub.domain.conversation import Request, Response, Secret
from omnipub.domain.delivery.outcome import Outcome
from omnipub.domain.delivery.retry import Backoff

AHEAD = timedelta(days=3)
"""So long before its end a token is renewed: over a weekend of failures it still works."""

AHEAD_AGAIN = timedelta(hours=1)
"""While the present token works, a renewal that failed is tried again no sooner."""

AGAIN = Backoff(first=timedelta(seconds=30), longest=timedelta(minutes=15))
"""How long posts that wait for the new token wait after a renewal that was not answered. It is longer after each
further one."""


@dataclass(frozen=True, kw_only=True)
class RefreshAnswer:
    """How an attempt to renew a token ended.

    Attributes:
        outcome: PUBLISHED if there is a new token, as for everything a network did; else why there is none.
        token: The new token; None if there is none.
        lasts: How long the network gives it; None if it did not say.
        credentials: What the next renewal needs, where it changed.
    """

    outcome: Outcome
    token: Secret | None = None
    lasts: timedelta | None = None
    credentials: Mapping[str, Secret] = field(default_factory=dict)


Renewing = Generator[Request, Response, RefreshAnswer]


@dataclass(frozen=True, kw_only=True)
class RefreshFailure:
    """That the last attempt to renew a token gave none.

    Attributes:
        at: When it ended.
        sentence: Why, for people.
        times: Attempts in a row that gave none.
        for_good: The network refused; asking it again with the same credentials is left to people.
    """

    at: datetime
    sentence: str
    times: int = 1
    for_good: bool = False

    @property
    def again_at(self) -> datetime:
        """The first moment at which who has to wait for the token asks again."""
        return self.at + AGAIN.wait(self.times, chance=0)


def is_due(ends_at: datetime | None, failed: RefreshFailure | None, now: datetime) -> bool:
    """Whether a token that works is to be renewed ahead of its end."""
    if ends_at is None or ends_at - now > AHEAD:
        return False
    return failed is None or not (failed.for_good or now < failed.at + AHEAD_AGAIN)
