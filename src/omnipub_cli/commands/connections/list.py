"""`omnipub connections list`: connected accounts and whether they can be used."""

from typing import TYPE_CHECKING

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import ActsFor, Command, examples
from omnipub_cli.output.views import Column, StatusCell, TableView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.connection_documents import ConnectionListJson

app = typer.Typer(add_completion=False)

CONNECTIONS = (
    Column("CHANNEL"),
    Column("STANDING"),
    Column("SINCE", rank=4),
    Column("ENDS", rank=3),
    Column("HELD", right=True),
    Column("ACCOUNT", flexible=True),
    Column("TITLE", flexible=True, rank=2),
    Column("WHY", flexible=True, rank=1),
)


@app.command(
    "list",
    cls=Command,
    epilog=examples("omnipub connections list", "omnipub connections list --owner USER --stage prod"),
)
def list_(context: typer.Context, *, owner: ActsFor = "") -> None:
    """List connected accounts, whether they can be used, and what is held for them."""
    from omnipub.domain.delivery.lifecycle import Status
    from omnipub.domain.ids import network_of
    from omnipub.domain.secret_urls import shown
    from omnipub_cli.commands._shared import accounts

    call = call_of(context).on_behalf_of(owner)
    with call.system() as system:
        found = system.accounts.of(call.owner)
        held = system.backlog.of(Status.HELD, at_most=accounts.COUNTED_AT_MOST)
    of_account = held.by_account(call.owner)
    counts = [of_account[network_of(one.channel), one.account] for one in found]
    rows = [
        (
            one.channel,
            StatusCell(one.standing.value),
            one.standing_since,
            one.refresh_at,
            count,
            shown(one.account),
            one.title,
            one.standing_reason,
        )
        for one, count in zip(found, counts, strict=True)
    ]
    document: ConnectionListJson = {
        "connections": [{**accounts.shape(one), "held": count} for one, count in zip(found, counts, strict=True)],
        "held_all_counted": held.complete,
    }
    call.output.data(
        *([TableView(columns=CONNECTIONS, rows=rows)] if rows else []),
        json=document,
        ids=[one.channel for one in found],
    )
    if not held.complete:
        call.output.note(f"More is held than was counted: the numbers are of the {held.counted} that wait longest.")
    waiting = [one for one in found if one.standing.value == "needs_owner"]
    if waiting:
        call.output.hint(f"See whether it works again: {call.typed(f'connections test {waiting[0].channel}')}")
    if not found:
        accounts.say_none(call)
