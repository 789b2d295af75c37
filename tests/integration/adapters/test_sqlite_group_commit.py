"""Writers that wait at the same moment are committed together, each all or nothing by itself."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from omnipub.adapters.local.sqlite.database import Database
from omnipub.errors import ConflictError, UnavailableError

SCHEMA = "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, low INTEGER CHECK (low < 10))"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "some.db", SCHEMA)


def insert(name: str, low: int = 0) -> Callable[[sqlite3.Connection], None]:
    return lambda connection: connection.execute("INSERT INTO kept VALUES (?, ?)", (name, low)) and None


def names(path: Path) -> list[str]:
    """What another process would see."""
    with sqlite3.connect(path) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM kept ORDER BY name")]


def together(database: Database, *works: Callable[[sqlite3.Connection], None]) -> list[BaseException | None]:
    """Let all of `works` wait behind a writer, so that they end up in one transaction; what each was told."""
    told: list[BaseException | None] = [None] * len(works)

    def run(number: int) -> None:
        try:
            database.write(works[number])
        except Exception as error:  # noqa: BLE001  what it was told is looked at by the test
            told[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    with database._writer:
        for thread in threads:
            thread.start()
        while len(database._jobs._waiting) < len(works):
            threading.Event().wait(0.001)
    for thread in threads:
        thread.join()
    return told


def test_all_of_them_are_durable_when_they_return(database: Database, tmp_path: Path) -> None:
    begun: list[str] = []

    def watched(name: str) -> Callable[[sqlite3.Connection], None]:
        def work(connection: sqlite3.Connection) -> None:
            begun.append(str(connection.execute("SELECT count(*) FROM kept").fetchone()[0]))
            insert(name)(connection)

        return work

    assert together(database, *(watched(str(number)) for number in range(8))) == [None] * 8
    assert begun == [str(number) for number in range(8)], "they saw each other's writes: one transaction"
    assert names(tmp_path / "some.db") == [str(number) for number in range(8)]


@pytest.mark.parametrize("refusal", [ConflictError("Not this one."), TypeError("A mistake of ours.")])
def test_what_one_is_refused_undoes_nothing_of_the_others(
    database: Database, tmp_path: Path, refusal: Exception
) -> None:
    def refused(connection: sqlite3.Connection) -> None:
        insert("half")(connection)
        raise refusal

    assert together(database, insert("a"), refused, insert("b")) == [None, refusal, None]
    assert names(tmp_path / "some.db") == ["a", "b"]


def test_if_the_commit_fails_it_fails_for_all_and_nothing_is_there(database: Database, tmp_path: Path) -> None:
    def refused(_: sqlite3.Connection) -> None:
        raise ConflictError("True only if the others are committed.")

    told = together(database, insert("a"), insert("b", low=99), refused)
    assert [type(error) for error in told] == [UnavailableError] * 3
    assert names(tmp_path / "some.db") == []
    database.write(insert("later"))
    assert names(tmp_path / "some.db") == ["later"]
