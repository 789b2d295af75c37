"""The command tree: which file answers which command. A file is imported when its command is called."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub import __version__
from omnipub_cli.context import call_of
from omnipub_cli.lazily import Lazy, imported
from omnipub_cli.options import examples

if TYPE_CHECKING:
    from typer._click import Command

ENTRIES = {
    "demo": "See the whole system work, in a directory of its own, in ten seconds.",
    "up": "Run omnipub on this machine until Ctrl-C.",
    "messages": "Compose messages, see what became of them, and step in.",
    "certs": "Announce certifications and see what became of them.",
    "schedule": "See what is due when, and dispatch what is due now.",
    "stream": "See what the stream carries, and replay it.",
    "pause": "Stop everything, a channel, an account or an owner, or list what is stopped.",
    "resume": "Let what is paused go on, and say what becomes of what is late.",
    "channels": "See the networks, their limits and your accounts on them.",
    "connections": "Connect accounts on the networks.",
    "doctor": "Look at everything that can be wrong and say what to type next; exit 1 if something is.",
    "table": "Fill, look into, check, copy and adopt the table.",
    "completion": "Print the script that makes a shell complete commands and options.",
}
"""Command → its summary, in the order of the help; `commands/<command>.py`, or a package of verbs, answers it."""


class Root(Lazy):
    """The root, with its commands."""

    package = "omnipub_cli.commands"
    entries = ENTRIES


def load(name: str) -> "Command":
    """The command of that name, imported."""
    return imported(Root.package, name)


def command() -> "Command":
    """The whole tree."""
    return typer.main.get_command(_app)


_app = typer.Typer(
    cls=Root,
    help="Compose once, publish everywhere: exactly once, on time, with every outcome explained.",
    epilog=examples(
        "omnipub demo",
        "omnipub up",
        'omnipub messages create "Our new office is open" --to facebook,linkedin',
    ),
)


def _print_version(context: typer.Context, asked: bool) -> None:  # noqa: FBT001  typer calls it so
    if asked:
        call_of(context).output.line(f"omnipub {__version__}")
        raise typer.Exit


@_app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """The root does nothing by itself."""
