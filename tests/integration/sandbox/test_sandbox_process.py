"""The sandbox as a process of its own: how it starts, how it ends, what survives."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from integration.sandbox.driver import PNG, Page, Sandbox

Process = subprocess.Popen[bytes]


@contextmanager
def running(data: Path, *arguments: str) -> Iterator[tuple[Process, Sandbox]]:
    command = [sys.executable, "-m", "omnipub.sandbox", "--data", str(data), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        try:
            assert process.stdout is not None
            yield process, Sandbox(json.loads(process.stdout.readline())["url"])
        finally:
            process.kill()


def test_what_was_accepted_survives_a_kill_and_is_found_at_the_same_address(tmp_path: Path) -> None:
    with running(tmp_path) as (process, sandbox):
        page = Page(sandbox)
        sandbox.open("facebook", page.account, page.token)
        photo = page.upload(PNG, published="false").json["id"]
        for text in ("same", "same", "gone"):
            last = page.publish(text).json["id"]
        page.call("DELETE", last)
        before = (sandbox.posts(), sandbox.send("GET", "/_sandbox/count").json)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running(tmp_path, "--port", str(urlsplit(sandbox.url).port)) as (_, again):
        assert again.url == sandbox.url
        assert (again.posts(), again.send("GET", "/_sandbox/count").json) == before
        assert page.post({"message": "new", "attached_media": [{"media_fbid": photo}]}).json["id"] != last
        assert again.count("facebook", page.account) == {"posts": 3, "doubles": 1, "repeats": 0, "deleted": 1}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as (process, _):
        process.send_signal(number)
        assert process.wait(timeout=5) == 0


def test_it_ends_with_its_parent_if_told_to(tmp_path: Path) -> None:
    with running(tmp_path, "--exit-with-parent") as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=5) == 0


def test_it_stays_when_stdin_ends_otherwise(tmp_path: Path) -> None:
    with running(tmp_path) as (process, sandbox):
        assert process.stdin is not None
        process.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.3)
        assert sandbox.posts() == []


def test_it_answers_at_no_other_address_of_this_machine(tmp_path: Path) -> None:
    with running(tmp_path) as (_, sandbox), pytest.raises(OSError, match=r"refused|unreachable|assign|timed out"):
        socket.create_connection(("127.0.0.2", urlsplit(sandbox.url).port or 0), timeout=1).close()


def test_it_loads_nothing_else_of_omnipub() -> None:
    code = "import omnipub.sandbox.http_server, sys; print(*sorted(n for n in sys.modules if n.startswith('omnipub')))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603 - our own
    loaded = result.stdout.decode().split()
    others = {name for name in loaded if name != "omnipub" and not name.startswith("omnipub.sandbox")}
    assert others
    assert {name.split(".")[1] for name in others} <= {"loopback", "private_files", "strict_json"}
