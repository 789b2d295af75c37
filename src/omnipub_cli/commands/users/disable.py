"""`omnipub users disable`: let a user sign in no more."""

from typing import Annotated

import typer

from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.commands.users import _users
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, Yes, examples

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub users disable ada@example.com --stage dev"))
def disable(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="Their address, or their id.")],
    *,
    region: aws_stage.Region = "",
    yes: Yes = False,
) -> None:
    """Let a user sign in no more; what they wrote stays, and goes out when it is due."""
    from omnipub_cli.framework.prompts import confirm

    call = call_of(context)
    _, target = aws_stage.place(context, region=region)
    with _users.people(call, target) as people:
        found = people.show(user)
        confirm(
            call,
            f"{found.email} can sign in to stage {target.stage} no more and is signed out. What is signed in already "
            "works for up to an hour.",
            yes=yes,
        )
        found = people.disable(found.id)
    _users.show_user(call, found)
    call.output.hint(
        f"Stop what they have waiting: omnipub pause owner:{found.id} --reason TEXT --stage {target.stage}"
    )
