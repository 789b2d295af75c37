"""The recorded night of `docs/stuck-day.md` types commands that exist, and shows nothing of who recorded it."""

import re
import shlex
from pathlib import Path

import pytest

from omnipub_cli.app import load
from omnipub_cli.framework.lazy_group import LazyGroup

PAGE = (Path(__file__).parents[4] / "docs" / "stuck-day.md").read_text()
TYPED = re.findall(r"^\$ omnipub (.+)$", PAGE, re.MULTILINE)
TOLD = re.findall(r"(?:next|now|there|again|away|out|works|on): omnipub (.+)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("words", sorted({*TYPED, *TOLD}))
def test_every_command_that_is_typed_or_told_is_parsed_as_it_stands(words: str) -> None:
    name, *arguments = shlex.split(words)
    command = load(name)
    if hasattr(command, "commands"):
        group, name = command, arguments.pop(0)
        command = group.load(name) if isinstance(group, LazyGroup) else group.commands[name]
    command.make_context(name, arguments)


def test_the_night_begins_with_trouble_and_ends_well() -> None:
    screens = re.findall(r"```console\n\$ omnipub doctor\n(.+?)```", PAGE, re.DOTALL)
    assert [("All is well." in screen, " bad " in screen) for screen in screens] == [(False, True), (True, False)]
    assert len(TYPED) > len(screens)


def test_no_screen_names_the_machine_or_a_token() -> None:
    assert re.findall(r"/(?:tmp|root|work|Users)\b|/home/(?!ops\b)\w+|Bearer|whsec_|\b\d{9,}:[\w-]{30,}", PAGE) == []
