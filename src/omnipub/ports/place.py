"""The place a table belongs to, and the evidence about the table that is kept there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class ClaimRecord:
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


class Place(Protocol):
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

    def claimed(self, claim: ClaimRecord) -> None:
        """Write a claim down, durably; its first request follows.

        Raises:
            UnavailableError: It could not be written, or nothing has begun here.
        """
        ...

    def latest(self, identity: str, *, at_most: int) -> Sequence[ClaimRecord]:
        """The claims that were written down last, newest first; what this process wrote need not be among them."""
        ...

    def claims(self, identity: str, *, since: int) -> Iterator[ClaimRecord]:
        """All claims written down since an epoch, those of its successors included."""
        ...

    def succeed(self, identity: str, successor: str) -> None:
        """The table of that identity goes on as `successor`; it counts once an epoch of the successor is remembered."""
        ...
