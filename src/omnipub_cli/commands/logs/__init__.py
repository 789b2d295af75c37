"""`omnipub logs`: what the functions of a stage on AWS say; a file for each verb."""

import typer

from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.framework.options import examples

VERBS = {"tail": "Show what the functions of a stage on AWS said last, and with --follow what they say."}
"""Verb → its summary; `logs/<verb>.py` answers it."""


class Verbs(LazyGroup):
    """The verbs of the logs."""

    package = __name__
    entries = VERBS


app = typer.Typer(
    cls=Verbs,
    help="See what the functions of a stage on AWS say.",
    epilog=examples("omnipub logs tail worker --stage dev"),
    add_completion=False,
)


@app.callback()
def _nothing() -> None:
    """A group does nothing by itself."""
