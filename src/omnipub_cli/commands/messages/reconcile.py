"""`omnipub messages reconcile`: look on the network for what may be out."""

import typer

from omnipub_cli.context import call_of
from omnipub_cli.options import (
    Channels,
    Command,
    DryRun,
    HasStatus,
    Ids,
    Owner,
    Since,
    Until,
    Yes,
    examples,
    once,
)

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages reconcile 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
        "omnipub messages reconcile --status unconfirmed --channel facebook --yes --json",
    ),
)
def reconcile(
    context: typer.Context,
    ids: Ids = None,
    *,
    channel: Channels = None,
    status: HasStatus = "",
    owner: Owner = "",
    since: Since = "",
    until: Until = "",
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Look on the network, now, for what may be out, and take over what is found; nothing is sent."""
    from omnipub_cli import picking, reconciling  # noqa: PLC0415  a command imports what it uses

    verb = picking.Verb(name="reconcile", does="looks on the network for", meant=("unconfirmed", "publishing"))
    call = call_of(context)
    with call.system() as system:
        what = picking.picked(
            verb,
            ids,
            once(channel),
            now=system.world.clock.now(),
            status=status,
            owner=owner,
            since=since,
            until=until,
        )
        reconciling.carry_out(call, system, verb, what, dry_run=dry_run, yes=yes)
