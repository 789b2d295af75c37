"""A disk that is full, read-only or damaged: said clearly, and nothing is lost, doubled or made worse."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from crash import evidence
from crash.judge import Told, judge
from crash.machine import Machine
from crash.plan import NETWORKS
from crash.trial import RESTLESS, SETTINGS
from omnipub.adapters.local.sqlite.database import Database
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.errors import ConfigurationError, UnavailableError
from omnipub.onebox.data_directory import FILES, api_token, open_data
from omnipub.onebox.sandbox_process import SandboxProcess, control
from omnipub.onebox.system import OneMachine
from omnipub.ports.stream import Pointer
from omnipub.ports.table import Key
from omnipub_cli.framework.hint_commands import worded

NOBODY = 65534
SOON = 60.0
SEED = 1
ROOM = 8192
"""Bytes that a file may have while the disk is full."""


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


# A full disk.


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pages each file may have, for every connection opened from now on."""
    pages = [1_000_000]
    connect = Database._connect

    def bounded(database: Database) -> object:
        connection = connect(database)
        connection.execute(f"PRAGMA max_page_count = {pages[0]}")
        return connection

    monkeypatch.setattr(Database, "_connect", bounded)
    return pages


def test_a_full_disk_refuses_whole_writes_and_goes_on_when_there_is_room(tmp_path: Path, room: list[int]) -> None:
    def key(number: int) -> Key:
        return Key(f"MSG#{number:04}", "METADATA")

    def fill(table: SqliteTable, taken: list[int]) -> None:
        for number in range(1000):
            table.put({"PK": key(number).pk, "SK": key(number).sk, "text": "x" * 900})
            taken.append(number)

    room[0] = 40
    table = SqliteTable(tmp_path / "table.db")
    taken: list[int] = []
    with pytest.raises(UnavailableError, match="could not be written: database or disk is full") as refused:
        fill(table, taken)
    assert str(tmp_path / "table.db") in refused.value.message
    assert "Make room" in refused.value.hint
    assert len(taken) > 20
    assert [number for number in range(1000) if table.get(key(number))] == taken
    table.close()

    room[0] = 1_000_000
    table = SqliteTable(tmp_path / "table.db")
    table.put({"PK": key(len(taken)).pk, "SK": key(len(taken)).sk, "text": "x" * 900})
    assert [number for number in range(1000) if table.get(key(number))] == [*taken, len(taken)]
    table.close()


@dataclass
class Full:
    """A running `up` whose disk can be filled and emptied, beside a sandbox with room enough."""

    machine: Machine
    sandbox: SandboxProcess
    data: Path

    def fill(self) -> None:
        """From now on none of the logs can grow, as on a full disk; what the process says still has room."""
        assert all((self.data / f"{name}-wal").stat().st_size > ROOM for name in FILES)
        resource.prlimit(self.machine.process.pid, resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))

    def make_room(self) -> None:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(self.machine.process.pid, resource.RLIMIT_FSIZE, unlimited)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Full]:
    sandbox = SandboxProcess(tmp_path / "sandbox")
    sandbox.start()
    machine = Machine(tmp_path / "data", SETTINGS | {"sandbox_url": sandbox.url})
    machine.start()
    machine.wait_until_it_runs()
    yield Full(machine, sandbox, tmp_path / "data")
    machine.kill()
    machine.bury()
    sandbox.stop()


def test_up_lives_through_a_full_disk_and_loses_and_doubles_nothing(full: Full) -> None:
    """Some posts are on their way when the disk fills, so that what the networks answer cannot be written down."""
    texts = [f"Trial {SEED} message {number}." for number in range(4)]

    def told() -> Sequence[Told]:
        return evidence.told(full.data, {text: number for number, text in enumerate(texts)})

    def compose(number: int) -> None:
        body = {"text": texts[number], "channels": list(NETWORKS)}
        full.machine.ask("POST", "/messages", body, key=str(number))

    for network in NETWORKS:
        control(full.sandbox.url, "faults", {"network": network, "kind": "slow", "seconds": 0.8, "times": 2})
    compose(0)
    compose(1)
    until(lambda: evidence.states(told())["publishing"] >= len(NETWORKS) - 1)
    full.fill()
    for number in (2, 3):
        with pytest.raises(urllib.error.HTTPError) as refused:
            compose(number)
        assert refused.value.code == 503
        problem = refused.value.read().decode()
        assert "could not be written" in problem
        assert "Make room" in problem
    until(lambda: "could not be written" in full.machine.errors.read_text())
    full.make_room()
    compose(2)
    compose(3)
    until(lambda: not RESTLESS & set(evidence.states(told())))
    verdict = judge(SEED, dict.fromkeys(range(4), NETWORKS), told(), evidence.seen(full.sandbox.url))
    assert verdict.broken == []
    said = full.machine.errors.read_text()
    assert "Traceback" not in said
    assert "Make room" in said


# A read-only file or directory.


@pytest.fixture
def shared() -> Iterator[Path]:
    """A data directory that has been used, in a place which somebody without rights can reach."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        data = Path(name) / "data"
        with OneMachine(open_data(data, state=data.with_name("state"))):
            pass
        if os.geteuid() == 0:
            for one in Path(name).rglob("*"):
                os.chown(one, NOBODY, NOBODY)
        yield data
        data.chmod(0o700)


@contextmanager
def without_rights() -> Iterator[None]:
    """Be somebody who may not write everywhere, as root may."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_file_is_named_with_what_to_do(shared: Path) -> None:
    (shared / "table.db").chmod(0o444)
    with without_rights(), pytest.raises(UnavailableError, match="is read-only here") as refused:
        OneMachine(open_data(shared, state=shared.with_name("state")), sandbox_url="http://127.0.0.1:9").start()
    assert str(shared / "table.db") in refused.value.message
    assert "Make the files writable" in refused.value.hint


def test_a_read_only_directory_is_named_with_what_to_do(shared: Path) -> None:
    shared.chmod(0o555)
    with without_rights(), pytest.raises(ConfigurationError, match="cannot be used: Permission denied") as refused:
        open_data(shared, state=shared.with_name("state"))
    assert str(shared) in refused.value.message
    assert "--data DIR" in refused.value.hint


# A damaged file.


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A directory that has published something, so that its files have pages of every kind; and a copy of it."""
    data, kept = tmp_path_factory.mktemp("published") / "data", tmp_path_factory.mktemp("kept") / "data"
    with OneMachine(open_data(data)) as box:
        table, stream = box.system.world.table, box.system.world.stream
        for number in range(300):
            table.put({"PK": f"MSG#{number:04}", "SK": "METADATA", "text": "x" * 900})
        assert stream.put([pointer(number) for number in range(300)]) == ()
    shutil.copytree(data, kept)
    return data, kept


@pytest.fixture
def used(published: tuple[Path, Path]) -> Path:
    """The very directory, as it was left: another one, with the same in it, would be known for a copy."""
    data, kept = published
    for one in data.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    shutil.copytree(kept, data, dirs_exist_ok=True)
    return data


def pointer(number: int) -> Pointer:
    return Pointer(pk=f"MSG#{number:04}", sk="CHANNEL#facebook", group=f"facebook/{number}", why="due")


def garbage_header(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"\xa5garbage" * 32)


def garbage_in_the_middle(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xa5garbage" * ((size - 4096) // 8))


def cut_off(file: Path) -> None:
    os.truncate(file, 4096 + 100)


@pytest.mark.parametrize("name", list(FILES))
@pytest.mark.parametrize("damage", [garbage_header, garbage_in_the_middle, cut_off])
def test_up_names_a_damaged_file_and_the_next_command_and_leaves_it_as_it_is(
    used: Path, damage: Callable[[Path], None], name: str
) -> None:
    damage(used / name)
    before = {file: file.read_bytes() for file in used.glob("*.db")}
    done = omnipub("up", "--port", "0", "--data", str(used))
    assert done.returncode == 5, done.stderr
    assert f"The data file {used / name} is damaged" in done.stderr
    wanted = f"omnipub table restore FILE --data {used}" if name == "table.db" else f"mv {used / name}* {used}/damaged/"
    assert wanted in done.stderr
    assert "Traceback" not in done.stderr
    assert {file: file.read_bytes() for file in used.glob("*.db")} == before


def test_what_the_hint_says_about_a_damaged_stream_works(used: Path) -> None:
    garbage_header(used / "stream.db")
    (used / "damaged").mkdir()
    for file in used.glob("stream.db*"):
        file.rename(used / "damaged" / file.name)
    with OneMachine(open_data(used)) as box:
        assert box.system.world.table.get(Key("MSG#0299", "METADATA")) is not None


@pytest.mark.parametrize("damage", [garbage_header, garbage_in_the_middle])
def test_other_commands_say_the_same_of_a_damaged_table(used: Path, damage: Callable[[Path], None]) -> None:
    damage(used / "table.db")
    before = (used / "table.db").read_bytes()
    done = omnipub("messages", "list", "--data", str(used))
    assert done.returncode == 5, done.stderr
    assert f"The data file {used / 'table.db'} is damaged" in done.stderr
    assert "Traceback" not in done.stderr
    assert (used / "table.db").read_bytes() == before


def test_text_that_nobody_wrote_is_damage_too(tmp_path: Path) -> None:
    table = SqliteTable(tmp_path / "table.db")
    table.put({"PK": "MSG#1", "SK": "METADATA", "text": "x"})
    with table._database.writing() as connection:
        connection.execute("UPDATE items SET body = '{\"PK\": garbage'")
    with pytest.raises(UnavailableError, match="is damaged"):
        table.get(Key("MSG#1", "METADATA"))
    with table._database.writing() as connection:
        connection.execute("UPDATE items SET body = CAST(x'a5a5' AS TEXT)")
    with pytest.raises(UnavailableError, match="is damaged"):
        table.get(Key("MSG#1", "METADATA"))
    table.close()


@pytest.mark.parametrize("lose", [Path.unlink, lambda file: os.truncate(file, 0)])
def test_a_table_that_is_gone_is_not_silently_begun_anew(used: Path, lose: Callable[[Path], None]) -> None:
    lose(used / "table.db")
    with pytest.raises(ConfigurationError, match="missing or empty") as refused:
        OneMachine(open_data(used)).start()
    assert "backup" in worded(refused.value.hints)


def test_a_token_that_power_loss_left_empty_is_made_anew_and_opens_nothing(tmp_path: Path) -> None:
    open_data(tmp_path)
    (tmp_path / "token").touch()
    token = api_token(tmp_path)
    assert len(token) > 30
    assert api_token(tmp_path) == token
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "\xff", "Live"])
def test_a_mode_that_nobody_wrote_is_not_guessed(tmp_path: Path, text: str) -> None:
    open_data(tmp_path)
    (tmp_path / "mode").write_text(text, encoding="latin-1")
    with pytest.raises(ConfigurationError, match="it must say sandbox or live"):
        open_data(tmp_path)


def omnipub(*argv: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNIPUB_")}
    return subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-m", "omnipub_cli", *argv], capture_output=True, text=True, check=False, env=environment
    )
