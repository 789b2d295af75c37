"""`omnipub notify`: who is told when something needs a person; a file for each verb."""

import typer

from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.framework.options import examples

VERBS = {
    "set": "Say who is told when something needs a person: by mail, a webhook or Slack.",
    "test": "Send a notice of nothing, to see whether it arrives.",
    "list": "List who is told, and whether they take their notices.",
    "remove": "Tell somebody no more.",
}
"""Verb → its summary, in the order of the help; `notify/<verb>.py` answers it."""


class Verbs(LazyGroup):
    """The verbs of notify."""

    package = __name__
    entries = VERBS


app = typer.Typer(
    cls=Verbs,
    help="Say who is told when something needs a person.",
    epilog=examples("omnipub notify list"),
    add_completion=False,
)


@app.callback()
def _nothing() -> None:
    """A group does nothing by itself."""
