"""`omnipub stream`: see what the stream carries and replay it; a file for each verb."""

import typer

from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.framework.options import examples

VERBS = {
    "stats": "Show what the stream holds, how far the worker is behind, and how many records are parked.",
    "tail": "Show the newest records, and with --follow those that arrive.",
    "replay": "Give records of the stream, or parked ones, to the worker again; what is out is not sent again.",
}
"""Verb → its summary, in the order of the help; `stream/<verb>.py` answers it."""


class Verbs(LazyGroup):
    """The verbs of the stream."""

    package = __name__
    entries = VERBS


app = typer.Typer(
    cls=Verbs,
    help="See what the stream carries, and replay it.",
    epilog=examples("omnipub stream stats"),
    add_completion=False,
)


@app.callback()
def _nothing() -> None:
    """A group does nothing by itself."""
