"""Every command of the tree, loaded."""

from collections.abc import Iterator

from typer.core import TyperGroup

from omnipub_cli.app import ENTRIES, load
from omnipub_cli.framework.lazy_group import LazyGroup


def walk() -> Iterator[tuple[str, object]]:
    for name in ENTRIES:
        found = load(name)
        if isinstance(found, TyperGroup):
            inside = found.loaded() if isinstance(found, LazyGroup) else found.commands
            yield from ((f"{name} {inner}", command) for inner, command in inside.items())
        else:
            yield name, found


COMMANDS = dict(walk())
GROUPS = [name for name in ENTRIES if isinstance(load(name), TyperGroup)]
LAZY = {name: found for name in ENTRIES if isinstance(found := load(name), LazyGroup)}
