"""How late one post is that is due alone, with each lead: how long before its moment its pointer is on the stream.

The system runs on this machine. Its network is a process that speaks TLS and answers at once. Posts of as many accounts
become due one after the other, so none waits for another. Printed: lateness (from the moment asked for to the network's
answer) for each lead; the leads take turns, so that what else the machine does hits all of them.

    .venv/bin/python bench/lateness.py [--messages 40] [--leads 0 20 200] [--rounds 2]
"""

import argparse
import os
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from burst import compose, connect, published
from omnipub.config import LogLevel
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.system import OneMachine
from receiver import receiver

AHEAD = timedelta(seconds=3)
APART = timedelta(milliseconds=250)


def one_round(messages: int, lead_ms: int) -> list[int]:
    """Milliseconds by which each of the posts was late."""
    with tempfile.TemporaryDirectory() as folder, receiver(0) as (url, authority):
        os.environ["SSL_CERT_FILE"] = str(authority)
        settings = replace(
            open_data(Path(folder) / "data", state=Path(folder) / "state"), log_level=LogLevel.WARNING, lead_ms=lead_ms
        )
        with OneMachine(settings) as box:
            for account in range(messages):
                connect(box, "webhook", account, url)
            start = box.system.world.clock.now() + AHEAD + messages * timedelta(milliseconds=40)
            made = [compose(box, "webhook", n, n, start + n * APART) for n in range(messages)]
            assert box.system.world.clock.now() < start, "composing took longer than the time ahead"
            time.sleep((start + messages * APART - box.system.world.clock.now()).total_seconds() + 1)
            late = [one for message in made if (one := published(box, message)) is not None]
            assert len(late) == messages, f"{len(late)} of {messages} are out"
            return late


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=40)
    parser.add_argument("--leads", type=int, nargs="+", default=[0, 20, 200], help="milliseconds")
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    late: dict[int, list[int]] = defaultdict(list)
    for _ in range(asked.rounds):
        for lead in asked.leads:
            late[lead] += one_round(asked.messages, lead)
    print("| lead | posts | p50 | p90 | most |\n|---|---|---|---|---|")
    for lead, found in late.items():
        ninth = statistics.quantiles(found, n=10)[8]
        print(f"| {lead} ms | {len(found)} | {statistics.median(found):.0f} ms | {ninth:.0f} ms | {max(found)} ms |")


if __name__ == "__main__":
    main()
