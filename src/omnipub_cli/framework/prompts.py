"""Ask the person at the terminal before something that cannot be taken back; without one, an option must say it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.output.standard_streams import read_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub_cli.framework.context import Call

YES = ("y", "yes")


def confirm(call: Call, what: str, *, yes: bool) -> None:
    """Go on only if `what` is wanted.

    Raises:
        InvalidInputError: Nobody can be asked, and --yes was not given.
        typer.Abort: The answer was not yes.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInputError(f"{what} Nothing was done.", hint="There is no terminal to ask; add --yes to do it.")
    if _answer(call, f"{what} Do it? [y/N]") not in YES:
        raise typer.Abort


def choose(call: Call, what: str, *, option: str, choices: Sequence[str]) -> str:
    """One of `choices`, which `option` would have named.

    Raises:
        InvalidInputError: Nobody can be asked.
        typer.Abort: The answer was none of them.
    """
    ways = " or ".join(f"{option} {one}" for one in choices)
    if not sys.stdin.isatty():
        raise InvalidInputError(f"{what} Nothing was done.", hint=f"Say what becomes of it: {ways}.")
    answer = _answer(call, f"{what} Type {' or '.join(choices)}:")
    if answer not in choices:
        raise typer.Abort
    return answer


def ask(call: Call, what: str) -> str:
    """A line that somebody at a terminal types; `can_ask` says whether anybody is there."""
    return _line(call, f"{what}:")


def typed(call: Call, what: str, *, expected: str, option: str = "--yes") -> None:
    """Go on only if a word is typed that nobody types by mistake.

    Raises:
        InvalidInputError: Nobody can be asked, and `option` was not given.
        typer.Abort: Something else was typed.
    """
    if not can_ask():
        raise InvalidInputError(
            f"{what} Nothing was done.", hint=f"There is no terminal to ask; add {option} to do it."
        )
    if _answer(call, f"{what} Type {expected} to do it:") != expected.lower():
        raise typer.Abort


def can_ask() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty()


def _answer(call: Call, question: str) -> str:
    return _line(call, question).lower()


def _line(call: Call, question: str) -> str:
    call.output.flush()
    call.announce()
    call.output.question(question)
    return read_line().strip()
