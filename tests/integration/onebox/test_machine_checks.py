"""What can be wrong with a machine and a data directory, each on its own, without opening the data."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from omnipub import user_directories
from omnipub.adapters.local.sqlite.stream import SqliteStream
from omnipub.config import Mode
from omnipub.onebox import machine_checks
from omnipub.onebox.data_directory import RunningInstance, alone, api_token, note_running, open_data
from omnipub.ports.stream import Pointer
from omnipub.services.health.finding import Finding, Health
from omnipub.wiring.local import one_machine
from support.hints import typed

MOUNTS = r"""
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
35 21 0:30 / /mnt/team rw,relatime shared:2 - nfs4 server:/team rw
36 21 0:31 / /mnt/my\040disk rw shared:3 - cifs //server/disk rw
37 35 8:2 / /mnt/team/local rw shared:4 - xfs /dev/sdb1 rw
38 21 0:33 / /mnt/home rw - fuse.sshfs ada@server: rw
39 21 0:34 / /mnt/fuse rw - fuseblk /dev/sdc1 rw
40 21 0:35 / /over rw - overlay overlay rw
this line is not of that form
"""


@pytest.fixture(autouse=True)
def on_a_disk(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the tests' files lie: data in memory are a finding."""
    mounts = tmp_path_factory.mktemp("mounts") / "mountinfo"
    mounts.write_text("1 0 0:1 / / rw - ext4 /dev/a rw\n")
    monkeypatch.setattr(machine_checks, "MOUNTS", mounts)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory that has been used."""
    one_machine(open_data(tmp_path / "data", {})).close()
    return tmp_path / "data"


def told(data: Path) -> dict[str, Finding]:
    return {one.name: one for one in machine_checks.look(data, user_directories.state())}


def not_ok(data: Path) -> dict[str, Health]:
    return {name: one.health for name, one in told(data).items() if one.health is not Health.OK}


def test_of_a_directory_that_was_used_all_is_well_but_that_nothing_runs(data: Path) -> None:
    assert not_ok(data) == {"up": Health.WARN}


def test_what_runs_is_told(data: Path) -> None:
    state = RunningInstance(pid=os.getpid(), address="http://127.0.0.1:1", mode=Mode.SANDBOX, since="now")
    with alone(data):
        note_running(data, state)
        assert not_ok(data) == {}
        assert "http://127.0.0.1:1" in told(data)["up"].what


def test_looking_at_a_directory_that_is_not_there_does_not_make_it(tmp_path: Path) -> None:
    assert not_ok(tmp_path / "nowhere") == {"data": Health.WARN}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("mode", "promise"), [(Mode.SANDBOX, "nothing leaves"), (Mode.LIVE, "posts are real")])
def test_the_mode_is_told_with_what_it_means(tmp_path: Path, mode: Mode, promise: str) -> None:
    open_data(tmp_path, {}, mode=mode)
    assert promise in told(tmp_path)["mode"].what
    assert typed(told(tmp_path)["up"].next) == ("up --live" if mode is Mode.LIVE else "up")


@pytest.mark.parametrize(("name", "file"), [("key", "vault.key"), ("api token", "token")])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_secret_that_others_can_read_is_bad(data: Path, name: str, file: str, mode: int) -> None:
    api_token(data)
    (data / file).chmod(mode)
    finding = told(data)[name]
    assert (finding.health, finding.elsewhere) == (Health.BAD, f"chmod 600 {data / file}")


def test_a_key_that_is_gone_is_bad_and_is_not_made_anew(data: Path) -> None:
    (data / "vault.key").unlink()
    assert told(data)["key"].health is Health.BAD
    assert not machine_checks.can_be_opened(data)
    assert not (data / "vault.key").exists()


@pytest.mark.parametrize(
    ("free", "health"),
    [(2**31, Health.OK), (2**30, Health.OK), (2**30 - 1, Health.WARN), (100 * 2**20 - 1, Health.BAD)],
)
def test_little_space_is_told_before_there_is_none(
    data: Path, monkeypatch: pytest.MonkeyPatch, free: int, health: Health
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert told(data)["disk"].health is health


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/omnipub", "ext4"),
        ("/mnt/team", "nfs4"),
        ("/mnt/team/omnipub", "nfs4"),
        ("/mnt/team/local/omnipub", "xfs"),
        ("/mnt/teamwork", "ext4"),
        ("/mnt/my disk/omnipub", "cifs"),
        ("/mnt/home/ada", "fuse.sshfs"),
        ("/over/data", "overlay"),
    ],
)
def test_a_path_is_on_the_deepest_mount_that_holds_it(path: str, kind: str) -> None:
    assert machine_checks.file_system_of(Path(path), MOUNTS) == kind


@pytest.mark.parametrize(
    ("kind", "health"),
    [
        ("ext4", Health.OK),
        ("overlay", Health.OK),
        ("fuseblk", Health.OK),
        ("nfs", Health.BAD),
        ("nfs4", Health.BAD),
        ("cifs", Health.BAD),
        ("smb3", Health.BAD),
        ("9p", Health.BAD),
        ("fuse.sshfs", Health.BAD),
    ],
)
def test_a_network_file_system_is_bad(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, health: Health
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"21 1 8:1 / / rw - {kind} somewhere rw\n")
    monkeypatch.setattr(machine_checks, "MOUNTS", mounts)
    assert told(data)["file system"].health is health


def test_where_the_system_does_not_tell_its_mounts_it_is_said(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_checks, "MOUNTS", tmp_path / "absent")
    assert "does not tell" in told(data)["file system"].what


def test_a_stream_that_is_not_read_is_bad_once_it_is_late(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = one_machine(open_data(data, {}))
    system.world.stream.put([Pointer(pk="MSG#1", sk="CHANNEL#facebook", group="facebook/1", why="due")])
    health = []
    for age in (0, 1_000, 180_001):
        monkeypatch.setattr(type(system.world.stream), "iterator_age_ms", lambda _, age=age: age)
        health += [(one.health, typed(one.next)) for one in machine_checks.stream(system) if one.name == "stream"]
    system.close()
    assert health == [(Health.OK, ""), (Health.OK, ""), (Health.BAD, "up")]


def test_a_pool_that_was_full_lately_is_said(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = one_machine(open_data(data, {}))
    carried = system.world.stream
    assert isinstance(carried, SqliteStream)
    assert "under way" not in {one.name for one in machine_checks.stream(system)}
    carried.note_full()
    found = {one.name: one for one in machine_checks.stream(system)}["under way"]
    assert (found.health, typed(found.next)) == (Health.WARN, "connections list")
    monkeypatch.setattr(machine_checks, "FULL_LATELY", timedelta(milliseconds=-1))
    assert "under way" not in {one.name for one in machine_checks.stream(system)}
    system.close()


def test_parked_records_are_worth_a_look(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = one_machine(open_data(data, {}))
    parked = {one.name: one for one in machine_checks.stream(system)}["parked"]
    assert parked.health is Health.OK
    monkeypatch.setattr(type(system.world.stream.parked), "count", lambda _: 3)  # type: ignore[attr-defined]
    parked = {one.name: one for one in machine_checks.stream(system)}["parked"]
    system.close()
    assert (parked.health, typed(parked.next)) == (Health.WARN, "stream replay --parked")


@pytest.mark.parametrize("kind", ["tmpfs", "ramfs"])
def test_data_in_memory_is_worth_a_warning_that_says_what_becomes_of_it(
    data: Path, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / {data} rw - {kind} {kind} rw\n")
    monkeypatch.setattr(machine_checks, "MOUNTS", mounts)
    finding = told(data)["file system"]
    assert finding.health is Health.WARN
    assert f"is on {kind}, which is memory: when this machine restarts, all of it is gone" in finding.what
    assert finding.elsewhere == f"df -T {data}"
