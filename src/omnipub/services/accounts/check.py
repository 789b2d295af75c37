"""Ask a network whether a connected account works: one harmless conversation, which changes nothing anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from omnipub.domain.conversation import Account, Channel, Publishing
from omnipub.domain.delivery.outcome import Ended, Outcome
from omnipub.domain.ids import network_of
from omnipub.errors import SealBrokenError
from omnipub.ports.clock import Clock
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.channels.networks import unknown
from omnipub.services.protocol.driver import Driver
from omnipub.storage.items import Connection

TAKES_AT_MOST = timedelta(minutes=2)
"""What a conversation about an account may take in all."""


class Verdict(StrEnum):
    """What a test says."""

    OK = "ok"
    EXPIRED = "expired"  # the network does not accept the token any more
    NOT_ALLOWED = "not_allowed"  # it knows the token, which may not do what it takes
    UNREACHABLE = "unreachable"  # it gave no answer, or none that says anything about the token
    UNTESTABLE = "untestable"  # nothing can be asked without the public noticing


BY_END: Mapping[Ended, Verdict] = MappingProxyType(
    {Ended.PUBLISHED: Verdict.OK, Ended.AUTH: Verdict.EXPIRED, Ended.REJECTED: Verdict.NOT_ALLOWED}
)
"""Every other end says nothing about the token."""


@runtime_checkable
class Checks(Protocol):
    """A channel that can ask whether its token works."""

    def check(self, account: Account) -> Publishing:
        """Ask the network something harmless; PUBLISHED means that the token works."""
        ...


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What asking came to; `renewed` and `released` tell what a refresh has done besides."""

    connection: Connection
    verdict: Verdict
    sentence: str
    renewed: bool = False
    released: int = 0


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Asks. A token is open only while its network is asked."""

    accounts: Accounts
    driver: Driver
    clock: Clock
    channels: Mapping[str, Channel]

    def test(self, connection: Connection) -> Trial:
        """Ask the network whether the token works."""
        channel = self.channels.get(network_of(connection.channel))
        if channel is None:
            return Trial(connection=connection, verdict=Verdict.UNTESTABLE, sentence=unknown(connection.channel))
        if not isinstance(channel, Checks):
            plain = f"{channel.title} cannot be tested without sending something."
            return Trial(connection=connection, verdict=Verdict.UNTESTABLE, sentence=plain)
        try:
            account = self.accounts.open(connection)
        except SealBrokenError as error:
            return Trial(connection=connection, verdict=Verdict.EXPIRED, sentence=error.message)
        outcome = self.converse(channel.check(account), account)
        return Trial(connection=connection, verdict=verdict_of(outcome), sentence=outcome.sentence)

    def converse(self, conversation: Publishing, account: Account) -> Outcome:
        """Hold a conversation about an account; no lease bounds it, as nothing is claimed for it."""
        until = self.clock.now() + TAKES_AT_MOST
        return self.driver.publish(conversation, secrets=account.secrets, lease_until=until, ids=None)


def verdict_of(outcome: Outcome) -> Verdict:
    """What the end of a conversation about an account says of its token."""
    return BY_END.get(outcome.ended, Verdict.UNREACHABLE)
