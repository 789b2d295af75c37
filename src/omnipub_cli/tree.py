"""The command tree: which file answers which command. A file is imported when its command is called."""

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from omnipub import __version__
from omnipub_cli.context import call_of
from omnipub_cli.options import Group, examples

if TYPE_CHECKING:
    from typer._click import Command, Context

ENTRIES = {
    "demo": "See the whole system work, in a directory of its own, in ten seconds.",
    "up": "Run omnipub on this machine until Ctrl-C.",
    "messages": "Compose messages, see what became of them, and step in.",
    "certs": "Announce certifications and see what became of them.",
    "schedule": "See what is due when, and dispatch what is due now.",
    "pause": "Stop everything, a channel, an account or an owner, or list what is stopped.",
    "resume": "Let what is paused go on, and say what becomes of what is late.",
    "channels": "See the networks, their limits and your accounts on them.",
    "connections": "Connect accounts on the networks.",
    "table": "Make a copied or restored table the one that publishes.",
}
"""Command → its summary, in the order of the help; `commands/<command>.py` answers it."""


class Root(Group):
    """The root: stands in for its commands with their summaries until one of them is called."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name, summary in ENTRIES.items():
            self.commands[name] = TyperCommand(name, help=summary)

    def resolve_command(self, ctx: "Context", args: list[str]) -> "tuple[str | None, Command | None, list[str]]":
        """Import the command that is called."""
        if args and args[0] in ENTRIES:
            self.commands[args[0]] = load(args[0])
        return super().resolve_command(ctx, args)


def load(name: str) -> "Command":
    """The command of that name, imported."""
    found = typer.main.get_command(import_module(f"omnipub_cli.commands.{name}").app)
    found.name = name
    return found


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
