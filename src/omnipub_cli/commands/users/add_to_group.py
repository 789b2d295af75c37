"""`omnipub users add-to-group`: make a user an operator or an author."""

from typing import Annotated

import typer

from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.commands.users import _users
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples

app = typer.Typer(add_completion=False)


@app.command(
    "add-to-group", cls=Command, epilog=examples("omnipub users add-to-group ada@example.com operators --stage dev")
)
def add_to_group(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="Their address, or their id.")],
    group: Annotated[str, typer.Argument(metavar="GROUP", help="operators or authors.")],
    *,
    region: aws_stage.Region = "",
) -> None:
    """Make a user an operator or an author."""
    call = call_of(context)
    wanted = _users.checked_group(group)
    _, target = aws_stage.place(context, region=region)
    with _users.people(call, target) as people:
        found = people.add_to_group(user, wanted)
    _users.show_user(call, found)
    call.output.note("It counts from their next sign-in on.")
