"""`omnipub messages reconcile`: look on the network for what may be out."""

import typer

from omnipub_cli.aiming import Aim
from omnipub_cli.context import call_of
from omnipub_cli.options import Command, examples
from omnipub_cli.spreading import spread

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages reconcile 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
        "omnipub messages reconcile --status unconfirmed --channel facebook --yes --json",
    ),
)
@spread
def reconcile(context: typer.Context, aim: Aim) -> None:
    """Look on the network, now, for what may be out, and take over what is found; nothing is sent."""
    from omnipub_cli import picking, reconciling  # noqa: PLC0415  a command imports what it uses

    verb = picking.Verb(name="reconcile", does="looks on the network for", meant=("unconfirmed", "publishing"))
    call = call_of(context)
    with call.system() as system:
        what = picking.picked(verb, aim, now=system.world.clock.now())
        reconciling.carry_out(call, system, verb, what, dry_run=aim.dry_run, yes=aim.yes)
