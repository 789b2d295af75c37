"""Deliveries that stand in the table as a test wants them, however they came there."""

from typing import Any

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import RANDOM_BYTES, Parent, ParentKind, new_id
from omnipub.storage import keys
from omnipub.storage.items import delivery_item, delivery_of
from support.world import OWNER, START, TestBed


def stand(bed: TestBed, number: int = 1, channel: str = "looked", **changes: Any) -> Delivery:
    """Put a delivery into the table: scheduled for the beginning, on the owner's account, but for `changes`.

    What comes back is read from there.
    """
    parent = Parent(kind=ParentKind.MESSAGE, id=new_id(START, number.to_bytes(RANDOM_BYTES, "big")))
    given = {
        "account": f"acc-{channel}",
        "owner": OWNER,
        "status": Status.SCHEDULED,
        "due_at": START,
        "next_at": START,
    } | changes
    delivery = Delivery(parent=parent, channel=channel, **given)
    bed.system.world.table.put(delivery_item(delivery, lambda _: 0))
    return now_of(bed, delivery)


def now_of(bed: TestBed, delivery: Delivery) -> Delivery:
    """The delivery as the table has it now."""
    item = bed.system.world.table.get(keys.delivery(delivery.parent, delivery.channel))
    assert item is not None
    return delivery_of(item)
