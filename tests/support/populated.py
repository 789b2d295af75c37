"""Tables with many messages in every state, written at once, and a table that counts what is read of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import RANDOM_BYTES, Parent, ParentKind, new_id
from omnipub.domain.message import Content, Message
from omnipub.domain.timestamps import Schedule
from omnipub.ports.table import Item, Key, Page, Put, Query, Table
from omnipub.storage.items import delivery_item, message_item
from omnipub.storage.keys import shard_of

MINUTE = timedelta(minutes=1)


class CountingTable(SqliteTable):
    """Counts the items that queries and gets hand out."""

    read = 0

    def query(self, query: Query) -> Page:
        page = super().query(query)
        self.read += len(page.items)
        return page

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        found = super().batch_get(keys)
        self.read += len(found)
        return found


def message(number: int, at: datetime, *, owner: str, channels: Sequence[str]) -> Message:
    """The message composed `number` minutes after `at`."""
    made = at + number * MINUTE
    return Message(
        id=new_id(made, number.to_bytes(RANDOM_BYTES, "big")),
        owner=owner,
        created_at=made,
        content=Content(text=f"number {number}"),
        channels=tuple(channels),
        schedule=Schedule(at=made, local="", zone="UTC"),
    )


def delivery(of: Message, channel: str, status: Status) -> Delivery:
    """Its delivery in that state, in which it is since it was due."""
    one = Delivery(
        parent=Parent(kind=ParentKind.MESSAGE, id=of.id),
        channel=channel,
        account=f"acc-{channel}",
        owner=of.owner,
        status=status,
        due_at=of.schedule.at,
        next_at=of.schedule.at,
    )
    if status is not Status.PUBLISHED:
        return one
    return replace(one, next_at=None, published_at=of.schedule.at, network_id=f"{of.id}-{channel}")


def write(table: Table, made: Sequence[tuple[Message, Mapping[str, Status]]], *, shards: int = 1) -> None:
    """Write messages with their deliveries."""

    def shard(name: str) -> int:
        return shard_of(name, shards)

    writes: list[Put] = []
    for one, statuses in made:
        writes.append(Put(item=message_item(one, shard)))
        writes += [Put(item=delivery_item(delivery(one, name, status), shard)) for name, status in statuses.items()]
    table.write_many(writes)
