"""Lazy groups: a command's file is imported when the command is called; help shows stored summaries."""

from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup

from omnipub_cli.framework.options import CommandGroup, in_short

if TYPE_CHECKING:
    from collections.abc import Mapping

AnyCommand: TypeAlias = TyperCommand | TyperGroup


class LazyGroup(CommandGroup):
    """A group that imports a command when it is called.

    Attributes:
        package: Where the commands are: `<package>.<command>` has an `app`; see `file_of`.
        entries: Command → its summary, in the order of the help.
    """

    package: ClassVar[str]
    entries: "ClassVar[Mapping[str, str]]"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name, summary in self.entries.items():
            self.commands[name] = TyperCommand(name, help=summary, short_help=in_short(summary))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Import the command that is called."""
        if args and args[0] in self.entries:
            self.load(args[0])
        return super().resolve_command(ctx, args)

    def load(self, name: str) -> AnyCommand:
        """The command of that name, imported."""
        found = self.commands[name] = imported(self.package, name)
        return found

    def loaded(self) -> "Mapping[str, AnyCommand]":
        """All commands, imported: for documents and tests, which want them whole."""
        return {name: self.load(name) for name in self.entries}


def imported(package: str, name: str) -> AnyCommand:
    """The command of that name in a package."""
    command = command_of(import_module(f"{package}.{file_of(name)}").app)
    command.name = name
    return command


def command_of(app: typer.Typer) -> AnyCommand:
    """The command or group that an app describes."""
    command = typer.main.get_command(app)
    if not isinstance(command, TyperCommand | TyperGroup):
        raise TypeError(f"Typer made a {type(command).__name__} of an app")
    return command


def file_of(name: str) -> str:
    """The file a command stands in: `mark-published` is in `mark_published`, and `import` in `import_`."""
    return name.replace("-", "_") + ("_" if iskeyword(name) else "")
