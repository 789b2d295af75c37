"""Seal addresses that a release before number 2 of the items has left open; each account keeps its id."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from omnipub.domain.ids import network_of
from omnipub.errors import InvalidInputError
from omnipub.ports.table import ConditionFailedError, Put, Unchanged
from omnipub.services.accounts.accounts import Accounts, marker
from omnipub.storage import access, keys, write_ids
from omnipub.storage.items import Connection, connection_item, key_of


@dataclass(frozen=True, kw_only=True)
class SecretUrlMigration:
    """Seals them."""

    accounts: Accounts

    def of(self, owner: str) -> None:
        """Seal what an earlier release has left open: an owner's addresses, and, the first time, everybody's."""
        owners = {owner}
        if not self.accounts.addresses.drawn():
            everything = map(key_of, access.everything(self.accounts.base.table))
            owners |= {keys.owner_of(key.pk) for key in everything if key.sk.startswith(keys.CONNECTION_PREFIX)}
        for connection in [one for name in sorted(owners) for one in self.accounts.of(name)]:
            self.one(connection)
        self.accounts.addresses.draw()

    def one(self, connection: Connection) -> Connection | None:
        """Seal one that lies open; None if somebody else has changed it meanwhile, which is fine."""
        if not self.accounts.lies_open(connection):
            return connection
        try:
            identity = self.accounts.addresses.identity(connection.base_url)
        except InvalidInputError:
            return connection  # nothing can be sent there either
        sealed = self.accounts.fresh(connection, secret=True)
        alone = replace(sealed, standing_since=connection.standing_since, version=connection.version + 1)
        if urlsplit(connection.base_url).path == f"/{network_of(connection.channel)}/{connection.account}":
            return self._written(alone, connection)  # the sandbox's: its port may be another one tomorrow
        named = replace(alone, also=(*connection.also, identity))
        # Another account of the owner may lead to the same place: then this one has no second id.
        return self._written(named, connection, marker(named, identity)) or self._written(alone, connection)

    def _written(self, moved: Connection, before: Connection, *beside: Put) -> Connection | None:
        """What was written; None if it was changed meanwhile, or one of `beside` is there already."""
        item = connection_item(moved, self.accounts.base.shards.count(self.accounts.base.clock.now()).of)
        try:
            condition = Unchanged(version=before.version)
            write_ids.transact(self.accounts.base.table, [Put(item=item, condition=condition), *beside])
        except ConditionFailedError:
            return None
        return moved
