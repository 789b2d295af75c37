"""`omnipub connections`: accounts on the networks, from connecting to disconnecting; a file for each verb."""

import typer

from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.framework.options import examples

VERBS = {
    "list": "List connected accounts, whether they can be used, and what is held for them.",
    "show": "Show everything about a connected account but its token.",
    "connect": "Connect an account, or renew the token of a connected one and let what was held go on.",
    "test": "Ask the networks whether the tokens of connected accounts work; nothing is published or changed.",
    "refresh": "Renew an account's token where its network allows that, and let what was held go on if it works.",
    "disconnect": "Forget an account and its token; what is scheduled for it is held.",
}
"""Verb → its summary, in the order of the help; `connections/<verb>.py` answers it."""


class Verbs(LazyGroup):
    """The verbs of connections."""

    package = __name__
    entries = VERBS


app = typer.Typer(
    cls=Verbs,
    help="Connect accounts on the networks.",
    epilog=examples("omnipub connections list"),
    add_completion=False,
)


@app.callback()
def _nothing() -> None:
    """A group does nothing by itself."""
