"""`omnipub messages dismiss`: put away what failed, was missed or is unconfirmed."""

import typer

from omnipub.errors import InvalidInputError
from omnipub.hints import Action
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.one_or_all import DeliverySelection
from omnipub_cli.framework.option_groups import spread
from omnipub_cli.framework.options import Command, Reason, examples

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        'omnipub messages dismiss 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --reason "The event is over"',
        'omnipub messages dismiss --status missed --until 7d --reason "Too old" --yes',
    ),
)
@spread
def dismiss(context: typer.Context, aim: DeliverySelection, *, reason: Reason) -> None:
    """Put away what failed, was missed or is unconfirmed, on all channels or those named."""
    from omnipub_cli.commands.messages import _bulk, _select

    verb = _select.Verb(action=Action.DISMISS, does="puts away")
    call = call_of(context)
    if not reason.strip():
        raise InvalidInputError("A reason is needed to put it away.", hint="Add --reason TEXT.")
    with call.system() as system:
        what = _select.picked(verb, aim, now=system.world.clock.now())
        _bulk.carry_out(
            call,
            system,
            verb,
            what,
            lambda parent, channels: system.operate.dismiss(parent, call.viewer(), channels=channels, reason=reason),
            dry_run=aim.dry_run,
            yes=aim.yes,
        )
