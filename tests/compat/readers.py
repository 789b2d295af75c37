"""What this code makes of items that stand in a table: the value in one, or what the services say of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from compat.examples import CERTIFICATION, DELIVERY, REQUEST
from compat.goldens import first
from omnipub.domain.message import Content
from omnipub.errors import ConflictError, GateClosedError
from omnipub.ports.table import Item
from omnipub.sandbox import table_items
from omnipub.sandbox.table_images import TablePictures
from omnipub.sandbox.table_ledger import TableLedger
from omnipub.seed.seeding import Seeding
from omnipub.services.pauses.scopes import bound_to
from omnipub.services.table.stats import CAP, TableCounts, TableStats
from omnipub.storage.items import (
    attempt_item,
    attempt_of,
    breaker_item,
    breaker_of,
    cause_item,
    cause_of,
    certification_item,
    certification_of,
    connection_item,
    connection_of,
    delivery_item,
    delivery_of,
    key_of,
    message_item,
    message_of,
    profile_item,
    profile_of,
    target_item,
    target_of,
)
from omnipub.storage.shards import ShardCount, Shards
from omnipub_cli.framework.hint_commands import worded
from support.world import CHANNELS, OWNER, TestBed

Reader = Callable[[TestBed, Item], object]

VALUES: Mapping[str, tuple[Callable[[Item], Any], Callable[[Any], Item]]] = {
    "attempt": (attempt_of, attempt_item),
    "certification": (certification_of, lambda value: certification_item(value, first)),
    "connection": (connection_of, lambda value: connection_item(value, first)),
    "delivery": (delivery_of, lambda value: delivery_item(value, first)),
    "message": (message_of, lambda value: message_item(value, first)),
    "profile": (profile_of, lambda value: profile_item(OWNER, value)),
    "system breaker": (breaker_of, breaker_item),
    "system cause": (cause_of, cause_item),
    "system notify": (target_of, target_item),
}
"""Kinds that hold a value: how it is read and written."""


def account(bed: TestBed, item: Item) -> object:
    """Which connection a delivery under another alias is bound to."""
    network, number = key_of(item).sk.split("#")[1:]
    other = replace(DELIVERY, owner=OWNER, channel=f"{network}:other", account=number)
    bound = bound_to(bed.system.world.table, other).connection
    return bound and (bound.channel, bound.account)


def census(bed: TestBed) -> TableCounts:
    system = bed.system
    return TableStats(
        base=system.base,
        gate=system.gate,
        networks=tuple(CHANNELS),
        cap=CAP,
    ).census()


def certification_again(bed: TestBed, _: Item) -> object:
    draft = replace(CERTIFICATION, photo=None, channels=("looked",))
    try:
        bed.system.announce.certification(draft=draft)
    except ConflictError as error:
        return worded(error.hints)
    return None


def address_key(bed: TestBed, item: Item) -> object:
    """What stands there opens nothing: another key is drawn in its place."""
    bed.system.accounts.addresses.identity("https://hooks.example.com/T0/B0")
    there = bed.system.world.table.get(key_of(item))
    return bool(there and there["version"] > item["version"]) or None


def gate(bed: TestBed, _: Item) -> object:
    try:
        bed.system.gate.enter()
    except GateClosedError as error:
        return error.message
    return bed.place.known


def release(bed: TestBed, item: Item) -> object:
    """Whether it is carried out, and done with once no index can lag any more."""
    bed.system.pauses.releases.carry_out(item)
    bed.clock.advance(minutes=30)
    bed.system.pauses.releases.finish()
    return "done" if bed.system.world.table.get(key_of(item)) is None else None


def request_again(bed: TestBed, _: Item) -> object:
    made = bed.system.compose.message(
        owner=OWNER, content=Content(text="Hello"), channels=["looked"], idempotency=REQUEST
    )
    return made if made.replayed else None


def shards(bed: TestBed, _: Item) -> object:
    count = Shards(bed.system.world.table).count(bed.clock.now())
    return count if count != ShardCount() else None


def seeded(bed: TestBed, _: Item) -> object:
    system = bed.system
    return Seeding(
        base=system.base,
        settings=system.settings,
        networks=tuple(CHANNELS),
    ).seeded()


def unresolved(bed: TestBed, item: Item) -> object:
    network, number, digest = key_of(item).pk.split("#")[1:]
    return bed.system.operate.recording.holder(
        replace(DELIVERY, channel=network, account=number, own_words=False), digest
    )


def sandbox(bed: TestBed, item: Item) -> object:
    """What a stage's sandbox makes of it."""
    table, key = bed.system.world.table, key_of(item)
    ledger, pictures = TableLedger(table), TablePictures(table)
    match key.pk.split("#")[1]:
        case "ACCOUNT":
            return ledger.token("facebook", "1001")
        case "POST":
            ledger.register("facebook", "1001", "token")
            return [(post.text, post.media, post.deleted_at) for post in ledger.newest(limit=1)] or None
        case "ID":
            return [one["number"] for one in table_items.all_of(table, key.pk)] or None
        case "NUMBER":
            return pictures.begin("facebook", "1001", pattern="{}") if key.sk == "uploads" else item["number"]
        case "PICTURE":
            return pictures.open(key.sk.partition("#")[0])
        case _:
            return pictures.owner("facebook", "upload-1")


def _post(item: Item) -> tuple[str, list[str]]:
    network, _, number = key_of(item).pk.partition("#")[2].partition("#")
    return network, [number]


READERS: Mapping[str, Reader] = {
    "account": account,
    "idempotency": request_again,
    "post": lambda bed, item: bed.system.operate.recording.owners(*_post(item)) or None,
    "same": certification_again,
    **{f"sandbox {what}": sandbox for what in ("account", "id", "number", "picture", "post", "upload")},
    "system addresses": address_key,
    "system cursor": lambda bed, _: census(bed).cursor,
    "system gate": gate,
    "system heartbeat": lambda bed, _: census(bed).heartbeat,
    "system pause": lambda bed, _: bed.system.pauses.all() or None,
    "system release": release,
    "system seed": seeded,
    "system shards": shards,
    "unresolved": unresolved,
}
"""Kinds that are attributes alone: what the services make of one that stands in the table."""
