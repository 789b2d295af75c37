"""Passes the records of one account to a worker of their own."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

_Record = TypeVar("_Record")


class HandOver(Protocol[_Record]):
    """Gives the records of one account to a worker of their own: what reads the stream waits for no network."""

    def hand_over(self, account: str, records: Sequence[_Record]) -> Sequence[_Record]:
        """Take the records of an account, and work on them in their order.

        Return the records for which there is no room.

        `account` is the records' partition key. Doubles are harmless: each record ends at the claim.
        """
        ...
