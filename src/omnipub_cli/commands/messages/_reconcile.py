"""`messages reconcile`: look for each delivery, say what was seen, and what to type about what was not found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub_cli.commands._shared import deliveries
from omnipub_cli.commands.messages import _bulk
from omnipub_cli.commands.messages._bulk import Done
from omnipub_cli.commands.messages._select import chosen, refusal
from omnipub_cli.output.views import Cell, Column, StatusCell, TableView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.domain.delivery.model import Delivery
    from omnipub.wiring.assemble import System
    from omnipub_cli.commands.messages._select import Picked, Verb
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.message_documents import ReconciledDeliveryJson, ReconciledJson

COLUMNS = (Column("ID"), Column("CHANNEL"), Column("STATUS"), Column("FOUND"), Column("SEEN", flexible=True))


def carry_out(call: Call, system: System, verb: Verb, what: Picked, *, dry_run: bool, yes: bool) -> None:
    """Look for each.

    Raises:
        OmnipubError: A single id was given, and nothing of it could be looked for.
        typer.Exit: Some of several could not be looked for.
    """
    rows = chosen(call, system, verb, what)
    if dry_run:
        show_looks(call, [Done(delivery=one, error=refusal(verb, what, one)) for one in rows], dry_run=True)
        call.output.note("This was a dry run; nothing was looked for." if rows else "Nothing fits that.")
        return
    if not what.one:
        _bulk.ask(call, verb, rows, yes=yes)

    if what.one and len(rows) == 1:
        done = [_look(system, rows[0])]
        show_looks(call, done)
    else:
        done = _bulk.each(call, rows, lambda one: _look(system, one), show_looks)
    _advise(call, done)
    _bulk.finish(call, done)


def show_looks(call: Call, done: Sequence[Done], *, dry_run: bool = False) -> None:
    """Print what was seen."""
    document: ReconciledJson = {
        "dry_run": dry_run,
        "found": sum(one.found for one in done),
        "failed": sum(one.error is not None for one in done),
        "deliveries": [_shape(one) for one in done],
    }
    call.output.data(
        *([TableView(columns=COLUMNS, rows=[_cells(one) for one in done])] if done else []),
        json=document,
        ids=deliveries.ids([one.delivery for one in done if one.found or dry_run]),
    )


def _look(system: System, delivery: Delivery) -> Done:
    looked = system.search.look(delivery)
    return Done(delivery=looked.delivery, found=looked.found, seen=looked.sentence)


def _advise(call: Call, done: Sequence[Done]) -> None:
    """What to type about the first that was not found."""
    missing = [one.delivery for one in done if one.error is None and not one.found]
    if not missing:
        return
    first = missing[0]
    typed = call.typed(f"{deliveries.group_of(first.parent)} show {first.parent.id}")
    call.output.note(f"Not found: {len(missing)}. Not seeing a post does not prove that it is not out.")
    call.output.hint(f"Look at the account; then see what can be done: {typed}")


def _shape(done: Done) -> ReconciledDeliveryJson:
    return {**_bulk.shape(done), "found": done.found, "seen": done.seen or None}


def _cells(done: Done) -> Sequence[Cell]:
    one = done.delivery
    found = "yes" if done.found else "no"
    why = done.error.message if done.error else done.seen
    return (one.parent.id, one.channel, StatusCell(one.status.value), "" if done.error else found, why)
