"""One `up` and one sandbox per directory: the second is refused, names the first, and leaves it alone."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from omnipub.adapters.local.lock import LockTakenError, is_locked, locked
from omnipub.config import Mode
from omnipub.errors import ConfigurationError, ConflictError
from omnipub.onebox.data_directory import LOCK, open_data, running, sandbox_outside
from omnipub.onebox.sandbox_process import SandboxProcess, control
from omnipub.onebox.system import OneMachine
from omnipub_cli.commands.up import USUAL_PORT


def up(data: Path, *argv: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNIPUB_")}
    return subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-m", "omnipub_cli", "up", "--data", str(data), *argv],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@pytest.mark.parametrize("port", [(), ("--port", "0"), ("--port", "taken")])
def test_a_second_up_says_who_runs_before_it_says_anything_of_ports(tmp_path: Path, port: tuple[str, ...]) -> None:
    with OneMachine(open_data(tmp_path)) as box, socket.socket() as usual:
        usual.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # if somebody else has it already, that serves as well
            usual.bind(("127.0.0.1", USUAL_PORT))
            usual.listen()
        taken = box.address.rpartition(":")[2]
        done = up(tmp_path, *(taken if one == "taken" else one for one in port))
        assert done.returncode == 4
        assert done.stderr.startswith(f"conflict: omnipub already runs on {tmp_path} (process {os.getpid()}, ")
        assert "ort " not in done.stderr.replace("--port", "")
        assert control(box.sandbox_url, "count")["totals"]["posts"] == 0


def test_a_second_sandbox_on_a_directory_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    first = SandboxProcess(tmp_path / "sandbox")
    first.start()
    try:
        with pytest.raises(ConflictError, match="A sandbox already runs on") as refused:
            SandboxProcess(tmp_path / "sandbox").start()
        assert "OMNIPUB_SANDBOX_URL" in refused.value.hint
        done = subprocess.run(  # noqa: S603  our own module
            [sys.executable, "-m", "omnipub.sandbox", "--data", str(tmp_path / "sandbox")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (4, "")
        assert done.stderr == f"A sandbox already runs on {tmp_path / 'sandbox'}. Stop it, or name another directory.\n"
        assert control(first.url, "count")["totals"]["posts"] == 0
    finally:
        first.stop()


def test_up_after_a_killed_up_waits_for_the_sandbox_that_is_just_ending(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNIPUB_")}
    killed = subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-m", "omnipub_cli", "up", "--port", "0", "--json", "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert killed.stdout is not None
    assert killed.stdout.readline()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    with OneMachine(open_data(tmp_path)) as box:
        assert control(box.sandbox_url, "count")["totals"]["posts"] == 0


def test_up_uses_a_sandbox_outside_of_it_and_leaves_it_running(tmp_path: Path) -> None:
    outside = SandboxProcess(tmp_path / "outside")
    outside.start()
    try:
        with OneMachine(open_data(tmp_path / "data"), sandbox_url=outside.url) as box:
            assert box.sandbox_url == outside.url
            assert not (tmp_path / "data" / "sandbox").exists()
        assert len(control(outside.url, "accounts")["accounts"]) == len(box.system.channels)
    finally:
        outside.stop()


@pytest.mark.parametrize("url", ["https://graph.facebook.com", "http://192.0.2.1:80", "http://127.0.0.1:1/x", "8800"])
def test_a_sandbox_elsewhere_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="on this machine only") as refused:
        open_data(tmp_path, {"OMNIPUB_SANDBOX_URL": url})
    assert "http://127.0.0.1:8800" in refused.value.hint


def test_live_knows_of_no_sandbox() -> None:
    assert sandbox_outside(Mode.LIVE, {"OMNIPUB_SANDBOX_URL": "http://127.0.0.1:1"}) == ""


def test_asking_who_runs_never_keeps_an_up_from_starting(tmp_path: Path) -> None:
    """A question holds the lock for a moment; whoever wants it waits that long."""
    open_data(tmp_path)
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            running(tmp_path)
            is_locked(tmp_path / LOCK)

    (tmp_path / "up.json").write_text('{"pid": 1, "address": "", "mode": "sandbox", "since": "", "sandbox_url": ""}')
    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    try:
        for _ in range(50):
            with locked(tmp_path / LOCK, patience=5):
                assert is_locked(tmp_path / LOCK)
    finally:
        ended.set()
        for thread in asking:
            thread.join()


def test_a_lock_that_is_held_is_given_up_on(tmp_path: Path) -> None:
    with locked(tmp_path / LOCK, patience=0), pytest.raises(LockTakenError), locked(tmp_path / LOCK, patience=0.1):
        pass
    assert not is_locked(tmp_path / LOCK)
    assert not is_locked(tmp_path / "nowhere")
