"""What the commands about users have in common: the pool of a stage, groups and passwords, and showing one user."""

from __future__ import annotations

import getpass
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from omnipub.errors import InvalidInputError
from omnipub.names import AUTHORS_GROUP, OPERATORS_GROUP
from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.output.standard_streams import read_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omnipub_cli.deployment.target import Target
    from omnipub_cli.deployment.users import User, UserPool
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.deployment_documents import UserWithGroupsJson

GROUPS = (OPERATORS_GROUP, AUTHORS_GROUP)
POOL_OUTPUT = "UserPoolIs"


@contextmanager
def people(call: Call, target: Target) -> Iterator[UserPool]:
    """The users of a stage."""
    with aws_stage.opened(call) as account:
        pool = aws_stage.output_of(account, target, "Auth", POOL_OUTPUT)
        yield account.people(pool, stage=target.stage, region=target.region)


def checked_group(name: str) -> str:
    """A group that there is.

    Raises:
        InvalidInputError: There is no such group.
    """
    if name not in GROUPS:
        raise InvalidInputError(f"There is no group '{name}'.", hint=f"There are: {', '.join(GROUPS)}.")
    return name


def password(*, from_stdin: bool) -> str:
    """A password, from standard input or asked for twice: never an argument, which other users can see.

    Raises:
        InvalidInputError: Nobody can be asked, nothing was given, or two different ones.
    """
    if from_stdin:
        found = read_line().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise InvalidInputError(
            "There is no terminal to ask for the password.", hint="Pipe it in: … --password-stdin < FILE"
        )
    else:
        found = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != found:
            raise InvalidInputError("The two passwords differ; no user was made.", hint="Type the command again.")
    if not found:
        raise InvalidInputError("The password is empty; no user was made.", hint="Give one, or leave --password out.")
    return found


def show_user(call: Call, one: User) -> None:
    """Show a user."""
    from omnipub_cli.commands._shared.deployment_views import person_json
    from omnipub_cli.output.views import RecordView, StatusCell

    record = RecordView(
        fields=(
            ("email", one.email),
            ("id", one.id),
            ("status", StatusCell(one.status.lower())),
            ("enabled", "yes" if one.enabled else "no"),
            ("groups", list(one.groups)),
            ("created", one.created_at),
            ("changed", one.changed_at),
        )
    )
    document: UserWithGroupsJson = {**person_json(one), "groups": list(one.groups)}
    call.output.data(record, json=document, ids=[one.id])
