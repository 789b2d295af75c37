"""The ports through which services touch the world; every call of them is a place where a process may die.

The table's port stands in `storage.table`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from omnipub.domain.conversation import Request, Response, Secret
from omnipub.domain.message import MediaReference
from omnipub.errors import OmnipubError


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


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """A record of the stream: where to look and why, never content.

    Attributes:
        pk: Partition key of the delivery's item.
        sk: Sort key of the delivery's item.
        group: Channel and account; records of one group keep their order.
        why: `now`, `due`, `overdue`, `retry` or `look`, for people who read the stream.
        trace: The request or tick that put it.
    """

    pk: str
    sk: str
    group: str
    why: str
    trace: str = ""


class Stream(Protocol):
    """The fast path: at least once, in order per group, may lose; the table is the truth."""

    def put(self, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        """Put pointers and return those that were not taken."""
        ...


@dataclass(frozen=True, kw_only=True)
class DueSoon:
    """A delivery whose due moment lies within the scheduler's horizon."""

    pointer: Pointer
    at: datetime


class Nudge(Protocol):
    """Tells the scheduler about deliveries that are due before it would look."""

    def nudge(self, due: Sequence[DueSoon]) -> None:
        """Start a run of the scheduler for these; losing it costs punctuality, nothing else."""
        ...


class Vault(Protocol):
    """Seals secrets."""

    def seal(self, secret: Secret, purpose: str) -> str:
        """`secret` sealed; it opens only for the same `purpose`."""
        ...

    def open(self, sealed: str, purpose: str) -> Secret:
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


class NoAnswerError(OmnipubError):
    """A request was written, at least in part, and its answer is missing."""


class Send(Protocol):
    """One HTTP request: no retries, no redirects, a fresh connection."""

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        """Send and wait for the answer.

        Raises:
            NotSentError: DNS, connect or TLS failed, the address is not allowed, or media cannot be read.
            NoAnswerError: Anything later.
        """
        ...


class Seat(Protocol):
    """The place a table belongs to, and what is written down there outside the table."""

    def identity(self) -> str:
        """A name of this place that a copy elsewhere does not have."""
        ...

    def epoch(self) -> int:
        """The highest epoch remembered here; 0 if none."""
        ...

    def remember(self, epoch: int) -> None:
        """Write an epoch down, durably."""
        ...


class Journal(Protocol):
    """What happened, for logs and metrics; never secrets, never content."""

    def note(self, event: str, **facts: Any) -> None:
        """One fact."""
        ...
