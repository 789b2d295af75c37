"""A data directory with a delivery in every state, as this code writes it, at which nobody works."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from compat.examples import ATTEMPT, CERTIFICATION, DELIVERY, MESSAGE
from compat.goldens import first
from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.ports.table import Item, Put
from omnipub.services.protocol.store import name_of
from omnipub.storage import keys
from omnipub.storage.items import attempt_item, certification_item, delivery_item, message_item, plain_item
from omnipub.wiring.local import one_machine


def written(data: Path, networks: Sequence[str]) -> dict[Status, str]:
    """Fill the directory, with an account on each network; the ids of the messages."""
    ids = {status: f"01KAQ8GQ0000000000000000{number:02}" for number, status in enumerate(Status)}
    system = one_machine(open_data(data, {}))
    for network in networks:
        account = DELIVERY.account if network == "linkedin" else f"{network}-1"
        system.accounts.connect(owner=LOCAL_OWNER, channel=network, account=account, token=Secret("t"))
    writes = [item for status, id_ in ids.items() for item in items_of(id_, status)]
    certification = replace(CERTIFICATION, owner=LOCAL_OWNER, photo=None, channels=("linkedin",))
    parent = Parent(kind=ParentKind.CERTIFICATION, id=certification.id)
    draft = replace(sound(Status.DRAFT), parent=parent)
    writes += [certification_item(certification, first), delivery_item(draft, first)]
    system.world.table.write_many([Put(item=item) for item in writes])
    system.pauses.pause("channel:telegram", reason="An incident.", by="ops")
    system.close()
    return ids


def items_of(id_: str, status: Status) -> Iterator[Item]:
    """A message with its delivery in a state, and what stands beside it."""
    content = replace(MESSAGE.content, media=())
    yield message_item(replace(MESSAGE, id=id_, owner=LOCAL_OWNER, channels=("linkedin",), content=content), first)
    delivery = replace(sound(status), parent=Parent(kind=ParentKind.MESSAGE, id=id_))
    if status is Status.PUBLISHED:
        delivery = replace(delivery, network_id=f"{DELIVERY.network_id}-{id_}")
        yield plain_item(keys.post("linkedin", delivery.network_id, delivery.apart), delivery=name_of(delivery))
    yield delivery_item(delivery, first)
    for number in range(1, DELIVERY.attempts + 1):
        yield attempt_item(replace(ATTEMPT, parent=delivery.parent, channel="linkedin", number=number))


def sound(status: Status) -> Delivery:
    """The full delivery, less what makes no sense in a state; nobody has to do anything about it soon."""
    whole = replace(DELIVERY, channel="linkedin", owner=LOCAL_OWNER, status=status, holds="", cancel_asked="")
    if status is Status.PUBLISHING and whole.lease is not None:
        whole = replace(whole, next_at=whole.lease.until)
    else:
        whole = replace(whole, key_in_doubt=False, lease=None, may_be_out=status is Status.UNCONFIRMED)
    if status is not Status.PUBLISHED:
        whole = replace(
            whole, published_at=None, network_id="", permalink="", adopted=False, doubles=(), unpublished=None
        )
    else:
        whole = replace(whole, next_at=None, doubles=())
    return whole
