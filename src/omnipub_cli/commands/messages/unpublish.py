"""`omnipub messages unpublish`: delete posts at their networks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.options import Channels, Command, Id, Yes, examples, once
from omnipub_cli.output.views import Cell, Column, StatusCell, TableView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.domain.delivery.model import Delivery
    from omnipub.services.messages.unpublish import UnpublishReport
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.message_documents import UnpublishedJson, UnpublishResultJson

app = typer.Typer(add_completion=False)

COLUMNS = (
    Column("CHANNEL"),
    Column("RESULT"),
    Column("NETWORK ID", flexible=True, rank=1),
    Column("WHY", flexible=True),
)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages unpublish 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
        "omnipub messages unpublish 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --channel facebook --yes --json",
    ),
)
def unpublish(context: typer.Context, id_: Id, *, channel: Channels = None, yes: Yes = False) -> None:
    """Delete what is published at its networks, on all channels or those named; repeating it is safe."""
    from omnipub.services.messages.unpublish import OUT_OF_SIGHT
    from omnipub_cli.commands._shared import deliveries
    from omnipub_cli.commands._shared.lookup import named
    from omnipub_cli.framework import prompts

    call = call_of(context)
    with call.system() as system:
        parent = named(call, system, id_).parent
        chosen = system.unpublish.chosen(parent, call.viewer(), once(channel))
        if any(one.unpublished is None for one in chosen):
            prompts.confirm(call, _question(chosen), yes=yes)
        reports: list[UnpublishReport] = []
        with call.output.progress() as progress:
            for one in chosen:
                reports.append(system.unpublish.delete(one, by=call.owner))
                progress.show(TableView(columns=COLUMNS[:2], rows=[row[:2] for row in _rows(reports)]))
    document: UnpublishedJson = {**deliveries.whose(parent), "results": [_shape(one) for one in reports]}
    call.output.data(
        TableView(columns=COLUMNS, rows=_rows(reports)),
        json=document,
        ids=[parent.id] if all(one.result in OUT_OF_SIGHT for one in reports) else [],
    )
    left = [one for one in reports if one.result not in OUT_OF_SIGHT]
    if left:
        _explain(call, left)
        raise typer.Exit(ExitCode.FAILURE)


def _question(chosen: Sequence[Delivery]) -> str:
    """What is about to happen."""
    posts = [one for one in chosen if one.unpublished is None]
    noun = "the post" if len(posts) == 1 else f"{len(posts)} posts"
    return f"This asks {', '.join(one.channel for one in posts)} to delete {noun}, which cannot be undone."


def _rows(reports: Sequence[UnpublishReport]) -> list[Sequence[Cell]]:
    return [
        (one.delivery.channel, StatusCell(one.result.value), one.delivery.network_id, one.sentence) for one in reports
    ]


def _shape(report: UnpublishReport) -> UnpublishResultJson:
    from omnipub.services.messages import serialize

    return {
        "channel": report.delivery.channel,
        "result": report.result.value,
        "code": report.code or None,
        "sentence": report.sentence or None,
        "delivery": serialize.delivery(report.delivery),
    }


def _explain(call: Call, left: Sequence[UnpublishReport]) -> None:
    """Which posts may still be seen, and what to do about them."""
    for one in left:
        call.output.warn(f"{one.delivery.channel}: {one.sentence}")
    places = [one.delivery.permalink for one in left if one.result.value == "kept" and one.delivery.permalink]
    if places:
        call.output.hint(f"Delete it there by hand: {' '.join(places)}")
    again = [one.delivery.channel for one in left if one.result.value != "kept"]
    if again:
        typed = call.typed(f"messages unpublish {left[0].delivery.parent.id} --channel {','.join(again)}")
        call.output.hint(f"Try again, which is safe: {typed}")
