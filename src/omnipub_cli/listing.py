"""What `messages list` and `certs list` have in common: a page of rows, newest first."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from omnipub_cli.drawing import Cell, Column, State, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.domain.identity import Kind
    from omnipub.services.showing import Row
    from omnipub_cli.context import Call

COLUMNS = (Column("ID"), Column("STATUS"), Column("DUE"), Column("CHANNELS"), Column("TEXT", flexible=True))


def page(call: Call, kind: Kind, *, group: str, limit: int, cursor: str, mine: bool, teach: str) -> None:
    """Print a page; an empty list teaches what to type."""
    from omnipub.services import views  # noqa: PLC0415  brings the services

    with call.system() as system:
        found = system.showing.many(kind, call.viewer(mine=mine), limit=limit, after=cursor or None)
    name = "messages" if group == "messages" else "certifications"
    call.output.data(
        *([Table(columns=COLUMNS, rows=[_cells(row) for row in found.rows])] if found.rows else []),
        json={name: [views.row(row) for row in found.rows], "cursor": found.cursor},
        ids=[row.parent.id for row in found.rows],
    )
    if found.cursor is not None:
        narrowed = " --mine" if mine else ""
        more = f"{group} list{narrowed} --limit {limit} --cursor {shlex.quote(found.cursor)}"
        call.output.hint(f"There is more: {call.typed(more)}")
    elif not found.rows:
        call.output.note("There is nothing after that." if cursor else f"There are no {name} yet.")
        if not cursor:
            call.output.hint(f"Make the first one: {call.typed(teach)}")


def _cells(row: Row) -> Sequence[Cell]:
    due = min((one.due_at for one in row.deliveries if one.due_at), default=None)
    return (row.parent.id, State(row.status.value), due, [one.channel for one in row.deliveries], row.excerpt)
