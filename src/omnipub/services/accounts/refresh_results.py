"""Tokens that can be renewed, and what renewing one came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from omnipub.domain.conversation import Account, Secret
from omnipub.domain.delivery.outcome import Outcome
from omnipub.domain.token_refresh import RefreshFailure, Renewing
from omnipub.storage.items import Connection, ConnectionStatus

RENEWAL = "renewal"
"""The setting of a connection that holds what a renewal needs, sealed."""


@runtime_checkable
class Refreshable(Protocol):
    """A channel whose tokens can be renewed; `renewal_needs` names the credentials it takes."""

    renewal_needs: Sequence[str]

    def renew(self, account: Account, credentials: Mapping[str, Secret]) -> Renewing:
        """Ask for a new token."""
        ...


class RefreshOutcome(StrEnum):
    """What a renewal came to."""

    RENEWED = "renewed"  # there is a new token
    CHANGED = "changed"  # somebody else has put another token there
    REFUSED = "refused"  # for good: only the account's owner can help
    UNANSWERED = "unanswered"  # nothing is known; again later
    BUSY = "busy"  # somebody else is at it, or there is too little time to begin


@dataclass(frozen=True, kw_only=True)
class RefreshResult:
    """What a renewal came to.

    Attributes:
        connection: As it stands in the table now; as it was given if it is gone.
        outcome: What the network said, where it was asked.
        sentence: Why there is no new token, for people.
        again_at: When to ask again, if it is neither there nor refused.
        released: Held deliveries that go on, after a renewal by hand.
    """

    came: RefreshOutcome
    connection: Connection
    outcome: Outcome | None = None
    sentence: str = ""
    again_at: datetime | None = None
    released: int = 0

    @property
    def works(self) -> bool:
        """Whether there is another token than before, and the account may be used."""
        return (
            self.came in {RefreshOutcome.RENEWED, RefreshOutcome.CHANGED}
            and self.connection.standing is ConnectionStatus.ACTIVE
        )


def renewable(connection: Connection) -> bool:
    """Whether what a renewal needs is stored."""
    return RENEWAL in (connection.settings or {})


def same(one: Connection, other: Connection) -> bool:
    """Whether both have the same credentials of the same account: no two seals of anything are alike."""
    return (one.account, one.sealed, one.settings) == (other.account, other.sealed, other.settings)


def gone(connection: Connection) -> Connection:
    """What stands for a connection that is no longer there: it cannot be used."""
    return replace(connection, standing=ConnectionStatus.NEEDS_OWNER, standing_reason="It is no longer connected.")


def still(failed: RefreshFailure, connection: Connection) -> RefreshResult:
    """That there is no new token, for the reason noted."""
    came = RefreshOutcome.REFUSED if failed.for_good else RefreshOutcome.UNANSWERED
    again = None if failed.for_good else failed.again_at
    return RefreshResult(came=came, connection=connection, sentence=failed.sentence, again_at=again)
