"""Look after connected accounts: connect one with what is known of its token, renew that token, disconnect it.

Everything here is conditional on the version that was read: what the owner does meanwhile stands, and a token
that was fetched for an older connection is discarded.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from omnipub.domain.conversation import Account, Channel, Publishing, Secret
from omnipub.domain.identity import network_of
from omnipub.domain.renewal import Renewal, Renewing
from omnipub.errors import ConflictError, InvalidInputError, SealBrokenError
from omnipub.services.accounts import Accounts
from omnipub.services.asking import Asking, Trial, Verdict, verdict_of
from omnipub.services.ports import Chance, Clock, Vault
from omnipub.services.releases import Late, Releases
from omnipub.services.scopes import account_scope
from omnipub.storage import keys, writing
from omnipub.storage.items import Connection, Standing, connection_item
from omnipub.storage.shards import Shards
from omnipub.storage.table import ConditionFailedError, Delete, Put, Table, Unchanged, Write

RENEWAL = "renewal"
"""The setting of a connection that holds what a renewal needs, sealed."""


@runtime_checkable
class Renews(Protocol):
    """A channel whose tokens can be renewed; `renewal_needs` names the credentials it takes."""

    renewal_needs: Sequence[str]

    def renew(self, account: Account, credentials: Mapping[str, Secret]) -> Renewing:
        """Ask for a new token."""
        ...


@dataclass(frozen=True, kw_only=True)
class Connecting:
    """Looks after connections."""

    table: Table
    shards: Shards
    vault: Vault
    clock: Clock
    chance: Chance
    accounts: Accounts
    releases: Releases
    asking: Asking
    channels: Mapping[str, Channel]

    def connect(
        self,
        *,
        owner: str,
        channel: str,
        account: str,
        token: Secret,
        title: str = "",
        base_url: str = "",
        ends_at: datetime | None = None,
        credentials: Mapping[str, Secret] | None = None,
    ) -> Connection:
        """Connect an account as `Accounts.connect` does, with what is known of its token's end and renewal.

        Raises:
            ConflictError: As there; or it was changed again before its end was noted.
            InvalidInputError: As there; or its network does not renew tokens, or needs other credentials for that.
        """
        settings = {}
        if credentials:
            needs = self.needs_for_renewal(channel)
            if set(credentials) != set(needs):
                wanted = ", ".join(needs) or "nothing: its tokens cannot be renewed"
                raise InvalidInputError(f"What {channel} takes to renew a token is {wanted}.")
            settings[RENEWAL] = self._sealed((owner, network_of(channel), account, RENEWAL), credentials)
        connected = self.accounts.connect(
            owner=owner,
            channel=channel,
            account=account,
            token=token,
            title=title,
            base_url=base_url,
            settings=settings,
        )
        return self._written(connected, replace(connected, refresh_at=ends_at)) if ends_at else connected

    def needs_for_renewal(self, channel: str) -> Sequence[str]:
        """The credentials with which the channel's network renews a token; none if it does not."""
        network = self.channels[network_of(channel)]
        return tuple(network.renewal_needs) if isinstance(network, Renews) else ()

    def refresh(self, connection: Connection) -> Trial:
        """Renew the token where its network allows it, and let what was held go on if the account works.

        Raises:
            ConflictError: The connection was changed meanwhile; that stands.
        """
        channel = self.channels[network_of(connection.channel)]
        if renewable(connection) and isinstance(channel, Renews):
            return self._renewed(connection, channel)
        tested = self.asking.test(connection)
        if tested.verdict is not Verdict.OK or connection.standing is Standing.ACTIVE:
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
        marker = keys.connected_account(connection.owner, network, connection.account)
        try:
            self.table.transact([Delete(key=key, condition=Unchanged(version=connection.version)), Delete(key=marker)])
        except ConditionFailedError as error:
            if self.accounts.find(connection.owner, connection.channel) is not None:
                raise _changed(connection) from error  # else it is gone, as was asked

    def _renewed(self, connection: Connection, channel: Renews) -> Trial:
        whose = (connection.owner, network_of(connection.channel), connection.account)
        try:
            account = self.accounts.open(connection)
            credentials = self._opened((*whose, RENEWAL), (connection.settings or {})[RENEWAL])
        except SealBrokenError as error:
            return Trial(connection=connection, verdict=Verdict.EXPIRED, sentence=error.message)
        ends: list[Renewal] = []
        outcome = self.asking.converse(_kept(channel.renew(account, credentials), ends))
        token = ends[0].token if ends else None
        if token is None:
            return Trial(connection=connection, verdict=verdict_of(outcome), sentence=outcome.sentence)
        lasts = ends[0].lasts
        fresh = replace(
            self._active(connection),
            sealed=self.vault.seal(token, "/".join(whose)),
            settings={RENEWAL: self._sealed((*whose, RENEWAL), {**credentials, **ends[0].credentials})},
            refresh_at=self.clock.now() + lasts if lasts else None,
        )
        written, released = self._released(connection, fresh)
        return Trial(connection=written, verdict=Verdict.OK, sentence=outcome.sentence, renewed=True, released=released)

    def _active(self, connection: Connection) -> Connection:
        if connection.standing is Standing.ACTIVE:
            return connection
        now = self.clock.now()
        return replace(connection, standing=Standing.ACTIVE, standing_since=now, standing_reason="")

    def _released(self, before: Connection, after: Connection) -> tuple[Connection, int]:
        """Write that an account works, and with it that what is held for it goes on; how many do."""
        scope = account_scope(network_of(after.channel), after.account)
        release = self.releases.begun(scope, Late.WINDOW)
        return self._written(before, after, release), self.releases.carry_out(release.item)

    def _written(self, before: Connection, after: Connection, *beside: Write) -> Connection:
        moved = replace(after, version=before.version + 1, write_id=self.chance.token())
        item = connection_item(moved, self.shards.count(self.clock.now()).of)
        try:
            writing.transact(self.table, [Put(item=item, condition=Unchanged(version=before.version)), *beside])
        except ConditionFailedError as error:
            raise _changed(before) from error
        return moved

    def _sealed(self, purpose: Sequence[str], credentials: Mapping[str, Secret]) -> str:
        text = json.dumps({name: value.reveal() for name, value in credentials.items()})
        return self.vault.seal(Secret(text), "/".join(purpose))

    def _opened(self, purpose: Sequence[str], sealed: str) -> Mapping[str, Secret]:
        text = self.vault.open(sealed, "/".join(purpose)).reveal()
        return {name: Secret(value) for name, value in json.loads(text).items()}


def renewable(connection: Connection) -> bool:
    """Whether what a renewal needs is stored."""
    return RENEWAL in (connection.settings or {})


def _kept(conversation: Renewing, ends: list[Renewal]) -> Publishing:
    """The same conversation for the driver, which knows outcomes only; what it really ends in goes to `ends`."""
    end = yield from conversation
    ends.append(end)
    return end.outcome


def _changed(connection: Connection) -> ConflictError:
    return ConflictError(
        f"{connection.channel} was changed by somebody else meanwhile; that stands.",
        hint=f"Look at it: omnipub connections show {connection.channel}",
    )
