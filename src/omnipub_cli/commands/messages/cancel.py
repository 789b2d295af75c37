"""`omnipub messages cancel`: call off what is not out yet."""

import typer

from omnipub.hints import Action
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.one_or_all import DeliverySelection
from omnipub_cli.framework.option_groups import spread
from omnipub_cli.framework.options import Command, Reason, examples

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages cancel 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
        'omnipub messages cancel 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --channel facebook --reason "Wrong price"',
        "omnipub messages cancel --status held --channel linkedin --dry-run",
    ),
)
@spread
def cancel(context: typer.Context, aim: DeliverySelection, *, reason: Reason = "") -> None:
    """Cancel what is not out yet, on all channels or those named; for several, ask once."""
    from omnipub_cli.commands._shared import deliveries
    from omnipub_cli.commands.messages import _bulk, _select

    verb = _select.Verb(action=Action.CANCEL, does="calls off")
    call = call_of(context)
    with call.system() as system:
        what = _select.picked(verb, aim, now=system.world.clock.now())
        changed = _bulk.carry_out(
            call,
            system,
            verb,
            what,
            lambda parent, channels: system.operate.cancel(parent, call.viewer(), channels=channels, reason=reason),
            dry_run=aim.dry_run,
            yes=aim.yes,
        )
    running = [one for one in changed if one.status.value == "publishing"]
    if running:
        named = ", ".join(dict.fromkeys(one.channel for one in running))
        call.output.warn(f"Being published at this moment: {named}. It is called off only if not out.")
        parent = running[0].parent
        call.output.hint(f"See what became of it: {call.typed(f'{deliveries.group_of(parent)} show {parent.id}')}")
