"""On time, whatever EventBridge Scheduler does to its ticks: lost, doubled, jittered, overlapping."""

import itertools
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from omnipub.domain.delivery.model import Attempt
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule, milliseconds
from omnipub.ports.stream import Pointer
from omnipub.services.messages.read import Viewer
from omnipub.services.scheduling import dispatch
from omnipub.storage import keys
from omnipub.storage.items import attempt_item
from support.world import OWNER, START, TestBed, WorkerKilledError

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
    """Run each tick from its own start, as Lambda does, and merge what is put in the order of time.

    Each tick sees the table as it stands, which here is as it was composed, the worst case for doubled pointers.
    What the ticks hand to the delay queue is on the stream a lead before its moment.
    """
    put: list[tuple[datetime, Pointer]] = []
    for start in starts:
        bed.clock.time = start
        bed.system.dispatch.tick()
        assert bed.clock.time == start, "a tick waits for nothing"
        put += bed.stream.records
        put += [(one.at - bed.system.settings.lead, one.pointer) for one in bed.delay.named]
        bed.stream.records.clear()
        bed.delay.named.clear()
    return sorted(put, key=lambda one: one[0])


def work(bed: TestBed, put: list[tuple[datetime, Pointer]]) -> None:
    bed.clock.time = START
    for at, pointer in put:
        bed.clock.time = max(at, bed.clock.time)
        bed.system.batches.run([pointer])


def lateness(bed: TestBed, message: str) -> int:
    shown = bed.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=OWNER))
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
    bed.delay.named.clear()
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


def test_a_message_composed_within_the_horizon_waits_and_is_out_within_a_second(
    bed: TestBed,
) -> None:
    at = START + timedelta(seconds=40)
    message = schedule(bed, at)
    assert [one.at for one in bed.delay.named] == [at]
    bed.wake(at)
    assert 0 <= lateness(bed, message) <= milliseconds(WITHIN)


def test_a_message_due_after_the_horizon_is_left_to_the_ticks(bed: TestBed) -> None:
    schedule(bed, START + timedelta(seconds=151))
    assert bed.delay.named == []


def test_a_message_due_at_the_very_end_of_the_horizon_is_seen(bed: TestBed) -> None:
    message = schedule(bed, START + timedelta(seconds=150))
    bed.delay.named.clear()
    bed.system.dispatch.tick()
    bed.wake(START + timedelta(seconds=150))
    assert lateness(bed, message) <= milliseconds(WITHIN)


def test_with_nothing_due_a_tick_ends_at_once(bed: TestBed) -> None:
    schedule(bed, START + timedelta(hours=1))
    bed.system.dispatch.tick()
    assert bed.clock.now() == START


def tick_and_take(bed: TestBed, minute: int) -> int:
    """Let a tick run `minute` minutes after START; how many pointers it put on the stream, which loses them."""
    bed.clock.time = START + timedelta(minutes=minute)
    bed.system.dispatch.tick()
    bed.delay.named.clear()
    return len(bed.stream.take())


def test_what_was_never_claimed_is_put_by_every_tick(bed: TestBed) -> None:
    schedule(bed, START + timedelta(seconds=30))
    bed.delay.named.clear()
    assert [tick_and_take(bed, minute) for minute in range(1, 200)] == [1] * 199


def tried(bed: TestBed) -> str:
    """A message whose first try failed surely, so that it is due again in its second minute."""
    bed.network.orders = ["throttle"]
    bed.network.wait = 75
    message = schedule(bed, START)
    bed.run_stream()
    shown = bed.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=OWNER))
    (delivery,) = shown.deliveries
    assert delivery.attempts == 1
    assert delivery.next_at is not None
    assert START + timedelta(minutes=1) < delivery.next_at <= START + timedelta(minutes=2), delivery.next_at
    bed.delay.named.clear()
    return message


def test_what_was_tried_and_is_overdue_is_put_again_at_2_4_8_minutes_and_ever_more_rarely(bed: TestBed) -> None:
    tried(bed)
    put = [minute for minute in range(2, 60 * 5) if tick_and_take(bed, minute)]
    gaps = [later - sooner for sooner, later in itertools.pairwise(put)]
    assert gaps[-8:] == [2, 4, 8, 16, 32, 60, 60, 60], put


def test_what_a_stream_refused_for_an_hour_is_put_by_the_next_tick(bed: TestBed) -> None:
    """An age that passed while nothing was taken has not been served."""
    message = tried(bed)
    assert tick_and_take(bed, 1) == 0
    bed.stream.losing = True
    for minute in range(2, 70):
        assert tick_and_take(bed, minute) == 0
    served = bed.system.dispatch.last_served()
    assert served == START + timedelta(minutes=1)
    assert bed.system.dispatch.last_beat() == START + timedelta(minutes=69)
    bed.stream.losing = False
    bed.clock.advance(minutes=1)
    bed.system.dispatch.tick()
    bed.run_stream()
    assert len(bed.network.posts) == 1
    assert bed.system.dispatch.last_served() == START + timedelta(minutes=70)
    assert tick_and_take(bed, 71) == 0, message


def test_what_the_delay_queue_refuses_stays_unserved(bed: TestBed) -> None:
    at = START + timedelta(minutes=10)
    message = schedule(bed, at)
    bed.system.dispatch.tick()
    cursor = bed.system.world.table.get(keys.cursor())
    bed.delay.refusing = True
    bed.clock.time = at - timedelta(minutes=2)
    assert bed.system.dispatch.tick().lost == 1
    assert bed.system.world.table.get(keys.cursor()) == cursor
    bed.delay.refusing = False
    bed.clock.advance(minutes=1)
    assert bed.system.dispatch.tick().lost == 0
    bed.wake(at)
    assert 0 <= lateness(bed, message) <= milliseconds(WITHIN)


def test_the_cursor_is_written_after_the_last_put(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick that dies while it puts has not put what the cursor would say it did."""
    schedule(bed, START + timedelta(minutes=10))
    bed.system.dispatch.tick()
    cursor, served = bed.system.world.table.get(keys.cursor()), bed.system.dispatch.last_served()
    assert cursor is not None
    bed.clock.time = START + timedelta(minutes=9)

    def die(_: object) -> None:
        raise WorkerKilledError

    monkeypatch.setattr(bed.delay, "put", die, raising=True)
    with pytest.raises(WorkerKilledError):
        bed.system.dispatch.tick()
    assert bed.system.world.table.get(keys.cursor()) == cursor
    assert bed.system.dispatch.last_served() == served
    assert bed.system.dispatch.last_beat() == START + timedelta(minutes=9)


def test_a_backlog_that_is_never_claimed_leaves_room_for_other_accounts(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "BACKLOG", 4)
    for number in range(6):
        schedule(bed, START + timedelta(seconds=number))
    bed.system.compose.message(owner=OWNER, content=Content(text="other"), channels=["keyed"])
    bed.stream.take()
    bed.delay.named.clear()
    bed.clock.advance(hours=1)
    bed.system.dispatch.tick()
    bed.stream.take()
    bed.clock.advance(minutes=10)
    bed.system.dispatch.tick()
    groups = sorted(one.group for one in bed.stream.take())
    assert groups == [f"keyed/acc-keyed#{OWNER}"] + [f"looked/acc-looked#{OWNER}"] * 3


def test_a_stream_that_refuses_a_whole_portion_is_offered_no_more_by_this_tick(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "PORTION", 2)
    for _ in range(7):
        schedule(bed, START)
    bed.stream.take()
    bed.stream.losing = True
    offered: list[int] = []
    put = bed.stream.put

    def counted(pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        offered.append(len(pointers))
        return put(pointers)

    monkeypatch.setattr(bed.stream, "put", counted)
    assert bed.system.dispatch.tick().lost == 7
    assert offered == [2]


def test_the_delay_queue_offers_again_what_the_stream_refuses_and_takes_the_rest_back(bed: TestBed) -> None:
    at = START + timedelta(seconds=60)
    message = schedule(bed, at)
    bed.clock.time = at - bed.system.settings.lead
    taken = bed.delay.take(at)
    assert [one.at for one in taken] == [at]
    bed.stream.losing = True
    assert bed.system.wake.put(taken) == ()
    assert bed.delay.named == taken
    bed.delay.refusing = True
    assert bed.system.wake.put(taken) == taken, "the message comes again"
    bed.stream.losing = False
    assert bed.system.wake.put(taken) == ()
    bed.run_stream()
    assert lateness(bed, message) <= milliseconds(WITHIN)


def test_what_the_stream_refuses_long_after_its_moment_is_left_to_the_ticks(bed: TestBed) -> None:
    at = START + timedelta(seconds=60)
    schedule(bed, at)
    taken = bed.delay.take(at)
    bed.clock.time = at + timedelta(minutes=3)
    bed.stream.losing = bed.delay.refusing = True
    assert bed.system.wake.put(taken) == ()


def test_the_cursor_only_moves_forward(bed: TestBed) -> None:
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
    parents = [Parent(kind=ParentKind.MESSAGE, id=one) for one in (due, later)]
    dry = bed.system.run_now.run(parents, dry_run=True).rows
    assert bed.stream.take() == []
    assert [(row.ready, row.dispatched) for row in dry] == [(True, False), (False, False)]
    rows = bed.system.run_now.run(parents, dry_run=False).rows
    assert [(row.dispatched, row.why.partition(":")[0]) for row in rows] == [(True, "due"), (False, "not due yet")]
    assert [row.dispatched for row in bed.system.run_now.run(dry_run=False).rows] == [True]
    bed.run_stream()
    assert len(bed.network.posts) == 1


def test_run_now_finds_a_delivery_behind_a_long_history(bed: TestBed) -> None:
    parent = Parent(kind=ParentKind.MESSAGE, id=schedule(bed, START + timedelta(seconds=1)))
    (delivery,) = bed.system.showing.one(parent, Viewer(owner=OWNER)).deliveries
    for number in range(1, 121):  # the tries stand before the delivery, and fill more than one page
        attempt = Attempt(
            parent=parent, channel=delivery.channel, number=number, started_at=START, ended_at=START, ended="throttled"
        )
        bed.system.world.table.put(attempt_item(attempt))
    bed.clock.advance(seconds=5)
    assert [row.channel for row in bed.system.run_now.run([parent], dry_run=True).rows] == [delivery.channel]
