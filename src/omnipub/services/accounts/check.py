"""Ask a network whether a connected account works: one harmless conversation, which changes nothing anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from omnipub.domain.conversation import Account, Channel, Publishing
from omnipub.domain.delivery.outcome import NOT_TOLD, Outcome, TryEnd
from omnipub.domain.ids import network_of
from omnipub.errors import InvalidInputError, SealBrokenError, UnavailableError
from omnipub.hints import Action, Hint
from omnipub.ports.clock import Clock
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.accounts.refresh_results import renewable
from omnipub.services.accounts.secret_urls import ADDRESS
from omnipub.services.channels.networks import unknown
from omnipub.services.protocol.driver import Driver
from omnipub.storage.items import Connection, ConnectionStatus

TAKES_AT_MOST = timedelta(minutes=2)
"""What a conversation about an account may take in all."""


class CheckVerdict(StrEnum):
    """What a test says."""

    OK = "ok"
    EXPIRED = "expired"  # the network does not accept the token any more
    NOT_ALLOWED = "not_allowed"  # it knows the token, which may not do what it takes
    UNREACHABLE = "unreachable"  # it gave no answer, or none that says anything about the token
    UNTESTABLE = "untestable"  # nothing can be asked without the public noticing


NEW_ADDRESS = "URL"
"""Stands for an address that only a person can name."""

BY_END: Mapping[TryEnd, CheckVerdict] = MappingProxyType(
    {TryEnd.PUBLISHED: CheckVerdict.OK, TryEnd.AUTH: CheckVerdict.EXPIRED, TryEnd.REJECTED: CheckVerdict.NOT_ALLOWED}
)
"""Every other end says nothing about the token."""


@runtime_checkable
class CheckableChannel(Protocol):
    """A channel that can ask whether its token works."""

    def check(self, account: Account) -> Publishing:
        """Ask the network something harmless; PUBLISHED means that the token works."""
        ...


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What asking came to; `renewed` and `released` tell what a refresh has done besides."""

    connection: Connection
    verdict: CheckVerdict
    sentence: str
    renewed: bool = False
    released: int = 0


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who an account is.

    Attributes:
        id: The network's own id of it, which stays; where the network cannot be asked, as it was given.
        title: What the network calls it; "" if it did not say.
        sentence: What was found out, for people; "" if nothing was asked.
    """

    id: str
    title: str = ""
    sentence: str = ""


LOOK_AGAIN = "Nothing was connected. Check account and token; --unchecked connects without asking the network."
TRY_LATER = "Nothing was connected. Try again; --unchecked connects without asking the network."


@dataclass(frozen=True, kw_only=True)
class AccountCheck:
    """Asks. A token is open only while its network is asked."""

    accounts: Accounts
    driver: Driver
    clock: Clock
    channels: Mapping[str, Channel]

    def test(self, connection: Connection) -> CheckResult:
        """Ask the network whether the token works."""
        channel = self.channels.get(network_of(connection.channel))
        if channel is None:
            return CheckResult(
                connection=connection, verdict=CheckVerdict.UNTESTABLE, sentence=unknown(connection.channel)
            )
        if not isinstance(channel, CheckableChannel):
            plain = f"{channel.title} cannot be tested without sending something."
            return CheckResult(connection=connection, verdict=CheckVerdict.UNTESTABLE, sentence=plain)
        try:
            account = self.accounts.open(connection)
        except SealBrokenError as error:
            return CheckResult(connection=connection, verdict=CheckVerdict.EXPIRED, sentence=error.message)
        outcome = self.converse(channel.check(account), account)
        return CheckResult(connection=connection, verdict=verdict_of(outcome), sentence=outcome.sentence)

    def identity(self, channel: Channel, account: Account) -> Identity:
        """Who the network says an account is, before it is connected.

        Raises:
            InvalidInputError: The text can be no token, or the network does not accept it for this account.
            UnavailableError: The network did not answer.
        """
        wrong = channel.wrong_token(account.token)
        if wrong:
            raise InvalidInputError(wrong, hint=LOOK_AGAIN)
        if not isinstance(channel, CheckableChannel):
            return Identity(id=account.id)
        outcome = self.converse(channel.check(account), account)
        match verdict_of(outcome):
            case CheckVerdict.OK:
                return Identity(id=outcome.network_id or account.id, title=outcome.title, sentence=outcome.sentence)
            case CheckVerdict.UNTESTABLE:
                return Identity(id=account.id, sentence=outcome.sentence)
            case CheckVerdict.UNREACHABLE:
                plain = f"{channel.title} was asked about the account and gave no answer. {outcome.sentence}"
                raise UnavailableError(plain, hint=TRY_LATER)
            case _:
                raise InvalidInputError(outcome.sentence, hint=LOOK_AGAIN)

    def converse(self, conversation: Publishing, account: Account) -> Outcome:
        """Hold a conversation about an account; no lease bounds it, as nothing is claimed for it."""
        until = self.clock.now() + TAKES_AT_MOST
        return self.driver.publish(conversation, secrets=account.secrets, lease_until=until, ids=None)


def next_after(trial: CheckResult) -> Hint | None:
    """What helps after a test; None if there is nothing to do."""
    one = trial.connection
    about = Hint(action=Action.REFRESH, channel=one.channel, owner=one.owner)
    match trial.verdict:
        case CheckVerdict.OK:
            return about if one.standing is ConnectionStatus.NEEDS_OWNER else None
        case CheckVerdict.EXPIRED if renewable(one):
            return about
        case CheckVerdict.UNREACHABLE:
            return replace(about, action=Action.TEST_ACCOUNT)
        case CheckVerdict.UNTESTABLE:
            return replace(about, action=Action.TRY_ACCOUNT)
        case _:
            return connect_again(one)


def connect_again(connection: Connection) -> Hint:
    """How a connected account is connected again, with what that would lose otherwise.

    An address that is a secret is never shown. Without one, the address that is sealed stays; a receiver that has
    closed its address for good needs another one.
    """
    hidden = ADDRESS in (connection.settings or {})
    name = connection.also[0] if hidden and connection.also else connection.account
    url = "" if hidden or _is_of_a_sandbox(connection) else connection.base_url
    if hidden and connection.standing is ConnectionStatus.NEEDS_OWNER:
        url = NEW_ADDRESS
    return Hint(
        action=Action.CONNECT,
        channel=connection.channel,
        account=name,
        title=connection.title if connection.title != name else "",
        url=url,
        owner=connection.owner,
    )


def connect_anew(channel: str, account: str, owner: str, channels: Mapping[str, Channel]) -> Hint:
    """How an account is connected that is not connected any more; a receiver's address has to be given again."""
    known = channels.get(network_of(channel))
    url = NEW_ADDRESS if known is not None and not known.base_url else ""
    return Hint(action=Action.CONNECT, channel=channel, account=account, url=url, owner=owner)


def _is_of_a_sandbox(connection: Connection) -> bool:
    """Whether a sandbox opened the account: its port may be another one today, but its paths are its own."""
    return urlsplit(connection.base_url).path.startswith(f"/{network_of(connection.channel)}")


def verdict_of(outcome: Outcome) -> CheckVerdict:
    """What the end of a conversation about an account says of its token."""
    if outcome.code == NOT_TOLD:
        return CheckVerdict.UNTESTABLE
    return BY_END.get(outcome.ended, CheckVerdict.UNREACHABLE)
