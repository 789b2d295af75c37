"""`omnipub users create`: let somebody sign in."""

from typing import Annotated

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.commands.users import _users
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub users create ada@example.com --group operators --stage dev",
        "omnipub users create ada@example.com --password-stdin --stage dev < FILE",
    ),
)
def create(
    context: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address they sign in with.")],
    *,
    groups: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="GROUP", help="operators or authors. Repeat it, or use commas."),
    ] = None,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password instead of inviting them by mail.")
    ] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input instead.")
    ] = False,
    region: aws_stage.Region = "",
) -> None:
    """Let somebody sign in to a stage on AWS: invited by mail, or with a password."""
    from omnipub_cli.deployment.users import checked_address
    from omnipub_cli.framework.options import once

    call = call_of(context)
    address = checked_address(email)
    wanted = [_users.checked_group(one) for one in once(groups)]
    if password and password_stdin:
        raise InvalidInputError("--password and --password-stdin were given.", hint="Leave one of them out.")
    _, target = aws_stage.place(context, region=region)
    chosen = _users.password(from_stdin=password_stdin) if password or password_stdin else None
    with _users.people(call, target) as people:
        made = people.create(address, password=chosen)
        for group in wanted:
            made = people.add_to_group(made.id, group)
    _users.show_user(call, made)
    if chosen is None:
        call.output.note(f"An invitation with a first password is on its way to {address}.")
    if not wanted:
        call.output.hint(
            f"They are in no group yet: omnipub users add-to-group {address} authors --stage {target.stage}"
        )
