"""Parked records, elsewhere called dead letters: a function gave them up, and they can be replayed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from omnipub.ports.stream import StreamRecord


@dataclass(frozen=True, kw_only=True)
class ParkedRecord:
    """A record that was given up on, whole.

    Attributes:
        id: Its name among the parked ones.
        parked_at: When it was given up on.
        tries: How often the function had been called with it.
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

    def counts(self) -> Mapping[str, int]:
        """Function (`worker`, `delay`, `sender`) → how many it gave up on; on one machine all are the worker's."""
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
