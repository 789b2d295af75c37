"""`omnipub table`: fill, look into, check, copy and adopt the table; a file for each verb."""

import typer

from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.framework.options import examples

VERBS = {
    "seed": "Fill the table with invented messages, the same for the same seed; none of them can be sent.",
    "unseed": "Remove everything that seed has invented.",
    "inspect": "Show a message, an owner or any other key as it is stored, beside what its index keys should be.",
    "stats": "Count what there is by status, and say how scheduler, gate and shards stand.",
    "verify": "Look at every item and say what is wrong in the table; exit 1 if anything is.",
    "export": "Write every item to a file, a line of JSON each, without secrets.",
    "import": "Bring in an exported file, after all of it was checked; nothing is sent until the table is adopted.",
    "backup": "Copy the table into one file, as it is at this moment, while it is used.",
    "restore": "Put a backup in the table's place and keep the old one; nothing is sent until it is adopted.",
    "adopt": "Let this copy publish, after its original is retired; what the original may have sent is left "
    "to a person.",
}
"""Verb → its summary, in the order of the help; `table/<verb>.py` answers it."""


class Verbs(LazyGroup):
    """The verbs of the table."""

    package = __name__
    entries = VERBS


app = typer.Typer(
    cls=Verbs,
    help="Fill, look into, check, copy and adopt the table.",
    epilog=examples("omnipub table verify"),
    add_completion=False,
)


@app.callback()
def _nothing() -> None:
    """A group does nothing by itself."""
