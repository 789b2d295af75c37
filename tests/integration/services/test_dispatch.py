"""On time, whatever EventBridge Scheduler does to its ticks: lost, doubled, jittered, overlapping."""

import random
from datetime import datetime, timedelta

import pytest

from omnipub.domain.identity import Kind, Parent
from omnipub.domain.message import Content
from omnipub.domain.moments import Schedule, milliseconds
from omnipub.services.ports import Pointer
from omnipub.services.showing import Viewer
from support.world import OWNER, START, TestBed

WITHIN = timedelta(seconds=1)


def schedule(bed: TestBed, at: datetime) -> str:
    made = bed.system.compose.message(
        owner=OWNER,
        content=Content(text=f"due {at.isoformat()}"),
        channels=["looked"],
        schedule=Schedule(at=at, local=at.isoformat(), zone="UTC"),
    )
    return made.id


def run_ticks(bed: TestBed, starts: list[datetime]) -> list[tuple[datetime, Pointer]]:
    """Run each tick from its own start, as Lambda does, and merge what they put in the order of time.

    A tick waits inside its run, so ticks overlap; each sees the table as it stands, which here is as it
    was composed, the worst case for doubled pointers.
    """
    put: list[tuple[datetime, Pointer]] = []
    for start in starts:
        bed.clock.time = start
        bed.system.dispatch.tick()
        put += bed.stream.records
        bed.stream.records.clear()
    return sorted(put, key=lambda one: one[0])


def work(bed: TestBed, put: list[tuple[datetime, Pointer]]) -> None:
    bed.clock.time = START
    for at, pointer in put:
        bed.clock.time = max(at, bed.clock.time)
        bed.system.batches.run([pointer])


def lateness(bed: TestBed, message: str) -> int:
    shown = bed.system.showing.one(Parent(kind=Kind.MESSAGE, id=message), Viewer(owner=OWNER))
    (delivery,) = shown.deliveries
    assert delivery.published_at is not None, delivery.status
    assert delivery.due_at is not None
    assert delivery.attempts == 1
    return milliseconds(delivery.published_at - delivery.due_at)


@pytest.mark.parametrize("seed", range(25))
def test_every_message_is_out_within_a_second_though_ticks_are_jittered_doubled_and_lost(
    bed: TestBed, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  one seed, one history
    dues = [START + timedelta(minutes=5) + timedelta(milliseconds=chance.randrange(600_000)) for _ in range(12)]
    dues += [START + timedelta(minutes=8)] * 2  # on the very minute
    messages = [schedule(bed, due) for due in dues]
    bed.nudge.named.clear()
    starts = []
    lost = chance.randrange(3, 12)
    for minute in range(20):
        if minute == lost:
            continue  # EventBridge promises each tick, and still one may be lost
        # precision: a tick of 09:00 comes between 09:00:00 and 09:00:59
        jitter = timedelta(milliseconds=chance.randrange(30_000))
        starts.append(START + timedelta(minutes=minute) + jitter)
        if chance.random() < 0.3:
            starts.append(starts[-1] + timedelta(milliseconds=chance.randrange(20_000)))
    work(bed, run_ticks(bed, sorted(starts)))
    late = [lateness(bed, message) for message in messages]
    assert all(0 <= one <= milliseconds(WITHIN) for one in late), late
    assert len(bed.network.posts) == len(messages)


def test_a_message_composed_within_the_horizon_is_nudged_and_out_within_a_second(bed: TestBed) -> None:
    at = START + timedelta(seconds=40)
    message = schedule(bed, at)
    assert [one.at for one in bed.nudge.named] == [at]
    bed.system.dispatch.nudged(bed.nudge.named)
    bed.run_stream()
    assert 0 <= lateness(bed, message) <= milliseconds(WITHIN)


def test_a_message_due_after_the_horizon_needs_no_nudge(bed: TestBed) -> None:
    schedule(bed, START + timedelta(seconds=151))
    assert bed.nudge.named == []


def test_a_message_due_at_the_very_end_of_the_horizon_is_seen(bed: TestBed) -> None:
    message = schedule(bed, START + timedelta(seconds=150))
    bed.nudge.named.clear()
    bed.system.dispatch.tick()
    bed.run_stream()
    assert lateness(bed, message) <= milliseconds(WITHIN)


def test_with_nothing_due_a_tick_ends_at_once(bed: TestBed) -> None:
    schedule(bed, START + timedelta(hours=1))
    bed.system.dispatch.tick()
    assert bed.clock.now() == START


def test_an_overdue_message_is_put_again_at_2_4_8_minutes_and_ever_more_rarely(bed: TestBed) -> None:
    schedule(bed, START + timedelta(seconds=30))
    bed.nudge.named.clear()
    ages = []
    for minute in range(1, 60 * 5):
        bed.clock.time = START + timedelta(seconds=30, minutes=minute)
        bed.system.dispatch.tick()
        ages += [minute] * len(bed.stream.take())
    assert ages == [1, 2, 4, 8, 16, 32, 64, 124, 184, 244]


def test_the_cursor_only_moves_forward(bed: TestBed) -> None:
    from omnipub.storage import keys  # noqa: PLC0415  the cursor is nobody else's business

    bed.clock.advance(minutes=10)
    bed.system.dispatch.tick()
    cursor = bed.system.world.table.get(keys.cursor())
    bed.clock.time = START
    bed.system.dispatch.tick()
    assert bed.system.world.table.get(keys.cursor()) == cursor


def test_run_now_puts_what_is_due_and_says_why_it_leaves_the_rest(bed: TestBed) -> None:
    bed.stream.losing = True
    due = schedule(bed, START + timedelta(seconds=0.5))
    later = schedule(bed, START + timedelta(hours=1))
    bed.stream.losing = False
    bed.clock.advance(seconds=5)
    parents = [Parent(kind=Kind.MESSAGE, id=one) for one in (due, later)]
    dry = bed.system.run_now.run(parents, dry_run=True).rows
    assert bed.stream.take() == []
    assert [(row.ready, row.dispatched) for row in dry] == [(True, False), (False, False)]
    rows = bed.system.run_now.run(parents, dry_run=False).rows
    assert [(row.dispatched, row.why.partition(":")[0]) for row in rows] == [(True, "due"), (False, "not due yet")]
    assert [row.dispatched for row in bed.system.run_now.run(dry_run=False).rows] == [True]
    bed.run_stream()
    assert len(bed.network.posts) == 1
