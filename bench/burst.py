"""How late deliveries are when many are due at one instant, how many a second leave, and what bounds them.

The system runs on this machine. Its network is a process that speaks TLS, as networks do, and takes 100 ms for each
answer. N messages, spread over A accounts, are due at the same moment. Printed: lateness (from that moment to the
network's answer), deliveries per second, the most that the network had open at once, the processor's time of a delivery
and its share of one core, and which part of the bound the rate is. The bound is what the rules allow: at most one
delivery of an account and `slots` of the network at once, so min(slots, accounts) / network time. Then the processor's
time of one request, over a fresh and over a kept connection in turns, with TLS and without.

    .venv/bin/python bench/burst.py [--messages 200] [--accounts 100] [--network-ms 100] [--rounds 3]
"""

import argparse
import json
import os
import secrets
import ssl
import statistics
import tempfile
import time
import urllib.request
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from omnipub.adapters.http.client import HttpClient
from omnipub.channels.registry import CHANNELS
from omnipub.config import LogLevel
from omnipub.domain.conversation import Request, Secret
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.system import OneMachine
from omnipub.services.messages.read import Viewer
from receiver import receiver

AHEAD = timedelta(seconds=5)
COMPOSING = timedelta(milliseconds=40)
"""More than it takes to compose one message: all must be composed before the first is due."""

REQUESTS = 300


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round gave: lateness in ms in order, CPU seconds, wall seconds, most open at once, connections."""

    late: list[int]
    cpu: float
    wall: float
    most: int
    connections: int

    @property
    def rate(self) -> float:
        """Deliveries per second, from the due moment to the last answer."""
        return len(self.late) / (self.late[-1] / 1000)


def connect(box: OneMachine, network: str, account: int, url: str) -> None:
    token = CHANNELS[network].sandbox_account.token(secrets.token_bytes(32))
    box.system.accounts.connect(
        owner=LOCAL_OWNER,
        channel=f"{network}:a{account}",
        account=f"9{account:05d}",
        title="",
        token=Secret(token),
        base_url=f"{url}/{network}/{account}",
    )


def compose(box: OneMachine, network: str, number: int, account: int, at: datetime) -> str:
    made = box.system.compose.message(
        owner=LOCAL_OWNER,
        content=Content(text=f"message {number} for account {account}"),
        channels=[f"{network}:a{account}"],
        schedule=Schedule(at=at, local=at.isoformat(), zone="UTC"),
    )
    return made.id


def published(box: OneMachine, message: str) -> int | None:
    shown = box.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=LOCAL_OWNER))
    (delivery,) = shown.deliveries
    return delivery.lateness_ms


def counted(url: str) -> Any:
    trust = None if url.startswith("http:") else ssl.create_default_context()
    with urllib.request.urlopen(f"{url}/counted", context=trust) as answer:  # noqa: S310  our own address
        return json.loads(answer.read())


def one_round(arguments: argparse.Namespace, network: str) -> Round:
    with tempfile.TemporaryDirectory() as folder, receiver(arguments.network_ms) as (url, authority):
        os.environ["SSL_CERT_FILE"] = str(authority)
        settings = replace(
            open_data(Path(folder) / "data", state=Path(folder) / "state"),
            log_level=LogLevel.WARNING,
            slots=arguments.slots,
        )
        with OneMachine(settings) as box:
            for account in range(arguments.accounts):
                connect(box, network, account, url)
            at = box.system.world.clock.now() + AHEAD + arguments.messages * COMPOSING
            numbers = range(arguments.messages)
            messages = [compose(box, network, n, n % arguments.accounts, at) for n in numbers]
            assert box.system.world.clock.now() < at, "composing took longer than the time ahead"
            time.sleep((at - box.system.world.clock.now()).total_seconds() - 0.05)
            cpu, wall = time.process_time(), time.monotonic()
            while counted(url)["posts"] < arguments.messages:
                assert time.monotonic() < wall + 60, "not all were published"
                time.sleep(0.1)
            cpu, wall = time.process_time() - cpu, time.monotonic() - wall
            time.sleep(0.5)
            known = counted(url)
            assert known["posts"] == arguments.messages, "something went out twice"
            late = [one for message in messages if (one := published(box, message)) is not None]
            assert len(late) == arguments.messages
            return Round(late=sorted(late), cpu=cpu, wall=wall, most=known["most"], connections=known["connections"])


def of_requests(*, plain: bool) -> tuple[float, float]:
    """CPU milliseconds of a request over a fresh connection, and over a kept one."""
    spent: dict[str, float] = {"": 0.0, "bench": 0.0}
    with receiver(0, plain=plain) as (url, authority):
        os.environ["SSL_CERT_FILE"] = str(authority)
        send = HttpClient(allowed_origins=[url], only_allowed=True)
        request = Request(method="POST", url=f"{url}/webhook/1", json={"text": "a" * 500}, repeatable=True)
        send.send(request, lambda _: b"")
        for _ in range(REQUESTS // 25):
            for whose in spent:
                before = time.process_time()
                for _ in range(25):
                    send.send(replace(request, kept_for=whose), lambda _: b"")
                spent[whose] += time.process_time() - before
        send.close()
    fresh, kept = (value / REQUESTS * 1000 for value in spent.values())
    return fresh, kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--network-ms", type=int, default=100)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    at_once = min(arguments.slots, arguments.accounts)
    bound = at_once / (arguments.network_ms / 1000)
    print(f"bound {bound:.0f}/s: {at_once} at once, {arguments.network_ms} ms each. {os.getloadavg()[0]:.1f} load")
    print(
        "network    lateness p50     p99     max ms    /s   of the bound   open at once   connections   CPU ms   share"
    )
    for _ in range(arguments.rounds):
        for network in ("facebook", "webhook"):
            one = one_round(arguments, network)
            p99 = one.late[min(len(one.late) - 1, int(len(one.late) * 0.99))]
            print(
                f"{network:8}  {statistics.median(one.late):12.0f}  {p99:6d}  {one.late[-1]:6d}  {one.rate:8.0f}"
                f"   {one.rate / bound:12.0%}   {one.most:12d}   {one.connections:11d}"
                f"   {one.cpu / len(one.late) * 1000:6.2f}   {one.cpu / one.wall:5.0%}"
            )
    for plain in (False, True):
        fresh, kept = of_requests(plain=plain)
        kind = "plain" if plain else "TLS"
        print(f"a request, {kind}: {fresh:.2f} ms fresh, {kept:.2f} ms kept, {fresh / kept:.1f} to 1")


if __name__ == "__main__":
    main()
