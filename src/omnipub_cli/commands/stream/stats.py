"""`omnipub stream stats`: what the stream holds, and how far the worker is behind."""

from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output import times
from omnipub_cli.output.views import Column, RecordView, TableView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from omnipub.ports.stream_reader import Shard
    from omnipub_cli.output.json_documents.table_documents import ShardStatsJson, StreamStatsJson

app = typer.Typer(add_completion=False)

SHARDS = (Column("SHARD"), Column("RECORDS", right=True), Column("OLDEST", rank=1), Column("NEWEST"))


@app.command(cls=Command, epilog=examples("omnipub stream stats", "omnipub stream stats --json"))
def stats(context: typer.Context) -> None:
    """Show what the stream holds, how far the worker is behind, and how many records are parked."""
    from omnipub.domain.timestamps import milliseconds, to_text

    call = call_of(context)
    with call.system() as system:
        replay = call.replay(system)
        shards, lag = replay.reader.shards(), replay.reader.lag()
        given_up, retention = replay.parked.counts(), replay.reader.retention
    parked = sum(given_up.values())
    records = _total(shards)
    oldest = min((one.oldest_at for one in shards if one.oldest_at), default=None)
    newest = max((one.newest_at for one in shards if one.newest_at), default=None)
    behind = "" if lag.records is None else f"{lag.records:,}"
    age = times.span(lag.age) if lag.age else "0 ms"
    document: StreamStatsJson = {
        "records": records,
        "oldest_at": to_text(oldest) if oldest else None,
        "newest_at": to_text(newest) if newest else None,
        "retention_hours": retention // timedelta(hours=1),
        "lag": {"records": lag.records, "age_ms": milliseconds(lag.age)},
        "parked": parked,
        "parked_by": dict(given_up),
        "shards": [_shape(one) for one in shards],
    }
    call.output.data(
        RecordView(
            fields=[
                ("records", records),
                ("oldest", oldest),
                ("newest", newest),
                ("kept for", times.span(retention)),
                ("not read yet", behind),
                ("the oldest waits for", age),
                ("parked", parked),
                *((f"parked by {function}", count) for function, count in given_up.items() if count < parked and count),
            ]
        ),
        TableView(columns=SHARDS, rows=[(one.name, one.records, one.oldest_at, one.newest_at) for one in shards]),
        json=document,
        ids=[one.name for one in shards],
    )
    _advise(call, parked=parked, behind=bool(lag.age))


def _advise(call: Call, *, parked: int, behind: bool) -> None:
    if parked:
        call.output.warn(f"Parked: {parked}. They were given up; what is due in the table goes out all the same.")
        call.output.hint(f"See what would become of them: {call.typed('stream replay --parked --dry-run')}")
    if behind:
        call.warn_if_nothing_runs()


def _total(shards: "Sequence[Shard]") -> int | None:
    """Records of all shards; None where one cannot tell."""
    known = [one.records for one in shards if one.records is not None]
    return sum(known) if len(known) == len(shards) else None


def _shape(shard: "Shard") -> "ShardStatsJson":
    from omnipub.domain.timestamps import to_text

    def text(moment: "datetime | None") -> str | None:
        return to_text(moment) if moment else None

    return {
        "shard": shard.name,
        "records": shard.records,
        "oldest_at": text(shard.oldest_at),
        "newest_at": text(shard.newest_at),
    }
