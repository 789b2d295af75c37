"""Hints as the tests compare them: the command that the command line would print for an owner."""

from dataclasses import replace

from omnipub.hints import Hint
from omnipub_cli.framework.hint_commands import command


def typed(step: Hint | str, owner: str = "") -> str:
    """The command of a hint without the name of the program, as `owner` would type it; a plain text as it is."""
    if isinstance(step, str):
        return step
    return command(replace(step, owner="" if step.owner == owner else step.owner))
