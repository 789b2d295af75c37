"""What the stream's commands have in common: a record as a row and as JSON, and what is beyond retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub_cli.output import times
from omnipub_cli.output.views import Cell, Column, TimeOfDay

if TYPE_CHECKING:
    from datetime import datetime

    from omnipub.ports.stream import StreamRecord
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.table_documents import RecordJson

COLUMNS = (
    Column("TIME"),
    Column("SHARD", rank=4),
    Column("SEQUENCE", right=True, rank=2),
    Column("WHY", rank=1),
    Column("ID"),
    Column("CHANNEL"),
    Column("TRACE", flexible=True, rank=3),
)


def shape(record: StreamRecord) -> RecordJson:
    """The record for programs; what only a pointer of ours has is null in a foreign one."""
    from omnipub.domain.timestamps import to_text
    from omnipub.services.stream.wire_format import pointer_from_text
    from omnipub.storage import keys

    pointer = pointer_from_text(record.data)
    parent = keys.parent_of(pointer.pk) if pointer else None
    return {
        "shard": record.shard,
        "sequence": record.sequence,
        "arrived_at": to_text(record.arrived_at),
        "partition_key": record.partition_key,
        "id": parent.id if parent else None,
        "kind": parent.kind.name.lower() if parent else None,
        "channel": keys.channel_of(pointer.sk) if pointer else None,
        "why": pointer.why if pointer else None,
        "trace": pointer.trace or None if pointer else None,
    }


def cells(record: StreamRecord) -> list[Cell]:
    """The record as a row of COLUMNS."""
    document = shape(record)
    why = "foreign" if document["why"] is None else document["why"]
    moment = TimeOfDay(record.arrived_at, exact=True)
    return [moment, record.shard, record.sequence, why, document["id"], document["channel"], document["trace"]]


def day(record: StreamRecord, call: Call) -> str:
    """The heading above the records of one day."""
    return times.day(record.arrived_at, utc=call.utc)


def say_gone(call: Call, gone: datetime | None) -> None:
    """Say what the stream cannot give any more, and what still knows it."""
    if gone is None:
        return
    moment = times.on_screen(gone, utc=call.utc)
    call.output.warn(f"Records before {moment} are gone; the table still knows what is due.")
    call.output.hint(f"Dispatch it from there: {call.typed('schedule run-now')}")
