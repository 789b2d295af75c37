"""Items and the domain values they hold: one pair of functions per kind of item.

Index keys are computed here and nowhere else, from the value alone. So an item can always be compared with what its
keys should be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from omnipub.domain.announcement import headline
from omnipub.domain.certification import Certification
from omnipub.domain.circuit_breaker import CircuitBreaker
from omnipub.domain.delivery.lifecycle import WATCHED, Status
from omnipub.domain.delivery.model import Attempt, Delivery
from omnipub.domain.ids import Parent, ParentKind, network_of
from omnipub.domain.message import Message
from omnipub.domain.notice import Cause
from omnipub.domain.notice_target import NoticeTarget
from omnipub.domain.profile import Profile
from omnipub.domain.token_refresh import RefreshFailure
from omnipub.names import VERSION
from omnipub.ports.table import Item, Key
from omnipub.storage import keys
from omnipub.storage.codec import decode, encode
from omnipub.storage.schema import BY_LIST, BY_STATUS_OR_OWNER, PARTITION, SORT, Index

Shard = Callable[[str], int]
"""The shard of an id, by the count in force."""


class ConnectionStatus(StrEnum):
    """Whether a connected account may be used."""

    ACTIVE = "active"
    NEEDS_OWNER = "needs_owner"  # its token stopped working; deliveries are held


@dataclass(frozen=True, kw_only=True)
class Connection:
    """An owner's connected account.

    Attributes:
        channel: `facebook` or `facebook:<alias>`, the name its owner chose.
        account: The network's own account id; of an address that is a secret, where it leads and its keyed hash.
        also: Other ids of it, to which earlier deliveries are bound: what it was called, where it led before.
        sealed: The token, sealed by the vault; never leaves the table open.
        base_url: Where the network answers; "" for its real address. Of an address that is a secret, its host alone.
        settings: What else the network needs, not secret.
        refresh_at: When the token ends; None if nobody knows.
        renewing_until: Until then somebody has the turn to renew the token; None if nobody has.
        renewal_failed: How the last attempt to renew the token failed, until one succeeds.
    """

    owner: str
    channel: str
    account: str
    title: str
    sealed: str
    created_at: datetime
    base_url: str = ""
    settings: dict[str, str] | None = None
    standing: ConnectionStatus = ConnectionStatus.ACTIVE
    standing_since: datetime | None = None
    standing_reason: str = ""
    refresh_at: datetime | None = None
    renewing_until: datetime | None = None
    renewal_failed: RefreshFailure | None = None
    also: tuple[str, ...] = ()
    version: int = 1
    write_id: str = ""


def delivery_item(delivery: Delivery, shard: Shard) -> Item:
    """The item of a delivery; in the status index while somebody must find it, in one list until cancelled."""
    key = keys.delivery(delivery.parent, delivery.channel)
    number = shard(delivery.parent.id)
    item = _without_repetition(_item(key, delivery))
    if delivery.status in WATCHED and delivery.next_at is not None:
        _index(
            item,
            BY_STATUS_OR_OWNER,
            keys.by_status(delivery.status, number),
            keys.moment_sort(delivery.next_at, key),
        )
    if delivery.status is Status.PUBLISHED and delivery.published_at is not None:
        network = network_of(delivery.channel)
        _index(item, BY_LIST, keys.published(network, number), keys.moment_sort(delivery.published_at, key))
    elif delivery.status is not Status.CANCELLED and delivery.due_at is not None:
        _index(item, BY_LIST, keys.calendar(number), keys.moment_sort(delivery.due_at, key))
    return item


def delivery_of(item: Item) -> Delivery:
    """The delivery in an item."""
    return cast("Delivery", decode(Delivery, _with_repetition(item)))


def _without_repetition(item: Item) -> Item:
    """A delivery's item without what its other attributes say: each write of more than a KB costs twice as much."""
    del item["parent"]
    if item.get("attempts") and item.get("first_due") == item["due_at"]:
        item.pop("first_due", None)
    lease = item.get("lease")
    if lease:
        said = {"until": item["next_at"], "attempt": item.get("attempts", 0)}
        item["lease"] = {name: part for name, part in lease.items() if name not in said or part != said[name]}
    return item


def _with_repetition(item: Item) -> Item:
    """The same with all that was left out; what numbers 1 and 2 wrote has everything."""
    parent = keys.parent_of(item[PARTITION])
    whole = {"parent": encode(parent), **item} if parent else dict(item)
    if whole.get("attempts"):
        whole.setdefault("first_due", whole["due_at"])
    if whole.get("lease"):
        whole["lease"] = {"until": whole["next_at"], "attempt": whole.get("attempts", 0), **whole["lease"]}
    return whole


def attempt_item(attempt: Attempt) -> Item:
    """The item of one try."""
    return _item(keys.attempt(attempt.parent, attempt.channel, attempt.number), attempt)


def attempt_of(item: Item) -> Attempt:
    """The try in an item."""
    return cast("Attempt", decode(Attempt, item))


def message_item(message: Message, shard: Shard) -> Item:
    """The item of a message, in its owner's list and in everybody's."""
    return _listed(message, Parent(kind=ParentKind.MESSAGE, id=message.id), message.excerpt(), shard)


def message_of(item: Item) -> Message:
    """The message in an item."""
    return cast("Message", decode(Message, item))


def certification_item(certification: Certification, shard: Shard) -> Item:
    """The item of a certification, in its owner's list and in everybody's."""
    parent = Parent(kind=ParentKind.CERTIFICATION, id=certification.id)
    return _listed(certification, parent, headline(certification), shard)


def certification_of(item: Item) -> Certification:
    """The certification in an item."""
    return cast("Certification", decode(Certification, item))


def connection_item(connection: Connection, shard: Shard) -> Item:
    """The item of a connected account; in the index while its token has a moment to be refreshed at."""
    key = keys.connection(connection.owner, connection.channel)
    item = _item(key, connection)
    if connection.refresh_at is not None:
        sort = keys.moment_sort(connection.refresh_at, key)
        _index(item, BY_STATUS_OR_OWNER, keys.by_refresh(shard(connection.account)), sort)
    return item


def connection_of(item: Item) -> Connection:
    """The connected account in an item."""
    return cast("Connection", decode(Connection, item))


def breaker_item(breaker: CircuitBreaker) -> Item:
    """The item of an account's circuit breaker."""
    return _item(keys.breaker(breaker.network, breaker.account, breaker.owner), breaker)


def breaker_of(item: Item) -> CircuitBreaker:
    """The circuit breaker in an item."""
    return cast("CircuitBreaker", decode(CircuitBreaker, item))


def target_item(target: NoticeTarget) -> Item:
    """The item of a target of notices."""
    return _item(keys.notice_target(target.name), target)


def target_of(item: Item) -> NoticeTarget:
    """The target of notices in an item."""
    return cast("NoticeTarget", decode(NoticeTarget, item))


def cause_item(cause: Cause) -> Item:
    """The item of a cause that somebody is told of."""
    return _item(keys.cause(cause.name), cause)


def cause_of(item: Item) -> Cause:
    """The cause in an item."""
    return cast("Cause", decode(Cause, item))


def profile_item(owner: str, profile: Profile) -> Item:
    """The item of a user."""
    return _item(keys.profile(owner), profile)


def profile_of(item: Item) -> Profile:
    """The user in an item."""
    return cast("Profile", decode(Profile, item))


def plain_item(key: Key, **attributes: Any) -> Item:
    """An item of the system's own: its key and a few attributes."""
    return {PARTITION: key.pk, SORT: key.sk, **encode(attributes)}


def key_of(item: Item) -> Key:
    """An item's primary key."""
    return Key(item[PARTITION], item[SORT])


def _listed(value: Message | Certification, parent: Parent, excerpt: str, shard: Shard) -> Item:
    item = _item(keys.metadata(parent), value)
    item |= {"kind": parent.kind.value, "excerpt": excerpt}
    _index(item, BY_STATUS_OR_OWNER, keys.by_owner(value.owner), keys.owned(parent))
    _index(item, BY_LIST, keys.everybody(parent.kind, shard(value.id)), keys.owned(parent))
    return item


def _item(key: Key, value: Any) -> Item:
    item = {PARTITION: key.pk, SORT: key.sk, **encode(value)}
    if hasattr(value, VERSION):
        item[VERSION] = value.version  # conditions read it, so it is written even where it is the default
    return item


def _index(item: Item, index: Index, partition: str, sort: str) -> None:
    item[index.partition] = partition
    item[index.sort] = sort
