"""`omnipub pause`: stop everything, a channel, an account or an owner, or list what is stopped."""

from typing import Annotated

import typer

from omnipub_cli.commands._shared import pauses
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub pause",
        'omnipub pause everything --reason "Wrong prices in all texts"',
        'omnipub pause channel:facebook --reason "Facebook is down"',
        'omnipub pause account:linkedin/urn:li:organization:1001 --reason "The page moves"',
    ),
)
def pause(
    context: typer.Context,
    scope: Annotated[
        str,
        typer.Argument(
            metavar="[SCOPE]", help="everything, channel:NETWORK, account:NETWORK/ACCOUNT or owner:USER; none lists."
        ),
    ] = "",
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is shown wherever something waits for it.")] = "",
) -> None:
    """Stop everything, a channel, an account or an owner, or list what is stopped."""
    pauses.pause(call_of(context), scope, reason=reason)
