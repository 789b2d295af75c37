"""An owner's connected accounts: connect one, open one for a conversation, hold and release it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from omnipub.domain import sealing
from omnipub.domain.conversation import Account, Channel, Secret
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import network_of
from omnipub.domain.sealing import TOKEN, Purpose
from omnipub.domain.secret_urls import is_own_place, place
from omnipub.errors import ConflictError, InvalidInputError, NotFoundError, SealBrokenError
from omnipub.hints import Action, Hint
from omnipub.names import SEED_OWNER
from omnipub.ports.table import Absent, ConditionFailedError, Put, Unchanged, Write
from omnipub.ports.vault import Vault
from omnipub.services.accounts.secret_urls import ADDRESS, SecretUrls
from omnipub.services.base import Base
from omnipub.services.pauses.release import LatePolicy, Releases
from omnipub.services.pauses.scopes import account_scope, bound_to
from omnipub.storage import access, keys, write_ids
from omnipub.storage.items import (
    Connection,
    ConnectionStatus,
    connection_item,
    connection_of,
    plain_item,
)
from omnipub.storage.paging import items
from omnipub.storage.schema import PARTITION, SORT

REREADS = 5

NAMES_RELEASED = 5
"""What is held for the latest ids of an account that has moved often goes on at once. Ticks find the rest."""


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """Connections of owners to networks. A token is open only inside `open`'s answer."""

    base: Base
    vault: Vault
    releases: Releases
    addresses: SecretUrls
    channels: Mapping[str, Channel]

    def connect(  # noqa: PLR0913  all that is known of a connection
        self,
        *,
        owner: str,
        channel: str,
        account: str,
        token: Secret,
        title: str = "",
        network_id: str = "",
        base_url: str = "",
        settings: Mapping[str, str] | None = None,
        ends_at: datetime | None = None,
        named: bool = False,
    ) -> Connection:
        """Connect an account, or give it a new token if it is the one already connected under that name.

        It is written over what a worker notes there meanwhile, or renews, and no turn to renew goes on. It is not
        written over what another connecting has written.

        Where a network has no address of its own, `base_url` is a secret. It is sealed, and the account is known by
        its hash. `account` is what its owner calls it. Connecting it under the same name with another address moves
        what waits for it there. With `network_id` the account is known by that, and `account` is another name of it.
        Who connected it by a name before moves to the id. With `named` the address is no secret's place, and `account`
        stays the id.

        Raises:
            ConflictError: The name stands for another account, or the account has another name.
            InvalidInputError: The owner is that of invented messages, or the address is none.
        """
        if owner == SEED_OWNER:
            raise InvalidInputError(
                f"{SEED_OWNER} owns invented messages and never has an account, so that none of them is sent.",
                hint="Connect the account for another owner.",
            )
        network = network_of(channel)
        known = self.find(owner, channel)
        secret = bool(base_url) and not self.channels[network].base_url
        identity = self.addresses.identity(base_url) if secret and not named else network_id or account
        for _ in range(REREADS):
            if known is not None and not {account, identity} & {known.account, *known.also}:
                raise ConflictError(
                    f"{channel} is connected to account {known.account}.",
                    hint=f"Use an alias for the second account, e.g. {network}:second.",
                )
            id_ = known.account if known is not None and self._leads_there(known, identity) else identity
            connection = self.fresh(
                Connection(
                    owner=owner,
                    channel=channel,
                    account=id_,
                    title=title or account,
                    sealed=self.vault.seal(token, _purpose(owner, network, id_)),
                    created_at=self.base.clock.now(),
                    base_url=base_url,
                    settings=dict(settings or {}),
                    refresh_at=ends_at,
                    also=_also(known, id_, account, identity),
                ),
                secret=secret,
            )
            releases = self._released(known, connection)
            written = self._connected(known, connection, releases)
            if written is not None:
                for release in releases:
                    self.releases.carry_out(release.item)
                return written
            before, known = known, self.find(owner, channel)
            if before is None or known is None or not _by_a_worker(before, known):
                break
        raise ConflictError(
            f"Account {account} is already connected under another name, or was changed meanwhile.",
            hint="Each account is connected once; use the name it has.",
        )

    def address_of(self, connection: Connection) -> str:
        """Where a connection leads; of an address that is a secret, all of it: never to be shown.

        Raises:
            SealBrokenError: It cannot be opened, or was left behind by an export.
        """
        sealed = (connection.settings or {}).get(ADDRESS)
        if sealed:
            return self.vault.open(sealed, (*_purpose_of(connection)[:-1], sealing.ADDRESS)).reveal()
        if any(map(is_own_place, (connection.account, *connection.also))):
            raise SealBrokenError(
                f"The address of {connection.channel} is not here: an import brings no secrets.",
                hint=Hint(
                    action=Action.CONNECT,
                    when="Connect it again",
                    channel=connection.channel,
                    url="URL",
                    owner=connection.owner,
                ),
            )
        known = self.channels.get(network_of(connection.channel))
        # Of an unknown network a token can be opened, and nothing said with it.
        return connection.base_url or (known.base_url if known else "")

    def own_address(self, owner: str, channel: str, account: str) -> str:
        """The secret address that an owner's account has so far; empty if it has none.

        It is never shown.
        """
        known = self.find(owner, channel)
        names = (known.account, *known.also) if known is not None else ()
        if known is None or account not in names or not any(map(is_own_place, names)):
            return ""
        try:
            return self.address_of(known)
        except SealBrokenError:
            return ""

    def fresh(self, connection: Connection, *, secret: bool) -> Connection:
        """A connection as it is written first; an address that is a secret is sealed."""
        fresh = replace(connection, write_id=self.base.chance.token(), standing_since=self.base.clock.now())
        if not secret:
            return fresh
        purpose = (*_purpose_of(connection)[:-1], sealing.ADDRESS)
        sealed = self.vault.seal(Secret(connection.base_url), purpose)
        settings = {**(connection.settings or {}), ADDRESS: sealed}
        return replace(fresh, base_url=place(connection.base_url), settings=settings)

    def lies_open(self, connection: Connection) -> bool:
        """Whether it has an address that is a secret and not sealed."""
        known = self.channels.get(network_of(connection.channel))
        if known is None or known.base_url or ADDRESS in (connection.settings or {}):
            return False
        return bool(connection.base_url) and not any(map(is_own_place, (connection.account, *connection.also)))

    def _leads_there(self, known: Connection, identity: str) -> bool:
        """Whether a known connection leads to that very address, under whatever id."""
        if identity == known.account or not is_own_place(identity):
            return identity == known.account
        if not self.lies_open(known):
            try:
                return self.addresses.identity(self.address_of(known)) == identity
            except (SealBrokenError, InvalidInputError):
                return False
        return self.addresses.identity(known.base_url) == identity

    def _released(self, known: Connection | None, connection: Connection) -> list[Put]:
        """What goes on with this connection: what is held for it, under each id that it had."""
        network = network_of(connection.channel)
        before = known.account if known is not None else connection.account
        names = dict.fromkeys((connection.account, before, *connection.also[:NAMES_RELEASED]))
        scopes = [account_scope(network, name, connection.owner) for name in names]
        return [self.releases.begun(scope, LatePolicy.WINDOW) for scope in scopes]

    def _pauses_moved(self, known: Connection, connection: Connection) -> Iterator[Put]:
        """A pause of an account holds it where it leads now."""
        network, owner = network_of(known.channel), known.owner
        for whose in ("", owner):
            there = self.base.table.get(keys.pause(account_scope(network, known.account, whose)))
            after = keys.pause(account_scope(network, connection.account, whose))
            if there is not None and self.base.table.get(after) is None:
                yield Put(item={**there, PARTITION: after.pk, SORT: after.sk}, condition=Absent())

    def _connected(
        self, known: Connection | None, connection: Connection, releases: Sequence[Put]
    ) -> Connection | None:
        """The connection as written over what is known of it, or None if that has changed."""
        has = {known.account, *known.also} if known is not None else set()
        if known is not None:
            connection = replace(connection, created_at=known.created_at, version=known.version + 1)
        item = connection_item(connection, self.base.shards.count(self.base.clock.now()).of)
        condition = Unchanged(version=known.version) if known else Absent()
        writes: list[Write] = [Put(item=item, condition=condition), *releases]
        if known is not None and known.account != connection.account:
            writes += self._pauses_moved(known, connection)
        for name in dict.fromkeys((connection.account, *connection.also)):
            if name not in has:
                writes.append(marker(connection, name))
        try:
            write_ids.transact(self.base.table, writes)
        except ConditionFailedError:
            return None
        return connection

    def find(self, owner: str, channel: str) -> Connection | None:
        """The connection of that name, if there is one."""
        item = self.base.table.get(keys.connection(owner, channel))
        return connection_of(item) if item else None

    def of(self, owner: str) -> Sequence[Connection]:
        """All connections of an owner, by name."""
        return [connection_of(item) for item in items(self.base.table, access.connections(owner))]

    def for_delivery(self, delivery: Delivery) -> Connection | None:
        """The connection to the very account the delivery is bound to, whatever its alias is now."""
        return bound_to(self.base.table, delivery).connection

    def open(self, connection: Connection) -> Account:
        """The account with its token, for one conversation."""
        network = network_of(connection.channel)
        return Account(
            id=connection.account,
            base_url=self.address_of(connection),
            token=self.vault.open(connection.sealed, _purpose(connection.owner, network, connection.account)),
            settings=connection.settings or {},
        )

    def seal(self, connection: Connection, token: Secret) -> str:
        """A new token of the connection, as it stands in the table."""
        return self.vault.seal(token, _purpose(connection.owner, network_of(connection.channel), connection.account))

    def hold(self, connection: Connection, *, reason: str) -> None:
        """Mark that the account needs its owner. Losing a race is fine: somebody just changed it."""
        now = self.base.clock.now()
        held = replace(
            connection,
            standing=ConnectionStatus.NEEDS_OWNER,
            standing_since=now,
            standing_reason=reason,
            version=connection.version + 1,
            write_id=self.base.chance.token(),
        )
        item = connection_item(held, self.base.shards.count(now).of)
        try:
            write_ids.put(self.base.table, item, Unchanged(version=connection.version))
        except ConditionFailedError:
            return


def needed(connection: Connection | None, channel: str) -> Connection:
    """The connection, or an error that says how to get one."""
    if connection is None:
        raise NotFoundError(
            f"No account is connected as {channel}.",
            hint=Hint(action=Action.CONNECT, when="Connect one", channel=channel),
        )
    return connection


def _by_a_worker(before: Connection, after: Connection) -> bool:
    """Whether somebody has only marked a connection, or renewed its token: connecting it anew changes both."""
    is_newer = after.version > before.version
    return is_newer and (after.sealed == before.sealed or after.standing_since == before.standing_since)


def marker(connection: Connection, name: str) -> Put:
    """That an owner has connected the account of this id, once."""
    key = keys.connected_account(connection.owner, network_of(connection.channel), name)
    return Put(item=plain_item(key, channel=connection.channel), condition=Absent())


def _also(known: Connection | None, account: str, *names: str) -> tuple[str, ...]:
    """The other ids of an account: those it had, and what its owner calls it."""
    had = (known.account, *known.also) if known is not None else ()
    return tuple(name for name in dict.fromkeys((*names, *had)) if name != account)


def _purpose_of(connection: Connection) -> Purpose:
    return _purpose(connection.owner, network_of(connection.channel), connection.account)


def _purpose(owner: str, network: str, account: str) -> Purpose:
    """What the seal is bound to: a token copied to another connection does not open."""
    return (owner, network, account, TOKEN)
