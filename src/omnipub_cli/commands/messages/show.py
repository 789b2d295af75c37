"""`omnipub messages show`: what a message says, and what became of it on every channel."""

import typer

from omnipub_cli.commands._shared.show import add_show

app = typer.Typer(add_completion=False)

add_show(app, "messages", "Show a message and, for every channel, what happened and what follows.")
