"""`omnipub messages retry`: send again what did not go out."""

from typing import TYPE_CHECKING

import typer

from omnipub.errors import ConflictError
from omnipub.hints import Action
from omnipub_cli.commands._shared.held import HoldNotices
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.one_or_all import DeliverySelection
from omnipub_cli.framework.option_groups import spread
from omnipub_cli.framework.options import Command, examples

if TYPE_CHECKING:
    from omnipub.wiring.assemble import System
    from omnipub_cli.commands.messages._select import Picked, Verb
    from omnipub_cli.framework.context import Call

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages retry 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
        "omnipub messages retry 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --channel linkedin --yes",
        "omnipub messages retry --status failed --channel facebook --since 1d",
    ),
)
@spread
def retry(context: typer.Context, aim: DeliverySelection) -> None:
    """Send again what failed or was missed; what is unconfirmed only where it is named, as it may double."""
    from omnipub_cli.commands.messages import _bulk, _select

    verb = _select.Verb(
        action=Action.RETRY,
        does="sends again",
        warning="Some of it may be out already; sending that again may publish it twice.",
    )
    call = call_of(context)
    with call.system() as system:
        what = _select.picked(verb, aim, now=system.world.clock.now())
        left = _doubts(call, system, verb, what, yes=aim.yes) if what.one and not aim.dry_run else []
        changed = _bulk.carry_out(
            call,
            system,
            verb,
            what,
            lambda parent, channels: system.operate.retry(
                parent, call.viewer(), channels=channels, doubling=what.names_status
            ),
            dry_run=aim.dry_run,
            yes=aim.yes,
        )
        holds = HoldNotices(call=call, system=system)
        holds.look(changed, system.world.clock.now())
    if left:
        call.output.note(f"Not sent again, because it may be out: {', '.join(left)}.")
    if changed:
        call.warn_if_nothing_runs()
    if holds.channels:
        raise typer.Exit(ExitCode.PAUSED)


def _doubts(call: "Call", system: "System", verb: "Verb", what: "Picked", *, yes: bool) -> list[str]:
    """Ask about the channels of a single id that may be out already; those that are left alone.

    Raises:
        ConflictError: There is nothing else to send, and they are not named.
    """
    from omnipub_cli.commands._shared.lookup import named
    from omnipub_cli.framework.prompts import confirm

    shown = named(call, system, what.ids[0])
    unsure = [one.channel for one in shown.deliveries if one.status in verb.if_named]
    doubling = [one for one in unsure if one in what.channels]
    if doubling:
        question = f"It may be out on {', '.join(doubling)} already; sending it again may publish it twice."
        confirm(call, question, yes=yes)
    elif unsure and not what.channels and not any(one.status in verb.meant for one in shown.deliveries):
        again = f"messages retry {shown.parent.id} --channel {','.join(unsure)}"
        raise ConflictError(
            f"It may be out on {', '.join(unsure)}; sending it again may publish it twice.",
            hint=f"Look at the account first; then name the channel: {call.typed(again)}",
        )
    return [one for one in unsure if one not in what.channels]
