"""A trial: many lives of `omnipub up` over one table, each ended by SIGKILL, and a last one that comes to rest."""

import threading
import time
import urllib.error
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from crash import evidence
from crash.judge import Told, Verdict, judge
from crash.machine import UNREACHABLE, Machine
from crash.plan import SETTLE, Life, Plan, Planned
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.sandbox_process import SandboxProcess, connect, control
from omnipub.wiring.local import one_machine

SETTINGS = {"settle": SETTLE, "worker_timeout": 2, "request_timeout": 1, "tries": 50}
"""Short leases and settle times, and tries enough that nothing fails before the networks are well again."""

RESTLESS = frozenset({"scheduled", "publishing", "held"})


class NeverAtRestError(Exception):
    """After the last restart the deliveries did not come to rest in time."""


@dataclass
class Progress:
    """How far a trial is."""

    kills: int = 0
    killed_unborn: int = 0
    messages: int = 0
    cut_off: int = 0
    restless: int = 0


@dataclass
class Trial:
    """Runs a plan in a directory of its own; use it in a `with`.

    Attributes:
        plan: What to do.
        room: Where data, sandbox and errors are kept.
        clients: How many clients ask at a time.
        patience: How long the last life may take to come to rest.
        tell: Called with the progress after each life and while it comes to rest.
    """

    plan: Plan
    room: Path
    clients: int = 8
    patience: timedelta = timedelta(minutes=20)
    tell: Callable[[Progress], None] = lambda _: None
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self._data = self.room / "data"
        self._sandbox = SandboxProcess(self.room / "sandbox")
        self._turn = threading.Lock()
        self._waiting: list[Planned] = []
        self._bodies: dict[int, dict[str, Any]] = {}
        self._ids: dict[int, str] = {}

    def __enter__(self) -> Self:
        self._sandbox.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._sandbox.stop()

    def run(self) -> Verdict:
        """Kill, restart, come to rest, and let the sandbox count.

        Raises:
            DiedError: `up` ended by itself.
            NeverAtRestError: The deliveries did not come to rest.
        """
        machine = Machine(self._data, SETTINGS | {"sandbox_url": self._sandbox.url})
        self._connect_aliases()
        for fault in self.plan.faults:
            control(self._sandbox.url, "faults", dict(fault))
        for life in self.plan.lives:
            self._live(machine, life)
            self.tell(self.progress)
        self._withdraw_faults()
        self._come_to_rest(machine)
        return self._verdict()

    def story(self, message: int) -> str:
        """Everything the table and the sandbox know of a message, line by line."""
        if message not in self._ids:
            return "  it was never answered 2xx"
        posts = [post for post in evidence.seen(self._sandbox.url) if post.text.startswith(self.plan.text(message))]
        return evidence.story(self._data, self._ids[message], posts)

    def _connect_aliases(self) -> None:
        system = one_machine(open_data(self._data, state=self._data.with_name("state")))
        for channel, account in self.plan.aliases.items():
            connect(system, self._sandbox.url, channel=channel, account=account)
        system.close()

    def _live(self, machine: Machine, life: Life) -> None:
        """One life, killed at its moment, wherever that finds it."""
        self._waiting += life.messages
        machine.start()
        death = threading.Timer(life.seconds, machine.kill)
        if not life.ready:
            death.start()
        machine.wait_until_it_runs()
        if machine.process.poll() is None:
            if life.ready:
                death.start()
            self._compose(machine)
        else:
            self.progress.killed_unborn += 1
        death.join()
        machine.bury()
        self.progress.kills += 1

    def _compose(self, machine: Machine) -> None:
        """Several clients ask for what is waiting, until nothing is, or the machine is gone."""
        with ThreadPoolExecutor(self.clients) as clients:
            for client in [clients.submit(self._ask, machine) for _ in range(self.clients)]:
                client.result()

    def _ask(self, machine: Machine) -> None:
        """One client; what is cut off is asked for again in the next life, in the same words."""
        while True:
            with self._turn:
                if not self._waiting:
                    return
                message = self._waiting.pop(0)
                body = self._bodies.setdefault(message.number, self._body(message))
            key = f"trial-{self.plan.seed}-{message.number}"
            try:
                for _ in range(1 + message.again):
                    made = machine.ask("POST", "/messages", body, key=key)
                    if self._ids.setdefault(message.number, made["id"]) != made["id"]:
                        raise AssertionError(f"one key, two messages: {self._ids[message.number]} and {made['id']}")
            except urllib.error.HTTPError as refused:
                raise AssertionError(f"{refused}: {refused.read().decode()}") from refused
            except UNREACHABLE:
                with self._turn:
                    self.progress.cut_off += 1
                    self._waiting.append(message)
                return
            with self._turn:
                self.progress.messages += 1

    def _body(self, message: Planned) -> dict[str, Any]:
        body: dict[str, Any] = {"text": self.plan.text(message.number), "channels": list(message.channels)}
        if message.delay is not None:
            body["schedule"] = {"at": (datetime.now(UTC) + timedelta(seconds=message.delay)).isoformat()}
        return body

    def _withdraw_faults(self) -> None:
        orders = control(self._sandbox.url, "faults")["faults"]
        for order in orders:
            control(self._sandbox.url, f"faults?id={order['id']}", method="DELETE")

    def _come_to_rest(self, machine: Machine) -> None:
        machine.start()
        try:
            machine.wait_until_it_runs()
            self._compose(machine)
            if self._waiting:
                raise AssertionError("the last life takes every message")
            deadline = time.monotonic() + self.patience.total_seconds()
            while self._restless():
                self.tell(self.progress)
                if time.monotonic() > deadline:
                    raise NeverAtRestError(f"{self.progress.restless} deliveries are not at rest")
                time.sleep(0.5)
        finally:
            machine.kill()
            machine.bury()

    def _restless(self) -> int:
        found = evidence.states(self._told())
        self.progress.restless = sum(found[status] for status in RESTLESS)
        return self.progress.restless

    def _told(self) -> Sequence[Told]:
        return evidence.told(self._data, {self.plan.text(number): number for number in self._bodies})

    def _verdict(self) -> Verdict:
        evidence.check_pages(self._data)
        asked = {one.number: one.channels for life in self.plan.lives for one in life.messages}
        return judge(self.plan.seed, asked, self._told(), evidence.seen(self._sandbox.url))
