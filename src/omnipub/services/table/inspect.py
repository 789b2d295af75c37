"""One item collection, decoded: every item with its index entries and what they should be, and what may follow."""

import re
from dataclasses import dataclass
from typing import Any

from omnipub.domain.delivery.lifecycle import TRANSITIONS, Transition
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind, checked_id
from omnipub.errors import InvalidInputError, NotFoundError
from omnipub.hints import Action, Hint, SubjectGroup
from omnipub.ports.table import Item, Key
from omnipub.services.base import Base
from omnipub.storage import access, keys
from omnipub.storage.dynamodb_json import typed
from omnipub.storage.items import key_of
from omnipub.storage.kinds import IndexKey, ItemKind, kind_of, read, without_secrets
from omnipub.storage.paging import items

SEALED = "(sealed)"
"""What stands in the place of a secret."""

_ID = re.compile(r"[0-9A-Za-z]{1,40}")


@dataclass(frozen=True, kw_only=True)
class InspectedItem:
    """One item.

    Attributes:
        item: As it is stored, its secrets replaced by SEALED.
        problem: Why it cannot be read, or "".
        index_keys: Its key attributes and what they may be; none if it cannot be read.
        next: The transitions that its status allows, if it is a delivery.
    """

    key: Key
    kind: ItemKind | None
    item: Item
    problem: str
    index_keys: tuple[IndexKey, ...]
    next: tuple[Transition, ...]

    @property
    def raw(self) -> dict[str, Any]:
        """The item in DynamoDB's own JSON."""
        return typed(self.item)


@dataclass(frozen=True, kw_only=True)
class Inspector:
    """Looks; reads only."""

    base: Base

    def of(self, text: str) -> list[InspectedItem]:
        """What `text` names: an id, a partition, or one item of it.

        Raises:
            InvalidInputError: It is no key.
            NotFoundError: Nothing is there.
        """
        highest = self.base.shards.count(self.base.clock.now()).highest
        for partition, sort in _meant(text.strip()):
            whole = items(self.base.table, access.whole_partition(partition))
            found = [item for item in whole if sort is None or _belongs(key_of(item).sk, sort)]
            if found:
                main_first = sorted(found, key=lambda item: key_of(item).sk != keys.METADATA)
                return [_inspected(item, highest) for item in main_first]
        raise NotFoundError(
            f"There is nothing of the key {text.strip()}.",
            hint=[Hint(action=Action.LIST, group=group) for group in SubjectGroup],
        )


def _meant(text: str) -> list[tuple[str, str | None]]:
    """Partition and sort key of what is meant, the likeliest first."""
    if _ID.fullmatch(text):
        id_ = checked_id(text)
        return [(keys.partition(Parent(kind=kind, id=id_)), None) for kind in ParentKind]
    partition, sort = keys.named(text)
    if kind_of(Key(partition, sort or keys.METADATA)) is None and kind_of(Key(partition, keys.profile("").sk)) is None:
        message = keys.delivery(Parent(kind=ParentKind.MESSAGE, id="<id>"), "<channel>")
        raise InvalidInputError(
            f"'{text}' is no key.",
            hint=f"Give an id, a partition such as {message.pk} or {keys.user_partition('<owner>')}, "
            f"or an item such as {keys.name(message)}.",
        )
    return [(partition, sort)]


def _belongs(sort: str, to: str) -> bool:
    """Whether it is that item, or a try of that delivery."""
    channel = keys.channel_of(to)
    return sort == to or (channel is not None and sort.startswith(keys.attempts_prefix(channel)))


def _inspected(item: Item, highest: int) -> InspectedItem:
    key = key_of(item)
    shown = without_secrets(item, SEALED)
    try:
        found = read(item, highest)
    except ValueError as error:
        return InspectedItem(key=key, kind=kind_of(key), item=shown, problem=str(error), index_keys=(), next=())
    status = found.value.status if isinstance(found.value, Delivery) else None
    return InspectedItem(
        key=key,
        kind=found.kind,
        item=shown,
        problem="",
        index_keys=found.index_keys,
        next=tuple(row for row in TRANSITIONS if row.source is status),
    )
