"""An owner's connected accounts: connect one, open one for a conversation, hold and release it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from omnipub.domain.conversation import Account, Channel, Secret
from omnipub.domain.delivery import Delivery
from omnipub.domain.identity import network_of
from omnipub.domain.sealing import TOKEN, Purpose
from omnipub.errors import ConflictError, InvalidInputError, NotFoundError
from omnipub.names import SEED_OWNER
from omnipub.services.ports import Chance, Clock, Vault
from omnipub.services.releases import Late, Releases
from omnipub.services.scopes import account_scope, bound_to
from omnipub.storage import access, keys, writing
from omnipub.storage.items import (
    Connection,
    Shard,
    Standing,
    connection_item,
    connection_of,
    plain_item,
)
from omnipub.storage.shards import Shards
from omnipub.storage.table import Absent, ConditionFailedError, Put, Table, Unchanged, Write

REREADS = 5


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """Connections of owners to networks. A token is open only inside `open`'s answer."""

    table: Table
    shards: Shards
    vault: Vault
    clock: Clock
    chance: Chance
    releases: Releases
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
        settings: Mapping[str, str] | None = None,
        ends_at: datetime | None = None,
    ) -> Connection:
        """Connect an account, or give it a new token if it is the one already connected under that name.

        It is written over what a worker notes there meanwhile, or renews, and no turn to renew goes on; not over what
        another connecting has written.

        Raises:
            ConflictError: The name stands for another account, or the account has another name.
            InvalidInputError: The owner is that of invented messages.
        """
        if owner == SEED_OWNER:
            raise InvalidInputError(
                f"{SEED_OWNER} owns invented messages and never has an account, so that none of them is sent.",
                hint="Connect the account for another owner.",
            )
        network = network_of(channel)
        now = self.clock.now()
        known = self.find(owner, channel)
        connection = Connection(
            owner=owner,
            channel=channel,
            account=account,
            title=title or account,
            sealed=self.vault.seal(token, _purpose(owner, network, account)),
            created_at=now,
            base_url=base_url,
            settings=dict(settings or {}),
            standing_since=now,
            refresh_at=ends_at,
            write_id=self.chance.token(),
        )
        shard = self.shards.count(now).of
        release = self.releases.begun(account_scope(network, account, owner), Late.WINDOW)
        for _ in range(REREADS):
            if known is not None and known.account != account:
                raise ConflictError(
                    f"{channel} is connected to account {known.account}.",
                    hint=f"Use an alias for the second account, e.g. {network}:second.",
                )
            written = self._connected(known, connection, shard, release)
            if written is not None:
                self.releases.carry_out(release.item)
                return written
            before, known = known, self.find(owner, channel)
            if before is None or known is None or not _by_a_worker(before, known):
                break
        raise ConflictError(
            f"Account {account} is already connected under another name, or was changed meanwhile.",
            hint="Each account is connected once; use the name it has.",
        )

    def _connected(
        self, known: Connection | None, connection: Connection, shard: Shard, release: Put
    ) -> Connection | None:
        """The connection as written over what is known of it, or None if that has changed."""
        if known is not None:
            connection = replace(connection, created_at=known.created_at, version=known.version + 1)
        item = connection_item(connection, shard)
        condition = Unchanged(version=known.version) if known else Absent()
        writes: list[Write] = [Put(item=item, condition=condition), release]
        if known is None:
            once = keys.connected_account(connection.owner, network_of(connection.channel), connection.account)
            writes.append(Put(item=plain_item(once, channel=connection.channel), condition=Absent()))
        try:
            writing.transact(self.table, writes)
        except ConditionFailedError:
            return None
        return connection

    def find(self, owner: str, channel: str) -> Connection | None:
        """The connection of that name, if there is one."""
        item = self.table.get(keys.connection(owner, channel))
        return connection_of(item) if item else None

    def of(self, owner: str) -> Sequence[Connection]:
        """All connections of an owner, by name."""
        found: list[Connection] = []
        cursor = None
        while True:
            page = self.table.query(access.connections(owner, after=cursor))
            found += [connection_of(item) for item in page.items]
            cursor = page.cursor
            if cursor is None:
                return found

    def for_delivery(self, delivery: Delivery) -> Connection | None:
        """The connection to the very account the delivery is bound to, whatever its alias is now."""
        return bound_to(self.table, delivery).connection

    def open(self, connection: Connection) -> Account:
        """The account with its token, for one conversation."""
        network = network_of(connection.channel)
        known = self.channels.get(network)  # of an unknown one a token can be opened, and nothing said with it
        return Account(
            id=connection.account,
            base_url=connection.base_url or (known.base_url if known else ""),
            token=self.vault.open(connection.sealed, _purpose(connection.owner, network, connection.account)),
            settings=connection.settings or {},
        )

    def seal(self, connection: Connection, token: Secret) -> str:
        """A new token of the connection, as it stands in the table."""
        return self.vault.seal(token, _purpose(connection.owner, network_of(connection.channel), connection.account))

    def hold(self, connection: Connection, *, reason: str) -> None:
        """Mark that the account needs its owner. Losing a race is fine: somebody just changed it."""
        now = self.clock.now()
        held = replace(
            connection,
            standing=Standing.NEEDS_OWNER,
            standing_since=now,
            standing_reason=reason,
            version=connection.version + 1,
            write_id=self.chance.token(),
        )
        item = connection_item(held, self.shards.count(now).of)
        try:
            writing.put(self.table, item, Unchanged(version=connection.version))
        except ConditionFailedError:
            return


def needed(connection: Connection | None, channel: str) -> Connection:
    """The connection, or an error that says how to get one."""
    if connection is None:
        raise NotFoundError(
            f"No account is connected as {channel}.",
            hint=f"Connect one: omnipub connections connect {channel} --account ID",
        )
    return connection


def _by_a_worker(before: Connection, after: Connection) -> bool:
    """Whether somebody has only marked a connection, or renewed its token: connecting it anew changes both."""
    is_newer = after.version > before.version
    return is_newer and (after.sealed == before.sealed or after.standing_since == before.standing_since)


def _purpose(owner: str, network: str, account: str) -> Purpose:
    """What the seal is bound to: a token copied to another connection does not open."""
    return (owner, network, account, TOKEN)
