"""`messages list` and `certs list`: rows of messages or certifications, newest first."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import typer  # noqa: TC002  typer reads the annotations

from omnipub_cli.commands._shared import accounts, pages
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.filter_options import FilterOptions  # noqa: TC001  likewise
from omnipub_cli.framework.option_groups import spread
from omnipub_cli.framework.options import Command, Cursor, Everything, GoesTo, Limit, Mine, examples
from omnipub_cli.output.views import Cell, Column, StatusCell, TableView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from omnipub.services.messages.filters import Filter
    from omnipub.services.messages.message_json import RowJson
    from omnipub.services.messages.read import MessageRow, MessageRows
    from omnipub_cli.commands._shared.pages import RowsRead, ServicePage
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
    "messages": 'messages create "Hello" --to {channels}',
    "certs": 'certs announce --member "Ada Lovelace" --type solutions-architect-associate '
    "--earned-on yesterday --to {channels}",
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
            f"omnipub {group} list --due-after today --due-before +7d --all",
        ),
    )
    @spread
    def list_(
        context: typer.Context,
        options: FilterOptions,
        *,
        channel: GoesTo = "",
        limit: Limit = 20,
        cursor: Cursor = "",
        all_: Everything = False,
        mine: Mine = False,
    ) -> None:
        from omnipub.domain.ids import ParentKind
        from omnipub_cli.commands._shared.filters import filter_of

        if all_:
            pages.refuse_limit(context)
        call = call_of(context)
        kind = ParentKind.MESSAGE if group == "messages" else ParentKind.CERTIFICATION
        with call.system() as system:
            wanted = filter_of(options, now=system.world.clock.now(), channel=channel)

            def page(limit: int, after: str | None) -> MessageRows:
                return system.lists.page(kind, call.viewer(mine=mine), wanted, limit=limit, after=after)

            if all_:
                _show_all(call, group, pages.to_the_end(page, after=cursor or None))
                return
            found = pages.up_to(limit, page, after=cursor or None, search=pages.searches(wanted))
            channels = [] if found.rows else [one.channel for one in system.accounts.of(call.owner)]
        _show(call, group, found)
        if _say_more(call, group, found, wanted, limit=limit, first=not cursor, mine=mine):
            _teach(call, group, channels)


def _show(call: Call, group: str, found: RowsRead) -> None:
    call.output.data(
        *_views(found.rows),
        json={NAMES[group]: _shapes(found.rows), "cursor": found.cursor},
        ids=[row.parent.id for row in found.rows],
    )


def _show_all(call: Call, group: str, found: Iterator[ServicePage]) -> None:
    """Every page as it comes, so that a list of any length fits into memory."""
    count = 0
    with call.output.portions(NAMES[group], rest={"cursor": None}) as write:
        for page in found:
            count += len(page.rows)
            write(*_views(page.rows), json=_shapes(page.rows), ids=[row.parent.id for row in page.rows])
    if not count:
        call.output.note(f"No {NAMES[group]} fit that.")


def _views(rows: Sequence[MessageRow]) -> list[TableView]:
    return [TableView(columns=COLUMNS, rows=[_cells(row) for row in rows])] if rows else []


def _shapes(rows: Sequence[MessageRow]) -> list[RowJson]:
    from omnipub.services.messages import serialize

    return [serialize.row(row) for row in rows]


def _say_more(call: Call, group: str, found: RowsRead, wanted: Filter, *, limit: int, first: bool, mine: bool) -> bool:
    """Say what to type next; whether there is nothing at all."""
    from omnipub_cli.commands._shared.filters import typed

    narrowed = typed(wanted) + (" --mine" if mine else "")
    if found.cursor is not None:
        if found.bounded:
            call.output.note(f"Stopped after looking at {found.read:,} of them; the rest was not read yet.")
        elif not found.rows:
            call.output.note("None of what was read fits; the rest was not read yet.")
        more = f"{group} list{narrowed} --limit {limit} --cursor {shlex.quote(found.cursor)}"
        call.output.hint(f"There {'is' if found.rows and not found.bounded else 'may be'} more: {call.typed(more)}")
    elif not found.rows and not first:
        call.output.note("There is nothing after that.")
    elif not found.rows and narrowed:
        call.output.note(f"No {NAMES[group]} fit that.")
        call.output.hint(f"See all: {call.typed(f'{group} list')}")
    return not found.rows and found.cursor is None and first and not narrowed


def _teach(call: Call, group: str, channels: Sequence[str]) -> None:
    """Say what makes the first one, on accounts that are there."""
    call.output.note(f"There are no {NAMES[group]} yet.")
    if channels:
        line = TEACHING[group].format(channels=accounts.some(channels))
        call.output.hint(f"Make the first one: {call.typed(line)}")
    else:
        accounts.teach(call)


def _cells(row: MessageRow) -> Sequence[Cell]:
    due = min((one.due_at for one in row.deliveries if one.due_at), default=None)
    return (row.parent.id, _status(row), due, [one.channel for one in row.deliveries], row.excerpt)


def _status(row: MessageRow) -> StatusCell:
    """Its status; with a word if posts of it were deleted at their networks since."""
    out = [one for one in row.deliveries if one.status.value == "published"]
    deleted = sum(one.unpublished is not None for one in out)
    if not deleted:
        return StatusCell(row.status.value)
    return StatusCell(f"{row.status.value}, {'' if deleted == len(out) else f'{deleted} '}deleted")
