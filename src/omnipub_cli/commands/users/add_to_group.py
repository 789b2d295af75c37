"""`omnipub users add-to-group`: make a user an operator or an author."""

from typing import Annotated

import typer

from omnipub_cli.deployment import signing_in, workplace
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
    region: workplace.Region = "",
) -> None:
    """Make a user an operator or an author."""
    call = call_of(context)
    wanted = signing_in.checked_group(group)
    _, target = workplace.place(context, region=region)
    with signing_in.people(target) as people:
        found = people.add_to_group(user, wanted)
    signing_in.tell(call, found)
    call.output.note("It counts from their next sign-in on.")
