"""`omnipub messages reconcile`: look on the network for what may be out."""

import typer

from omnipub.hints import Action
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.one_or_all import DeliverySelection
from omnipub_cli.framework.option_groups import spread
from omnipub_cli.framework.options import Command, examples

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages reconcile 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
        "omnipub messages reconcile --status unconfirmed --channel facebook --yes --json",
    ),
)
@spread
def reconcile(context: typer.Context, aim: DeliverySelection) -> None:
    """Look on the network, now, for what may be out, and take over what is found; nothing is sent."""
    from omnipub_cli.commands.messages import _reconcile, _select

    verb = _select.Verb(action=Action.RECONCILE, does="looks on the network for")
    call = call_of(context)
    with call.system() as system:
        what = _select.picked(verb, aim, now=system.world.clock.now())
        _reconcile.carry_out(call, system, verb, what, dry_run=aim.dry_run, yes=aim.yes)
