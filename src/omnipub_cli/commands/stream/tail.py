"""`omnipub stream tail`: the newest records, and those that arrive."""

import shlex
from time import sleep
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.framework.signals import termination
from omnipub_cli.output.views import Exact, LineView, TableView, cells_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omnipub.ports.stream import StreamRecord
    from omnipub.ports.stream_reader import StartPosition
    from omnipub.services.stream.records import StreamRecords
    from omnipub_cli.output.json_documents.table_documents import StreamTailJson

app = typer.Typer(add_completion=False)

LOOK_EVERY = 0.5
"""Seconds between two looks; a shard answers five a second, to all who ask."""

LIMIT_AT_MOST = 10_000


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub stream tail",
        "omnipub stream tail --since 2h --limit 500",
        "omnipub stream tail --follow --json",
    ),
)
def tail(
    context: typer.Context,
    *,
    since: Annotated[
        str,
        typer.Option(metavar="TIME", help="From here on: a moment, or how long ago, e.g. 15m (default: the oldest)."),
    ] = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with those that arrive, until Ctrl-C; JSON is one a line.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-L", min=1, max=LIMIT_AT_MOST, metavar="N", help="Begin with the newest N.")
    ] = 50,
) -> None:
    """Show the newest records, and with --follow those that arrive."""
    from omnipub.domain.timestamps import to_text
    from omnipub.ports.stream_reader import StartPosition
    from omnipub_cli.commands.stream import _records
    from omnipub_cli.framework.since import since_of

    call = call_of(context)
    with call.system() as system:
        records = call.replay(system).records
        start = StartPosition(at=since_of(since, "--since", now=system.world.clock.now()) if since else None)
        gone = records.gone_from(start) if since else None
        found, ends = records.newest(start, count=limit)
        rows = [_records.cells(one) for one in found]
        heads = [_records.day(one, call) for one in found]
        if follow and call.json:
            _lines(call, found)
        else:
            document: StreamTailJson = {
                "gone_before": to_text(gone) if gone else None,
                "records": [_records.shape(one) for one in found],
            }
            call.output.data(
                *([TableView(columns=_records.COLUMNS, rows=rows, heads=heads)] if rows else []),
                json=document,
                ids=[one.sequence for one in found],
            )
        _records.say_gone(call, gone)
        if follow:
            _follow(call, records, ends)
    _advise(call, since=since, found=len(found), limit=limit, follow=follow)


def _follow(call: Call, records: "StreamRecords", ends: "Mapping[str, StartPosition]") -> None:
    """Print what arrives until somebody asks to stop."""
    call.output.flush()
    with termination():
        try:
            while True:
                found, ends = records.fresh(ends)
                _lines(call, found)
                if not found:
                    sleep(LOOK_EVERY)
        except KeyboardInterrupt:
            return  # the usual end


def _lines(call: Call, found: "Sequence[StreamRecord]") -> None:
    """Records a line each, at once."""
    from omnipub_cli.commands.stream import _records

    for one in found:
        if call.json:
            call.output.document_line(_records.shape(one))
        elif call.quiet or not call.output.look.terminal:
            call.output.data(
                TableView(columns=_records.COLUMNS, rows=[_records.cells(one)]), json=None, ids=[one.sequence]
            )
        else:
            call.output.line(cells_of(LineView([Exact(one.arrived_at), *_records.cells(one)[1:]]), call.output.look))
    call.output.flush()


def _advise(call: Call, *, since: str, found: int, limit: int, follow: bool) -> None:
    if follow:
        return
    if not found:
        call.output.note("The stream has no record of that time." if since else "The stream is empty.")
        call.output.hint(f"What is due is in the table: {call.typed('schedule list')}")
    elif found == limit and limit < LIMIT_AT_MOST:
        span = f" --since {shlex.quote(since)}" if since else ""
        more = min(limit * 10, LIMIT_AT_MOST)
        call.output.hint(f"There may be older ones: {call.typed(f'stream tail{span} --limit {more}')}")
