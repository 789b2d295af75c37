"""`omnipub resume`: let what is paused go on, and say what becomes of what is late."""

from typing import Annotated, Literal

import typer

from omnipub_cli.commands._shared import pauses
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command, epilog=examples("omnipub resume channel:facebook", "omnipub resume everything --late miss --json")
)
def resume(
    context: typer.Context,
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help="As `omnipub pause` lists it.")],
    *,
    late: Annotated[
        Literal["send", "miss"] | None,
        typer.Option("--late", help="What became due meanwhile: send it now, or leave it missed."),
    ] = None,
) -> None:
    """Let what is paused go on, and say what becomes of what is late."""
    pauses.resume(call_of(context), scope, late=late)
