"""`omnipub messages list`: messages, newest first, with their state."""

import typer

from omnipub_cli.listing import add_list

app = typer.Typer(add_completion=False)

add_list(app, "messages", "List messages, newest first, with their state.")
