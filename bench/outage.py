"""How long it takes until everything is out after a network was down for an hour.

The system runs on this machine with a clock that runs R times as fast; the sandbox beside it is stopped for
an hour of that clock, so that connections are refused, while N messages for A accounts become due. Then it
comes back. Printed, in minutes of that clock: until the first and the last of them were out, what was out
twice or not at all, and how many tries were made while the network was down.

    .venv/bin/python bench/outage.py [--messages 600] [--accounts 20] [--rate 60]
"""

import argparse
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from omnipub.adapters.system.clock import SystemClock
from omnipub.config import LogLevel
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.sandbox_process import SandboxProcess, connect, control
from omnipub.onebox.system import OneMachine
from omnipub.services.messages.read import Viewer

HOUR = timedelta(hours=1)
PATIENCE = timedelta(minutes=40)


def fast_clock(rate: int) -> SystemClock:
    """A clock that runs `rate` times as fast as the machine's."""
    began, monotonic = datetime.now(UTC), time.monotonic()

    def elapsed() -> float:
        return (time.monotonic() - monotonic) * rate

    def nap(seconds: float) -> bool:
        time.sleep(seconds / rate)
        return False

    return SystemClock(wall=lambda: began + timedelta(seconds=elapsed()), seconds=elapsed, nap=nap)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=600)
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--rate", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        sandbox = SandboxProcess(data / "sandbox", 0)
        sandbox.start()
        port = int(sandbox.url.rpartition(":")[2])
        clock = fast_clock(arguments.rate)
        settings = replace(open_data(data, state=data.with_name(f"{data.name}-state")), log_level=LogLevel.ERROR)
        with OneMachine(settings, sandbox_url=sandbox.url, clock=clock) as box:
            for account in range(arguments.accounts):
                connect(box.system, sandbox.url, channel=f"facebook:a{account}", account=f"9{account:05d}")
            began = clock.now() + timedelta(seconds=60)
            made = []
            for number in range(arguments.messages):
                at = max(began + HOUR * number / arguments.messages, clock.now() + timedelta(seconds=1))
                schedule = Schedule(at=at, local=at.isoformat(), zone="UTC")
                made.append(
                    box.system.compose.message(
                        owner=LOCAL_OWNER,
                        content=Content(text=f"message {number}"),
                        channels=[f"facebook:a{number % arguments.accounts}"],
                        schedule=schedule,
                    ).id
                )
                if number == 0:
                    sandbox.stop()
            clock.sleep_until(began + HOUR)
            sandbox = SandboxProcess(data / "sandbox", port)
            sandbox.start()
            back = clock.now()
            posts = 0
            while posts < len(made) and clock.now() < back + PATIENCE:
                time.sleep(0.2)
                posts = control(sandbox.url, "count")["totals"]["posts"]
            time.sleep(1)
            report(box, made, back, control(sandbox.url, "count")["totals"])
        sandbox.stop()


def report(box: OneMachine, made: list[str], back: datetime, totals: dict[str, int]) -> None:
    out, tries = [], 0
    for message in made:
        shown = box.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=LOCAL_OWNER))
        tries += sum(attempt.started_at < back for attempt in shown.attempts)
        out += [one.published_at for one in shown.deliveries if one.published_at is not None]
    print(f"{len(made)} became due while the network was down; it was tried {tries} times meanwhile")
    print(f"out: {len(out)}, twice: {totals['doubles']}")
    after = sorted((moment - back).total_seconds() / 60 for moment in out)
    if after:
        print(f"after it was back: first {after[0]:.1f} min, half {after[len(after) // 2]:.1f}, last {after[-1]:.1f}")


if __name__ == "__main__":
    main()
