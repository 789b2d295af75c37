"""The stream as people and replays read it. Reading moves no checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from omnipub.ports.stream import StreamRecord


@dataclass(frozen=True, kw_only=True)
class StartPosition:
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

    def page(self, shard: str, start: StartPosition, *, limit: int) -> Sequence[StreamRecord]:
        """The next at most `limit` records of a shard in their order; none at its present end."""
        ...

    def gone_before(self) -> datetime | None:
        """Records that arrived before this moment may be gone; None if none ever went."""
        ...

    def lag(self) -> Lag:
        """How far the worker is behind."""
        ...
