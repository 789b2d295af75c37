"""`omnipub messages dismiss`: put away what failed, was missed or is unconfirmed."""

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.context import call_of
from omnipub_cli.options import (
    Channels,
    Command,
    DryRun,
    HasStatus,
    Ids,
    Owner,
    Reason,
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
        'omnipub messages dismiss 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --reason "The event is over"',
        'omnipub messages dismiss --status missed --until 7d --reason "Too old" --yes',
    ),
)
def dismiss(  # noqa: PLR0913  a command's options are its parameters
    context: typer.Context,
    ids: Ids = None,
    *,
    channel: Channels = None,
    status: HasStatus = "",
    owner: Owner = "",
    since: Since = "",
    until: Until = "",
    reason: Reason,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Put away what failed, was missed or is unconfirmed, on all channels or those named."""
    from omnipub_cli import bulk, picking  # noqa: PLC0415  a command imports what it uses

    verb = picking.Verb(name="dismiss", does="puts away", meant=("unconfirmed", "failed", "missed"))
    call = call_of(context)
    if not reason.strip():
        raise InvalidInputError("A reason is needed to put it away.", hint="Add --reason TEXT.")
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
        bulk.carry_out(
            call,
            system,
            verb,
            what,
            lambda parent, channels: system.operate.dismiss(parent, call.viewer(), channels=channels, reason=reason),
            dry_run=dry_run,
            yes=yes,
        )
