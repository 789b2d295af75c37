"""`omnipub messages validate`: whether every channel would take a message; nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from omnipub_cli.commands.messages import _compose_options
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.option_groups import spread
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import Cell, Column, StatusCell, TableView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from omnipub.services.messages.preview import Previewed

app = typer.Typer(add_completion=False)

COLUMNS = (
    Column("CHANNEL"),
    Column("RESULT"),
    Column("COUNT", right=True, rank=1),
    Column("LIMIT", right=True),
    Column("UNIT", rank=2),
    Column("WHY", flexible=True),
)


@app.command(
    cls=Command,
    epilog=examples(
        'omnipub messages validate "Our new office is open" --to facebook,bluesky',
        "omnipub messages validate --file announcement.txt --to linkedin --image front.jpg --json",
        "omnipub messages validate 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
    ),
)
@spread
def validate(context: typer.Context, options: _compose_options.ComposeOptions) -> None:
    """Check a message against every channel's limits as create would, and store nothing; exit 1 if one is broken."""
    from omnipub.services.messages.preview_json import in_json

    call = call_of(context)
    with call.system() as system:
        id_, found = _compose_options.previewed(call, system, options)
    document = in_json(found)
    for one in document["channels"]:
        for name in ("text", "link", "images", "body", "fixed"):
            del one[name]
    call.output.data(
        TableView(columns=COLUMNS, rows=list(_rows(found))),
        json={"id": id_ or None} | document,
        ids=[one.channel for one in found.facets if not one.objections],
    )
    if not found.ok:
        _compose_options.explain(call, found)
        raise typer.Exit(ExitCode.FAILURE)


def _rows(found: Previewed) -> Iterator[Sequence[Cell]]:
    """A row for each broken limit; a channel without any has one that says ok.

    Those of the message itself come first.
    """
    for field, sentence in found.problems:
        yield (field, StatusCell("refused"), None, None, "", sentence)
    for facet in found.facets:
        if not facet.objections:
            yield (facet.channel, StatusCell("ok"), None, None, "", "")
        for one in facet.objections:
            numbers = (one.excess.found, one.excess.most, one.excess.unit) if one.excess else (None, None, "")
            yield (facet.channel, StatusCell("refused"), *numbers, one.sentence)
