"""`omnipub users show`: a user and their groups."""

from typing import Annotated

import typer

from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.commands.users import _users
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub users show ada@example.com --stage dev"))
def show(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="Their address, or their id.")],
    *,
    region: aws_stage.Region = "",
) -> None:
    """Show a user of a stage on AWS and the groups they are in."""
    call = call_of(context)
    _, target = aws_stage.place(context, region=region)
    with _users.people(call, target) as people:
        found = people.show(user)
    _users.show_user(call, found)
