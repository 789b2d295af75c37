"""`omnipub messages import`: compose a message from each row of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnipub_cli.commands.messages import _row_files
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, DryRun, Yes, examples

app = typer.Typer(add_completion=False)


@app.command(
    "import",
    cls=Command,
    epilog=examples(
        "omnipub messages import launch.csv --dry-run",
        "omnipub messages import launch.csv --yes",
        "omnipub messages import messages.jsonl --images pictures --partial",
    ),
)
def import_(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A .csv or .jsonl file with text, channels, at, zone, key, link, link_title, hashtags, "
            "fold, not_after, images, variants.",
        ),
    ],
    *,
    form: _row_files.Form = None,
    images: Annotated[
        str, typer.Option("--images", metavar="DIR", help="Where its images lie (default: beside the file).")
    ] = "",
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What --import finds it by (default: the file's name).")
    ] = "",
    dry_run: DryRun = False,
    partial: Annotated[bool, typer.Option("--partial", help="Create the good rows although others are bad.")] = False,
    yes: Yes = False,
) -> None:
    """Compose a message from each row of a file, all or none; a repeat creates none twice."""
    from omnipub.services.bulk.formats import FILE_BYTES_AT_MOST, read
    from omnipub_cli.commands.messages import _import

    call = call_of(context)
    rows = read(_row_files.bytes_of(file, most=FILE_BYTES_AT_MOST), _row_files.format_of(file, form))
    pictures = _row_files.pictures_in(Path(images).expanduser() if images else Path(file).expanduser().parent)
    with call.system() as system:
        run = _import.Run(
            call=call, system=system, owner=call.owner, pictures=pictures, name=_import.checked_name(name, file)
        )
        run.check(rows)
        if not dry_run:
            run.agree(partial=partial, yes=yes)
            run.create(partial=partial)
    run.tell(file, dry_run=dry_run)
