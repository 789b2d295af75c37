"""One verb on several deliveries: shown, asked for once, done row by row.

A row that fails does not stop the others. The report says which, and the command then ends with exit code 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from omnipub.errors import OmnipubError
from omnipub_cli.commands._shared import deliveries
from omnipub_cli.commands._shared.lookup import named
from omnipub_cli.commands.messages._select import chosen, refusal
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.prompts import confirm
from omnipub_cli.output.views import Cell, Column, StatusCell, TableView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omnipub.domain.delivery.model import Delivery
    from omnipub.domain.ids import Parent
    from omnipub.wiring.assemble import System
    from omnipub_cli.commands.messages._select import Picked, Verb
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.message_documents import BulkChangeJson, BulkDeliveryJson

    Do = Callable[[Parent, Sequence[str]], Sequence[Delivery]]
    Act = Callable[[Delivery], "Done"]
    Print = Callable[[Call, Sequence["Done"]], None]

COLUMNS = (
    Column("ID"),
    Column("CHANNEL"),
    Column("STATUS", rank=2),
    Column("DUE", rank=3),
    Column("RESULT"),
    Column("WHY", flexible=True, rank=1),
)


@dataclass(frozen=True, kw_only=True)
class Done:
    """One row of a report: the delivery as it is now, and why nothing was done."""

    delivery: Delivery
    error: OmnipubError | None = None
    found: bool = False
    seen: str = ""


def carry_out(
    call: Call, system: System, verb: Verb, what: Picked, do: Do, *, dry_run: bool = False, yes: bool = False
) -> list[Delivery]:
    """Do it, and print what came of it: the deliveries that it was done to.

    Raises:
        OmnipubError: A single id was given, and it was not possible; nothing was done.
        typer.Exit: Some of several were not possible.
    """
    if what.one and not dry_run:
        parent = named(call, system, what.ids[0]).parent
        changed = list(do(parent, what.channels))
        show_results(call, [Done(delivery=one) for one in changed])
        return changed
    rows = chosen(call, system, verb, what)
    if dry_run:
        rehearse(call, verb, what, rows)
        return []
    ask(call, verb, rows, yes=yes)

    def act(one: Delivery) -> Done:
        refused = refusal(verb, what, one)
        if refused is not None:
            raise refused
        (moved,) = do(one.parent, (one.channel,))
        return Done(delivery=moved)

    done = each(call, rows, act, show_results)
    finish(call, done)
    return [one.delivery for one in done if one.error is None]


def rehearse(call: Call, verb: Verb, what: Picked, rows: Sequence[Delivery]) -> None:
    """Print what would be done."""
    done = [Done(delivery=one, error=refusal(verb, what, one)) for one in rows]
    _print(call, done, dry_run=True)
    call.output.note("This was a dry run; nothing was done." if rows else "Nothing fits that.")


def ask(call: Call, verb: Verb, rows: Sequence[Delivery], *, yes: bool) -> None:
    """Show what would be done, and ask once; of nothing nobody is asked.

    Raises:
        InvalidInputError: Nobody can be asked, and --yes was not given.
        typer.Abort: The answer was not yes.
    """
    if not rows:
        return
    if not yes:
        call.output.beside(*deliveries.table(rows))
    count = "1 delivery" if len(rows) == 1 else f"{len(rows)} deliveries"
    unsure = any(one.status in verb.if_named for one in rows)
    confirm(call, f"This {verb.does} {count}." + (f" {verb.warning}" if unsure else ""), yes=yes)


def each(call: Call, rows: Sequence[Delivery], act: Act, show_results: Print) -> list[Done]:
    """Do it to each row, and print the report.

    What failed is a row too, and so is what was done before Ctrl-C.
    """
    done: list[Done] = []
    try:
        for one in rows:
            try:
                done.append(act(one))
            except OmnipubError as error:
                done.append(Done(delivery=one, error=error))
    except KeyboardInterrupt:
        show_results(call, done)
        following = rows[len(done)]
        call.output.note(f"Stopped after {len(done)} of {len(rows)}; the next one may be done too.")
        call.output.hint(f"See it: {call.typed(f'{deliveries.group_of(following.parent)} show {following.parent.id}')}")
        raise
    show_results(call, done)
    if not rows:
        call.output.note("Nothing fits that.")
    return done


def show_results(call: Call, done: Sequence[Done]) -> None:
    """Print what was done."""
    _print(call, done, dry_run=False)


def finish(call: Call, done: Sequence[Done]) -> None:
    """Say what failed.

    Raises:
        typer.Exit: Something did.
    """
    failed = [one for one in done if one.error is not None]
    if not failed:
        return
    call.output.warn(f"Not done: {len(failed)} of {len(done)}.")
    first = failed[0].delivery.parent
    call.output.hint(f"See why: {call.typed(f'{deliveries.group_of(first)} show {first.id}')}")
    raise typer.Exit(ExitCode.FAILURE)


def shape(done: Done) -> BulkDeliveryJson:
    """A row as JSON."""
    from omnipub.services.messages import serialize

    error = done.error.message if done.error else None
    return {**deliveries.whose(done.delivery.parent), **serialize.delivery(done.delivery), "error": error}


def ids(done: Sequence[Done]) -> list[str]:
    """What it was done to, each once."""
    return deliveries.ids([one.delivery for one in done if one.error is None])


def _print(call: Call, done: Sequence[Done], *, dry_run: bool) -> None:
    failed = sum(one.error is not None for one in done)
    rows = [_cells(one, dry_run=dry_run) for one in done]
    document: BulkChangeJson = {
        "dry_run": dry_run,
        "changed": 0 if dry_run else len(done) - failed,
        "failed": failed,
        "deliveries": [shape(one) for one in done],
    }
    call.output.data(
        *([TableView(columns=COLUMNS, rows=rows)] if rows else []),
        json=document,
        ids=ids(done),
    )


def _cells(done: Done, *, dry_run: bool) -> Sequence[Cell]:
    one = done.delivery
    result = "failed" if done.error else "done"
    if dry_run:
        result = "refused" if done.error else "would be done"
    why = done.error.message if done.error else (one.reason.sentence if one.reason else "")
    return (one.parent.id, one.channel, StatusCell(one.status.value), one.due_at, StatusCell(result), why)
