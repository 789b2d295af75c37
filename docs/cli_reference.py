"""The command line's reference as Markdown, from the very commands: nothing in it is written twice."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from typer.core import TyperArgument, TyperGroup, TyperOption

from omnipub_cli.app import ENTRIES, load
from omnipub_cli.framework.exit_codes import MEANINGS
from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.framework.options import SHARED, everywhere
from omnipub_cli.output.json_schemas import DOCUMENTS, json_schema

Command = Any
"""Typer's vendored command class has no public name."""


def leaves() -> Iterator[tuple[str, Command]]:
    """Every command that does something, with its words."""
    for name in ENTRIES:
        yield from _leaves(name, load(name))


def groups() -> dict[str, Command]:
    """Every group of commands, by name."""
    return {name: found for name in ENTRIES if isinstance(found := load(name), TyperGroup)}


def commands() -> str:
    """A section for each command."""
    known = groups()
    parts = []
    opened = ""
    for name, command in leaves():
        group = name.split(" ")[0]
        if group in known and group != opened:
            parts.append(f"## `omnipub {group}`\n\n{known[group].help}")
        opened = group
        parts.append(section(name, command, depth=3 if group in known else 2))
    return "\n\n".join(parts)


def section(name: str, command: Command, *, depth: int) -> str:
    """One command: what it does, how it is typed, its arguments and options, examples, and its JSON."""
    own = [one for one in command.params if not getattr(one, "hidden", False) and not _is_shared(one)]
    arguments = [one for one in own if isinstance(one, TyperArgument)]
    options = [one for one in own if isinstance(one, TyperOption)]
    typed = " ".join([f"omnipub {name}", *(["[OPTIONS]"] if options else []), *(_metavar(one) for one in arguments)])
    parts = [f"{'#' * depth} `omnipub {name}`", command.help, f"```console\n{typed}\n```"]
    if own:
        rows = [f"| `{_spelled(one)}` | {_meaning(one)} |" for one in (*arguments, *options)]
        parts.append("\n".join(["| argument or option | meaning |", "|---|---|", *rows]))
    parts.append("```console\n" + "\n".join(examples_of(command)) + "\n```")
    if name in DOCUMENTS:
        fields = ", ".join(f"`{field}`" for field in _fields(json_schema(name)))
        parts.append(f"With `--json`: {fields}.")
    return "\n\n".join(parts)


def shared_options() -> str:
    """What every command takes."""
    rows = [f"| `{_spelled(one)}` | {_meaning(one)} |" for one in everywhere()]
    return "\n".join(["| option | meaning |", "|---|---|", *rows])


def exit_codes() -> str:
    """What a script may rely on."""
    rows = [f"| {int(code)} | {code.name.lower().replace('_', ' ')} | {words} |" for code, words in MEANINGS.items()]
    return "\n".join(["| code | name | meaning |", "|---|---|---|", *rows])


def examples_of(command: Command) -> list[str]:
    """The examples of a command's help, as they are typed."""
    return (command.epilog or "").replace(r"\[", "[").splitlines()[1:]


def _leaves(name: str, command: Command) -> Iterator[tuple[str, Command]]:
    if not isinstance(command, TyperGroup):
        yield name, command
        return
    inside: Mapping[str, Command] = command.loaded() if isinstance(command, LazyGroup) else command.commands
    for inner, found in inside.items():
        yield from _leaves(f"{name} {inner}", found)


def _is_shared(parameter: Command) -> bool:
    return getattr(parameter, "rich_help_panel", None) == SHARED or parameter.name == "help"


def _spelled(parameter: Command) -> str:
    if isinstance(parameter, TyperArgument):
        return _cell(_metavar(parameter))
    names = ", ".join(sorted((*parameter.opts, *parameter.secondary_opts), key=len))
    return _cell(names if parameter.is_flag else f"{names} {_metavar(parameter)}")


def _metavar(parameter: Command) -> str:
    if parameter.metavar:
        found = str(parameter.metavar)
        return found if not isinstance(parameter, TyperArgument) or parameter.required else _optional(found)
    choices = getattr(parameter.type, "choices", None)
    return f"<{'|'.join(map(str, choices))}>" if choices else str(parameter.name).upper()


def _optional(metavar: str) -> str:
    return metavar if metavar.startswith("[") else f"[{metavar}]"


def _meaning(parameter: Command) -> str:
    words = [parameter.help or ""]
    if isinstance(parameter, TyperOption):
        default = parameter.default
        if parameter.required:
            words.append("Required.")
        elif not parameter.is_flag and default not in (None, "", (), []) and "(default:" not in words[0]:
            words.append(f"Default: {default}.")
        if parameter.envvar:
            words.append(f"Variable: `{parameter.envvar}`.")
    return _cell(" ".join(word for word in words if word))


def _cell(text: str) -> str:
    """Text that may stand in a cell of a table."""
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))


def _fields(schema: Mapping[str, Any]) -> list[str]:
    """The names of a document's outermost fields; of a choice, all of them."""
    if "properties" in schema:
        return list(schema["properties"])
    return list(dict.fromkeys(name for one in schema.get("anyOf", ()) for name in _fields(one)))
