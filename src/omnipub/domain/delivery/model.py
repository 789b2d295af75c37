"""A delivery: one message or certification on its way to one channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent
from omnipub.domain.timestamps import milliseconds


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A claim in force: one worker's exclusive right to act on the delivery until `until`.

    A lease that is still there after `until` means that its holder died.

    Attributes:
        boot: On one machine, the number of the start of the process that claimed it; 0 elsewhere.
    """

    claim_id: str
    attempt: int
    started_at: datetime
    until: datetime
    sends: bool
    boot: int = 0


@dataclass(frozen=True, kw_only=True)
class FrozenRequest:
    """The rendered request of one content revision, without credentials.

    Whatever repeats an unclear try sends these bytes, whatever the code renders by then. A try after *surely not out*
    is a new beginning, and is rendered anew.
    """

    revision: int
    body: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a delivery is where it is, for people."""

    code: str
    sentence: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class DoubledPost:
    """A further post of the same delivery: another try of it was answered as well.

    Attributes:
        network_id: The network's id of it.
        permalink: Where a person can see it, if the network has such a place.
        published_at: When its answer came.
        revision: The content revision that it shows.
    """

    network_id: str
    permalink: str = ""
    published_at: datetime
    revision: int


@dataclass(frozen=True, kw_only=True)
class Unpublished:
    """That the post is no longer at its network, as `by` asked."""

    at: datetime
    by: str


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One way of one message.

    Attributes:
        parent: The message or certification.
        channel: `facebook` or `facebook:<alias>`: what the author chose.
        account: The network's own account id: what the delivery is bound to.
        owner: User id.
        due_at: What was asked; lateness is measured from it.
        next_at: When to look at it next: due again, lease end, or since when it needs somebody.
        not_after: No request that publishes leaves after this moment; what is surely not out by then is missed.
        version: Goes up with each write; every write is conditional on it.
        write_id: Random name of the last write, so that a writer whose answer was lost knows its own.
        revision: The content revision this delivery belongs to.
        attempts: Tries begun so far; the number of the last one.
        tries_used: Tries that count against the bound (throttled ones do not).
        deaths: Leases that ended without an answer.
        first_due: When it was due at its first try; its key on a network is drawn from that, and outlives edits.
        key_in_doubt: An unclear try may have taken its key there, and an operator had it sent again all the same.
        may_be_out: An earlier try may be visible to the public.
        uncertain_since: Start of the first such try.
        settle_from: The network's settle time runs from here.
        clean_looks: Moments of looks that saw no trace, since the last try.
        looks: Looks made since the last try.
        unasked_since: Since when it may be out and nobody could be asked; None if somebody was asked last time.
        holds: Digest of the text that later deliveries of the account wait with, while this one is unresolved.
        cancel_asked: Why it shall be cancelled as soon as it is surely not out; asked for while publishing.
        adopted: Its post was found on the account, or named by a person; no answer of the network named it.
        doubles: Further posts of it, each named by an answer of the network.
        unpublished: A note that its post was deleted; the delivery stays `published`, which it was.
        own_words: The account's id is its owner's own word: another owner's account of the same name is another one.
        published_from: When the try began that the network answered with this post. Then `published_by` is that try,
            and no item of its own tells it.
    """

    parent: Parent
    channel: str
    account: str
    owner: str
    status: Status
    due_at: datetime | None
    next_at: datetime | None
    not_after: datetime | None = None
    version: int = 1
    write_id: str = ""
    revision: int = 1
    attempts: int = 0
    tries_used: int = 0
    deaths: int = 0
    first_due: datetime | None = None
    key_in_doubt: bool = False
    may_be_out: bool = False
    uncertain_since: datetime | None = None
    settle_from: datetime | None = None
    clean_looks: tuple[datetime, ...] = ()
    looks: int = 0
    unasked_since: datetime | None = None
    holds: str = ""
    cancel_asked: str = ""
    lease: Lease | None = None
    frozen: FrozenRequest | None = None
    published_at: datetime | None = None
    network_id: str = ""
    permalink: str = ""
    adopted: bool = False
    doubles: tuple[DoubledPost, ...] = ()
    reason: Reason | None = None
    unpublished: Unpublished | None = None
    own_words: bool = False
    published_from: datetime | None = None

    @property
    def published_by(self) -> "Attempt | None":
        """The try that published it, unless that stands in an item of its own."""
        if self.published_from is None:
            return None
        return Attempt(
            parent=self.parent,
            channel=self.channel,
            number=self.attempts,
            started_at=self.published_from,
            ended_at=self.published_at,
            ended="published",
            network_id=self.network_id,
        )

    @property
    def apart(self) -> str:
        """Who keeps the account apart from others of its name; empty if the network itself gives these ids."""
        return self.owner if self.own_words else ""

    @property
    def lateness(self) -> timedelta | None:
        """From the moment that was asked for to the network's answer; None while there is no answer."""
        return self.published_at - self.due_at if self.published_at and self.due_at else None

    @property
    def lateness_ms(self) -> int | None:
        """The lateness in whole milliseconds."""
        return None if self.lateness is None else milliseconds(self.lateness)

    def is_past_window(self, at: datetime) -> bool:
        """Whether nothing of it may be sent any more at that moment."""
        return self.not_after is not None and at > self.not_after

    @property
    def network_ids(self) -> tuple[str, ...]:
        """All posts of it that are known."""
        return (*((self.network_id,) if self.network_id else ()), *(double.network_id for double in self.doubles))


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try of a delivery, kept as history.

    Attributes:
        ended: An `TryEnd` value, or `died` if nobody came back from it.
        network_id: What the network named it, with `published`.
    """

    parent: Parent
    channel: str
    number: int
    started_at: datetime
    ended_at: datetime | None
    ended: str
    code: str = ""
    sentence: str = ""
    network_id: str = ""
