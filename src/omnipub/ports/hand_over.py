"""Passes records to workers of their own, so that no account waits for another."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

_Record = TypeVar("_Record")


class HandOver(Protocol[_Record]):
    """Gives records to workers of their own: what reads the stream waits for no network."""

    def hand_over(self, accounts: Mapping[str, Sequence[_Record]]) -> Sequence[_Record]:
        """Take the records of accounts that may share a process; each account's are worked on in their order.

        Return the records that were not taken: there is no room, or nobody answered.

        The names are the accounts'. Doubles are harmless: each record ends at the claim.
        """
        ...
