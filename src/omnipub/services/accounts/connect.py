"""Look after connected accounts: connect one with what is known of its token, refresh or disconnect it by hand.

Everything here is conditional on the version that was read. What the owner does meanwhile stands, and a token that was
fetched for an older connection is discarded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from omnipub.domain.conversation import Account, Channel, Secret
from omnipub.domain.ids import network_of
from omnipub.errors import ConflictError, InvalidInputError
from omnipub.hints import Action, Hint
from omnipub.ports.table import ConditionFailedError, Delete, Put, Unchanged, Write
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.accounts.check import TAKES_AT_MOST, AccountCheck, CheckResult, CheckVerdict, Identity
from omnipub.services.accounts.refresh_results import RENEWAL, Refreshable, RefreshOutcome
from omnipub.services.accounts.token_refresh import TokenRefresh
from omnipub.services.base import Base
from omnipub.services.channels.networks import channel_of
from omnipub.services.pauses.release import LatePolicy, Releases
from omnipub.services.pauses.scopes import account_scope
from omnipub.storage import keys, write_ids
from omnipub.storage.items import Connection, ConnectionStatus, connection_item

VERDICTS: Mapping[RefreshOutcome, CheckVerdict] = MappingProxyType(
    {
        RefreshOutcome.RENEWED: CheckVerdict.OK,
        RefreshOutcome.REFUSED: CheckVerdict.EXPIRED,
        RefreshOutcome.UNANSWERED: CheckVerdict.UNREACHABLE,
        RefreshOutcome.BUSY: CheckVerdict.UNREACHABLE,
    }
)
"""What a renewal says of the token; one that lost to somebody else is a conflict."""


@dataclass(frozen=True, kw_only=True)
class AccountConnector:
    """Looks after connections."""

    base: Base
    accounts: Accounts
    releases: Releases
    asking: AccountCheck
    token_refresh: TokenRefresh
    channels: Mapping[str, Channel]

    def connect(
        self,
        *,
        owner: str,
        channel: str,
        account: str,
        token: Secret,
        title: str = "",
        network_id: str = "",
        base_url: str = "",
        ends_at: datetime | None = None,
        credentials: Mapping[str, Secret] | None = None,
    ) -> Connection:
        """Connect an account as `Accounts.connect` does, with what is known of its token's end and renewal.

        Raises:
            ConflictError: As there.
            InvalidInputError: As there; or its network does not renew tokens, or needs other credentials for that.
        """
        settings = {}
        if credentials:
            needs = self.needs_for_renewal(channel)
            if set(credentials) != set(needs):
                wanted = ", ".join(needs) or "nothing: its tokens cannot be renewed"
                raise InvalidInputError(f"What {channel} takes to renew a token is {wanted}.")
            settings[RENEWAL] = self.token_refresh.sealed(owner, channel, network_id or account, credentials)
        return self.accounts.connect(
            owner=owner,
            channel=channel,
            account=account,
            token=token,
            title=title,
            network_id=network_id,
            base_url=base_url,
            settings=settings,
            ends_at=ends_at,
        )

    def identity(self, channel: str, account: str, token: Secret, *, base_url: str = "") -> Identity:
        """Who the network says an account is, before it is connected.

        Raises:
            InvalidInputError: The text can be no token, or the network does not accept it for this account.
            UnavailableError: The network did not answer.
        """
        network = channel_of(self.channels, channel)
        place = base_url or network.base_url
        return self.asking.identity(network, Account(id=account, base_url=place, token=token))

    def needs_for_renewal(self, channel: str) -> Sequence[str]:
        """The credentials with which the channel's network renews a token; none if it does not."""
        network = channel_of(self.channels, channel)
        return tuple(network.renewal_needs) if isinstance(network, Refreshable) else ()

    def refresh(self, connection: Connection) -> CheckResult:
        """Renew the token where its network allows it, and let what was held go on if the account works.

        Raises:
            ConflictError: The connection was changed meanwhile; that stands.
        """
        if self.token_refresh.can(connection):
            return self._renewed(connection)
        tested = self.asking.test(connection)
        if tested.verdict is not CheckVerdict.OK or connection.standing is ConnectionStatus.ACTIVE:
            return tested
        works, released = self._released(connection, self._active(connection))
        return replace(tested, connection=works, released=released)

    def disconnect(self, connection: Connection) -> None:
        """Forget the account and its token; what is scheduled for it will be held.

        Raises:
            ConflictError: It was changed meanwhile.
        """
        network = network_of(connection.channel)
        key = keys.connection(connection.owner, connection.channel)
        names = (connection.account, *connection.also)
        markers = [Delete(key=keys.connected_account(connection.owner, network, name)) for name in names]
        try:
            self.base.table.transact([Delete(key=key, condition=Unchanged(version=connection.version)), *markers])
        except ConditionFailedError as error:
            if self.accounts.find(connection.owner, connection.channel) is not None:
                raise _changed(connection) from error  # else it is gone, as was asked

    def _renewed(self, connection: Connection) -> CheckResult:
        done = self.token_refresh.renew(connection, until=self.base.clock.now() + TAKES_AT_MOST, by_hand=True)
        if done.came is RefreshOutcome.CHANGED:
            raise _changed(connection)
        return CheckResult(
            connection=done.connection,
            verdict=VERDICTS[done.came],
            sentence=done.outcome.sentence if done.outcome else done.sentence,
            renewed=done.came is RefreshOutcome.RENEWED,
            released=done.released,
        )

    def _active(self, connection: Connection) -> Connection:
        if connection.standing is ConnectionStatus.ACTIVE:
            return connection
        now = self.base.clock.now()
        return replace(connection, standing=ConnectionStatus.ACTIVE, standing_since=now, standing_reason="")

    def _released(self, before: Connection, after: Connection) -> tuple[Connection, int]:
        """Write that an account works, and with it that what is held for it goes on; how many do."""
        scope = account_scope(network_of(after.channel), after.account, after.owner)
        release = self.releases.begun(scope, LatePolicy.WINDOW)
        return self._written(before, after, release), self.releases.carry_out(release.item)

    def _written(self, before: Connection, after: Connection, *beside: Write) -> Connection:
        moved = replace(after, version=before.version + 1, write_id=self.base.chance.token())
        item = connection_item(moved, self.base.shards.count(self.base.clock.now()).of)
        try:
            write_ids.transact(self.base.table, [Put(item=item, condition=Unchanged(version=before.version)), *beside])
        except ConditionFailedError as error:
            raise _changed(before) from error
        return moved


def _changed(connection: Connection) -> ConflictError:
    return ConflictError(
        f"{connection.channel} was changed by somebody else meanwhile; that stands.",
        hint=Hint(action=Action.SHOW_ACCOUNT, channel=connection.channel, owner=connection.owner),
    )
