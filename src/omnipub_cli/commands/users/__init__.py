"""`omnipub users`: who may sign in to a stage on AWS; a file for each verb."""

import typer

from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.framework.options import examples

VERBS = {
    "create": "Let somebody sign in to a stage on AWS: invited by mail, or with a password.",
    "list": "List who may sign in to a stage on AWS.",
    "show": "Show a user of a stage on AWS and the groups they are in.",
    "disable": "Let a user sign in no more; what they wrote stays, and goes out when it is due.",
    "add-to-group": "Make a user an operator or an author.",
}
"""Verb → its summary, in the order of the help; `users/<verb>.py` answers it."""


class Verbs(LazyGroup):
    """The verbs of users."""

    package = __name__
    entries = VERBS


app = typer.Typer(
    cls=Verbs,
    help="See and say who may sign in to a stage on AWS.",
    epilog=examples("omnipub users create ada@example.com --group operators --stage dev"),
    add_completion=False,
)


@app.callback()
def _nothing() -> None:
    """A group does nothing by itself."""
