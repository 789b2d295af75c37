from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omnipub.config import Mode
from omnipub.domain.conversation import Secret
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.wiring.assemble import System
from omnipub.wiring.local import one_machine
from support.hint_person import Person, data_of, running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return data_of(tmp_path)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "what ran"


@pytest.fixture
def person(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    data: Path,
    state: Path,
) -> Person:
    """Somebody at a terminal."""
    for name in ("NO_COLOR", "OMNIPUB_DEBUG", "OMNIPUB_STAGE", "OMNIPUB_DATA"):
        monkeypatch.delenv(name, raising=False)
    return Person(capsys=capsys, changed=monkeypatch, where=("--data", str(data), "--state", str(state)))


@pytest.fixture
def opened(data: Path, state: Path) -> Iterator[Callable[[Mode], System]]:
    """The system of the data directory, in a mode."""
    built: list[System] = []

    def open_(mode: Mode) -> System:
        built.append(one_machine(open_data(data, mode=mode, state=state)))
        return built[-1]

    yield open_
    for one in built:
        one.close()


@pytest.fixture
def system(opened: Callable[[Mode], System]) -> System:
    """A sandbox's, with accounts on all networks; nothing publishes."""
    return with_accounts(opened(Mode.SANDBOX))


@pytest.fixture
def live(opened: Callable[[Mode], System]) -> System:
    """The same, where posts would be real."""
    return with_accounts(opened(Mode.LIVE))


def with_accounts(system: System) -> System:
    for network in system.channels:
        system.accounts.connect(owner=LOCAL_OWNER, channel=network, account=f"{network}-1", token=Secret("t"))
    return system


@pytest.fixture
def sandboxed(opened: Callable[[Mode], System], data: Path, state: Path) -> System:
    """A sandbox's after its first start: with the accounts that the sandbox has."""
    with running(["up", "--port", "0", "--data", str(data), "--state", str(state)]):
        pass
    return opened(Mode.SANDBOX)
