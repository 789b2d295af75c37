"""Every way of putting a data directory back, with real processes and a sandbox that counts.

What was sent since never goes out again; each refusal says what to type, and what it says works.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.local import former_place
from omnipub.adapters.local.place import SEAT, SEATS
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.domain.ids import Parent, ParentKind
from omnipub.errors import ConflictError
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.loops import Loops
from omnipub.onebox.sandbox_process import SandboxProcess, connect_all, control
from omnipub.onebox.system import OneMachine
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from omnipub.wiring.local import one_machine

OMNIPUB = [sys.executable, "-m", "omnipub_cli"]
CHANNELS = "facebook,telegram"
EACH = 2
"""Posts of one message on them."""

EARLY = 20
"""Seconds of a minute within which a test begins that must end before the next tick."""

SOON = 30.0


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Machine:
    """Directories, a sandbox outside of them, and the command line."""

    def __init__(self, root: Path, sandbox: str) -> None:
        self.root = root
        self.sandbox = sandbox
        self.data = root / "data"
        self.state = root / "state"

    def __call__(self, *argv: str, data: Path | None = None) -> Ran:
        done = subprocess.run(  # noqa: S603  our own module
            [*OMNIPUB, *argv], capture_output=True, text=True, env=self._environment(data), check=False, timeout=60
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def up(self, data: Path | None = None, *, end: signal.Signals = signal.SIGTERM) -> Iterator[None]:
        """Run it; what it ended with is kept if it did not start."""
        with subprocess.Popen(  # noqa: S603  our own module
            [*OMNIPUB, "up", "--port", "0", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment(data),
        ) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                assert line, process.communicate()[1]
                yield
            finally:
                process.send_signal(end)
                process.communicate(timeout=40)

    def compose(self, text: str, *argv: str, data: Path | None = None) -> str:
        ran = self("messages", "create", text, "--to", CHANNELS, "--json", *argv, data=data)
        assert ran.code == 0, ran.err
        return str(ran.json["id"])

    def statuses(self, message: str, data: Path | None = None) -> set[str]:
        with closing(SqliteTable((data or self.data) / "table.db")) as table:
            parent = Parent(kind=ParentKind.MESSAGE, id=message)
            items = [table.get(keys.delivery(parent, channel)) for channel in CHANNELS.split(",")]
        return {str(item["status"]) for item in items if item is not None}

    def sent(self, message: str, data: Path | None = None) -> None:
        until(lambda: self.statuses(message, data) == {"published"})

    @property
    def posts(self) -> int:
        return int(control(self.sandbox, "count")["totals"]["posts"])

    def refused(self, data: Path | None = None) -> Ran:
        """`up` does not start, and says what to type."""
        ran = self("up", "--port", "0", data=data)
        assert ran.code == 4, ran
        assert "Nothing is sent from it" in ran.err, ran.err
        assert "omnipub table adopt" in ran.err, ran.err
        return ran

    def adopt(self, *argv: str, data: Path | None = None) -> Ran:
        ran = self("table", "adopt", *(argv or ("--original-is-retired",)), "--json", data=data)
        assert ran.code == 0, ran.err
        return ran

    def goes_on(self, posts: int, data: Path | None = None) -> None:
        """It sends what is new, and nothing that is out already."""
        with self.up(data):
            new = self.compose(f"A new one after {posts}", data=data)
            self.sent(new, data)
            assert self.posts == posts + EACH
        totals = control(self.sandbox, "count")["totals"]
        assert (totals["doubles"], totals["repeats"]) == (0, 0)

    def _environment(self, data: Path | None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OMNIPUB_")}
        return kept | {
            "OMNIPUB_DATA": str(data or self.data),
            "OMNIPUB_STATE": str(self.state),
            "OMNIPUB_SANDBOX_URL": self.sandbox,
            "NO_COLOR": "1",
        }


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def ahead_by(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat(timespec="seconds")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    sandbox = SandboxProcess(tmp_path / "networks")
    sandbox.start()
    made = Machine(tmp_path, sandbox.url)
    with made.up():
        pass  # its accounts are connected
    yield made
    sandbox.stop()


def copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, symlinks=True)
    return target


def contents_back(backup: Path, data: Path) -> None:
    """Into the same directory, with its inode."""
    for one in data.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    shutil.copytree(backup, data, dirs_exist_ok=True)


def whole_back(backup: Path, data: Path) -> None:
    """As another directory of the same name."""
    shutil.rmtree(data)
    shutil.copytree(backup, data)


def table_back(backup: Path, data: Path) -> None:
    """The table's file alone."""
    for one in data.glob("table.db*"):
        one.unlink()
    shutil.copy(backup / "table.db", data / "table.db")


def renamed_back(backup: Path, data: Path) -> None:
    """A snapshot that is mounted where the directory was: another inode, perhaps another volume."""
    data.rename(data.with_name("gone"))
    backup.rename(data)


WAYS = [contents_back, whole_back, table_back, renamed_back]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_backup_that_was_put_back_sends_nothing_that_was_sent_since(
    machine: Machine, way: Callable[[Path, Path], None]
) -> None:
    due = machine.compose("Due while nothing runs")
    backup = copy(machine.data, machine.root / "backup")
    with machine.up():
        machine.sent(due)
    way(backup, machine.data)
    machine.refused()
    assert machine("messages", "retry", due).code != 0
    adopted = machine.adopt().json
    assert {one["id"] for one in adopted["deliveries"]} == {due}
    assert machine.statuses(due) == {"unconfirmed"}
    machine.goes_on(EACH)


def _begin_early_in_a_minute() -> None:
    second = time.time() % 60
    if second > EARLY:
        time.sleep(60.5 - second)


def test_a_backup_made_and_put_back_within_a_minute_is_recognised_by_what_was_sent(machine: Machine) -> None:
    """No tick runs in between, so that only the claims tell."""
    _begin_early_in_a_minute()
    started = _epoch(machine.data)
    with machine.up(end=signal.SIGKILL):
        until(lambda: _epoch(machine.data) >= started + 2)  # its start and its first tick have moved it
        backup = copy(machine.data, machine.root / "backup")
        due = machine.compose("Sent within the minute")
        machine.sent(due)
    before = _epoch(machine.data)
    whole_back(backup, machine.data)
    assert _epoch(machine.data) == before, "a tick came in between, which takes a very slow machine"
    ran = machine.refused()
    assert "lacks what was sent" in ran.err
    adopted = machine.adopt().json
    assert set(adopted["unknown"]) == {f"MSG#{due}/CHANNEL#{channel}" for channel in CHANNELS.split(",")}
    machine.goes_on(EACH)


def test_a_message_that_was_moved_ahead_after_the_backup_is_in_doubt(machine: Machine) -> None:
    ahead = machine.compose("Meant for much later", "--at", ahead_by(days=30))
    other = machine.compose("Also for later", "--at", ahead_by(days=31))
    backup = copy(machine.data, machine.root / "backup")
    with machine.up():
        assert machine("messages", "edit", ahead, "--at", ahead_by(seconds=4)).code == 0
        machine.sent(ahead)
    whole_back(backup, machine.data)
    assert machine.statuses(ahead) == {"scheduled"}
    machine.refused()
    adopted = machine.adopt().json
    assert {one["id"] for one in adopted["deliveries"]} == {ahead}
    assert machine.statuses(other) == {"scheduled"}
    machine.goes_on(EACH)


def test_a_retry_after_the_backup_is_in_doubt(machine: Machine) -> None:
    with machine.up():
        for network in ("facebook", "telegram"):
            control(machine.sandbox, "faults", {"network": network, "kind": "reject", "times": 1})
        refused = machine.compose("Refused at first")
        until(lambda: machine.statuses(refused) == {"failed"})
        backup = machine.root / "backup.db"
        assert machine("table", "backup", str(backup)).code == 0
        assert machine("messages", "retry", refused).code == 0
        machine.sent(refused)
    assert machine("table", "restore", str(backup), "--yes").code == 0
    assert machine.statuses(refused) == {"failed"}
    machine.refused()
    machine.adopt()
    assert machine.statuses(refused) == {"unconfirmed"}
    machine.goes_on(EACH)


def test_a_copy_beside_the_running_original_is_refused(machine: Machine) -> None:
    beside = copy(machine.data, machine.root / "beside")
    with machine.up():
        ran = machine("up", "--port", "0", data=beside)
        assert (ran.code, ran.out) == (4, "")
        assert f"in {machine.data} (process " in ran.err
        assert machine("table", "adopt", "--original-is-retired", data=beside).code in {0, 4}
    assert machine.posts == 0


def test_of_a_copy_and_its_original_the_one_that_ran_last_goes_on(machine: Machine) -> None:
    due = machine.compose("Due while nothing runs")
    beside = copy(machine.data, machine.root / "beside")
    with machine.up(beside):
        machine.sent(due, beside)
    machine.refused()  # the original, which is behind now
    machine.goes_on(EACH, beside)
    adopted = machine.adopt().json
    assert {one["id"] for one in adopted["deliveries"]} == {due}
    assert "its copy was adopted" in machine.refused(beside).err
    machine.goes_on(2 * EACH)


def test_an_adopted_copy_closes_its_original(machine: Machine) -> None:
    due = machine.compose("Due while nothing runs")
    backup = copy(machine.data, machine.root / "backup")
    with machine.up():
        machine.sent(due)
    machine.refused(backup)
    machine.adopt(data=backup)
    machine.goes_on(EACH, backup)
    assert "its copy was adopted" in machine.refused().err


def test_without_evidence_nothing_is_sent_and_two_answers_are_offered(machine: Machine) -> None:
    due = machine.compose("Due while nothing runs")
    shutil.rmtree(machine.state)
    ran = machine.refused()
    assert "has no evidence of it" in ran.err
    assert re.search(r"`omnipub table adopt --same[^`]*`", ran.err), ran.err
    assert machine.posts == 0
    adopted = machine.adopt("--same").json
    assert adopted["deliveries"] == []
    with machine.up():
        machine.sent(due)
    machine.goes_on(EACH)


def test_damaged_evidence_is_moved_away_and_the_table_goes_on_as_it_says(machine: Machine) -> None:
    due = machine.compose("Due while nothing runs")
    (evidence,) = (machine.state / SEATS).glob("*.db")
    for beside in evidence.parent.glob(f"{evidence.name}-*"):
        beside.unlink()
    evidence.write_bytes(b"no database" * 1_000)
    ran = machine("up", "--port", "0")
    assert (ran.code, ran.out) == (5, "")
    move, adopt = re.findall(r"`([^`]+)`", next(line for line in ran.err.splitlines() if line.startswith("hint: ")))
    subprocess.run(move, shell=True, check=True)  # noqa: S602  as somebody types it
    machine.refused()
    assert machine(*shlex.split(adopt)[1:]).code == 0
    with machine.up():
        machine.sent(due)
    machine.goes_on(EACH)


def test_a_table_that_moved_from_another_machine_is_adopted(machine: Machine) -> None:
    due = machine.compose("Due while nothing runs")
    elsewhere = Machine(machine.root, machine.sandbox)
    elsewhere.data, elsewhere.state = copy(machine.data, machine.root / "moved"), machine.root / "state of another"
    ran = elsewhere.refused()
    assert "has no evidence of it" in ran.err
    adopted = elsewhere.adopt().json
    assert {one["id"] for one in adopted["deliveries"]} == {due}
    elsewhere.goes_on(0)


def test_evidence_older_than_its_table_counts_as_none(machine: Machine) -> None:
    """The state directory came out of a backup, and the data did not."""
    kept = copy(machine.state, machine.root / "kept")
    for text in ("One", "Two"):
        with machine.up():
            machine.sent(machine.compose(text))
    whole_back(kept, machine.state)
    assert "is newer than its evidence" in machine.refused().err
    assert machine.adopt("--same").json["deliveries"] == []
    machine.goes_on(2 * EACH)


def test_same_is_refused_where_the_evidence_tells_otherwise(machine: Machine) -> None:
    machine.compose("Due while nothing runs")
    backup = copy(machine.data, machine.root / "backup")
    with machine.up():
        pass
    whole_back(backup, machine.data)
    ran = machine("table", "adopt", "--same")
    assert ran.code == 4
    assert "Its evidence was not lost" in ran.err


def test_a_table_from_before_its_first_start_is_older_as_well(machine: Machine) -> None:
    machine.data = machine.root / "fresh"
    system = one_machine(open_data(machine.data, {}, state=machine.state))
    connect_all(system, machine.sandbox)
    system.close()
    due = machine.compose("Composed before anything ran")
    backup = copy(machine.data, machine.root / "backup")
    with machine.up():
        machine.sent(due)
    whole_back(backup, machine.data)
    machine.refused()
    machine.adopt()
    assert machine.statuses(due) == {"unconfirmed"}
    machine.goes_on(EACH)


def test_what_a_stopping_process_still_sends_keeps_the_next_one_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = open_data(tmp_path / "data", {}, state=tmp_path / "state")
    box = OneMachine(settings)
    box.start()
    stop = Loops.stop
    monkeypatch.setattr(Loops, "stop", lambda self, **rest: stop(self, **rest) and False)
    box.stop()
    with pytest.raises(ConflictError, match="at work already"):
        OneMachine(settings).start()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_goes_on_by_itself(machine: Machine, end: signal.Signals) -> None:
    with machine.up(end=end):
        machine.sent(machine.compose("Before"))
    machine.goes_on(EACH)


def test_a_directory_may_move_and_be_named_in_another_way(machine: Machine) -> None:
    due = machine.compose("Due while nothing runs")
    moved = machine.root / "moved" / "data"
    moved.parent.mkdir()
    machine.data.rename(moved)
    (machine.root / "link").symlink_to(moved)
    with machine.up(machine.root / "link"):
        machine.sent(due, moved)
    machine.goes_on(EACH, machine.root / "moved" / ".." / "moved" / "data")


def test_two_tables_share_a_state_directory(machine: Machine) -> None:
    other = machine.root / "other"
    for turn in range(2):  # each connects the sandbox's accounts when it starts, so one after the other
        for data in (machine.data, other):
            with machine.up(data):
                machine.sent(machine.compose(f"Turn {turn} of {data.name}", data=data), data)
    assert machine.posts == 4 * EACH
    assert len(list((machine.state / SEATS).glob("*.db"))) == 2
    with machine.up(), machine.up(other):
        assert machine.posts == 4 * EACH


def test_a_state_directory_that_cannot_be_written_sends_nothing(machine: Machine) -> None:
    machine.compose("Due while nothing runs")
    machine.state = machine.root / "networks" / "note"
    machine.state.write_text("no directory")
    ran = machine("up", "--port", "0")
    assert ran.code in {4, 5, 6}, ran
    assert machine.posts == 0


def test_a_state_directory_inside_the_data_is_refused(machine: Machine) -> None:
    machine.state = machine.data / "state"
    ran = machine("up", "--port", "0")
    assert ran.code != 0
    assert "lies in the data directory" in ran.err


def test_what_an_earlier_release_left_goes_on_and_its_backups_are_recognised(machine: Machine) -> None:
    """Its evidence was the directory's place, and an epoch in a file beside the table."""
    due = machine.compose("Due while nothing runs")
    _as_before(machine.data)
    shutil.rmtree(machine.state)
    backup = copy(machine.data, machine.root / "backup")
    with machine.up():
        machine.sent(due)
    machine.goes_on(EACH)
    assert not (machine.data / former_place.EPOCH).exists()
    contents_back(backup, machine.data)
    machine.refused()
    machine.adopt()
    machine.goes_on(2 * EACH)


def test_a_copy_that_an_earlier_release_left_is_no_honest_upgrade(machine: Machine) -> None:
    machine.compose("Due while nothing runs")
    _as_before(machine.data)
    shutil.rmtree(machine.state)
    elsewhere = copy(machine.data, machine.root / "elsewhere")
    machine.refused(elsewhere)
    (machine.data / former_place.EPOCH).write_text("7")
    machine.refused()


def test_what_the_refusal_says_can_be_typed(machine: Machine) -> None:
    machine.compose("Due while nothing runs")
    backup = copy(machine.data, machine.root / "backup")
    with machine.up():
        pass
    whole_back(backup, machine.data)
    found = {one["name"]: one for one in machine("doctor", "--json").json["findings"]}
    assert found["gate"]["verdict"] == "bad"
    assert "table adopt" in found["gate"]["next"]
    hint = next(line for line in machine.refused().err.splitlines() if line.startswith("hint: "))
    words = shlex.split(hint.partition(": omnipub ")[2])
    assert words[:2] == ["table", "adopt"]
    asked = machine(*words)
    assert asked.code == 2  # it wants its own word, and says which
    assert machine(*words, "--yes").code == 2
    assert "--original-is-retired" in asked.err
    assert machine(*words, "--original-is-retired").code == 0


def _epoch(data: Path) -> int:
    with closing(SqliteTable(data / "table.db")) as table:
        item = table.get(keys.gate())
    assert item is not None
    return int(item["epoch"])


def _as_before(data: Path) -> None:
    """The gate and the file as the release before wrote them."""
    with closing(SqliteTable(data / "table.db")) as table:
        table.put(plain_item(keys.gate(), identity=former_place.identity(data), epoch=3, version=9))
    (data / SEAT).unlink()
    (data / former_place.EPOCH).write_text("3")
