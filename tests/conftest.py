"""Fixtures that more than one suite uses."""

import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import ministack as emulator
from support.aws import CREDENTIALS, Cloud, cloud
from support.memory_disk import MEMORY, holds_tests
from support.world import TestBed, make_bed

if TYPE_CHECKING:
    from xdist.remote import Producer

    from support.two_phases import TwoPhases

TEMPORARY = "PYTEST_DEBUG_TEMPROOT"
"""Where pytest makes the directories of `tmp_path`."""


def pytest_configure() -> None:
    """Prepare what processes that tests start inherit.

    They can be stopped with Ctrl-C, also where the tests themselves run in the background: a shell lets what it starts
    there ignore SIGINT, and a process that ignores a signal hands that down.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "TMPDIR" not in os.environ and holds_tests():
        os.environ.setdefault(TEMPORARY, str(MEMORY))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let all workers put sets in the same order: they must find the same tests, and some are made from sets."""
    os.environ.setdefault("PYTHONHASHSEED", str(secrets.randbelow(2**32)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "TwoPhases | None":
    """Share tests out in two phases where `-n` is all that was asked for."""
    from support.two_phases import TwoPhases

    return TwoPhases(config, log) if config.option.dist == "load" else None


@pytest.fixture(autouse=True, scope="session")
def _no_state_of_this_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests send is written down where they end, and not in the state directory of whoever runs them."""
    with pytest.MonkeyPatch.context() as changed:
        changed.delenv("OMNIPUB_STATE", raising=False)
        changed.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[TestBed]:
    made = make_bed(tmp_path)
    yield made
    made.close()


@pytest.fixture
def aws_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of nobody, whatever this machine knows."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an emulator that runs as long as the tests."""
    with emulator.running(tmp_path_factory.mktemp("ministack") / "log") as url:
        yield url


@pytest.fixture
def over_ministack(ministack: str, aws_account: None) -> Iterator[Cloud]:  # noqa: ARG001  the clients read it
    """Clients of the emulator."""
    with cloud(ministack) as made:
        yield made
