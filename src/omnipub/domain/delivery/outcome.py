"""What one try ended in: seven outcomes, no others.

The question behind each is "can the public see it?": surely yes, surely not, or perhaps.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GONE = "gone"
"""The code of a deletion that found nothing left to delete."""

NOT_TOLD = "not_told"
"""The code of a check whose token may not read who it is: it may publish all the same."""

CLAIM_LOST = "claim_lost"
CALLED_OFF = "called_off"
PAUSED = "paused"
WINDOW_OVER = "window_over"
NOT_READ = "not_read"

STOPS = frozenset({CLAIM_LOST, CALLED_OFF, PAUSED, WINDOW_OVER, NOT_READ})
"""Codes of tries whose publishing request was not begun, because it no longer should be; they use no try."""


QUOTE = "“"
"""In a sentence of ours, what a network said begins behind this sign."""

_SAYS = re.compile(r"\s*[^.;:!?)]*\Z")


def unquoted(sentence: str) -> str:
    """A sentence of ours without what the network said: that may be words of the post, or of its author."""
    ours, quote, _ = sentence.partition(QUOTE)
    return _SAYS.sub("", ours.rstrip().removesuffix(":")) if quote else ours


class TryEnd(StrEnum):
    """How a try ended."""

    PUBLISHED = "published"  # the network answered with an id
    REJECTED = "rejected"  # refused for good
    THROTTLED = "throttled"  # surely not sent; the network said when to come back
    NOT_SENT = "not_sent"  # failed before any byte of a publishing request was written
    AUTH = "auth"  # the account's token no longer works
    AMBIGUOUS = "ambiguous"  # everything that is not in the channel's own table
    ALREADY_THERE = "already_there"  # the network knows this post


class Matter(StrEnum):
    """Whose matter it is that a try did not publish."""

    POST = "post"  # this post alone
    ACCOUNT = "account"  # whoever owns the account has to act
    NETWORK = "network"  # every account of the network, whoever owns it
    UNKNOWN = "unknown"  # nothing was said, or nothing is the matter


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A try's end, in words for people and with what the next decision needs.

    Attributes:
        ended: One of the seven.
        code: The network's own code or ours, short and stable (`190`, `DUPLICATE_POST`, `read_timeout`).
        sentence: Plain words for author and operator; never contains a secret.
        wait: With `throttled`, how long the network asked us to stay away. With `auth`, after how long the post may go
            on, as its account gets a new token by itself. None if its owner has to act.
        network_id: With `published` (always) and `already_there` (if the network said so).
        permalink: Where a person can see the post, if the network has such a place.
        title: With the check of an account: what its network calls it; `network_id` is its id there.
        of_network: Whether every account of the network meets the same, so that the network is paused for all.
        at: When the network named the id, if more was asked after that; None if the try ended with it.
    """

    ended: TryEnd
    code: str = ""
    sentence: str = ""
    wait: timedelta | None = None
    network_id: str = ""
    permalink: str = ""
    title: str = ""
    of_network: bool = False
    at: datetime | None = None

    @property
    def matter(self) -> Matter:
        """Whose matter it is."""
        if self.of_network:
            return Matter.NETWORK
        if self.ended is TryEnd.AUTH:
            return Matter.ACCOUNT
        return Matter.POST if self.ended in {TryEnd.REJECTED, TryEnd.ALREADY_THERE} else Matter.UNKNOWN


@dataclass(frozen=True, kw_only=True)
class FoundPost:
    """A post that a look-up saw on an account.

    Attributes:
        network_id: The network's id of it.
        text: As the network shows it.
        created_at: By the network's clock.
        permalink: Where a person can see it.
        links: Links that the network shows beside the text, as on a card; None if it does not show them.
    """

    network_id: str
    text: str
    created_at: datetime
    permalink: str = ""
    links: tuple[str, ...] | None = ()


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What one look at an account saw.

    Attributes:
        posts: Newest first.
        reaches_back_to: The look is complete from this moment on.
        failed: Why the look itself did not work, else None.
        doubt: Why what it did not see may be there all the same, for people; empty if nothing says so.
        clock_ahead: How far the network's clock is ahead of ours, as its answer said; None if it did not say.
    """

    posts: tuple[FoundPost, ...] = ()
    reaches_back_to: datetime | None = None
    failed: Outcome | None = None
    doubt: str = ""
    clock_ahead: timedelta | None = None
