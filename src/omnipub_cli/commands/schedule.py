"""`omnipub schedule`: see what is due when, and dispatch what is due now."""

import shlex
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.commands._shared import accounts, deliveries, pages
from omnipub_cli.commands._shared.filters import typed
from omnipub_cli.commands._shared.pages import RowsRead
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import (
    Command,
    Cursor,
    Everything,
    GoesTo,
    HasText,
    Imported,
    Limit,
    Owner,
    examples,
    group,
)
from omnipub_cli.framework.since import bound_of
from omnipub_cli.output import times
from omnipub_cli.output.views import Column, StatusCell, TableView, TimeOfDay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from omnipub.domain.delivery.model import Delivery
    from omnipub.services.messages.calendar import CalendarEntry, CalendarPage
    from omnipub_cli.commands._shared.pages import ServicePage
    from omnipub_cli.output.json_documents.message_documents import DeliveryWithExcerptJson, ScheduleListJson

app = group("See what is due when, and dispatch what is due now.", "omnipub schedule list")

LOOKS_BACK = timedelta(days=7)
"""Where the calendar begins: what is late or needs somebody must not fall out of sight at once."""

EVERYTHING = "everything"
"""The scope of this group's pause and resume."""

CALENDAR = (
    Column("DUE"),
    Column("CHANNEL", flexible=True),
    Column("STATUS"),
    Column("ID"),
    Column("WHAT", flexible=True),
)


@app.command(
    "list",
    cls=Command,
    epilog=examples(
        "omnipub schedule list",
        "omnipub schedule list --since today --until +7d",
        "omnipub schedule list --channel facebook --json",
    ),
)
def list_(  # noqa: PLR0913  a command's options are its parameters
    context: typer.Context,
    *,
    since: Annotated[str, typer.Option(metavar="TIME", help="From here on (default: seven days ago).")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Up to here, excluded (default: no end).")] = "",
    channel: GoesTo = "",
    owner: Owner = "",
    text: HasText = "",
    imported: Imported = "",
    limit: Limit = 50,
    cursor: Cursor = "",
    all_: Everything = False,
) -> None:
    """List what is not out yet, by the moment it was asked for."""
    from omnipub.domain.timestamps import LATEST_AHEAD, TICK
    from omnipub.services.messages.filters import Filter

    if all_:
        pages.refuse_limit(context)
    call = call_of(context)
    wanted = Filter(channel=channel, owner=owner, text=text, imported=imported)
    with call.system() as system:
        now = system.world.clock.now()
        first = bound_of(since, "--since", now=now) if since else None
        last = bound_of(until, "--until", now=now) - TICK if until else None
        if last and last < (first or now - LOOKS_BACK):
            raise InvalidInputError(
                "--until must lie behind --since, which is seven days ago unless it is given.",
                hint="Give an earlier --since; --until itself is excluded.",
            )
        begin, end = first or now - LOOKS_BACK, last or now + 2 * LATEST_AHEAD

        def page(limit: int, after: str | None) -> "CalendarPage":
            return system.calendar.page(since=begin, until=end, wanted=wanted, limit=limit, after=after)

        paused = system.pauses.all()
        channels = [one.channel for one in system.accounts.of(call.owner)]
        if all_:
            found = _show_all(call, pages.to_the_end(page, after=cursor or None))
        else:
            found = pages.up_to(limit, page, after=cursor or None, search=wanted.reads_heads)
            _show(call, found)
    for pause in paused:
        call.output.warn(f"Paused by {pause.by}: {pause.scope}. Why: {pause.reason}")
        call.output.hint(f"Let it go on: {call.typed(f'resume {shlex.quote(pause.scope)}')}")
    if found.cursor is not None:
        narrowed = typed(replace(wanted, since=first, until=last + TICK if last else None))
        if found.bounded:
            call.output.note(f"Stopped after looking at {found.read:,} of them; the rest was not read yet.")
        more = f"schedule list{narrowed} --limit {limit} --cursor {shlex.quote(found.cursor)}"
        call.output.hint(f"There may be more: {call.typed(more)}")
    elif not found.rows:
        call.output.note("Nothing is due.")
        if channels:
            example = (
                f'messages create "Hello" --to {accounts.some(channels)} --at "tomorrow 9:00" --zone Europe/Berlin'
            )
            call.output.hint(f"Schedule something: {call.typed(example)}")
        else:
            accounts.teach(call)


@app.command(
    "run-now",
    cls=Command,
    epilog=examples("omnipub schedule run-now --dry-run", "omnipub schedule run-now 01KB0CVP6ZJ7X3Q5N8T4W2E9HD"),
)
def run_now(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Only these messages and certifications.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be dispatched, and do nothing.")] = False,
    here: Annotated[
        bool, typer.Option("--here", help="On a stage whose scheduler is broken: dispatch from this terminal instead.")
    ] = False,
) -> None:
    """Dispatch what is due at this moment, without waiting for the next tick; nothing goes out early or twice."""
    from omnipub_cli.commands._shared import run_now as _run_now
    from omnipub_cli.commands._shared.held import HoldNotices
    from omnipub_cli.commands._shared.lookup import named

    call = call_of(context)
    with call.system() as system:
        parents = [named(call, system, one).parent for one in dict.fromkeys(ids or ())]
        local = dry_run or here
        report = system.run_now.run(parents, dry_run=dry_run) if local else call.run_now(system, parents)
        deliveries_asked = [one for parent in parents for one in system.showing.one(parent, call.viewer()).deliveries]
        HoldNotices(call=call, system=system).look(deliveries_asked, system.world.clock.now())
        for pause in () if parents else system.pauses.all():
            call.output.warn(f"Paused by {pause.by}: {pause.scope}. Why: {pause.reason}")
    _run_now.show_report(call, report, dry_run=dry_run)


@app.command(cls=Command, epilog=examples('omnipub schedule pause --reason "Wrong prices in all texts"'))
def pause(
    context: typer.Context,
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is shown wherever something waits for it.")],
) -> None:
    """Stop everything, like `omnipub pause everything`."""
    from omnipub_cli.commands._shared import pauses

    pauses.pause(call_of(context), EVERYTHING, reason=reason)


@app.command(cls=Command, epilog=examples("omnipub schedule resume", "omnipub schedule resume --late miss"))
def resume(
    context: typer.Context,
    *,
    late: Annotated[
        Literal["send", "miss"] | None,
        typer.Option("--late", help="What became due meanwhile: send it now, or leave it missed."),
    ] = None,
) -> None:
    """Let everything go on, like `omnipub resume everything`."""
    from omnipub_cli.commands._shared import pauses

    pauses.resume(call_of(context), EVERYTHING, late=late)


def _show(call: Call, found: RowsRead) -> None:
    document: ScheduleListJson = {"deliveries": _shapes(found.rows), "cursor": found.cursor}
    call.output.data(
        *_views(call, found.rows),
        json=document,
        ids=deliveries.ids([one.delivery for one in found.rows]),
    )


def _show_all(call: Call, found: "Iterator[ServicePage]") -> RowsRead:
    """Every page as it comes, so that a list of any length fits into memory; the last of them."""
    rows: Sequence[CalendarEntry] = ()
    with call.output.portions("deliveries", rest={"cursor": None}) as write:
        for page in found:
            rows = page.rows or rows
            write(
                *_views(call, page.rows),
                json=_shapes(page.rows),
                ids=deliveries.ids([one.delivery for one in page.rows]),
            )
    return RowsRead(rows=rows, cursor=None, read=0)


def _shapes(rows: "Sequence[CalendarEntry]") -> "list[DeliveryWithExcerptJson]":
    from omnipub.services.messages import serialize

    return [
        {**deliveries.whose(one.delivery.parent), "excerpt": one.excerpt, **serialize.delivery(one.delivery)}
        for one in rows
    ]


def _views(call: Call, found: "Sequence[CalendarEntry]") -> list[TableView]:
    rows = [
        (
            _due(one.delivery),
            one.delivery.channel,
            StatusCell(one.delivery.status.value),
            one.delivery.parent.id,
            one.excerpt,
        )
        for one in found
    ]
    heads = [_day(one.delivery.due_at, call) for one in found]
    return [TableView(columns=CALENDAR, rows=rows, heads=heads)] if rows else []


def _due(delivery: "Delivery") -> TimeOfDay | None:
    return TimeOfDay(delivery.due_at) if delivery.due_at else None


def _day(due: datetime | None, call: Call) -> str:
    return times.day(due, utc=call.utc) if due else "Without a moment"
