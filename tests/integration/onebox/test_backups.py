"""Backup and restore of a data directory: one moment, whole, the old one kept, and nothing sent afterwards."""

import re
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from omnipub.adapters.local.sqlite.backup import copied
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.config import Mode, Settings
from omnipub.domain.conversation import Secret
from omnipub.domain.message import Content
from omnipub.errors import ConflictError, GateClosedError, InvalidInputError, NotFoundError, UnavailableError
from omnipub.names import LOCAL_OWNER
from omnipub.onebox import backups
from omnipub.onebox.data_directory import alone, open_data
from omnipub.onebox.system import OneMachine
from omnipub.ports.table import Key, Put
from omnipub.services.messages.read import Viewer
from omnipub.storage import access, keys
from omnipub.wiring.local import one_machine


def quiet(_done: int, _of: int) -> None:
    pass


def backup(data: Path, file: Path) -> backups.BackupResult:
    return backups.backup(open_data(data), file, progress=quiet)


def restore(data: Path, file: Path) -> backups.RestoreResult:
    return backups.restore(open_data(data), file, progress=quiet)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory on which the system has run, with one account and one message."""
    path = tmp_path / "data"
    composed(path, "first")
    return path


def composed(path: Path, text: str) -> str:
    system = one_machine(open_data(path))
    try:
        system.gate.enter()
        system.accounts.connect(owner=LOCAL_OWNER, channel="webhook", account="1", token=Secret("t"))
        return system.compose.message(owner=LOCAL_OWNER, content=Content(text=text), channels=["webhook"]).id
    finally:
        system.close()


def texts(path: Path) -> list[str]:
    table = SqliteTable(path / "table.db")
    try:
        return sorted(item["content"]["text"] for item in access.everything(table) if "content" in item)
    finally:
        table.close()


def test_a_restore_brings_back_the_moment_of_the_backup_and_keeps_the_present_one(data: Path, tmp_path: Path) -> None:
    file = backup(data, tmp_path / "monday.db").file
    composed(data, "second")
    done = restore(data, file)
    assert texts(data) == ["first"]
    assert done.kept is not None
    done.kept.rename(data / "kept")
    (data / "table.db").unlink()
    (data / "kept").rename(data / "table.db")
    assert texts(data) == ["first", "second"]


def test_a_backup_is_one_private_file(data: Path, tmp_path: Path) -> None:
    made = backup(data, tmp_path / "monday.db")
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert made.size == made.file.stat().st_size
    assert [path.name for path in tmp_path.iterdir() if path != data] == ["monday.db"]
    with closing(sqlite3.connect(made.file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_restored_table_sends_and_retries_nothing_until_it_is_adopted(data: Path, tmp_path: Path) -> None:
    viewer = Viewer(owner=LOCAL_OWNER, operator=True)
    file = backup(data, tmp_path / "monday.db").file
    restore(data, file)
    system = one_machine(open_data(data))
    try:
        parent = next(
            parent for item in access.everything(system.world.table) if (parent := keys.parent_of(item["PK"]))
        )
        for refused in (
            system.gate.enter,
            system.dispatch.tick,
            lambda: system.run_now.run(dry_run=False),
            lambda: system.operate.retry(parent, viewer, channels=["webhook"]),
        ):
            with pytest.raises(GateClosedError, match="was restored from a backup"):
                refused()
        doubts = system.adoption.adopt().doubts
        assert [one.parent for one in doubts] == [parent]
        system.gate.check()
        system.operate.retry(parent, viewer, channels=["webhook"])
    finally:
        system.close()


def test_up_refuses_a_restored_table(data: Path, tmp_path: Path) -> None:
    restore(data, backup(data, tmp_path / "monday.db").file)
    with pytest.raises(GateClosedError):
        OneMachine(open_data(data), sandbox_url="http://127.0.0.1:9").start()


def test_a_table_that_never_ran_is_closed_by_a_restore_too(tmp_path: Path) -> None:
    one_machine(open_data(tmp_path / "new")).close()
    restore(tmp_path / "new", backup(tmp_path / "new", tmp_path / "b.db").file)
    system = one_machine(open_data(tmp_path / "new"))
    try:
        with pytest.raises(GateClosedError, match="restored"):
            system.gate.enter()
    finally:
        system.close()


def test_a_restore_into_a_new_directory_has_nothing_to_keep(data: Path, tmp_path: Path) -> None:
    file = backup(data, tmp_path / "monday.db").file
    done = restore(tmp_path / "new", file)
    assert done.kept is None
    assert texts(tmp_path / "new") == ["first"]


def test_a_damaged_table_is_put_aside_and_replaced(data: Path, tmp_path: Path) -> None:
    file = backup(data, tmp_path / "monday.db").file
    (data / "table.db").write_text("no database")
    done = restore(data, file)
    assert done.kept is not None
    assert done.kept.read_text() == "no database"
    assert texts(data) == ["first"]


def test_nothing_is_restored_while_up_runs(data: Path, tmp_path: Path) -> None:
    file = backup(data, tmp_path / "monday.db").file
    composed(data, "second")
    with alone(data), pytest.raises(ConflictError, match="already runs"):
        restore(data, file)
    assert texts(data) == ["first", "second"]


def test_nothing_is_left_beside_the_table_by_what_was_refused(data: Path, tmp_path: Path) -> None:
    before = sorted(path.name for path in data.iterdir())
    (tmp_path / "bad.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(InvalidInputError):
        restore(data, tmp_path / "bad.db")
    assert sorted(path.name for path in data.iterdir()) == before


@pytest.mark.parametrize("make", ["backup", "restore"])
def test_a_copy_that_is_broken_off_leaves_everything_as_it_was(data: Path, tmp_path: Path, make: str) -> None:
    file = backup(data, tmp_path / "monday.db").file
    composed(data, "second")
    before = sorted(path.name for path in (*data.iterdir(), *tmp_path.iterdir()))

    def broken_off(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    work, target = (backups.backup, tmp_path / "tuesday.db") if make == "backup" else (backups.restore, file)
    with pytest.raises(KeyboardInterrupt):
        work(open_data(data), target, progress=broken_off)
    assert texts(data) == ["first", "second"]
    after = {path.name for path in (*data.iterdir(), *tmp_path.iterdir())}
    assert after - {"up.lock"} == set(before) - {"up.lock"}


def damaged(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = b"x" * (len(content) - len(content) // 2)
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:9000])


def other_database(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE things (one TEXT)")


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("spoil", [damaged, cut, other_database, empty])
def test_what_is_no_whole_backup_is_refused_and_the_table_stays(data: Path, tmp_path: Path, spoil: object) -> None:
    file = backup(data, tmp_path / "monday.db").file
    assert callable(spoil)
    spoil(file)
    with pytest.raises(InvalidInputError):
        restore(data, file)
    assert texts(data) == ["first"]


def test_a_backup_that_is_not_there_is_not_found(data: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no file"):
        restore(data, tmp_path / "none.db")


def test_a_backup_overwrites_nothing_and_needs_a_directory_and_a_table(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "monday.db")
    with pytest.raises(ConflictError, match="exists already"):
        backup(data, tmp_path / "monday.db")
    with pytest.raises(InvalidInputError, match="no directory"):
        backup(data, tmp_path / "none" / "monday.db")
    with pytest.raises(NotFoundError, match="no table"):
        backup(tmp_path / "new", tmp_path / "tuesday.db")


def test_sandbox_and_live_backups_are_not_mixed(data: Path, tmp_path: Path) -> None:
    file = backup(data, tmp_path / "monday.db").file
    live = Settings(data=str(data), mode=Mode.LIVE)
    with pytest.raises(ConflictError, match="never mixed"):
        backups.restore(live, file, progress=quiet)


def test_a_plain_copy_of_a_tables_file_can_be_restored(data: Path, tmp_path: Path) -> None:
    (tmp_path / "plain.db").write_bytes((data / "table.db").read_bytes())
    restore(data, tmp_path / "plain.db")
    assert texts(data) == ["first"]


@pytest.fixture
def busy(data: Path) -> Iterator[SqliteTable]:
    """A table that somebody writes to all the time, two items in each transaction."""
    table = SqliteTable(data / "table.db")
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            pair = [{"PK": f"PAIR#{number:06d}", "SK": side, "bulk": "x" * 2000} for side in ("a", "b")]
            table.transact([Put(item=item) for item in pair])

    thread = threading.Thread(target=write)
    thread.start()
    yield table
    stop.set()
    thread.join()
    table.close()


def test_a_backup_of_a_busy_table_is_one_moment_of_it(data: Path, tmp_path: Path, busy: SqliteTable) -> None:
    while busy.get(Key("PAIR#000200", "a")) is None:
        pass
    for number in range(5):
        file = tmp_path / f"{number}.db"
        copied(data / "table.db", file, progress=quiet)
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("SELECT SK, count(*) FROM items WHERE PK LIKE 'PAIR#%' GROUP BY SK").fetchall()
        counts = dict(found)
        assert counts["a"] == counts["b"] >= 200


def test_a_backup_ends_however_much_is_written(data: Path, tmp_path: Path, busy: SqliteTable) -> None:
    while busy.get(Key("PAIR#000100", "a")) is None:
        pass
    heard: list[int] = []
    made = backups.backup(open_data(data), tmp_path / "busy.db", progress=lambda done, _of: heard.append(done))
    assert made.size > 100 * 4000
    assert heard == sorted(heard)


def test_a_backup_of_a_damaged_table_says_which_file_is_damaged_and_leaves_none(data: Path, tmp_path: Path) -> None:
    (data / "table.db").write_text("no database")
    with pytest.raises(UnavailableError, match=re.escape(str(data / "table.db"))):
        backup(data, tmp_path / "monday.db")
    assert [path for path in tmp_path.iterdir() if path != data] == []


def test_where_nothing_can_be_written_a_backup_says_so(data: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be written: "):
        backup(data, Path("/proc/monday.db"))
