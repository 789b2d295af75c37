"""`omnipub messages list`: messages, newest first, with their state."""

import typer

from omnipub_cli.commands._shared.list import add_list

app = typer.Typer(add_completion=False)

add_list(app, "messages", "List messages, newest first, with their state.")
