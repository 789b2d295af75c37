"""How late deliveries are when many are due at one instant, and how many a second the worker manages.

The system runs on this machine with its sandbox beside it, which takes 100 ms for each answer. N messages,
spread over A accounts, are due at the same moment. Printed: lateness (from that moment to the network's
answer), deliveries per second, the share of one core that the worker's process used meanwhile, and how much
of the bound the rate is. The bound is the smaller of two: what the slots allow (slots / network time), and
what the processor allows, measured in the same run with a network that answers at once.

    .venv/bin/python bench/burst.py [--messages 200] [--accounts 100] [--network-ms 100] [--rounds 3]
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from omnipub.config import LogLevel
from omnipub.domain.identity import Kind, Parent
from omnipub.domain.message import Content
from omnipub.domain.moments import Schedule, milliseconds
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.box import Box
from omnipub.onebox.data import open_data
from omnipub.onebox.sandboxed import connect, control
from omnipub.services.showing import Viewer

AHEAD = timedelta(seconds=5)
COMPOSING = timedelta(milliseconds=40)
"""More than it takes to compose one message: all must be composed before the first is due."""


def compose(box: Box, number: int, account: int, at: datetime) -> str:
    schedule = Schedule(at=at, local=at.isoformat(), zone="UTC")
    made = box.system.compose.message(
        owner=LOCAL_OWNER,
        content=Content(text=f"message {number} for account {account}"),
        channels=[f"facebook:a{account}"],
        schedule=schedule,
    )
    return made.id


def published(box: Box, message: str) -> int | None:
    shown = box.system.showing.one(Parent(kind=Kind.MESSAGE, id=message), Viewer(owner=LOCAL_OWNER))
    (delivery,) = shown.deliveries
    if delivery.published_at is None or delivery.due_at is None:
        return None
    return milliseconds(delivery.published_at - delivery.due_at)


def one_round(arguments: argparse.Namespace, network_ms: int) -> tuple[list[int], float]:
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(open_data(Path(folder)), log_level=LogLevel.WARNING, slots=arguments.slots)
        with Box(settings) as box:
            for account in range(arguments.accounts):
                connect(box.system, box.sandbox_url, channel=f"facebook:a{account}", account=f"9{account:05d}")
            slow = {"network": "facebook", "kind": "slow", "times": 0, "seconds": network_ms / 1000}
            if network_ms:
                control(box.sandbox_url, "faults", slow)
            at = box.system.world.clock.now() + AHEAD + arguments.messages * COMPOSING
            messages = [compose(box, n, n % arguments.accounts, at) for n in range(arguments.messages)]
            assert box.system.world.clock.now() < at, "composing took longer than the time ahead"
            time.sleep((at - box.system.world.clock.now()).total_seconds() - 0.05)
            cpu, wall = time.process_time(), time.monotonic()
            deadline = wall + 60
            while control(box.sandbox_url, "count")["totals"]["posts"] < arguments.messages:
                assert time.monotonic() < deadline, "not all were published"
                time.sleep(0.05)
            share = (time.process_time() - cpu) / (time.monotonic() - wall)
            time.sleep(0.5)
            late = [published(box, message) for message in messages]
            totals = control(box.sandbox_url, "count")["totals"]
            assert totals["doubles"] == 0
            assert all(one is not None for one in late)
            return sorted(one for one in late if one is not None), share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--network-ms", type=int, default=100)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    by_slots = arguments.slots / (arguments.network_ms / 1000)
    print("lateness in ms                          deliveries/s   CPU share   of the bound")
    for _ in range(arguments.rounds):
        unhindered, _ = one_round(arguments, 0)
        by_processor = rate_of(unhindered)
        late, share = one_round(arguments, arguments.network_ms)
        p99 = late[min(len(late) - 1, int(len(late) * 0.99))]
        bound = min(by_slots, by_processor)
        rate = rate_of(late)
        print(
            f"p50 {statistics.median(late):6.0f}  p99 {p99:6d}  max {late[-1]:6d}   {rate:12.0f}   {share:9.0%}"
            f"   {rate / bound:.0%} of {bound:.0f}/s (slots {by_slots:.0f}, processor {by_processor:.0f})"
        )


def rate_of(late: list[int]) -> float:
    """Deliveries per second, from the due moment to the last answer."""
    return len(late) / (late[-1] / 1000)


if __name__ == "__main__":
    main()
