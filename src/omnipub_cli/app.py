"""The command tree: which file answers which command. A file is imported when its command is called."""

from typing import Annotated

import typer

from omnipub import __version__
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.lazy_group import AnyCommand, LazyGroup, command_of, imported
from omnipub_cli.framework.options import examples

ENTRIES = {
    "demo": "See the whole system work, in a directory of its own.",
    "up": "Run omnipub on this machine until Ctrl-C.",
    "doctor": "Say what is wrong and what to type next.",
    "messages": "Compose messages, see what became of them, and step in.",
    "certs": "Announce certifications and see what became of them.",
    "schedule": "See what is due when, and dispatch what is due now.",
    "pause": "Stop everything, a channel, an account or an owner.",
    "resume": "Let what is paused go on.",
    "connections": "Connect accounts on the networks.",
    "notify": "Say who is told when something needs a person.",
    "channels": "See the networks, their limits and your accounts on them.",
    "stream": "See what the stream carries, and replay it.",
    "table": "Fill, look into, check, copy and adopt the table.",
    "deploy": "Bring a stage to AWS, or bring it up to date.",
    "diff": "Show what a deployment would change.",
    "status": "Show how a stage on AWS stands.",
    "outputs": "Show the addresses and names of a stage on AWS.",
    "cost": "Show what a stage costs a month: for a traffic, or with --stage as it is measured.",
    "logs": "See what the functions of a stage on AWS say.",
    "users": "See and say who may sign in to a stage on AWS.",
    "rollback": "Go back to the functions of before.",
    "destroy": "Take a stage on AWS down.",
    "completion": "Print the script that completes commands in a shell.",
}
"""Command → its summary, in the order of the help; `commands/<command>.py`, or a package of verbs, answers it."""


class Root(LazyGroup):
    """The root, with its commands."""

    package = "omnipub_cli.commands"
    entries = ENTRIES


def load(name: str) -> AnyCommand:
    """The command of that name, imported."""
    return imported(Root.package, name)


def command() -> AnyCommand:
    """The whole tree."""
    return command_of(_app)


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
