"""A directory whose items mean something else to this release: refused, or read and taken over."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from omnipub.adapters.local.lock import locked
from omnipub.config import Mode
from omnipub.errors import ConfigurationError, ConflictError
from omnipub.onebox import data_directory
from omnipub.onebox.data_directory import LOCK, TABLE, RunningInstance, note_running, open_data
from omnipub.storage.schema import MEANING
from omnipub.wiring.local import one_machine
from omnipub_cli.framework.hint_commands import worded


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory that was used."""
    one_machine(open_data(tmp_path)).close()
    return tmp_path


@pytest.fixture
def held(directory: Path) -> Iterator[Path]:
    """One on which an `up` runs."""
    with locked(directory / LOCK, patience=0):
        note_running(directory, RunningInstance(pid=7, address="http://127.0.0.1:1", mode=Mode.SANDBOX, since="now"))
        yield directory


def numbers(directory: Path, *, put: int | None = None) -> list[int]:
    with closing(sqlite3.connect(directory / TABLE)) as connection, connection:
        if put is not None:
            connection.execute("UPDATE meaning SET number = ?", (put,))
        return [number for (number,) in connection.execute("SELECT number FROM meaning")]


def test_a_table_says_what_its_items_mean(directory: Path) -> None:
    assert numbers(directory) == [MEANING]


def test_what_a_later_release_wrote_is_refused_and_left_alone(directory: Path) -> None:
    numbers(directory, put=MEANING + 1)
    with pytest.raises(ConfigurationError, match="was written by a later omnipub") as refused:
        one_machine(open_data(directory))
    assert "--data DIR" in refused.value.hint
    assert numbers(directory) == [MEANING + 1]


def test_what_an_earlier_release_wrote_is_taken_over(directory: Path) -> None:
    numbers(directory, put=MEANING - 1)
    one_machine(open_data(directory)).close()
    assert numbers(directory) == [MEANING]


def test_a_table_of_before_there_was_a_number_gets_one(directory: Path) -> None:
    with closing(sqlite3.connect(directory / TABLE)) as connection, connection:
        connection.execute("DROP TABLE meaning")
    one_machine(open_data(directory)).close()
    assert numbers(directory) == [MEANING]


def test_no_command_works_beside_an_up_of_another_meaning(held: Path) -> None:
    assert open_data(held)
    state = json.loads((held / data_directory.STATE).read_text())
    (held / data_directory.STATE).write_text(json.dumps(state | {"meaning": MEANING + 1}))
    with pytest.raises(ConflictError, match="of another release runs on") as refused:
        open_data(held)
    assert worded(refused.value.hints).endswith("omnipub up")


def test_the_note_of_an_up_that_is_gone_hinders_nobody(directory: Path) -> None:
    note_running(directory, RunningInstance(pid=7, address="", mode=Mode.SANDBOX, since="now", meaning=MEANING + 1))
    assert open_data(directory)
