"""`omnipub messages watch`: follow a message until every channel has an end."""

from typing import Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import SECONDS_AT_MOST, Command, Id, examples

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages watch 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
        "omnipub messages watch 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --timeout 60 --json",
    ),
)
def watch(
    context: typer.Context,
    id_: Id,
    *,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0,
            max=SECONDS_AT_MOST,
            help="How long after the last due moment (default: without end).",
        ),
    ] = None,
) -> None:
    """Follow a message or certification until every channel has an end; exit 1 if one is not published."""
    from omnipub_cli.commands._shared.held import HoldNotices
    from omnipub_cli.commands._shared.lookup import named
    from omnipub_cli.commands._shared.watch import show_message, watched

    call = call_of(context)
    with call.system() as system:
        parent = named(call, system, id_).parent
        call.warn_if_nothing_runs()
        show_message(call, watched(call, system, parent, timeout=timeout, holds=HoldNotices(call=call, system=system)))
