"""Where a user's data, state and caches lie."""

from pathlib import Path

import pytest

from omnipub import user_directories


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("DATA", "STATE", "CACHE"):
        monkeypatch.delenv(f"XDG_{kind}_HOME", raising=False)
    return tmp_path


def test_without_variables_they_lie_below_the_home(home: Path) -> None:
    assert user_directories.data() == home / ".local/share/omnipub"
    assert user_directories.state() == home / ".local/state/omnipub"
    assert user_directories.cache() == home / ".cache/omnipub"


def test_a_variable_moves_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/var/lib/states")
    assert user_directories.state() == Path("/var/lib/states/omnipub")
    assert user_directories.data() == home / ".local/share/omnipub"


@pytest.mark.parametrize("named", ["", "data", "./data"])
def test_what_is_no_absolute_path_is_ignored(home: Path, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", named)
    assert user_directories.data() == home / ".local/share/omnipub"


def test_a_tilde_that_no_shell_expanded_is_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "~/elsewhere")
    assert user_directories.data() == home / "elsewhere/omnipub"
