"""How a network gives a new token for an old one: what the conversation about it ends in."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from omnipub.domain.conversation import Request, Response, Secret
from omnipub.domain.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Renewal:
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


Renewing = Generator[Request, Response, Renewal]
