"""`omnipub table stats`: how much of everything there is, and how the machinery stands."""

from typing import TYPE_CHECKING

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import RecordView

if TYPE_CHECKING:
    from datetime import datetime

    from omnipub.services.table.stats import Count, TableCounts
    from omnipub_cli.output.json_documents.table_documents import CountJson, TableStatsJson
    from omnipub_cli.output.views import Cell

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub table stats", "omnipub table stats --json"))
def stats(context: typer.Context) -> None:
    """Count what there is by status, and say how scheduler, gate and shards stand."""
    from omnipub.onebox.backups import size_of
    from omnipub.services.table.stats import CAP, TableStats

    call = call_of(context)
    with call.system() as system:
        census = TableStats(
            base=system.base,
            gate=system.gate,
            networks=sorted(system.channels),
            cap=CAP,
        ).census()
        size = call.staged.size() if call.on_aws else size_of(system.settings)
    call.output.data(RecordView(fields=_fields(census, size)), json=_shape(census, size))
    if any(count.more for count in (*census.statuses.values(), *census.published.values(), *census.parents.values())):
        call.output.note("Counting stops where there is a +; `table verify` counts everything.")
    if census.closed:
        call.output.warn(census.closed)
        call.output.hint(f"If the original is retired for good: {call.typed('table adopt')}")


def _fields(census: "TableCounts", size: int) -> "list[tuple[str, Cell]]":
    return [
        *((f"{kind.name.lower()}s", _counted(count)) for kind, count in census.parents.items()),
        *((status.value, _counted(count)) for status, count in census.statuses.items()),
        *((f"published on {network}", _counted(count)) for network, count in census.published.items()),
        ("oldest due", census.oldest_due),
        ("last tick", census.heartbeat),
        ("dispatched up to", census.cursor),
        ("gate", "closed" if census.closed else "open"),
        ("pauses", _counted(census.pauses)),
        ("shards", f"{census.shards.current} written, {census.shards.highest} read"),
        ("invented messages", census.seeded),
        ("bytes on disk", size),
    ]


def _counted(count: "Count") -> str | int:
    return f"{count.number:,}+" if count.more else count.number


def _shape(census: "TableCounts", size: int) -> "TableStatsJson":
    return {
        "messages": {kind.name.lower(): _number(count) for kind, count in census.parents.items()},
        "statuses": {status.value: _number(count) for status, count in census.statuses.items()},
        "published": {network: _number(count) for network, count in census.published.items()},
        "oldest_due_at": _moment(census.oldest_due),
        "heartbeat_at": _moment(census.heartbeat),
        "cursor_at": _moment(census.cursor),
        "gate": {"open": not census.closed, "why": census.closed or None},
        "pauses": _number(census.pauses),
        "shards": {"current": census.shards.current, "highest": census.shards.highest},
        "seeded": census.seeded,
        "bytes": size,
    }


def _number(count: "Count") -> "CountJson":
    return {"number": count.number, "more": count.more}


def _moment(at: "datetime | None") -> str | None:
    from omnipub.domain.timestamps import to_text

    return to_text(at) if at else None
