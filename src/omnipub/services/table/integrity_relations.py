"""What must be true of an item beside the items that it belongs to.

Pure functions of the item and its relatives as read.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from omnipub.domain.certification import Certification
from omnipub.domain.delivery.allowed_actions import statuses
from omnipub.domain.delivery.decide import is_unresolved
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Attempt, Delivery
from omnipub.domain.ids import Parent, ParentKind, network_of
from omnipub.domain.message import Message
from omnipub.hints import Action
from omnipub.ports.table import Item, Key
from omnipub.services.protocol.store import held_text, name_of
from omnipub.services.table.integrity_items import IntegrityCheck, Wrong
from omnipub.storage import keys
from omnipub.storage.items import Connection, key_of
from omnipub.storage.kinds import ItemKind, ReadItem, value_of
from omnipub.storage.schema import PARTITION


def relatives(found: ReadItem) -> list[Key]:
    """The keys of the items that `beside` looks at."""
    value, item = found.value, found.item
    match value:
        case Message() | Certification():
            return [keys.delivery(_parent(item), channel) for channel in value.channels]
        case Attempt():
            return [keys.delivery(value.parent, value.channel)]
        case Connection():
            return [keys.connected_account(value.owner, network_of(value.channel), value.account)]
        case Delivery():
            marks = [mark for _, mark, _ in _marks(value)]
            return [keys.metadata(value.parent), *marks]
    match found.kind:
        case ItemKind.ACCOUNT:
            return [keys.connection(keys.owner_of(item[PARTITION]), item["channel"])]
        case ItemKind.POST | ItemKind.UNRESOLVED:
            return [_holder(item)]
        case _:
            return []


def beside(found: ReadItem, there: Mapping[Key, Item]) -> Iterator[Wrong]:
    """What is wrong with an item beside its relatives, as far as they exist."""
    value, item = found.value, found.item
    match value:
        case Message() | Certification():
            lost = [name for name in value.channels if keys.delivery(_parent(item), name) not in there]
            yield from (
                (IntegrityCheck.LOST_DELIVERY, f"It goes to {name}, where it has no delivery.") for name in lost
            )
        case Attempt() if keys.delivery(value.parent, value.channel) not in there:
            yield IntegrityCheck.ORPHAN_ATTEMPT, "Its delivery does not exist."
        case Connection():
            mark = there.get(keys.connected_account(value.owner, network_of(value.channel), value.account))
            if mark is None or mark.get("channel") != value.channel:
                yield IntegrityCheck.UNMARKED_CONNECTION, f"Account {value.account} is not marked as connected to it."
        case Delivery():
            yield from _delivery(value, there)
    match found.kind:
        case ItemKind.ACCOUNT:
            yield from _account(item, there)
        case ItemKind.POST | ItemKind.UNRESOLVED as kind:
            yield from _marker(item, kind, there)


def _delivery(value: Delivery, there: Mapping[Key, Item]) -> Iterator[Wrong]:
    found = there.get(keys.metadata(value.parent))
    subject = _value(found)
    noun = "message" if value.parent.kind is ParentKind.MESSAGE else "certification"
    if found is None:
        yield IntegrityCheck.ORPHAN_DELIVERY, f"Its {noun} does not exist."
    elif isinstance(subject, Message | Certification):
        if value.channel not in subject.channels:
            yield IntegrityCheck.ORPHAN_DELIVERY, f"Its {noun} does not go to {value.channel}."
        if subject.owner != value.owner:
            yield IntegrityCheck.OTHER_OWNER, f"It belongs to {value.owner}, its {noun} to {subject.owner}."
        if value.status in statuses(Action.EDIT) and subject.revision != value.revision:
            yield IntegrityCheck.OLD_REVISION, f"It is of revision {value.revision}, its {noun} of {subject.revision}."
    for check, mark, sentence in _marks(value):
        if there.get(mark, {}).get("delivery") != name_of(value):
            yield check, sentence


def _marks(value: Delivery) -> Iterator[tuple[IntegrityCheck, Key, str]]:
    """The items that must name this delivery, and what is wrong if they do not."""
    if value.status is Status.PUBLISHED and value.network_id:
        for one in value.network_ids:
            post = keys.post(network_of(value.channel), one, value.apart)
            yield IntegrityCheck.UNOWNED_POST, post, f"Nothing says that the post {one} belongs to it."
    if value.holds:
        yield (
            IntegrityCheck.LOST_HOLD,
            held_text(value),
            "It is unresolved, and nothing keeps others with its text waiting.",
        )


def _account(item: Item, there: Mapping[Key, Item]) -> Iterator[Wrong]:
    found = there.get(keys.connection(keys.owner_of(item[PARTITION]), item["channel"]))
    connection = _value(found)
    if found is None:
        yield IntegrityCheck.ORPHAN_ACCOUNT, f"It counts as connected as {item['channel']}, which does not exist."
    elif isinstance(connection, Connection) and key_of(item) not in {
        keys.connected_account(connection.owner, network_of(connection.channel), account)
        for account in (connection.account, *connection.also)
    }:
        yield IntegrityCheck.ORPHAN_ACCOUNT, f"{item['channel']} is connected to account {connection.account} instead."


def _marker(item: Item, kind: ItemKind, there: Mapping[Key, Item]) -> Iterator[Wrong]:
    found = there.get(_holder(item))
    delivery = _value(found)
    check, says = (
        (IntegrityCheck.ORPHAN_POST, "It belongs to")
        if kind is ItemKind.POST
        else (IntegrityCheck.STALE_HOLD, "Others wait for")
    )
    if found is None:
        yield check, f"{says} {item['delivery']}, which does not exist."
    elif isinstance(delivery, Delivery):
        posts = {keys.post(network_of(delivery.channel), one, delivery.apart) for one in delivery.network_ids}
        # A worker may have died after the network's answer, and before its delivery was written.
        if kind is ItemKind.POST and key_of(item) not in posts and not delivery.attempts:
            yield check, f"{says} {item['delivery']}, which was never tried."
        if kind is ItemKind.UNRESOLVED and not (is_unresolved(delivery) and held_text(delivery) == key_of(item)):
            yield check, f"{says} {item['delivery']}, which is {delivery.status}."


def _value(item: Item | None) -> Any:
    """The value in a relative; None if there is none, or if it is unreadable.

    That is a finding of its own.
    """
    try:
        return None if item is None else value_of(item)
    except ValueError:
        return None


def _holder(item: Item) -> Key:
    pk, sk = keys.named(item["delivery"])
    return Key(pk, sk or keys.METADATA)


def _parent(item: Item) -> Parent:
    parent = keys.parent_of(item[PARTITION])
    if parent is None:
        raise AssertionError("a message or certification has its own partition")
    return parent
