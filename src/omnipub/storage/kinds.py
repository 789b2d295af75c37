"""The kinds of items: which one a key names, how it is read, and its index keys.

`table inspect`, `verify`, `export` and `import` know the table through this page alone. A new kind of key
in `keys` gets its line here; a test fails until it has one.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlsplit

from omnipub.domain.ids import network_of
from omnipub.domain.secret_urls import place
from omnipub.names import VERSION
from omnipub.ports.table import Item, Key
from omnipub.storage import items, keys
from omnipub.storage.schema import KEY_ATTRIBUTES, PARTITION, SORT

SECRETS = frozenset({"sealed", "renewal", "sealed_address", "sandbox_token", "sandbox_grant"})
"""Attributes that hold a secret, sealed or invented, at whatever depth; they never leave the table."""


class ItemKind(StrEnum):
    """What an item is."""

    MESSAGE = "message"
    CERTIFICATION = "certification"
    DELIVERY = "delivery"
    ATTEMPT = "attempt"
    CONNECTION = "connection"
    ACCOUNT = "account"  # that an owner has connected this account under some name
    PROFILE = "profile"
    IDEMPOTENCY = "idempotency"
    POST = "post"  # which delivery a network's post belongs to
    UNRESOLVED = "unresolved"  # which delivery others with its text wait for
    SAME = "same"  # that a certification has been announced
    SYSTEM = "system"
    SANDBOX = "sandbox"  # what a stage's sandbox was sent


_PARENTS = {"MESSAGE": ItemKind.MESSAGE, "CERTIFICATION": ItemKind.CERTIFICATION}
_ALONE = MappingProxyType(
    {
        keys.family(example.pk): kind
        for example, kind in (
            (keys.idempotency("", ""), ItemKind.IDEMPOTENCY),
            (keys.post("", ""), ItemKind.POST),
            (keys.unresolved("", "", ""), ItemKind.UNRESOLVED),
            (keys.sameness(""), ItemKind.SAME),
            (keys.gate(), ItemKind.SYSTEM),
            (keys.sandbox_number(""), ItemKind.SANDBOX),
        )
    }
)
_OF_USERS = MappingProxyType(
    {
        keys.family(example.sk): kind
        for example, kind in (
            (keys.profile(""), ItemKind.PROFILE),
            (keys.connection("", ""), ItemKind.CONNECTION),
            (keys.connected_account("", "", ""), ItemKind.ACCOUNT),
        )
    }
)
_USER = keys.family(keys.user_partition(""))


def kind_of(key: Key) -> ItemKind | None:
    """What an item of this key is, or None if no key of ours is spelled so."""
    parent = keys.parent_of(key.pk)
    if parent is not None:
        if key.sk == keys.METADATA:
            return _PARENTS[parent.kind.name]
        if keys.channel_of(key.sk):
            return ItemKind.DELIVERY
        return ItemKind.ATTEMPT if key.sk.startswith(keys.ATTEMPT_PREFIX) else None
    if keys.family(key.pk) == _USER:
        return _OF_USERS.get(keys.family(key.sk))
    return _ALONE.get(keys.family(key.pk))


_READ: Mapping[ItemKind, Callable[[Item], Any]] = MappingProxyType(
    {
        ItemKind.MESSAGE: items.message_of,
        ItemKind.CERTIFICATION: items.certification_of,
        ItemKind.DELIVERY: items.delivery_of,
        ItemKind.ATTEMPT: items.attempt_of,
        ItemKind.CONNECTION: items.connection_of,
    }
)

_WRITTEN: Mapping[ItemKind, Callable[[Any, items.Shard], Item]] = MappingProxyType(
    {
        ItemKind.MESSAGE: items.message_item,
        ItemKind.CERTIFICATION: items.certification_item,
        ItemKind.DELIVERY: items.delivery_item,
        ItemKind.ATTEMPT: lambda attempt, _: items.attempt_item(attempt),
        ItemKind.CONNECTION: items.connection_item,
    }
)

_NAMES: Mapping[ItemKind, str] = MappingProxyType(
    {ItemKind.ACCOUNT: "channel", ItemKind.POST: "delivery", ItemKind.UNRESOLVED: "delivery"}
)
"""The one attribute that a marker is there for."""


@dataclass(frozen=True, kw_only=True)
class IndexKey:
    """A key attribute of an item: what it is, and what it may be; None is absent.

    An item keeps the shard of the count in force when it was written. So with every count there ever was another value
    is right.
    """

    name: str
    there: str | None
    allowed: tuple[str | None, ...]

    @property
    def right(self) -> bool:
        """Whether it is one of those it may be."""
        return self.there in self.allowed


@dataclass(frozen=True, kw_only=True)
class ReadItem:
    """An item that can be read: its value and its key attributes.

    The value of a plain item is the item itself.
    """

    item: Item
    kind: ItemKind
    value: Any
    index_keys: tuple[IndexKey, ...]

    @property
    def key(self) -> Key:
        """Its primary key."""
        return items.key_of(self.item)


_OF_THE_SYSTEM: Mapping[str, Callable[[Item], Any]] = MappingProxyType(
    {
        keys.circuit_breakers(): items.breaker_of,
        keys.notice_targets(): items.target_of,
        keys.causes(): items.cause_of,
    }
)
"""Partition of the system's own items → what reads one; they are checked, and count as plain items all the same."""


def value_of(item: Item) -> Any:
    """The value in an item, or the item itself if it is a plain one.

    Raises:
        ValueError: It cannot be read; says why in words.
    """
    kind = kind_of(items.key_of(item))
    if kind is None:
        raise ValueError("No key of this release is spelled so.")
    needed = _NAMES.get(kind)
    if needed is not None and not isinstance(item.get(needed), str):
        raise ValueError(f"It does not say its {needed}.")
    with _explained():
        if kind in _READ:
            return _READ[kind](item)
        if kind is ItemKind.PROFILE:
            items.profile_of(item)
        if item[PARTITION] in _OF_THE_SYSTEM:
            _OF_THE_SYSTEM[item[PARTITION]](item)
    return item


def read(item: Item, highest: int) -> ReadItem:
    """The item with its value and what its keys should be, when there were at most `highest` shards.

    Raises:
        ValueError: It cannot be read; says why in words.
    """
    value = value_of(item)
    kind = kind_of(items.key_of(item))
    if kind is None:
        raise AssertionError("what has a value has a kind")
    written: list[Item] = [{PARTITION: item[PARTITION], SORT: item[SORT]}]  # a plain item is in no index
    if kind in _READ:
        with _explained():  # a value of a wrong type shows when it is written again
            written = [_WRITTEN[kind](value, _shard(count)) for count in range(1, highest + 1)]
        if VERSION in written[0] and not isinstance(item.get(VERSION), int):
            raise ValueError("It has no version, so that nothing can be written on a condition.")
    found = []
    for name in KEY_ATTRIBUTES:
        allowed = tuple(dict.fromkeys(one.get(name) for one in written))
        if name in item or allowed != (None,):
            found.append(IndexKey(name=name, there=item.get(name), allowed=allowed))
    return ReadItem(item=item, kind=kind, value=value, index_keys=tuple(found))


def without_secrets(item: Item, instead: str | None = None) -> Item:
    """The item with its secrets left out, or with `instead` in their place; of an address, only where it leads."""
    found = cast("Item", _without(item, instead))
    address = found.get("base_url")
    if isinstance(address, str) and urlsplit(address).path.strip("/") not in {"", network_of(str(found["channel"]))}:
        found["base_url"] = place(address)  # an earlier release left it open
    return found


def _without(value: Any, instead: str | None) -> Any:
    match value:
        case dict():
            kept = {name: _without(part, instead) for name, part in value.items() if name not in SECRETS}
            return kept if instead is None else kept | {name: instead for name in value if name in SECRETS}
        case list():
            return [_without(part, instead) for part in value]
        case _:
            return value


@contextmanager
def _explained() -> Iterator[None]:
    """Every way of not being readable is the same finding, whatever somebody wrote there."""
    try:
        yield
    except Exception as error:
        raise ValueError(f"It cannot be read: {type(error).__name__}: {error}.") from error


def _shard(count: int) -> items.Shard:
    return lambda name: keys.shard_of(name, count)
