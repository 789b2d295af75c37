"""A large file is read through before it is checked, by another process and as a whole; a small one is not."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.local.sqlite import prefetch
from omnipub.adapters.local.sqlite.database import check
from omnipub.adapters.local.sqlite.prefetch import PORTION, read_ahead, read_through
from omnipub.errors import UnavailableError

WRITES = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute('BEGIN IMMEDIATE')"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The processes that are started, each with its exit code."""
    commands: list[list[str]] = []
    run: Any = subprocess.run

    def running(command: list[str], **named: Any) -> Any:
        done = run(command, **named)
        commands.append([*command, str(done.returncode)])
        return done

    monkeypatch.setattr(subprocess, "run", running)
    return commands


@pytest.mark.parametrize("size", [0, 1, PORTION, 2 * PORTION + 3])
def test_every_byte_is_read(tmp_path: Path, size: int) -> None:
    file = tmp_path / "table.db"
    with file.open("wb") as made:
        made.truncate(size)
    assert read_through(file) == size


@pytest.mark.parametrize(("memory", "ahead"), [(4_000, True), (1_999, False)])
def test_what_half_the_memory_holds_is_read_ahead_once_it_is_large(
    tmp_path: Path,
    started: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    memory: int,
    ahead: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    file = tmp_path / "table.db"
    file.write_bytes(bytes(1_000))
    read_ahead(file)
    assert started == []
    monkeypatch.setattr(prefetch, "LARGE", 1_000)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": memory}.__getitem__)
    read_ahead(file)
    assert started == ([[sys.executable, "-m", prefetch.__name__, str(file), "0"]] if ahead else [])


def test_locks_on_the_file_are_kept(tmp_path: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "LARGE", 0)
    file = tmp_path / "table.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("CREATE TABLE items (body)")
        holder.execute("BEGIN IMMEDIATE")
        read_ahead(file)
        other = subprocess.run([sys.executable, "-c", WRITES, file], capture_output=True, text=True, check=False)  # noqa: S603  our own line
        assert "database is locked" in other.stderr
    assert len(started) == 2


def test_a_file_that_cannot_be_read_ahead_is_for_sqlite_to_judge(
    tmp_path: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefetch, "LARGE", 0)
    folder = tmp_path / "table.db"
    folder.mkdir()
    with pytest.raises(UnavailableError, match="does not serve the data file"):
        check(folder)
    assert started[0][-1] == "1"
