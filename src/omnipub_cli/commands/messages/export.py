"""`omnipub messages export`: messages as rows of a file that `messages import` reads."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from omnipub import private_files
from omnipub.errors import InvalidInputError
from omnipub_cli.commands.messages import _row_files
from omnipub_cli.framework import prompts
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.filter_options import FilterOptions  # noqa: TC001  typer reads the annotations
from omnipub_cli.framework.option_groups import spread
from omnipub_cli.framework.options import Command, GoesTo, Mine, Yes, examples
from omnipub_cli.output.views import Column, RecordView, TableView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from typing import TextIO

    from omnipub.domain.message import MediaReference
    from omnipub.ports.media import Media
    from omnipub.services.bulk.formats import Format
    from omnipub.services.bulk.row import Row
    from omnipub_cli.framework.context import Call

app = typer.Typer(add_completion=False)

PROGRESS = (Column("WHAT"), Column("HOW FAR", right=True))
SEPARATORS = {"comma": ",", "semicolon": ";"}

TELL_EVERY = 1_000
"""Messages between two words of progress."""


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages export messages.csv",
        "omnipub messages export --format jsonl --since 30d > last-month.jsonl",
        "omnipub messages export launch.csv --channel linkedin --images pictures",
        "omnipub messages export for-excel.csv --excel semicolon",
    ),
)
@spread
def export(
    context: typer.Context,
    options: FilterOptions,
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="A .csv or .jsonl file; standard output without.")] = "",
    *,
    form: _row_files.Form = None,
    images: Annotated[
        str, typer.Option("--images", metavar="DIR", help="Write the images here too, to import them elsewhere.")
    ] = "",
    excel: Annotated[
        Literal["comma", "semicolon"] | None,
        typer.Option("--excel", help="Write CSV that Excel opens, divided by what its country's Excel expects."),
    ] = None,
    channel: GoesTo = "",
    mine: Mine = False,
    yes: Yes = False,
) -> None:
    """Write messages to a file that import reads: what was asked for, not what became of it, and no secrets."""
    from omnipub.services.bulk.formats import Format
    from omnipub_cli.commands._shared.filters import filter_of

    call = call_of(context)
    format_ = _row_files.format_of(file, form or (None if file else "csv"))
    if excel and format_ is not Format.CSV:
        raise InvalidInputError("--excel is about CSV.", hint="Leave it out, or name the file .csv.")
    path = Path(file).expanduser() if file else None
    if path is not None and path.exists():
        prompts.confirm(call, f"{file} is there already, and is overwritten.", yes=yes)
    with call.system() as system:
        wanted = filter_of(options, now=system.world.clock.now(), channel=channel)
        names = _Written(images, system.world.media) if images else None
        rows = system.exporting.rows(call.viewer(mine=mine), wanted, named=names)
        report = _write(call, rows, path, Writing(format_, SEPARATORS[excel] if excel else ",", bool(excel)))
    document = {"file": str(path) if path else None, "format": format_.value, "exported": len(report.ids)}
    if path is not None or call.json or call.quiet:
        call.output.data(
            RecordView(fields=(("file", str(path)), ("exported", len(report.ids)))),
            json=document | {"messages": None if path else report.rows},
            ids=report.ids,
        )
    if report.pictures and not images:
        call.output.note("Images are named by their keys: elsewhere they are missing.")
        call.output.hint(f"To take them along: {call.typed('messages export FILE --images DIR')}")


class _ExportReport:
    """What was written."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.rows: list[dict[str, object]] = []
        self.pictures = 0


@dataclass(frozen=True)
class Writing:
    """How rows are written: the format, what divides the cells of CSV, and whether a byte order mark stands first."""

    form: Format
    separator: str
    marked: bool


def _write(call: Call, rows: Iterable[Row], path: Path | None, how: Writing) -> _ExportReport:
    from omnipub.services.bulk.formats import BYTE_ORDER_MARK, heading, line_of
    from omnipub.services.bulk.row import object_of

    report = _ExportReport()
    target: AbstractContextManager[TextIO | None] = _row_files.replacing(path) if path else nullcontext()
    with target as opened, call.output.progress() as progress:
        write = _writer(call, opened)
        write((BYTE_ORDER_MARK if how.marked else "") + heading(how.form, how.separator))
        for row in rows:
            write(line_of(row, how.form, how.separator))
            report.ids.append(row.key)
            report.pictures += len(row.images)
            if opened is None and call.json:
                report.rows.append(object_of(row))
            if len(report.ids) % TELL_EVERY == 0 and not (path is None and call.output.look.terminal):
                progress.show(TableView(columns=PROGRESS, rows=[["exported", len(report.ids)]]))
    return report


def _writer(call: Call, opened: TextIO | None) -> Callable[[str], object]:
    if opened is not None:
        return opened.write
    return (lambda _: None) if call.json or call.quiet else call.output.verbatim


class _Written:
    """Writes each image once, under its key, and names it so."""

    def __init__(self, directory: str, media: Media) -> None:
        self._directory = Path(directory).expanduser()
        self._media = media

    def __call__(self, reference: MediaReference) -> str:
        name = f"{reference.key}{_row_files.KINDS.get(reference.content_type, '')}"
        path = self._directory / name
        try:
            private_files.directory(self._directory)
            if not path.exists():
                private_files.file(path).write_bytes(self._media.bytes_of(reference.key))
        except OSError as error:
            raise InvalidInputError(
                f"The image {path} cannot be written: {error.strerror}.", hint="Choose another directory."
            ) from error
        return name
