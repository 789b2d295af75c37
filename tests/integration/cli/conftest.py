import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from omnipub.domain.conversation import Secret
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.wiring.assemble import System
from omnipub.wiring.local import one_machine
from omnipub_cli.__main__ import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("NO_COLOR", "OMNIPUB_DEBUG", "OMNIPUB_STAGE", "OMNIPUB_DATA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "data"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], data: Path) -> Callable[..., Ran]:
    def run(*argv: str) -> Ran:
        code = main([*argv, "--data", str(data)])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def system(data: Path) -> Iterator[System]:
    """The system of the data directory, with accounts on all networks; nothing publishes."""
    built = one_machine(open_data(data))
    for network in built.channels:
        built.accounts.connect(owner=LOCAL_OWNER, channel=network, account=f"{network}-1", token=Secret("t"))
    yield built
    built.close()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def type_(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A person at the terminal who will type this."""
    return lambda words: monkeypatch.setattr("sys.stdin", Terminal(f"{words}\n"))
