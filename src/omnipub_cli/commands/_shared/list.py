"""`messages list` and `certs list`, which differ only in what they list: a page of rows, newest first."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import typer  # noqa: TC002  typer reads the annotations

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, Cursor, GoesTo, HasStatus, Limit, Mine, Owner, Since, Until, examples
from omnipub_cli.output.views import Cell, Column, State, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.services.messages.filters import Asked
    from omnipub.services.messages.read import Row, Rows
    from omnipub_cli.framework.context import Call

COLUMNS = (
    Column("ID"),
    Column("STATUS"),
    Column("DUE", rank=1),
    Column("CHANNELS", flexible=True, rank=2),
    Column("TEXT", flexible=True),
)

NAMES = {"messages": "messages", "certs": "certifications"}
"""Command group → what it lists."""

TEACHING = {
    "messages": 'messages create "Hello" --to facebook,linkedin',
    "certs": 'certs announce --member "Ada Lovelace" --type solutions-architect-associate '
    "--earned-on yesterday --to facebook,linkedin",
}
"""Command group → what makes the first one."""


def add_list(app: typer.Typer, group: str, summary: str) -> None:
    """Give a group, or a verb of it, its `list`."""

    @app.command(
        "list",
        cls=Command,
        help=summary,
        epilog=examples(
            f"omnipub {group} list",
            f"omnipub {group} list --status failed --channel facebook",
            f"omnipub {group} list --since 7d --until 1d --json --limit 100",
        ),
    )
    def list_(
        context: typer.Context,
        *,
        status: HasStatus = "",
        channel: GoesTo = "",
        owner: Owner = "",
        since: Since = "",
        until: Until = "",
        limit: Limit = 20,
        cursor: Cursor = "",
        mine: Mine = False,
    ) -> None:
        from omnipub.domain.ids import Kind
        from omnipub_cli.commands._shared.filters import asked_of

        call = call_of(context)
        kind = Kind.MESSAGE if group == "messages" else Kind.CERTIFICATION
        with call.system() as system:
            now = system.world.clock.now()
            asked = asked_of(now=now, status=status, channel=channel, owner=owner, since=since, until=until)
            found = system.lists.page(kind, call.viewer(mine=mine), asked, limit=limit, after=cursor or None)
        _show(call, group, found)
        _say_more(call, group, found, asked, limit=limit, first=not cursor, mine=mine)


def _show(call: Call, group: str, found: Rows) -> None:
    from omnipub.services.messages import serialize

    call.output.data(
        *([Table(columns=COLUMNS, rows=[_cells(row) for row in found.rows])] if found.rows else []),
        json={NAMES[group]: [serialize.row(row) for row in found.rows], "cursor": found.cursor},
        ids=[row.parent.id for row in found.rows],
    )


def _say_more(call: Call, group: str, found: Rows, asked: Asked, *, limit: int, first: bool, mine: bool) -> None:
    """What to type next; an empty list teaches what to type first."""
    from omnipub_cli.commands._shared.filters import typed

    narrowed = typed(asked) + (" --mine" if mine else "")
    if found.cursor is not None:
        if not found.rows:
            call.output.note("None of what was read fits; the rest was not read yet.")
        more = f"{group} list{narrowed} --limit {limit} --cursor {shlex.quote(found.cursor)}"
        call.output.hint(f"There {'is' if found.rows else 'may be'} more: {call.typed(more)}")
    elif not found.rows and not first:
        call.output.note("There is nothing after that.")
    elif not found.rows and narrowed:
        call.output.note(f"No {NAMES[group]} fit that.")
        call.output.hint(f"See all: {call.typed(f'{group} list')}")
    elif not found.rows:
        call.output.note(f"There are no {NAMES[group]} yet.")
        call.output.hint(f"Make the first one: {call.typed(TEACHING[group])}")


def _cells(row: Row) -> Sequence[Cell]:
    due = min((one.due_at for one in row.deliveries if one.due_at), default=None)
    return (row.parent.id, State(row.status.value), due, [one.channel for one in row.deliveries], row.excerpt)
