"""`omnipub table export`: every item as a line of JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import RecordView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.table_documents import ExportedTableJson

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command, epilog=examples("omnipub table export omnipub.jsonl", "omnipub table export all.jsonl --json")
)
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; nothing is overwritten.")],
) -> None:
    """Write every item to a file, a line of JSON each, without secrets."""
    from omnipub.onebox.backups import vacant
    from omnipub.services.table.dump import TableDump
    from omnipub_cli.commands.table import _jsonl
    from omnipub_cli.output.progress import counted

    call = call_of(context)
    target = file.expanduser().absolute()
    vacant(target)
    with call.system() as system, counted(call.output, "items") as progress:
        transfer = TableDump(
            base=system.base,
            gate=system.gate,
            settings=system.settings,
        )
        kinds = _jsonl.write(target, transfer.lines(), transfer.header, progress=progress)
    size = target.stat().st_size
    document: ExportedTableJson = {
        "file": str(target),
        "items": kinds.total(),
        "kinds": dict(sorted(kinds.items())),
        "bytes": size,
    }
    call.output.data(
        RecordView(fields=[("file", str(target)), ("items", kinds.total()), ("bytes", size)]),
        json=document,
        ids=[str(target)],
    )
    images = "bucket" if call.on_aws else "directory media beside the table"
    call.output.note(f"No tokens are in it; images are not either: they stay in the {images}.")
    if call.on_aws:
        call.output.note("What was written meanwhile may be in it in part.")
    if call.running is not None:
        call.output.note("What was written meanwhile may be in it in part; `table backup` keeps one moment.")
