"""Nobody but their owner reads what is on disk, whatever the umask and whoever made the directory."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnipub.adapters.local.evidence import EvidenceFile
from omnipub.adapters.local.place import SEATS
from omnipub.onebox import backups, machine_checks
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.file_permissions import OWN, mend, own
from omnipub.onebox.system import OneMachine
from omnipub.services.health.finding import Finding, Health

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 50


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory that others may enter, as somebody made it."""
    made = tmp_path / "data"
    made.mkdir(mode=0o755)
    return made


def opened(directory: Path) -> dict[str, str]:
    """The files and folders below that others can do something with."""
    found = {one: stat.S_IMODE(one.lstat().st_mode) for one in directory.rglob("*")}
    assert len(found) > 1
    return {str(one.relative_to(directory)): oct(mode) for one, mode in found.items() if mode & 0o077}


def files(data: Path, state: Path) -> dict[str, Finding]:
    return {one.name: one for one in machine_checks.look(data, state)}


def test_everything_that_is_written_is_its_owners_alone(tmp_path: Path, data: Path) -> None:
    state = tmp_path / "state"
    with OneMachine(open_data(data, {}, state=state)) as box:
        box.system.world.media.keep(PNG)
        box.system.world.journal.note("something")
        assert (data / "table.db-wal").exists()
        assert opened(data) == {}
        assert opened(state) == {}
        backups.backup(open_data(data, {}, state=state), tmp_path / "backup.db", progress=lambda _done, _of: None)
        assert stat.S_IMODE((tmp_path / "backup.db").stat().st_mode) == 0o600
    assert opened(data) == {}
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert {"table.db", "stream.db", "delay.db", "omnipub.log", "seat", "up.lock"} <= {
        one.name for one in data.iterdir()
    }
    assert {one for one in data.rglob("*") if one.name != "vault.key"} == set(own(data, OWN))


def test_a_directory_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    open_data(tmp_path / "deep" / "data", {}, state=tmp_path / "state")
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "deep" / "data").stat().st_mode) == 0o700


def test_what_an_earlier_release_left_open_is_told_and_closed_at_the_next_start(tmp_path: Path, data: Path) -> None:
    state = tmp_path / "state"
    settings = open_data(data, {}, state=state)
    with OneMachine(settings):
        pass
    state.chmod(0o755)
    for one in (data / "table.db", data / "sandbox", *(state / SEATS).glob("*.db")):
        one.chmod(one.stat().st_mode | 0o044)
    found = files(data, state)
    assert (found["files"].health, found["evidence"].health) == (Health.BAD, Health.BAD)
    assert found["files"].elsewhere == f"chmod -R go= {data}"
    with OneMachine(settings) as box:
        assert box.mended == 3
        assert opened(data) == {}
        assert opened(state) == {}
    found = files(data, state)
    assert (found["files"].health, found["evidence"].health) == (Health.OK, Health.OK)


def test_what_nobody_can_reach_is_not_told(tmp_path: Path, data: Path) -> None:
    open_data(data, {}, state=tmp_path / "state")
    (data / "mode").chmod(0o644)
    data.chmod(0o700)
    assert files(data, tmp_path / "state")["files"].health is Health.OK


def test_other_peoples_files_and_links_are_left_alone(tmp_path: Path, data: Path) -> None:
    (data / "notes.txt").write_text("mine")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not omnipub's")
    (data / "mode").symlink_to(elsewhere)
    assert mend(data, tmp_path / "state") == 0
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o666
    assert stat.S_IMODE((data / "notes.txt").stat().st_mode) == 0o666


def test_evidence_is_private_by_itself(tmp_path: Path) -> None:
    file = EvidenceFile(tmp_path / "one.db")
    file.begin(0)
    assert opened(tmp_path) == {}
    file.close()
