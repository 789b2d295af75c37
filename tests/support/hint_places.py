"""Every place of the code that tells a person what to type: hints, and commands in the command line's own sentences."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import omnipub
from omnipub_cli.app import ENTRIES, load

SOURCES = Path(omnipub.__file__).parents[1]

DEFINITIONS = frozenset(
    {
        "omnipub/hints.py",
        "omnipub/handlers/api/hint_sentences.py",
        "omnipub_cli/framework/hint_commands.py",
        "omnipub_cli/output/json_schemas.py",
    }
)
"""Where actions and commands are only listed."""

FRAME_OF_HELP = frozenset({"examples", "Option", "Argument"})
"""Calls whose texts are help, which is tested with the commands."""


@dataclass(frozen=True, order=True)
class HintPlace:
    """One command that one function may tell.

    Attributes:
        file: Below `src`.
        function: Its qualified name; "" is the module's top level.
        command: An action's name, or the words after `omnipub` with `{}` for each value.
        line: Where it stands.
    """

    file: str
    function: str
    command: str
    line: int

    @property
    def key(self) -> str:
        """What a scenario names it by."""
        return f"{self.file}:{self.function}:{self.command}"


@cache
def verbs() -> re.Pattern[str]:
    """The beginning of a command's words."""
    known = []
    for name in ENTRIES:
        inner = getattr(load(name), "commands", None)
        known.append(rf"{name} (?:{'|'.join(sorted(inner))})\b" if inner else rf"{name}(?= |$)")
    return re.compile("|".join(known))


def places() -> list[HintPlace]:
    """All of them, sorted."""
    found = {}
    for path in sorted(SOURCES.rglob("*.py")):
        file = str(path.relative_to(SOURCES))
        if file not in DEFINITIONS:
            for place in _places_in(file, ast.parse(path.read_text())):
                found[place.key] = place
    return sorted(found.values())


def _places_in(file: str, tree: ast.Module) -> Iterator[HintPlace]:
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def parents(node: ast.AST) -> Iterator[ast.AST]:
        while node in above:
            node = above[node]
            yield node

    def place(node: ast.expr, command: str) -> HintPlace:
        names = [
            one.name for one in parents(node) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
        return HintPlace(file, ".".join(reversed(names)), command, node.lineno)

    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Action":
            yield place(node, node.attr)
        elif file.startswith("omnipub_cli/") and isinstance(node, ast.JoinedStr | ast.Constant):
            text = _text(node)
            over = list(parents(node))
            part = isinstance(node, ast.Constant) and isinstance(over[0], ast.Expr | ast.JoinedStr | ast.FormattedValue)
            if not part and not any(isinstance(one, ast.Call) and _name(one) in FRAME_OF_HELP for one in over):
                bare = _is_command_alone(node, over[0])
                for command in commands_in(text, bare=bare):
                    yield place(node, command)


def commands_in(text: str, *, bare: bool) -> Iterator[str]:
    """The commands of a text, without the name of the program.

    Args:
        text: A sentence, or a command alone, perhaps with a value for its group.
        bare: Whether a single word may be a command.
    """
    if (verbs().match(text) or re.match(r"\{\} (?:show|list)\b", text)) and (bare or " " in text):
        yield text
        return
    for found in re.finditer(r"\bomnipub (?P<words>[^`\n]+)", text):
        if verbs().match(found["words"]):
            yield found["words"]


def _is_command_alone(node: ast.expr, parent: ast.AST) -> bool:
    """Whether a text that is one word can be a command: a table's value, what is returned, or told to be typed."""
    match parent:
        case ast.Dict():
            return node in parent.values
        case ast.keyword():
            return parent.arg in {"next", "elsewhere"}
        case ast.Call():
            return _name(parent) == "typed"
        case _:
            return isinstance(parent, ast.Return | ast.IfExp)


def _text(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
