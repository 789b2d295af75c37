"""Lists on a terminal of 80 columns: each row takes one line, whatever its values are."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len

from omnipub.domain.conversation import Secret
from omnipub.names import LOCAL_OWNER
from omnipub.wiring.assemble import System
from omnipub_cli.__main__ import main

from .test_commands import AHEAD, ANNOUNCE, made
from .test_interventions import Run, missed

WIDTH = 80
LONG = "facebook:events-of-our-oldest-house"
WORDS = "Die Grüße der Geschäftsführung 公告👋 " * 9

Screen = Callable[..., tuple[list[str], str]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(data: Any, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """The lines that a command shows on a terminal, and what it says beside them."""

    def shown(*argv: str, width: int = WIDTH) -> tuple[list[str], str]:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm-256color")
        out, err = Terminal(), io.StringIO()
        with monkeypatch.context() as patched:
            patched.setattr("sys.stdout", out)
            patched.setattr("sys.stderr", err)
            code = main([*argv, "--data", str(data)])
        assert code in {0, 1}, err.getvalue()
        return re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()).splitlines(), err.getvalue()

    return shown


@pytest.fixture
def long_values(run: Run, system: System) -> int:
    """Messages, certifications and accounts with long values; how many messages there are."""
    built = system.accounts.connect(
        owner=LOCAL_OWNER, channel=LONG, account="8" * 40, title="The events of our house " * 4, token=Secret("t")
    )
    system.accounts.hold(built, reason="The network says that the token is no longer valid.")
    every = "bluesky,facebook,linkedin,telegram,webhook"
    missed(run, system)
    made(run, "Hi", "--to", every, *AHEAD, "--variant", f"webhook={WORDS}")
    made(run, WORDS[:150], "--to", f"webhook,telegram,{LONG}", *AHEAD)
    made(run, "Soon", "--to", every)
    assert run(*ANNOUNCE, "--to", every).code == 0
    assert run("pause", "account:facebook/" + "8" * 40, "--reason", WORDS).code == 0
    assert run("schedule", "run-now").code == 0
    return 4


LISTS = [
    ("messages", "list"),
    ("messages", "list", "--status", "scheduled"),
    ("certs", "list"),
    ("certs", "types", "--all"),
    ("connections", "list"),
    ("channels", "list"),
    ("schedule", "list"),
    ("messages", "cancel", "--channel", "facebook", "--dry-run"),
    ("messages", "reconcile", "--status", "publishing", "--dry-run"),
    ("schedule", "run-now", "--dry-run"),
    ("stream", "tail"),
    ("stream", "stats"),
    ("table", "stats"),
    ("pause",),
]


@pytest.mark.usefixtures("long_values")
@pytest.mark.parametrize("words", LISTS, ids=" ".join)
@pytest.mark.parametrize("width", [WIDTH, 60])
def test_no_line_of_a_list_is_longer_than_the_terminal_is_wide(
    words: tuple[str, ...], width: int, screen: Screen
) -> None:
    lines, _ = screen(*words, width=width)
    assert lines or words[1] == "reconcile"
    assert [line for line in lines if cell_len(line) > width] == []


def test_each_message_takes_one_line_below_the_heading(long_values: int, screen: Screen) -> None:
    lines, beside = screen("messages", "list")
    assert len(lines) == long_values + 1
    assert re.split(r"\s{2,}", lines[0])[:2] == ["ID", "STATUS"]
    assert all(re.match(r"[0-7][0-9A-Z]{25}  \w+", line) for line in lines[1:])
    assert "--wide" in beside or "CHANNELS" in lines[0]


@pytest.mark.usefixtures("long_values")
def test_wide_shows_the_whole_name_of_an_account(screen: Screen) -> None:
    cut, beside = screen("connections", "list")
    assert "--wide shows them" in beside
    assert not any("8" * 40 in line for line in cut)
    whole, beside = screen("connections", "list", "--wide")
    assert any("8" * 40 in line and "no longer valid." in line for line in whole)
    assert "--wide" not in beside
    assert len(whole) == len(cut)


@pytest.mark.usefixtures("long_values")
def test_a_pipe_gets_every_column_whole(run: Run) -> None:
    rows = run("connections", "list").out.splitlines()
    assert {len(row.split("\t")) for row in rows} == {8}
    assert any("8" * 40 in row for row in rows)
    assert rows == run("connections", "list", "--wide").out.splitlines()
