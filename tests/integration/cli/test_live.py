"""Connecting accounts of a live data directory, and never going live by accident."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnipub.config import Mode
from omnipub.onebox.data_directory import open_data

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def live(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_data(data, mode=Mode.LIVE)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"secret-token\n")))


def test_an_account_is_connected_with_the_token_from_standard_input(run: Run, data: Path) -> None:
    ran = run(
        "connections",
        "connect",
        "facebook",
        "--account",
        "1",
        "--title",
        "Page",
        "--unchecked",
        "--token-stdin",
        "--json",
    )
    assert ran.code == 0
    assert {"channel": "facebook", "account": "1", "title": "Page", "mode": "live"}.items() <= ran.json.items()
    assert "secret-token" not in ran.out + ran.err
    assert not any(b"secret-token" in path.read_bytes() for path in data.rglob("*") if path.is_file())


def test_the_token_is_never_an_argument(run: Run) -> None:
    ran = run("connections", "connect", "facebook", "--account", "1", "--token", "secret-token")
    assert ran.code == 2


def test_without_a_terminal_or_standard_input_nothing_is_connected(run: Run) -> None:
    ran = run("connections", "connect", "facebook", "--account", "1")
    assert ran.code == 2
    assert "--token-stdin" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("webhook", "--account", "a"), "needs the address"),
        (("webhook", "--account", "a", "--url", "http://example.com"), "must be https"),
        (("facebook", "--account", "1", "--url", "https://example.com"), "has an address of its own"),
        (("myspace", "--account", "a"), "Known networks: "),
        (("facebook", "--account", " "), "--account was given and is empty."),
    ],
)
def test_what_cannot_be_connected_is_refused_in_words(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = run("connections", "connect", *arguments, "--token-stdin")
    assert ran.code == 2
    assert said in ran.err


def test_a_second_account_under_one_name_is_a_conflict(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for account, code in (("1", 0), ("2", 4)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"t\n")))
        ran = run("connections", "connect", "facebook", "--account", account, "--unchecked", "--token-stdin")
        assert ran.code == code
    assert "facebook:second" in ran.err


def test_up_never_goes_live_by_accident(run: Run) -> None:
    ran = run("up", "--port", "0")
    assert ran.code == 6
    assert "omnipub up --live" in ran.err


def test_a_missing_account_is_not_answered_with_the_sandbox(run: Run) -> None:
    ran = run("messages", "create", "Hello", "--to", "facebook")
    assert ran.code == 3
    assert "omnipub connections connect facebook" in ran.err
