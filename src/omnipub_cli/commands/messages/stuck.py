"""`omnipub messages stuck`: what needs somebody, and what to type about it."""

from typing import TYPE_CHECKING

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, Limit, examples
from omnipub_cli.output.views import Column, LineView, StatusCell, StoryView, TableView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.services.messages.calendar import CalendarEntry
    from omnipub_cli.output.json_documents.message_documents import StuckJson

    StuckRow = tuple[CalendarEntry, str, str]

app = typer.Typer(add_completion=False)

COLUMNS = (
    Column("ID"),
    Column("CHANNEL"),
    Column("STATUS"),
    Column("DUE"),
    Column("WHY"),
    Column("NEXT"),
)


@app.command(cls=Command, epilog=examples("omnipub messages stuck", "omnipub messages stuck --json --limit 100"))
def stuck(context: typer.Context, *, limit: Limit = 50) -> None:
    """List what needs somebody, worst first: why it is stuck, and the command to type next."""
    from omnipub.domain.delivery.lifecycle import TIMED
    from omnipub.services.messages import serialize
    from omnipub_cli.commands._shared import deliveries
    from omnipub_cli.commands._shared.held import holds_of
    from omnipub_cli.commands.messages import _next_step

    call = call_of(context)
    with call.system() as system:
        found, more = system.stuck.rows(limit=limit)
        now = system.world.clock.now()
        stuck_rows: list[StuckRow] = [
            (
                one,
                _next_step.why(one.delivery, now, holds_of(call, system, one.delivery)),
                _next_step.step(call, system, one.delivery),
            )
            for one in found
        ]
    view = _story(stuck_rows) if call.output.look.terminal else _table(stuck_rows)
    document: StuckJson = {
        "deliveries": [
            {
                **deliveries.whose(one.delivery.parent),
                "excerpt": one.excerpt,
                **serialize.delivery(one.delivery),
                "why": why,
                "next": step,
            }
            for one, why, step in stuck_rows
        ],
        "more": more,
    }
    call.output.data(
        *([view] if found else []),
        json=document,
        ids=deliveries.ids([one.delivery for one in found]),
    )
    if not found:
        call.output.note("Nothing needs anybody.")
    if more:
        call.output.note(f"There is more; these {len(found)} are the worst.")
    if any(one.delivery.status in TIMED for one in found):
        call.output.hint(f"If something waits on, see what keeps it: {call.typed('doctor')}")


def _table(stuck_rows: "Sequence[StuckRow]") -> TableView:
    """A row each, for programs."""
    rows = [
        (
            one.delivery.parent.id,
            one.delivery.channel,
            StatusCell(one.delivery.status.value),
            one.delivery.due_at,
            why,
            step,
        )
        for one, why, step in stuck_rows
    ]
    return TableView(columns=COLUMNS, rows=rows)


def _story(stuck_rows: "Sequence[StuckRow]") -> StoryView:
    """A few lines each, for people: reasons are long, and a command is copied whole."""
    lines: list[LineView] = []
    for one, why, step in stuck_rows:
        due = (one.delivery.due_at, "was due") if one.delivery.due_at else ()
        lines += [
            *([LineView()] if lines else []),
            LineView((one.delivery.channel, StatusCell(one.delivery.status.value), one.excerpt), heading=True),
            LineView(due, indent=2),
            LineView((f"why: {why}",), indent=2),
            LineView((f"next: {step}",), indent=2, whole=True),
        ]
    return StoryView(lines=lines)
