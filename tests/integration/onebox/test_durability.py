"""What was answered survives power loss: every connection syncs each commit, and the table comes before the stream."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.local.sqlite.stream import SqliteStream
from omnipub.domain.conversation import Secret
from omnipub.domain.message import Content
from omnipub.errors import OmnipubError
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import FILES, open_data
from omnipub.ports.delay import DueSoon
from omnipub.ports.stream import Pointer
from omnipub.ports.table import Put
from omnipub.wiring.assemble import System
from omnipub.wiring.local import one_machine

HANDS = 6
FULL = 2
WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class Watched(sqlite3.Connection):
    """A connection that notes what it is asked."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.statements: list[str] = []
        self.set_trace_callback(self.statements.append)
        OPENED.append(self)


OPENED: list[Watched] = []


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Watched]]:
    """Every connection that anything of ours opens during the test."""
    plain = sqlite3.connect

    def connect(*arguments: Any, **named: Any) -> sqlite3.Connection:
        return plain(*arguments, **named, factory=Watched)

    OPENED.clear()
    monkeypatch.setattr(sqlite3, "connect", connect)
    yield OPENED
    OPENED.clear()


@pytest.fixture
def system(tmp_path: Path, connections: list[Watched]) -> Iterator[System]:
    assert connections == []
    built = one_machine(open_data(tmp_path / "data"))
    yield built
    built.close()


def pointer(number: int) -> Pointer:
    return Pointer(pk=f"MSG#{number}", sk="CHANNEL#facebook", group=f"facebook/{number}", why="due")


def crowd(work: Callable[[int], object]) -> None:
    """Do `work` from many threads, all of which are at it at the same time."""
    gate = threading.Barrier(HANDS)

    def one(number: int) -> None:
        gate.wait()
        for step in range(20):
            work(number * 100 + step)

    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(one, range(HANDS)))


def test_every_connection_of_every_file_syncs_each_commit(system: System, connections: list[Watched]) -> None:
    table, stream, delay = system.world.table, system.world.stream, system.world.delay
    crowd(lambda number: table.put({"PK": f"MSG#{number}", "SK": "METADATA"}))
    crowd(lambda number: table.transact([Put(item={"PK": f"MSG#{number}", "SK": "METADATA"})]))
    crowd(lambda number: stream.put([pointer(number)]))
    crowd(lambda number: delay.put([DueSoon(pointer=pointer(number), at=datetime.now(UTC))]))
    files = {Path(connection.execute("PRAGMA database_list").fetchone()[2]).name for connection in connections}
    seats = {name for name in files if name.startswith("seat-")}
    assert (files - seats, len(seats)) == (set(FILES), 1)
    assert len(connections) >= len(FILES)
    for connection in connections:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == FULL


def test_every_write_stands_in_a_transaction_that_began_immediate(system: System, connections: list[Watched]) -> None:
    system.accounts.connect(owner=LOCAL_OWNER, channel="facebook", account="1", token=Secret("t"))
    crowd(
        lambda number: system.compose.message(
            owner=LOCAL_OWNER, content=Content(text=f"number {number}"), channels=["facebook"], schedule=None
        )
    )
    written = 0
    for connection in connections:
        inside = False
        for statement in connection.statements:
            word = statement.split(None, 1)[0].upper()
            assert statement == "BEGIN IMMEDIATE" or word != "BEGIN"
            inside = (inside or word == "BEGIN") and word not in {"COMMIT", "ROLLBACK"}
            if word in WRITING:
                assert inside, statement
                written += 1
    assert written > HANDS * 20 * 3


def test_the_pointer_is_put_when_the_message_is_already_on_disk(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[int] = []
    put = SqliteStream.put

    def looking(stream: SqliteStream, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        with_another = sqlite3.connect(tmp_path / "data" / "table.db")
        for one in pointers:
            stored.extend(with_another.execute("SELECT 1 FROM items WHERE PK = ? AND SK = ?", (one.pk, one.sk)))
        with_another.close()
        return put(stream, pointers)

    monkeypatch.setattr(SqliteStream, "put", looking)
    system.accounts.connect(owner=LOCAL_OWNER, channel="facebook", account="1", token=Secret("t"))
    system.compose.message(owner=LOCAL_OWNER, content=Content(text="x"), channels=["facebook"], schedule=None)
    assert stored == [(1,)]


@pytest.mark.parametrize(
    ("spoilt", "content"),
    [("table.db", b"no database at all" * 100), ("delay.db", b"likewise" * 200), ("vault.key", b"?")],
)
def test_what_cannot_be_opened_leaves_nothing_open(
    tmp_path: Path, connections: list[Watched], spoilt: str, content: bytes
) -> None:
    settings = open_data(tmp_path)
    (tmp_path / spoilt).write_bytes(content)
    (tmp_path / spoilt).chmod(0o600)
    with pytest.raises(OmnipubError):
        one_machine(settings)
    assert connections
    for connection in connections:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
