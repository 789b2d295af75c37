"""Records `docs/stuck-day.md`: a bad day made by the sandbox, healed in a terminal by omnipub's commands alone.

    .venv/bin/python docs/record_stuck_day.py

It needs tmux. `omnipub up` runs in one pane and is killed there; the operator types in another one, of a fixed
width, whose screens become the page. Trouble is ordered through the sandbox's control plane, as networks would
make it; nothing but what is typed in the operator's pane mends anything on our side. It takes about two minutes.
"""

import json
import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import stuck_day_story as story

from omnipub.onebox.sandbox_process import ACCOUNTS, control
from omnipub_cli.framework.exit_codes import ExitCode

PAGE = Path(__file__).with_name("stuck-day.md")
SHOWN_AS = "/home/ops"
"""The operator's home on the page. The real path has as many letters, so that lines break at the same places."""

WIDTH, HEIGHT = 112, 120
PROMPT = "$"
PATIENCE = 60
"""Seconds that anything may take."""

QUICKLY = {
    "OMNIPUB_SETTLE": "1",  # looks follow at once: a real network is given half a minute to list a new post
    "OMNIPUB_REQUEST_TIMEOUT": "2",
    "OMNIPUB_WORKER_TIMEOUT": "5",
}
"""The sandbox lists posts at once, so the day needs no real network's times."""


class Day:
    """A home directory, what runs in it, and the two panes."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._said = home / "up.json"
        self._socket = f"omnipub-{home.name}"
        self._omnipub = str(Path(sys.executable).with_name("omnipub"))
        self._environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "TERM": "screen-256color",
            "TZ": "UTC",
            "HISTFILE": "/dev/null",  # a shell that ends leaves no file in a directory that is being removed
            **QUICKLY,
        }
        self.started: dict[str, Any] = {}
        self.trouble: dict[str, str] = {}

    def tmux(self, *words: str) -> str:
        """One tmux command; what it prints."""
        command = ["tmux", "-L", self._socket, "-f", "/dev/null", *words]
        ran = subprocess.run(command, check=True, capture_output=True, text=True, env=self._environment)  # noqa: S603
        return ran.stdout

    def open_pane(self, name: str, command: str) -> None:
        """A pane of its own size, as a session of that name."""
        self.tmux("new-session", "-d", "-s", name, "-x", str(WIDTH), "-y", str(HEIGHT), command)

    def start(self) -> None:
        """Run `omnipub up` in its pane, and wait until it has said where."""
        self._said.unlink(missing_ok=True)
        self.open_pane("up", f"exec omnipub up --port 0 --json > {shlex.quote(str(self._said))}")
        wait_for(lambda: self._said.exists() and self._said.read_text().endswith("\n"), "up")
        self.started = json.loads(self._said.read_text())

    def kill(self) -> None:
        """End it as a power cut would: kill -9, and only the process that was started here."""
        os.kill(int(self.tmux("display-message", "-p", "-t", "up", "#{pane_pid}")), signal.SIGKILL)
        wait_for(lambda: "up" not in self._panes(), "the end of up")

    def order(self, **order: Any) -> str:
        """Order trouble at the sandbox; its id."""
        return str(control(self.started["sandbox_url"], "faults", order)["id"])

    def withdraw(self, id_: str) -> None:
        """The network works again."""
        control(self.started["sandbox_url"], f"faults?id={id_}", method="DELETE")

    def seen(self, network: str, text: str) -> str:
        """The id of a post, as a person sees it who opens the network's own app; empty if it is not there."""
        posts = control(self.started["sandbox_url"], f"posts?network={network}")["posts"]
        return next((str(post["id"]) for post in posts if text in json.dumps(post)), "")

    def checked(self) -> str:
        """What doctor says, for programs."""
        return self._run("doctor").stdout

    def run(self, *words: str) -> str:
        """A command of the day before, which is not recorded; what it prints."""
        ran = self._run(*words)
        if ran.returncode not in {ExitCode.OK, ExitCode.PAUSED}:
            raise RuntimeError(f"omnipub {shlex.join(words)}: {ran.stderr}")
        return ran.stdout.strip()

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [self._omnipub, *words]
        return subprocess.run(command, env=self._environment, check=False, capture_output=True, text=True)  # noqa: S603

    def compose(self, channel: str, text: str, *options: str) -> str:
        """A message; its id."""
        return self.run("messages", "create", text, "--to", channel, *options, "-q")

    def status(self, id_: str) -> str:
        """How its only delivery stands."""
        return str(json.loads(self.run("messages", "show", id_, "--json"))["deliveries"][0]["status"])

    def until(self, id_: str, *statuses: str) -> None:
        """Wait for that."""
        wait_for(lambda: self.status(id_) in statuses, f"{id_} to be {' or '.join(statuses)}")

    def typed(self, command: str, answer: str = "") -> str:
        """The operator's screen after a command, and after the answer to what it asks."""
        self.tmux("send-keys", "-t", "operator", "clear", "Enter")
        wait_for(lambda: self._screen() == PROMPT, "a clear screen")
        self.tmux("send-keys", "-t", "operator", "-l", command)
        self.tmux("send-keys", "-t", "operator", "Enter")
        if answer:
            wait_for(lambda: self._screen().endswith(":"), f"the question of {command}")
            self.tmux("send-keys", "-t", "operator", answer, "Enter")
        wait_for(lambda: self._screen().endswith(f"\n{PROMPT}"), command)
        return self._scrubbed(self._screen().removesuffix(PROMPT).rstrip())

    def _screen(self) -> str:
        lines = self.tmux("capture-pane", "-p", "-t", "operator").rstrip().splitlines()
        return "\n".join(line.rstrip() for line in lines)

    def _scrubbed(self, screen: str) -> str:
        """Without what belongs to the machine that recorded it."""
        clean = screen.replace(str(self._home), SHOWN_AS)
        if self.started["token"] in clean or str(Path.home()) in clean or self._home.name in clean:
            raise AssertionError("a screen shows what it must not")
        return re.sub(r"process \d+", "process 4711", clean)

    def close(self) -> None:
        """End what runs, and the panes."""
        self.tmux("send-keys", "-t", "up", "C-c")
        wait_for(lambda: "up" not in self._panes(), "the end of up")
        self.tmux("kill-server")

    def _panes(self) -> list[str]:
        return self.tmux("list-sessions", "-F", "#{session_name}").split()


def wait_for(true: Callable[[], bool], what: str) -> None:
    """Pass once it is so.

    Raises:
        TimeoutError: It never was.
    """
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.1)


@contextmanager
def a_day() -> Iterator[Day]:
    """A new directory with a system that runs on it, and the operator's terminal."""
    home = Path("/tmp", secrets.token_hex(8)[: len(SHOWN_AS) - len("/tmp/")])  # noqa: S108  its length matters
    home.mkdir(mode=0o700)
    day = Day(home)
    try:
        day.open_pane("operator", "env PS1='$ ' bash --norc --noprofile")
        day.start()
        yield day
    finally:
        day.close()
        shutil.rmtree(home)


def spoil(day: Day) -> dict[str, str]:
    """The bad day; the ids of its messages by what became of them."""
    ids = {"well": day.compose("facebook,linkedin,telegram", "Good morning")}
    day.run("pause", "channel:webhook", "--reason", "The intranet moves to its new server")
    ids["paused"] = day.compose("webhook", "The canteen is closed on Friday")

    soon = (datetime.now(UTC) + timedelta(seconds=6)).isoformat(timespec="milliseconds")
    ids["missed"] = day.compose("telegram", "Last tickets: the box office is open", "--at", soon, "--not-after", "2s")
    day.order(network="facebook", kind="accept_then_hang", seconds=60)
    ids["killed"] = day.compose("facebook", "Doors open at nine")
    wait_for(lambda: day.seen("facebook", "Doors open at nine") != "", "the post")
    day.kill()
    time.sleep(9)  # the power is away for longer than the tickets can wait
    day.start()
    day.until(ids["missed"], "missed")
    day.until(ids["killed"], "published")

    day.order(network="telegram", kind="reset_after")
    ids["unconfirmed"] = day.compose("telegram", "The doors are open")
    day.until(ids["unconfirmed"], "unconfirmed")

    account, _ = ACCOUNTS["linkedin"]
    withdrawn = {"network": "linkedin", "account": account, "token": secrets.token_hex(20)}
    control(day.started["sandbox_url"], "accounts", withdrawn)  # ours is no longer the account's
    ids["held"] = day.compose("linkedin", "We are hiring: two bakers and a cook")
    day.until(ids["held"], "held")

    day.order(network="facebook", kind="reject")
    ids["failed"] = day.compose("facebook", "Today only: soup for one euro")
    day.until(ids["failed"], "failed")

    day.order(network="facebook", kind="accept_then_hang", seconds=60)
    day.trouble["facebook"] = day.order(network="facebook", kind="error_before", endpoint="look_up", times=0)
    ids["unclear"] = day.compose("facebook", "The band starts at eight")
    wait_for(lambda: "without a clear answer" in day.run("messages", "show", ids["unclear"]), "a look that failed")

    day.trouble["bluesky"] = day.order(network="bluesky", kind="reset", times=0, endpoint="any")
    for number in (1, 2, 3):
        ids[f"resting_{number}"] = day.compose("bluesky", f"Picture of the day, number {number}")
    wait_for(lambda: "\nresting\twarn" in day.checked(), "a rest")
    return ids


def record(day: Day, ids: dict[str, str]) -> Iterator[str]:
    """The page, part by part."""
    yield story.HEAD.format(width=WIDTH)
    for step in story.STEPS:
        if step.back:
            day.withdraw(day.trouble[step.back])
        for name in step.published:
            day.until(ids[name], "published")
        screen = day.typed(step.command.format(**ids), step.answer)
        yield "\n".join((*([f"{step.words}\n"] if step.words else []), "```console", screen, "```\n"))
    yield story.TAIL


def main() -> None:
    """Record the day, and write the page."""
    with a_day() as day:
        ids = spoil(day)
        ids["telegram_id"] = day.seen("telegram", "The doors are open")
        page = "\n".join(record(day, ids))
    if "All is well." not in page:
        raise AssertionError("the day did not end well")
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
