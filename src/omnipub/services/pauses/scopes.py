"""What can be stopped and released: everything, a channel, an account or an owner; and whether it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import network_of
from omnipub.domain.timestamps import from_text
from omnipub.errors import InvalidInputError
from omnipub.ports.table import Absent, ConditionCheck, Item, Key, Table, Unchanged
from omnipub.storage import access, keys
from omnipub.storage.items import Connection, ConnectionStatus, connection_of, key_of

EVERYTHING = "everything"
KINDS = ("channel", "account", "owner")

PAUSES_AT_ONCE = 20
"""Pauses that are read together, for about a read unit. Of more, only those that can hold a delivery are read."""


class ReadsItems(Protocol):
    """A table, or items of it that were read together."""

    def get(self, key: Key) -> Item | None:
        """The item, strongly consistent."""


class HasAccount(Protocol):
    """What has an account: a delivery, or what an index tells of one."""

    @property
    def owner(self) -> str:
        """User id."""

    @property
    def channel(self) -> str:
        """A network, or one of its aliases."""

    @property
    def account(self) -> str:
        """The network's id of the account."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """One pause in force."""

    scope: str
    reason: str
    by: str
    at: datetime
    version: int

    @property
    def sentence(self) -> str:
        """What a delivery that it holds says."""
        return f"{self.scope} is paused: {self.reason}"

    def still_holds(self) -> ConditionCheck:
        """The condition that nobody has lifted it meanwhile."""
        return ConditionCheck(key=keys.pause(self.scope), condition=Unchanged(version=self.version))


def pause_of(item: Item) -> Pause:
    """The pause in an item."""
    return Pause(
        scope=item["SK"], reason=item["reason"], by=item["by"], at=from_text(item["at"]), version=item["version"]
    )


def pause_over(table: Table, delivery: Delivery) -> Pause | None:
    """The pause that holds a delivery, the widest first, or None.

    Pauses are few, and a page of all of them costs one read unit. Each absent one that is asked for costs one, too.
    """
    wanted = [keys.pause(scope) for scope in scopes_of(delivery)]
    page = table.query(access.pauses(limit=PAUSES_AT_ONCE))
    there = {key_of(item): item for item in page.items} if page.cursor is None else table.batch_get(wanted)
    return next((pause_of(there[key]) for key in wanted if key in there), None)


@dataclass(frozen=True, kw_only=True)
class BoundConnection:
    """The connection to the account that a delivery is bound to, if there is one.

    Attributes:
        unchanged: The condition that nobody has connected the account, or renewed its token, since.
    """

    connection: Connection | None
    unchanged: tuple[ConditionCheck, ...]

    @property
    def works(self) -> bool:
        """Whether it may be used."""
        return self.connection is not None and self.connection.standing is ConnectionStatus.ACTIVE


def bound_to(table: ReadsItems, delivery: Delivery) -> BoundConnection:
    """The connection to the very account the delivery is bound to, whatever its alias is now."""
    key = keys.connection(delivery.owner, delivery.channel)
    direct = table.get(key)
    if direct is not None and _is_bound(direct, delivery):
        return BoundConnection(connection=connection_of(direct), unchanged=(_same(key, direct),))
    marker = keys.connected_account(delivery.owner, network_of(delivery.channel), delivery.account)
    named = table.get(marker)
    if named is None:
        return BoundConnection(
            connection=None, unchanged=(_same(key, direct), ConditionCheck(key=marker, condition=Absent()))
        )
    alias = keys.connection(delivery.owner, named["channel"])
    renamed = table.get(alias)
    there = renamed is not None and _is_bound(renamed, delivery)
    connection = connection_of(renamed) if renamed is not None and there else None
    return BoundConnection(connection=connection, unchanged=(_same(alias, renamed),))


def _is_bound(item: Item, delivery: Delivery) -> bool:
    """Whether a connection is to the account of a delivery.

    What may be out stays with the very account it went to: another one cannot tell what became of it.
    """
    return item["account"] == delivery.account or (delivery.account in item.get("also", ()) and not delivery.may_be_out)


def _same(key: Key, item: Item | None) -> ConditionCheck:
    return ConditionCheck(key=key, condition=Unchanged(version=item["version"]) if item else Absent())


def scopes_of(delivery: HasAccount) -> tuple[str, ...]:
    """The scopes a delivery is in, widest first."""
    network = network_of(delivery.channel)
    return (
        EVERYTHING,
        f"channel:{network}",
        account_scope(network, delivery.account),
        account_scope(network, delivery.account, delivery.owner),
        f"owner:{delivery.owner}",
    )


def account_scope(network: str, account: str, owner: str = "") -> str:
    """The scope of all deliveries to one account.

    It is one owner's, or that of all owners who have an account of that id.
    """
    return f"account:{network}/{account}{f'#{owner}' if owner else ''}"


def checked_scope(scope: str) -> str:
    """`scope` if it is one, or an error that says what scopes look like."""
    kind, _, name = scope.partition(":")
    if scope != EVERYTHING and not (kind in KINDS and name):
        raise InvalidInputError(
            f"'{scope}' cannot be paused.",
            hint="Use everything, channel:NETWORK, account:NETWORK/ACCOUNT, owner:USER, or, for one owner's account, "
            "account:NETWORK/ACCOUNT#USER.",
        )
    return scope
