"""A clock that is set back or forward, and a laptop that slept: what is due goes out once, nothing is lost."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.system.clock import LONGEST_NAP, ClockStoppedError, SystemClock
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule, moment, to_text
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.sandbox_process import control
from omnipub.onebox.system import OneMachine
from omnipub.onebox.tick_timer import EVERY, TickTimer
from support.world import OWNER, START, TestBed, WorkerKilledError

HOUR = timedelta(hours=1)
SOON = 30.0
CHANNELS = ["bluesky", "facebook", "linkedin", "telegram"]
"""A webhook's receiver refuses signatures that are minutes off its own clock, and the sandbox keeps the right time."""


class Laptop:
    """A wall clock and a count of seconds that stands still while the machine sleeps."""

    def __init__(self) -> None:
        self.wall = START
        self.awake = 0.0
        self.naps: list[float] = []
        self.during: dict[int, Callable[[], None]] = {}

    def nap(self, seconds: float) -> bool:
        self.naps.append(seconds)
        self.wall += timedelta(seconds=seconds)
        self.awake += seconds
        self.during.pop(len(self.naps), lambda: None)()
        return False

    def clock(self) -> SystemClock:
        return SystemClock(wall=lambda: self.wall, seconds=lambda: self.awake, nap=self.nap)

    def jump(self, by: timedelta) -> None:
        """The clock is set, or the machine sleeps: no second is counted."""
        self.wall += by


# Waiting.


def test_who_waits_returns_at_the_moment_and_not_before() -> None:
    laptop = Laptop()
    laptop.clock().sleep_until(START + timedelta(seconds=150))
    assert laptop.wall == START + timedelta(seconds=150)
    assert max(laptop.naps) <= LONGEST_NAP


def test_a_moment_that_passed_while_the_machine_slept_is_noticed_within_a_nap() -> None:
    laptop = Laptop()
    laptop.during[3] = lambda: laptop.jump(8 * HOUR)
    laptop.clock().sleep_until(START + HOUR)
    assert len(laptop.naps) == 3


def test_who_waits_while_the_clock_is_set_back_does_not_wait_an_hour_longer() -> None:
    laptop = Laptop()
    laptop.during[1] = lambda: laptop.jump(-HOUR)
    laptop.clock().sleep_until(START + timedelta(seconds=2))
    assert laptop.awake <= 2 + 2 * LONGEST_NAP


def test_a_stop_ends_every_sleep() -> None:
    clock = SystemClock()
    clock.stop()
    with pytest.raises(ClockStoppedError):
        clock.sleep_until(datetime.now(UTC) + HOUR)


# Ticks.


def beats(laptop: Laptop, tick_timer: TickTimer, seconds: int) -> list[float]:
    """At which seconds of being awake a tick was due."""
    found = []
    for _ in range(seconds * 2):
        if tick_timer.beat() is not None:
            found.append(laptop.awake)
        laptop.nap(0.5)
    return found


def test_a_tick_comes_at_once_and_then_each_minute() -> None:
    laptop = Laptop()
    tick_timer = TickTimer(lambda: laptop.wall, seconds=lambda: laptop.awake)
    assert beats(laptop, tick_timer, 200) == [0, 60, 120, 180]


@pytest.mark.parametrize("by", [-HOUR, HOUR, 8 * HOUR, timedelta(seconds=-90), timedelta(days=400)])
def test_a_jump_of_the_clock_ticks_at_once_and_then_each_minute_again(by: timedelta) -> None:
    laptop = Laptop()
    tick_timer = TickTimer(lambda: laptop.wall, seconds=lambda: laptop.awake)
    beats(laptop, tick_timer, 10)
    laptop.jump(by)
    assert beats(laptop, tick_timer, 125) == [10, 70, 130]


def test_a_clock_that_is_only_corrected_a_little_changes_no_tick() -> None:
    laptop = Laptop()
    tick_timer = TickTimer(lambda: laptop.wall, seconds=lambda: laptop.awake)
    beats(laptop, tick_timer, 10)
    laptop.jump(timedelta(seconds=-1))
    assert beats(laptop, tick_timer, 60) == [51 + 10]


def test_a_tick_that_could_not_be_asked_for_in_time_is_not_made_up_for_twice() -> None:
    laptop = Laptop()
    tick_timer = TickTimer(lambda: laptop.wall, seconds=lambda: laptop.awake)
    assert tick_timer.beat() is not None
    laptop.nap(10 * EVERY.total_seconds())
    assert tick_timer.beat() is not None
    assert tick_timer.beat() is None


def test_a_tick_that_is_wanted_at_once_comes_at_once_and_then_each_minute() -> None:
    laptop = Laptop()
    tick_timer = TickTimer(lambda: laptop.wall, seconds=lambda: laptop.awake)
    beats(laptop, tick_timer, 10)
    tick_timer.at_once()
    assert beats(laptop, tick_timer, 100) == [10, 70]


# The services, with a clock set by hand.


def compose(bed: TestBed, channel: str, at: datetime) -> str:
    schedule = Schedule(at=at, local=to_text(at), zone="UTC")
    content = Content(text=f"due at {to_text(at)}")
    return bed.system.compose.message(owner=OWNER, content=content, channels=[channel], schedule=schedule).id


def test_a_cursor_ahead_of_the_clock_hides_nothing_that_is_due(bed: TestBed) -> None:
    bed.pass_time(START + timedelta(minutes=5))
    bed.clock.time -= HOUR
    soon = bed.clock.time + timedelta(minutes=3)
    compose(bed, "looked", soon)
    bed.pass_time(soon + timedelta(minutes=2))
    assert bed.network.texts() == [f"due at {to_text(soon)}"]
    bed.pass_time(START + 2 * HOUR)
    assert len(bed.network.texts()) == 1


@pytest.mark.parametrize(("channel", "posts"), [("looked", 1), ("keyed", 1), ("blind", 1)])
def test_a_lease_far_in_the_future_is_waited_for_and_ends_in_one_post(bed: TestBed, channel: str, posts: int) -> None:
    """The worker died after the network had accepted, and then the clock was set back: late, and never twice."""
    bed.network.known_keys = True
    bed.network.orders = ["die_after"]
    compose(bed, channel, START)
    with pytest.raises(WorkerKilledError):
        bed.pass_time(START + timedelta(minutes=1))
    bed.stream.take()
    bed.clock.time -= HOUR
    bed.pass_time(START - timedelta(minutes=5))
    assert len(bed.network.texts()) == posts
    bed.pass_time(START + HOUR)
    assert len(bed.network.texts()) == posts


def test_what_a_long_sleep_passed_goes_out_or_is_missed_by_its_window(bed: TestBed) -> None:
    window = timedelta(seconds=bed.system.settings.missed_after)
    old, fresh = START + timedelta(minutes=10), START + timedelta(minutes=20)
    compose(bed, "looked", old)
    compose(bed, "keyed", fresh)
    bed.pass_time(START + timedelta(minutes=2))
    bed.clock.time = old + window + timedelta(minutes=5)
    bed.pass_time(bed.clock.time + timedelta(minutes=3))
    assert bed.network.texts() == [f"due at {to_text(fresh)}"]


# The whole system, with a real clock that is set.


class Shifted:
    """The machine's clock, which a test sets forward and back while everything runs."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def now(self) -> datetime:
        return moment(datetime.now(UTC) + self.by)

    def clock(self) -> SystemClock:
        return SystemClock(wall=self.now)


@pytest.fixture
def shifted() -> Shifted:
    return Shifted()


Boxes = Callable[..., OneMachine]


@pytest.fixture
def boxes(tmp_path: Path, shifted: Shifted) -> Iterator[Boxes]:
    """Start the system on the same data; it is stopped at the end."""
    running: list[OneMachine] = []

    def start(**settings: int) -> OneMachine:
        for box in running:
            box.stop()
        box = OneMachine(replace(open_data(tmp_path / "data"), **settings), clock=shifted.clock())
        box.start()
        running.append(box)
        return box

    yield start
    for box in running:
        box.stop()


def api(box: OneMachine, method: str, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(  # noqa: S310  our own address
        f"{box.address}/api/v1{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Bearer {box.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  likewise
        return json.loads(answer.read())


def composed(box: OneMachine, text: str, at: datetime | None = None) -> str:
    body: dict[str, Any] = {"text": text, "channels": CHANNELS}
    if at is not None:
        body["schedule"] = {"at": at.isoformat()}
    return str(api(box, "POST", "/messages", body)["id"])


def states(box: OneMachine, message: str) -> set[str]:
    return {one["status"] for one in api(box, "GET", f"/messages/{message}")["deliveries"]}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def posts(box: OneMachine) -> tuple[int, int]:
    counted = control(box.sandbox_url, "count")["totals"]
    return counted["posts"], counted["doubles"]


def test_a_clock_set_back_while_it_runs_delays_nothing_that_is_due_by_the_new_time(
    boxes: Boxes, shifted: Shifted
) -> None:
    box = boxes()
    later = composed(box, "due soon by the old clock", shifted.now() + timedelta(seconds=4))
    shifted.by = -HOUR
    now = composed(box, "due now by the new clock")
    soon = composed(box, "due soon by the new clock", shifted.now() + timedelta(seconds=3))
    until(lambda: states(box, now) | states(box, soon) == {Status.PUBLISHED})
    assert states(box, later) == {Status.SCHEDULED}
    shifted.by = timedelta(0)
    until(lambda: states(box, later) == {Status.PUBLISHED})
    assert posts(box) == (12, 0)


def test_a_clock_set_back_between_two_runs_delays_nothing_that_is_due_by_the_new_time(
    boxes: Boxes, shifted: Shifted
) -> None:
    box = boxes()
    before = composed(box, "before")
    until(lambda: states(box, before) == {Status.PUBLISHED})
    shifted.by = -HOUR
    box = boxes()
    now = composed(box, "now")
    soon = composed(box, "soon", shifted.now() + timedelta(seconds=2))
    until(lambda: states(box, now) | states(box, soon) == {Status.PUBLISHED})
    assert posts(box) == (12, 0)


def test_a_laptop_that_wakes_sends_what_it_slept_through_and_misses_what_is_too_old(
    boxes: Boxes, shifted: Shifted
) -> None:
    box = boxes(missed_after=int(2 * HOUR.total_seconds()))
    old = composed(box, "old", shifted.now() + HOUR)
    fresh = composed(box, "fresh", shifted.now() + 7 * HOUR)
    ahead = composed(box, "ahead", shifted.now() + 9 * HOUR)
    shifted.by = 8 * HOUR
    until(lambda: states(box, fresh) == {Status.PUBLISHED})
    until(lambda: states(box, old) == {Status.MISSED})
    assert states(box, ahead) == {Status.SCHEDULED}
    assert posts(box) == (4, 0)
    found = api(box, "GET", f"/messages/{fresh}")["deliveries"]
    assert found
    assert all(HOUR <= timedelta(milliseconds=one["lateness_ms"]) < 2 * HOUR for one in found)


def test_a_clock_set_back_during_a_send_shows_as_a_lateness_below_zero_and_as_one_post(
    boxes: Boxes, shifted: Shifted
) -> None:
    """Lateness is the difference of two readings of the clock; nobody guesses what lay between them."""
    box = boxes()
    control(box.sandbox_url, "faults", {"network": "facebook", "kind": "slow", "seconds": 5, "times": 1})
    hit = composed(box, "hit")
    # What is not claimed when the clock is set back is due in an hour: all the others must be out by then.
    until(lambda: states(box, hit) == {Status.PUBLISHING, Status.PUBLISHED})
    shifted.by = -HOUR
    until(lambda: states(box, hit) == {Status.PUBLISHED})
    lateness = [one["lateness_ms"] for one in api(box, "GET", f"/messages/{hit}")["deliveries"]]
    assert min(lateness) < 0
    assert posts(box) == (4, 0)


def test_a_stop_does_not_wait_for_a_clock_that_was_set_back(boxes: Boxes, shifted: Shifted) -> None:
    box = boxes()
    composed(box, "later", shifted.now() + timedelta(minutes=2))
    shifted.by = -HOUR
    stopping = threading.Thread(target=box.stop)
    stopping.start()
    stopping.join(SOON)
    assert not stopping.is_alive()
