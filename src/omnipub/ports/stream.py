"""The stream of pointers: the fast path to the worker. The table is the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


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
