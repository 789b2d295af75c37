"""Refuses values that nobody means: empty ones, half characters, and numbers that are none.

An empty value is a script's variable that was empty. "Not given" is None everywhere behind this file, so nothing
else need ask what an empty text means.
"""

from __future__ import annotations

import math
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from omnipub.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import typer
    from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

    Parameter: TypeAlias = TyperArgument | TyperOption

MAY_BE_EMPTY: Mapping[str, str] = MappingProxyType(
    {"--alt": "An image that only adorns has none, and the next --alt is for the next image."}
)
"""Option → why it may be empty all the same."""

FREE = frozenset({"--alt", "--context", "--image", "--variant"})
"""What is repeatable and takes any text; the parts that commas make of all else must not be empty either."""

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "--at": "Leave it out to publish now.",
        "--channel": "Leave it out to mean every channel.",
        "--cursor": "Leave it out to begin with the first page.",
        "--data": "Leave it out for the usual data directory.",
        "--idempotency-key": "Leave it out, and repeating the command makes another one.",
        "--not-after": "Leave it out for the stage's own bound.",
        "--owner": "Leave it out to mean everybody's, or your own accounts.",
        "--since": "Leave it out to look from the beginning.",
        "--stage": "Leave it out for this machine.",
        "--status": "Leave it out to mean every status.",
        "--until": "Leave it out to look to the end.",
        "messages edit --at": "Leave it out to keep the moment it has.",
        "messages edit --not-after": "Leave it out to keep the bound it has.",
    }
)
"""Option, or command and option → what it means to leave it out, where that is not plain."""

NUMBERS = {"int": "a whole number", "integer": "a whole number", "float": "a number"}
"""Typer's word for a type of numbers → ours."""

_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})


def is_blank(text: str) -> bool:
    """Whether nobody would see anything of a text: it is empty, or has only spaces and what is invisible."""
    return all(unicodedata.category(mark) in _UNSEEN for mark in text)


def refuse_half_characters(arguments: Sequence[str]) -> None:
    """Refuse arguments that are not UTF-8: no network takes them, and nobody could type them again.

    Raises:
        InvalidInputError: The first of them.
    """
    for one in arguments:
        if any("\ud800" <= mark <= "\udfff" for mark in one):
            shown = one.encode(errors="surrogateescape").decode(errors="backslashreplace")
            raise InvalidInputError(
                f"'{shown}' has half a character; it is not UTF-8.", hint="Type it in UTF-8, or convert it with iconv."
            )


def refuse_closed_output(*, closed: bool) -> None:
    """Refuse to begin where standard output is closed, as nobody could be told what was done.

    Raises:
        InvalidInputError: It is.
    """
    if closed:
        raise InvalidInputError(
            "Standard output is closed, so nothing was done.", hint="Send it to a file, or to /dev/null."
        )


def refuse_no_numbers(command: TyperCommand | TyperGroup, context: typer.Context) -> None:
    """Refuse `nan` and `inf`, which no comparison with a bound refuses.

    Raises:
        InvalidInputError: The first of them.
    """
    for one in parameters_of(command, context):
        value = context.params.get(one.name or "")
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidInputError(f"{name_of(one)} is {value}, which is no number.", hint=range_of(one))


def parameters_of(command: TyperCommand | TyperGroup, context: typer.Context) -> list[Parameter]:
    """The arguments and options of a command."""
    from typer.core import TyperArgument, TyperOption

    return [one for one in command.get_params(context) if isinstance(one, TyperArgument | TyperOption)]


def range_of(parameter: Parameter) -> str:
    """What a number may be, as a sentence; empty for what is no number."""
    kind = getattr(parameter, "type", None)
    what = NUMBERS.get(getattr(kind, "name", "").removesuffix(" range"), "")
    least, most = getattr(kind, "min", None), getattr(kind, "max", None)
    if not what or least is None or most is None:
        return ""
    return f"{name_of(parameter)} takes {what} from {least:,} to {most:,}."


def refuse(command: TyperCommand | TyperGroup, context: typer.Context, arguments: Sequence[str]) -> None:
    """Refuse what was given empty, before any of it is read.

    Raises:
        InvalidInputError: The first of them, by the name it was typed with.
    """
    parameters = {one.name: one for one in parameters_of(command, context)}
    given, _, _ = command.make_parser(context).parse_args(args=list(arguments))
    if given.get("help"):
        return
    for name, value in given.items():
        if name in parameters and (problem := _problem_with(context, parameters[name], value)) is not None:
            raise problem


def _problem_with(context: typer.Context, parameter: Parameter, value: Any) -> InvalidInputError | None:
    name = name_of(parameter)
    values = [one for one in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(one, str)]
    if name in MAY_BE_EMPTY:
        return None
    if any(is_blank(one) for one in values):
        return InvalidInputError(f"{name} was given and is empty.", hint=_hint(context, parameter, name))
    repeatable = parameter.nargs != 1 or getattr(parameter, "multiple", False)
    halves = [one for one in values if any(map(is_blank, one.split(",")))]
    if repeatable and name not in FREE and halves:
        return InvalidInputError(
            f"{name} was given as '{halves[0]}': a part of it is empty.", hint="Write a,b without a comma to spare."
        )
    return None


def name_of(parameter: Parameter) -> str:
    """How a parameter is called on the command line: its long option, or what the help calls an argument."""
    if parameter.param_type_name == "option":
        return max(parameter.opts, key=len)
    return (getattr(parameter, "metavar", None) or parameter.name or "").strip("[].").partition("|")[0].upper()


def _hint(context: typer.Context, parameter: Parameter, name: str) -> str:
    if parameter.required:
        return "Give it a value; it cannot be left out."
    command = context.command_path.partition(" ")[2]
    return LEFT_OUT.get(f"{command} {name}") or LEFT_OUT.get(name) or "Give it a value, or leave it out."
