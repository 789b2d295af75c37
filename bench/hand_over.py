"""How late posts of a stage on AWS are with the sender, and without it: both on one emulator, in one run.

Two stages run side by side on ministack, from the real bundles: in one the worker hands over to the sender, in the
other it sends by itself and the next batch waits. All else is the same: table, stream with its trigger, delay queue.
Printed for each case: lateness in ms of posts that were scheduled; runs and billed seconds of each function. In the
case `1 hangs` an account does not answer for 25 s from two seconds before, and lateness is that of the others. `200
again` finds the runs of `200 at once` warm.

    .venv/bin/uv sync -q --inexact --all-extras --group cdk
    .venv/bin/python bench/hand_over.py [CASE …]

What ministack does not do: permissions, recursion detection, throttled calls that come again, partial failures of a
stream's trigger. A cold start takes this machine's processor, which all functions share. Compare within a run.
"""

import argparse
import io
import os
import platform
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "cdk")]

from omnipub.adapters.aws.clients import Clients  # noqa: E402
from omnipub.adapters.system.journal import NoJournal  # noqa: E402
from omnipub.config import LogLevel, Mode, Settings, to_environment  # noqa: E402
from omnipub.domain.ids import Parent, ParentKind  # noqa: E402
from omnipub.domain.message import Content  # noqa: E402
from omnipub.domain.timestamps import Schedule  # noqa: E402
from omnipub.names import LOCAL_OWNER  # noqa: E402
from omnipub.onebox.sandbox_process import SandboxProcess, connect, control  # noqa: E402
from omnipub.services.messages.read import Viewer  # noqa: E402
from omnipub.wiring.aws import on_aws, settle  # noqa: E402
from omnipub_cdk.bundling import bundle  # noqa: E402
from omnipub_cdk.bundling.tables import ENTRIES  # noqa: E402
from support import ministack  # noqa: E402
from support.aws import CREDENTIALS, Cloud  # noqa: E402

ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
ACCOUNTS = 200
CASES = ("alone", "200 at once", "200 again", "1 hangs")
TIMEOUTS = {"worker": 60, "sender": 60, "delay": 5}
PACK_OF_A_MESSAGE = 50
"""Channels of one message: a message has one transaction."""

WAITING = 240.0
BILLED = re.compile(r"^REPORT RequestId: .*Billed Duration: ([0-9.]+) ms")


@dataclass(frozen=True, kw_only=True)
class Late:
    """What a case came to: lateness of each post in ms, and what the functions took for it."""

    ms: Sequence[int]
    runs: Mapping[str, int]
    seconds: Mapping[str, float]


class Stage:
    """A stage on the emulator."""

    def __init__(self, cloud: Cloud, name: str, sandbox: str, *, sender: bool, codes: Mapping[str, bytes]) -> None:
        self.name = name
        self._cloud = cloud
        self._sandbox = sandbox
        settings = Settings(
            stage=name,
            mode=Mode.SANDBOX,
            sandbox_url=sandbox,
            log_level=LogLevel.WARNING,
            table=cloud.table(),
            stream=cloud.stream(),
            queue=cloud.queue(),
            bucket=cloud.bucket(),
            parked=cloud.bucket(),
            key=cloud.key(),
            function=f"{name}-scheduler",
            sender=f"{name}-sender" if sender else "",
        )
        self.functions = [one for one in TIMEOUTS if sender or one != "sender"]
        for function in self.functions:
            self._deploy(function, codes[function], settings)
        self._trigger(settings)
        self.system = on_aws(replace(settings, sender=""), cloud.clients, journal=NoJournal())
        settle(self.system)

    def _deploy(self, function: str, code: bytes, settings: Settings) -> None:
        client = self._cloud.clients.of("lambda")
        client.create_function(
            FunctionName=f"{self.name}-{function}",
            Runtime="python3.13",
            Handler=f"{ENTRIES[function]}.handler",
            Role=f"arn:aws:iam::{ministack.ACCOUNT}:role/bench",
            Code={"ZipFile": code},
            Timeout=TIMEOUTS[function],
            MemorySize=512,
            Environment={"Variables": to_environment(settings)},
        )
        if function == "sender":
            client.put_function_event_invoke_config(
                FunctionName=f"{self.name}-sender", MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60
            )

    def _trigger(self, settings: Settings) -> None:
        clients = self._cloud.clients
        stream = clients.of("kinesis").describe_stream_summary(StreamName=settings.stream)
        clients.of("lambda").create_event_source_mapping(
            FunctionName=f"{self.name}-worker",
            EventSourceArn=stream["StreamDescriptionSummary"]["StreamARN"],
            StartingPosition="TRIM_HORIZON",
            BatchSize=100,
            ParallelizationFactor=2,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        queue = clients.of("sqs").get_queue_attributes(QueueUrl=settings.queue, AttributeNames=["QueueArn"])
        clients.of("lambda").create_event_source_mapping(
            FunctionName=f"{self.name}-delay",
            EventSourceArn=queue["Attributes"]["QueueArn"],
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )

    def connect(self) -> None:
        """Connect all accounts."""
        for number in range(ACCOUNTS):
            connect(self.system, self._sandbox, channel=f"facebook:a{number}", account=self._account(number))

    def _account(self, number: int) -> str:
        return f"{'9' if 'sender' in self.functions else '8'}{number:05d}"

    def compose(self, numbers: Sequence[int], at: datetime) -> list[Parent]:
        """Messages to these accounts, due at one instant."""
        made = []
        for start in range(0, len(numbers), PACK_OF_A_MESSAGE):
            channels = [f"facebook:a{number}" for number in numbers[start : start + PACK_OF_A_MESSAGE]]
            content = Content(text=f"{self.name} {channels[0]} {at.isoformat()}")
            schedule = Schedule(at=at, local=at.isoformat(), zone="UTC")
            one = self.system.compose.message(owner=LOCAL_OWNER, content=content, channels=channels, schedule=schedule)
            made.append(Parent(kind=ParentKind.MESSAGE, id=one.id))
        return made

    def case(self, name: str) -> Late:
        """Run one case."""
        before = self._used()
        hanging: list[Parent] = []
        if name == "alone":
            due = [datetime.now(UTC) + timedelta(seconds=8 + 3.37 * number) for number in range(10)]
            made = [one for number, at in enumerate(due) for one in self.compose([number], at)]
        elif name.startswith("200"):
            made = self.compose(range(ACCOUNTS), datetime.now(UTC) + timedelta(seconds=30))
        else:
            order = {"network": "facebook", "account": self._account(0), "kind": "accept_then_hang", "seconds": 40}
            control(self._sandbox, "faults", {**order, "times": 1})
            begin = datetime.now(UTC) + timedelta(seconds=15)
            hanging = self.compose([0], begin - timedelta(seconds=2))
            due = [begin + timedelta(seconds=0.25 * number) for number in range(40)]
            made = [one for number, at in enumerate(due, 1) for one in self.compose([number], at)]
        ms = sorted(late for parent in made for late in self._lateness(parent))
        for parent in hanging:
            self._settled(parent)
        time.sleep(2)
        runs, seconds = self._used()
        return Late(
            ms=ms,
            runs={one: runs[one] - before[0][one] for one in self.functions},
            seconds={one: seconds[one] - before[1][one] for one in self.functions},
        )

    def _lateness(self, parent: Parent) -> list[int]:
        end = time.monotonic() + WAITING
        while True:
            deliveries = self.system.showing.one(parent, Viewer(owner=LOCAL_OWNER)).deliveries
            late = [one.lateness_ms for one in deliveries if one.lateness_ms is not None]
            if len(late) == len(deliveries):
                return late
            assert time.monotonic() < end, f"{[(one.status, one.reason) for one in deliveries]} did not get out"
            time.sleep(0.5)

    def _settled(self, parent: Parent) -> None:
        """Wait until the network's silence is over and written down."""
        end = time.monotonic() + WAITING
        while time.monotonic() < end:
            (one,) = self.system.showing.one(parent, Viewer(owner=LOCAL_OWNER)).deliveries
            if one.may_be_out or one.lateness_ms is not None:
                return
            time.sleep(0.5)

    def _used(self) -> tuple[Mapping[str, int], Mapping[str, float]]:
        """Runs of each function so far, and their billed seconds, as its log says."""
        told = {one: self._reported(f"/aws/lambda/{self.name}-{one}") for one in self.functions}
        return {one: len(ms) for one, ms in told.items()}, {one: sum(ms) / 1000 for one, ms in told.items()}

    def _reported(self, group: str) -> list[float]:
        client, more, found = self._cloud.clients.of("logs"), {}, []
        while True:
            try:
                answer = client.filter_log_events(logGroupName=group, **more)
            except client.exceptions.ResourceNotFoundException:
                return []
            found += [BILLED.search(one["message"]) for one in answer["events"]]
            if "nextToken" not in answer:
                return [float(one.group(1)) for one in found if one]
            more = {"nextToken": answer["nextToken"]}


def zipped(function: str) -> bytes:
    """A function's bundle as Lambda takes it."""
    folder, made = bundle(function, architecture=ARCHITECTURE), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return made.getvalue()


@contextmanager
def stages() -> Iterator[Sequence[Stage]]:
    """Both stages, with all accounts connected and their functions warm."""
    codes = {function: zipped(function) for function in TIMEOUTS}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(CREDENTIALS)
        sandbox = SandboxProcess(Path(folder) / "sandbox")
        sandbox.start()
        try:
            with ministack.running(Path(folder) / "log", ministack.SERVICES) as url:
                cloud = Cloud(clients=Clients(endpoint=url, region=ministack.REGION), url=url)
                made = [
                    Stage(cloud, name, sandbox.url, sender=sender, codes=codes)
                    for name, sender in (("alone", False), ("sender", True))
                ]
                for stage in made:
                    stage.connect()
                    stage.case("alone")
                yield made
        finally:
            sandbox.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    named = parser.parse_args().cases
    if unknown := set(named) - set(CASES):
        parser.error(f"There is no case {unknown}; there are: {', '.join(CASES)}.")
    print(f"load {os.getloadavg()[0]:.1f}")
    with stages() as made:
        print("| case | who sends | p50 ms | p99 | max | runs | seconds |\n|---|---|---|---|---|---|---|")
        for name in named or CASES:
            for stage in made:
                late = stage.case(name)
                p50, p99 = (late.ms[min(len(late.ms) - 1, int(len(late.ms) * share))] for share in (0.5, 0.99))
                runs = ", ".join(f"{one} {count}" for one, count in late.runs.items())
                seconds = ", ".join(f"{one} {count:.1f}" for one, count in late.seconds.items())
                who = "sender" if stage.name == "sender" else "worker"
                print(f"| {name} | {who} | {p50} | {p99} | {late.ms[-1]} | {runs} | {seconds} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
