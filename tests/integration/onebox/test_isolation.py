"""On the whole system: accounts that hang delay nobody else by more than a second, whatever their hashes."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub.adapters.local.sqlite.stream import LANES, lane_of
from omnipub.config import LogLevel
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule, milliseconds
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.sandbox_process import connect, control
from omnipub.onebox.system import OneMachine
from omnipub.services.messages.read import Viewer
from omnipub.services.protocol.enqueue import group_of

HANGS = 4
"""Seconds without an answer; long enough that nobody takes waiting for it for slowness of this machine."""

SLOTS = 4
LATE_AT_MOST = 1_000


@pytest.fixture
def box(tmp_path: Path) -> Iterator[OneMachine]:
    settings = replace(open_data(tmp_path), log_level=LogLevel.WARNING, slots=SLOTS, request_timeout=HANGS)
    with OneMachine(settings) as running:
        yield running


def accounts(network: str, lanes: Sequence[int], *, beside: int = 0) -> list[str]:
    """An account for each of `lanes`, none of them among the first `beside` of its lane."""
    numbers = dict.fromkeys(lanes, beside)
    found: dict[int, str] = {}
    for number in range(10_000):
        account = f"9{number:05d}"
        lane = lane_of(group_of(network, account, LOCAL_OWNER))
        if lane in numbers and lane not in found:
            if numbers[lane] == 0:
                found[lane] = account
            numbers[lane] -= 1
    return [found[lane] for lane in lanes]


def connected(box: OneMachine, network: str, names: Sequence[str]) -> list[str]:
    for account in names:
        connect(box.system, box.sandbox_url, channel=f"{network}:a{account}", account=account)
    return [f"{network}:a{account}" for account in names]


def compose(box: OneMachine, channels: Sequence[str], ahead: timedelta) -> list[Parent]:
    at = box.system.world.clock.now() + ahead
    schedule = Schedule(at=at, local=at.isoformat(), zone="UTC")
    made = [
        box.system.compose.message(
            owner=LOCAL_OWNER, content=Content(text=f"to {channel}"), channels=[channel], schedule=schedule
        )
        for channel in channels
    ]
    return [Parent(kind=ParentKind.MESSAGE, id=one.id) for one in made]


def lateness(box: OneMachine, parents: Sequence[Parent]) -> list[int]:
    """Milliseconds by which each came after its moment, once all are out."""
    deadline = time.monotonic() + 2 * HANGS
    while True:
        shown = [box.system.showing.one(parent, Viewer(owner=LOCAL_OWNER)).deliveries[0] for parent in parents]
        late = [milliseconds(one.published_at - one.due_at) for one in shown if one.published_at and one.due_at]
        if len(late) == len(parents):
            return late
        assert time.monotonic() < deadline, "not all were published"
        time.sleep(0.1)


def hang(box: OneMachine, network: str, names: Sequence[str]) -> None:
    for account in names:
        control(
            box.sandbox_url,
            "faults",
            {"network": network, "account": account, "kind": "accept_then_hang", "seconds": HANGS + 4, "times": 1},
        )


def test_a_hanging_account_in_every_lane_delays_nobody_who_becomes_due_later(box: OneMachine) -> None:
    lanes = list(range(LANES))
    hanging = accounts("facebook", lanes)
    bad = connected(box, "facebook", hanging)
    same = connected(box, "facebook", accounts("facebook", lanes, beside=1))
    others = connected(box, "webhook", accounts("webhook", lanes))
    hang(box, "facebook", hanging)
    compose(box, bad, timedelta(seconds=1))
    bystanders = compose(box, [*same, *others], timedelta(seconds=4))
    late = lateness(box, bystanders)
    assert len(late) == 2 * LANES
    assert max(late) < LATE_AT_MOST, sorted(late)


def test_inside_one_burst_nobody_waits_for_those_that_hang(box: OneMachine) -> None:
    """Six hang, more than the network has slots, and all of them are composed first and share two lanes."""
    hanging = [accounts("facebook", [lane], beside=number)[0] for number in range(3) for lane in (0, 1)]
    assert len(hanging) > SLOTS
    bad = connected(box, "facebook", hanging)
    same = connected(box, "facebook", accounts("facebook", [0, 1], beside=3))
    others = connected(box, "webhook", accounts("webhook", [0, 1]))
    hang(box, "facebook", hanging)
    ahead = timedelta(seconds=2)
    compose(box, bad, ahead)
    late = lateness(box, compose(box, [*same, *others], ahead))
    assert max(late) < LATE_AT_MOST, sorted(late)
    assert len(late) == 4
