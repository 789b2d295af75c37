"""`omnipub table backup`: the table in one file."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import RecordView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.table_documents import BackupJson

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub table backup monday.db", "omnipub table backup monday.db --json"))
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; nothing is overwritten.")],
) -> None:
    """Copy the table into one file, as it is at this moment, while it is used."""
    from omnipub.onebox import backups
    from omnipub_cli.output.progress import counted

    call = call_of(context)
    target = file.expanduser().absolute()
    with counted(call.output, "pages") as progress:
        made = backups.backup(call.settings, target, progress=lambda done, _of: progress(done))
    document: BackupJson = {"file": str(made.file), "bytes": made.size}
    call.output.data(
        RecordView(fields=[("file", str(made.file)), ("bytes", made.size)]),
        json=document,
        ids=[str(made.file)],
    )
    call.output.note(
        "The tokens in it are sealed: they open with vault.key of this directory only, which is to be kept elsewhere. "
        "Images are in the directory media, not in the backup."
    )
    call.output.hint(f"Put it back: {call.typed(f'table restore {shlex.quote(str(target))}')}")
