"""`omnipub table restore`: a backup in the table's place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, Yes, examples
from omnipub_cli.output.views import RecordView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.table_documents import RestoredJson

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub table restore monday.db", "omnipub table restore monday.db --yes"))
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As written by `table backup`.")],
    *,
    yes: Yes = False,
) -> None:
    """Put a backup in the table's place and keep the old one; nothing is sent until it is adopted."""
    from omnipub.onebox import backups
    from omnipub_cli.framework.prompts import confirm
    from omnipub_cli.output.progress import counted

    call = call_of(context)
    source = file.expanduser().absolute()
    backups.checked(call.settings, source)
    confirm(
        call,
        f"The table in {call.directory} becomes what it was when {source.name} was made. Nothing is sent from it "
        "until it is adopted. The present table is kept beside it.",
        yes=yes,
    )
    with counted(call.output, "pages") as progress:
        done = backups.restore(call.settings, source, progress=lambda pages, _of: progress(pages))
    kept = str(done.kept) if done.kept else None
    document: RestoredJson = {"table": str(done.table), "kept": kept, "gate_open": False}
    call.output.data(
        RecordView(fields=[("table", str(done.table)), ("kept", kept)]),
        json=document,
        ids=[str(done.table)],
    )
    call.output.warn("What went out since the backup is not in it: nothing is sent until the table is adopted.")
    call.output.hint(f"Adopt it; what is in doubt is left to you: {call.typed('table adopt')}")
