"""The system on one machine, whole: it publishes, stops, starts again, survives its own death."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crash.plan import ONLY_SLOW, draw
from crash.trial import Trial
from omnipub.config import Mode
from omnipub.errors import ConfigurationError, ConflictError
from omnipub.onebox.data_directory import open_data, running
from omnipub.onebox.sandbox_process import control
from omnipub.onebox.system import OneMachine

ALL = ["facebook", "linkedin", "webhook"]
SOON = 30.0


def api(address: str, token: str, method: str, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(  # noqa: S310  our own address
        f"{address}/api/v1{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  likewise
        return json.loads(answer.read())


def statuses(address: str, token: str, message: str) -> list[str]:
    shown = api(address, token, "GET", f"/messages/{message}")
    return [delivery["status"] for delivery in shown["deliveries"]]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_now_and_scheduled_messages_and_certifications_come_out_once_on_every_channel(tmp_path: Path) -> None:
    with OneMachine(open_data(tmp_path)) as box:
        at = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
        made = [
            ("messages", api(box.address, box.token, "POST", "/messages", {"text": "now", "channels": ALL})),
            (
                "messages",
                api(
                    box.address,
                    box.token,
                    "POST",
                    "/messages",
                    {"text": "later", "channels": ALL, "schedule": {"at": at}},
                ),
            ),
            (
                "certifications",
                api(
                    box.address,
                    box.token,
                    "POST",
                    "/certifications",
                    {"member": "Ada Example", "type": "SAA-C03", "earned_on": "2026-11-20", "channels": ALL},
                ),
            ),
        ]

        def deliveries() -> list[dict[str, Any]]:
            shown = [api(box.address, box.token, "GET", f"/{group}/{one['id']}") for group, one in made]
            return [delivery for whole in shown for delivery in whole["deliveries"]]

        until(lambda: all(one["status"] == "published" for one in deliveries()))
        counted = control(box.sandbox_url, "count")["totals"]
        assert (counted["posts"], counted["doubles"], counted["repeats"]) == (9, 0, 0)
        assert all(one["lateness_ms"] >= 0 for one in deliveries())


def test_an_image_goes_out_with_its_alt_text(tmp_path: Path) -> None:
    with OneMachine(open_data(tmp_path)) as box:
        picture = b"\x89PNG\r\n\x1a\n" + b"picture" * 50
        request = urllib.request.Request(  # noqa: S310  our own address
            f"{box.address}/api/v1/media",
            data=picture,
            method="POST",
            headers={"Authorization": f"Bearer {box.token}", "Content-Type": "image/png"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  likewise
            key = json.loads(answer.read())["key"]
        body = {"text": "look", "channels": ALL, "media": [{"key": key, "alt": "A picture"}]}
        made = api(box.address, box.token, "POST", "/messages", body)
        until(lambda: set(statuses(box.address, box.token, made["id"])) == {"published"})
        posts = control(box.sandbox_url, "posts")
        assert "A picture" in json.dumps(posts)


def test_what_was_scheduled_is_published_after_a_clean_restart(tmp_path: Path) -> None:
    at = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    with OneMachine(open_data(tmp_path)) as box:
        body = {"text": "later", "channels": ALL, "schedule": {"at": at}}
        made = api(box.address, box.token, "POST", "/messages", body)
    with OneMachine(open_data(tmp_path)) as box:
        until(lambda: set(statuses(box.address, box.token, made["id"])) == {"published"})
        totals = control(box.sandbox_url, "count")["totals"]
        assert (totals["posts"], totals["doubles"]) == (3, 0)


def test_a_second_one_on_the_same_data_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with OneMachine(open_data(tmp_path)) as box:
        with pytest.raises(ConflictError, match="already runs"):
            OneMachine(open_data(tmp_path)).start()
        state = running(tmp_path)
        assert state is not None
        assert (state.address, state.pid) == (box.address, os.getpid())
        assert api(box.address, box.token, "GET", "/messages") == {"messages": [], "cursor": None}
    assert running(tmp_path) is None


def test_sandbox_data_never_go_live(tmp_path: Path) -> None:
    open_data(tmp_path, mode=Mode.SANDBOX)
    with pytest.raises(ConfigurationError, match="never mixed"):
        open_data(tmp_path, mode=Mode.LIVE)


def test_a_taken_port_is_refused_clearly(tmp_path: Path) -> None:
    with OneMachine(open_data(tmp_path / "a")) as box:
        port = int(box.address.rpartition(":")[2])
        with pytest.raises(ConflictError, match=str(port)):
            OneMachine(open_data(tmp_path / "b"), port=port).start()


def test_a_box_killed_with_posts_on_their_way_doubles_and_loses_nothing(tmp_path: Path) -> None:
    """kill -9 in the middle, three times; the sandbox outlives it and counts. `tests/crash/run.py` is the long form."""
    plan = draw(1, kills=3, deliveries=15, faults=ONLY_SLOW, accounts=1, seconds=(0.4, 0.9), unborn=0.0)
    with Trial(plan=plan, room=tmp_path, patience=timedelta(seconds=90)) as trial:
        verdict = trial.run()
        assert verdict.broken == []
        assert trial.progress.kills == 3
        assert verdict.died > 0
        assert sum(sum(row[1:4]) for row in verdict.rows) == 15


def test_a_signal_that_another_thread_receives_ends_the_wait(tmp_path: Path) -> None:
    """The system hands a signal to whichever thread it likes; Python handles it in the main thread alone."""
    program = (
        "import signal, sys, threading, time\n"
        "from omnipub.config import Settings\n"
        "from omnipub.onebox.data_directory import open_data\n"
        "from omnipub.onebox.system import OneMachine\n"
        "from omnipub_cli.framework.signals import TerminatedError, termination\n"
        "from pathlib import Path\n"
        "box = OneMachine(open_data(Path(sys.argv[1]), {}))\n"
        "def receive():\n"
        "    time.sleep(0.3)\n"
        "    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)\n"
        "    time.sleep(60)\n"
        "threading.Thread(target=receive, daemon=True).start()\n"
        "try:\n"
        "    with termination():\n"
        "        box.wait()\n"
        "except TerminatedError:\n"
        "    print('ended')\n"
    )
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-c", program, str(tmp_path / "data")], capture_output=True, text=True, check=False, timeout=20
    )
    assert done.stdout == "ended\n", done.stderr
