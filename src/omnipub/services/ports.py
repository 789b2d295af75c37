"""The ports through which services touch the world; every call of them is a place where a process may die.

The table's port stands in `storage.table`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from omnipub.domain.conversation import Request, Response, Secret
from omnipub.domain.message import MediaReference
from omnipub.domain.sealing import Purpose
from omnipub.errors import OmnipubError

_Record = TypeVar("_Record")


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


class Crew(Protocol):
    """Hands that work side by side, in lanes that do not wait for each other."""

    def work(self, lanes: Mapping[str, Sequence[Callable[[], None]]], slots: int) -> None:
        """Run all tasks, at most `slots` of a lane at a time; return when all have ended. Tasks do not raise."""
        ...

    def alone(self, task: Callable[[], None]) -> None:
        """Run a task that may kill this process: as little as possible is under way beside it when it begins."""
        ...


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """A record of the stream: where to look and why, never content.

    Attributes:
        pk: Partition key of the delivery's item.
        sk: Sort key of the delivery's item.
        group: Channel and account; records of one group keep their order.
        why: `now`, `due`, `overdue`, `retry`, `look`, `postponed`, `alone` or `replay`, for people who read the stream.
        trace: The request or tick that put it.
        at: The moment it was put for; None in records of replays and of older releases.
    """

    pk: str
    sk: str
    group: str
    why: str
    trace: str = ""
    at: datetime | None = None


class HandOver(Protocol[_Record]):
    """Gives the records of one account to a worker of their own: what reads the stream waits for no network."""

    def hand_over(self, account: str, records: Sequence[_Record]) -> Sequence[_Record]:
        """Take the records of an account, to be worked on in their order; return those for which there is no room.

        `account` is the records' partition key. Doubles are harmless: each record ends at the claim.
        """
        ...


class Stream(Protocol):
    """The fast path: at least once, in order per group, may lose; the table is the truth."""

    def put(self, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        """Put pointers and return those that were not taken."""
        ...


@dataclass(frozen=True, kw_only=True)
class StreamRecord:
    """A record as the stream keeps it until its retention ends, read or not.

    Attributes:
        shard: Name of its shard.
        sequence: Its number in digits; within a shard they order as numbers.
        arrived_at: When the stream took it, approximately.
        partition_key: What keeps it in order with others: channel and account.
        data: What was put: a pointer's text, unless somebody else put it.
    """

    shard: str
    sequence: str
    arrived_at: datetime
    partition_key: str
    data: str


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where to begin reading a shard: at its oldest record, unless one of these says otherwise.

    Attributes:
        at: With the first record that arrived at this moment or later.
        sequence: With the record of this number, or the first one behind it.
        after: With the first record behind this number.
    """

    at: datetime | None = None
    sequence: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A shard; `records`, `oldest_at` and `newest_at` (of arrivals) are None where it is empty or cannot tell."""

    name: str
    records: int | None = None
    oldest_at: datetime | None = None
    newest_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Lag:
    """What the worker has not read yet: how many records (None where the stream cannot tell), the oldest's age."""

    records: int | None
    age: timedelta


class StreamReader(Protocol):
    """The stream as people and replays read it; it moves no checkpoint. All calls may raise UnavailableError."""

    @property
    def retention(self) -> timedelta:
        """How long a record is kept."""
        ...

    def shards(self) -> Sequence[Shard]:
        """All shards, by name."""
        ...

    def page(self, shard: str, start: Start, *, limit: int) -> Sequence[StreamRecord]:
        """The next at most `limit` records of a shard in their order; none at its present end."""
        ...

    def gone_before(self) -> datetime | None:
        """Records that arrived before this moment may be gone; None if none ever went."""
        ...

    def lag(self) -> Lag:
        """How far the worker is behind."""
        ...


@dataclass(frozen=True, kw_only=True)
class ParkedRecord:
    """A record that was given up on, whole.

    Attributes:
        id: Its name among the parked ones.
        parked_at: When it was given up on.
        tries: How often the worker had been called with it.
        why: `retries_exhausted` or `record_age_exceeded`.
    """

    id: str
    record: StreamRecord
    parked_at: datetime
    tries: int
    why: str


class Parked(Protocol):
    """Records given up on, kept until they are replayed. All calls may raise UnavailableError."""

    def count(self) -> int:
        """How many there are."""
        ...

    def page(self, *, after: str = "", limit: int) -> Sequence[ParkedRecord]:
        """At most `limit` of them behind the id `after`, in the order in which the stream had taken them."""
        ...

    def named(self, ids: Sequence[str]) -> Sequence[ParkedRecord]:
        """Those of `ids` that are there, in the order in which they are named."""
        ...

    def forget(self, ids: Sequence[str]) -> None:
        """Remove those of `ids` that are there."""
        ...


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of a record: a word for programs, and why."""

    verdict: str
    why: str = ""


class Invoke(Protocol):
    """Calls the worker with a genuine batch."""

    def invoke(self, records: Sequence[StreamRecord]) -> Mapping[str, Judged]:
        """Run the worker with records of one shard, no two about the same delivery; the verdicts by sequence.

        A record that the worker did not come to has none.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class DueSoon:
    """A pointer, and the moment of its delivery, which lies within the scheduler's horizon."""

    pointer: Pointer
    at: datetime


class Delay(Protocol):
    """Wakes at a moment: puts pointers on the stream a lead before theirs, once or more often. It may lose some."""

    def put(self, due: Sequence[DueSoon]) -> Sequence[DueSoon]:
        """Take pointers whose moments are minutes away at most; returns those that were not taken.

        What is taken is kept until it is on the stream, or for a while only: the ticks find what is lost.
        Moments may be cut to whole seconds, towards the past; whoever sends waits the rest.
        """
        ...


class Vault(Protocol):
    """Seals secrets."""

    def seal(self, secret: Secret, purpose: Purpose) -> str:
        """`secret` sealed; it opens only for the same `purpose`."""
        ...

    def open(self, sealed: str, purpose: Purpose) -> Secret:
        """The secret.

        Raises:
            SealBrokenError: Another key, another purpose, or damaged.
        """
        ...


class Media(Protocol):
    """Keeps images by their content."""

    def keep(self, data: bytes) -> MediaReference:
        """Store `data`; the same bytes are stored once.

        Raises:
            InvalidInputError: Not an image we know, or too large.
        """
        ...

    def describe(self, key: str) -> MediaReference:
        """What is stored under `key`, without alt text.

        Raises:
            NotFoundError: Nothing of that key.
        """
        ...

    def bytes_of(self, key: str) -> bytes:
        """The stored bytes.

        Raises:
            NotFoundError: Nothing of that key.
        """
        ...


class NotSentError(OmnipubError):
    """A request failed before any byte of it was written."""


class UnreachableError(NotSentError):
    """Nobody was there to take the request: no address, no connection, or no encryption that can be trusted."""


class NoAnswerError(OmnipubError):
    """A request was written, at least in part, and its answer is missing."""


class Send(Protocol):
    """One HTTP request: no redirects, and no second time, unless it is repeatable and its kept connection had ended."""

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        """Send and wait for the answer.

        Raises:
            NotSentError: DNS, connect or TLS failed, the address is not allowed, or media cannot be read.
            NoAnswerError: Anything later.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A claim as it is written down outside the table, before its first request.

    Attributes:
        pk: Partition key of the delivery's item.
        sk: Sort key of the delivery's item.
        attempt: Number of the try, which a delivery counts up and never down.
        claim_id: Name of the claim.
    """

    pk: str
    sk: str
    attempt: int
    claim_id: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is written down outside a table about the table of one identity.

    Attributes:
        epoch: The last epoch that was remembered.
        reach: Every claim of this epoch and later ones is known; earlier ones may have been dropped.
        successor: The identity under which a copy of the table was made the original since; "" if none was.
        former: Whether it was written by a release that kept its evidence beside the table.
    """

    epoch: int
    reach: int = 0
    successor: str = ""
    former: bool = False


class Seat(Protocol):
    """The place a table belongs to, and the evidence about the table that is kept there outside of it.

    All calls may raise UnavailableError: the evidence cannot be read or written.

    Attributes:
        exclusive: Whether one process at a time works here, so that its claims end with it (one machine).
        boot: The number of this process's start where the place is exclusive, once it works; else 0.
        where: Where the evidence lies, for people.
    """

    exclusive: bool
    boot: int
    where: str

    def fresh(self, epoch: int) -> str:
        """An identity for a table that is made, or made the original, here; its evidence begins with that epoch."""
        ...

    def evidence(self, identity: str) -> Evidence | None:
        """What is known here of the table of that identity; None if nothing is."""
        ...

    def has_run(self) -> bool:
        """Whether a table with an identity has been in this place."""
        ...

    def hold(self, identity: str) -> None:
        """Keep every other process away from the tables of that identity here, as long as this one uses the seat.

        Raises:
            ConflictError: Another process works on one; names it.
        """
        ...

    def begin(self, identity: str, *, epoch: int, boot: int) -> None:
        """Hold it, remember the epoch, and take claims from now on."""
        ...

    def join(self, identity: str) -> None:
        """Take claims from now on beside the process that works on the same table, or alone if none does.

        Raises:
            ConflictError: A process works on a copy of it.
        """
        ...

    def remember(self, identity: str, epoch: int) -> None:
        """Write an epoch down, durably; a higher one that is there stays."""
        ...

    def claimed(self, claim: Claimed) -> None:
        """Write a claim down, durably; its first request follows.

        Raises:
            UnavailableError: It could not be written, or nothing has begun here.
        """
        ...

    def latest(self, identity: str, *, at_most: int) -> Sequence[Claimed]:
        """The claims that were written down last, newest first; what this process wrote need not be among them."""
        ...

    def claims(self, identity: str, *, since: int) -> Iterator[Claimed]:
        """All claims written down since an epoch, those of its successors included."""
        ...

    def succeed(self, identity: str, successor: str) -> None:
        """The table of that identity goes on as `successor`; it counts once an epoch of the successor is remembered."""
        ...


class Journal(Protocol):
    """What happened, for logs and metrics; never secrets, never content."""

    def note(self, event: str, **facts: Any) -> None:
        """One fact."""
        ...
