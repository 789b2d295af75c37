"""How late everybody else is while some accounts hang, are slow, are throttled, or upload over a slow link.

The system runs on this machine with its sandbox beside it. 100 accounts of five networks: 60 of Facebook, 10 of each
other. The bad ones are Facebook's first. In each case every bad account has a delivery three seconds before all others,
and one more in the very burst that the others are in. After the burst the others have another delivery each, spread
over five seconds. Printed: lateness of those others, Facebook's and the other networks'. In the first case nobody is
bad: compare with it, within one run. *Later by* is the most that anybody's p99 or maximum grew.

    .venv/bin/python bench/isolation.py [CASE …]
"""

import argparse
import asyncio
import os
import statistics
import struct
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from omnipub.config import LogLevel
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.sandbox_process import connect, control
from omnipub.onebox.system import OneMachine
from omnipub.services.messages.read import Viewer

FACEBOOK, OTHERS, EACH = 60, ("bluesky", "linkedin", "telegram", "webhook"), 10
BEFORE = timedelta(seconds=3)
AFTER = timedelta(seconds=5)
COMPOSING = timedelta(milliseconds=60)
"""More than it takes to compose one message: all must be composed before the first is due."""

LINK_BYTES = 500_000
"""A second, of the slow link: ten megabytes take 20 s."""

PICTURES, PICTURE_SIDE = 3, 1_050
"""Three of 3.3 MB each, since Facebook takes none above 4 MB."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is wrong with how many accounts: an order to the sandbox, or a slow link."""

    bad: int = 0
    order: dict[str, Any] | None = None
    uploads: bool = False


HANG: dict[str, Any] = {"kind": "accept_then_hang", "seconds": 90}
CASES = {
    "nobody": Case(),
    "1 hangs": Case(bad=1, order=HANG),
    "10 hang": Case(bad=10, order=HANG),
    "40 hang": Case(bad=40, order=HANG),
    "1 slow (4 s)": Case(bad=1, order={"kind": "slow", "seconds": 4}),
    "1 throttled": Case(bad=1, order={"kind": "throttle"}),
    "1 uploads 10 MB in 20 s": Case(bad=1, uploads=True),
}


def picture(seed: int) -> bytes:
    """A PNG that does not compress."""
    row = 1 + 3 * PICTURE_SIDE
    rows = b"".join(b"\0" + os.urandom(row - 1) for _ in range(PICTURE_SIDE))
    head = struct.pack(">IIBBBBB", PICTURE_SIDE, PICTURE_SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 0)), (b"tEXt", b"Comment\0%d" % seed), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@contextmanager
def slow_link(url: str) -> Iterator[str]:
    """An address that leads to `url` and takes so many bytes a second."""
    target = urlsplit(url)
    loop = asyncio.new_event_loop()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: int) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(16_384):
                if rate:
                    await asyncio.sleep(len(data) / rate)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(target.hostname, target.port)
        with suppress(asyncio.CancelledError):
            await asyncio.gather(carry(reader, back, LINK_BYTES), carry(there, writer, 0))

    server = loop.run_until_complete(asyncio.start_server(meet, "127.0.0.1", 0, limit=16_384))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
    loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
    thread.join()


def account_of(network: str, number: int) -> str:
    match network:
        case "bluesky":
            letters = str(number).translate(str.maketrans("0189", "abcd"))  # a DID has no such digits
            return f"did:plc:bench{letters:a>19}"
        case "linkedin":
            return f"urn:li:organization:{number + 1}"
        case "telegram":
            return f"@bench_{number}"
        case _:
            return f"9{number:05d}"


class Bench:
    """One case on a system of its own."""

    def __init__(self, box: OneMachine, case: Case) -> None:
        self.box = box
        self.case = case
        facebook = [f"facebook:a{number}" for number in range(FACEBOOK)]
        self.bad = facebook[: case.bad]
        self.same = facebook[case.bad :]
        self.others = [f"{network}:a{number}" for network in OTHERS for number in range(EACH)]

    def connect(self) -> None:
        """Connect all accounts, and tell the sandbox what is wrong with the bad ones."""
        for channel in [*self.bad, *self.same, *self.others]:
            network, number = channel.split(":a")
            account = account_of(network, int(number))
            connect(self.box.system, self.box.sandbox_url, channel=channel, account=account)
            if channel in self.bad and self.case.order:
                order = {"network": network, "account": account, "times": 0, **self.case.order}
                control(self.box.sandbox_url, "faults", order)

    def through(self, url: str) -> None:
        """Let the bad accounts' requests go through another address."""
        for channel in self.bad:
            found = self.box.system.accounts.find(LOCAL_OWNER, channel)
            assert found is not None
            token = self.box.system.accounts.open(found).token
            self.box.system.accounts.connect(
                owner=LOCAL_OWNER,
                channel=channel,
                account=found.account,
                title="",
                token=token,
                base_url=f"{url}/facebook",
            )

    def compose(self, channel: str, at: datetime, *, pictures: int = 0) -> Parent:
        """A message to one account, due at `at`."""
        media = [self.box.system.world.media.keep(picture(number)) for number in range(pictures)]
        content = Content(text=f"to {channel} at {at.isoformat()}", media=tuple(media))
        schedule = Schedule(at=at, local=at.isoformat(), zone="UTC")
        made = self.box.system.compose.message(
            owner=LOCAL_OWNER, content=content, channels=[channel], schedule=schedule
        )
        return Parent(kind=ParentKind.MESSAGE, id=made.id)

    def run(self) -> tuple[list[int], list[int]]:
        """The lateness of the others, sorted: of the same network, and of other networks."""
        clock = self.box.system.world.clock
        people = [*self.same, *self.others]
        burst = clock.now() + BEFORE + timedelta(seconds=3) + COMPOSING * 2 * (len(self.bad) + len(people))
        pictures = PICTURES if self.case.uploads else 0
        for channel in self.bad:
            self.compose(channel, burst - BEFORE, pictures=pictures)
            self.compose(channel, burst)
        made: dict[str, list[Parent]] = {channel: [self.compose(channel, burst)] for channel in people}
        for number, channel in enumerate(people):
            made[channel].append(self.compose(channel, burst + AFTER * (number + 1) / len(people)))
        assert clock.now() < burst - BEFORE, "composing took longer than the time ahead"
        return self._late(made, self.same), self._late(made, self.others)

    def _late(self, made: dict[str, list[Parent]], channels: list[str]) -> list[int]:
        return sorted(self._lateness(parent) for channel in channels for parent in made[channel])

    def _lateness(self, parent: Parent) -> int:
        deadline = time.monotonic() + 180
        while True:
            (one,) = self.box.system.showing.one(parent, Viewer(owner=LOCAL_OWNER)).deliveries
            if one.lateness_ms is not None:
                return one.lateness_ms
            assert time.monotonic() < deadline, f"{one.channel} did not get out: {one.status} {one.reason}"
            time.sleep(0.2)


def measure(case: Case) -> tuple[list[int], list[int]]:
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(open_data(Path(folder) / "data", state=Path(folder) / "state"), log_level=LogLevel.WARNING)
        with OneMachine(settings) as box:
            bench = Bench(box, case)
            bench.connect()
            if case.uploads:
                with slow_link(box.sandbox_url) as url:
                    bench.through(url)
                    return bench.run()
            return bench.run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    named = parser.parse_args().cases
    if unknown := set(named) - set(CASES):
        parser.error(f"There is no case {unknown}; there are: {', '.join(CASES)}.")
    print(f"load {os.getloadavg()[0]:.1f}; lateness of the others in ms")
    print("case                        same network: p50    p99    max    other networks: p50    p99    max   later by")
    first: tuple[int, ...] | None = None
    for name in named or CASES:
        figures: list[int] = []
        for late in measure(CASES[name]):
            p99 = late[min(len(late) - 1, int(len(late) * 0.99))]
            figures += [int(statistics.median(late)), p99, late[-1]]
        first = first or tuple(figures)
        later = max(now - then for now, then in zip(figures, first, strict=True))
        print(
            f"{name:26} {figures[0]:18d} {figures[1]:6d} {figures[2]:6d}"
            f" {figures[3]:22d} {figures[4]:6d} {figures[5]:6d} {later:10d}",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
