"""What the sweep of the held lets go, what it misses, and where it goes on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.services.pauses.release import Releases
from omnipub.services.scheduling import held_sweep as module
from omnipub.services.scheduling.heartbeat import Heartbeat, beat_of, note, swept
from omnipub.services.scheduling.held_sweep import EVERY, HeldSweep
from omnipub.storage import keys
from omnipub.storage.items import delivery_item, plain_item
from support.rows import now_of, stand
from support.world import OWNER, START, TestBed

TICK = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
NOW = START + 2 * HOUR
OPEN, OVER = NOW + HOUR, NOW - HOUR


@pytest.fixture
def sweep(bed: TestBed) -> HeldSweep:
    bed.clock.time = NOW
    return bed.system.dispatch.held_sweep


def held(bed: TestBed, number: int = 1, **changes: Any) -> Delivery:
    return stand(bed, number, **({"status": Status.HELD, "not_after": OPEN} | changes))


def needs_owner(bed: TestBed) -> None:
    connection = bed.system.accounts.find(OWNER, "looked")
    assert connection is not None
    bed.system.accounts.hold(connection, reason="It wants its owner.")


@pytest.mark.parametrize(("not_after", "status"), [(OPEN, Status.SCHEDULED), (OVER, Status.MISSED)])
def test_what_nothing_holds_is_let_go_or_missed_by_its_window(
    bed: TestBed, sweep: HeldSweep, not_after: Any, status: Status
) -> None:
    one = held(bed, not_after=not_after)
    assert sweep.go_on() == 1
    assert now_of(bed, one).status is status
    assert bed.journal.named("released") == [{"scope": "without a reason", "deliveries": 1}]
    assert bed.journal.named("missed_while_held") == []


@pytest.mark.parametrize(("not_after", "status", "missed"), [(OPEN, Status.HELD, 0), (OVER, Status.MISSED, 1)])
def test_what_its_account_holds_is_missed_once_its_window_is_over(
    bed: TestBed, sweep: HeldSweep, not_after: Any, status: Status, missed: int
) -> None:
    needs_owner(bed)
    one = held(bed, not_after=not_after)
    assert sweep.go_on() == 0
    assert now_of(bed, one).status is status
    assert bed.journal.named("missed_while_held") == [{"deliveries": 1}] * missed
    assert bed.journal.named("released") == []


@pytest.mark.parametrize("account_too", [False, True])
def test_what_a_pause_holds_stays_held_past_its_window(bed: TestBed, sweep: HeldSweep, *, account_too: bool) -> None:
    bed.system.pauses.pause("channel:looked", reason="x", by="ops")
    if account_too:
        needs_owner(bed)
    one = held(bed, not_after=OVER)
    assert sweep.go_on() == 0
    assert now_of(bed, one) == one


def test_what_holds_is_asked_for_each_account_by_itself(bed: TestBed, sweep: HeldSweep) -> None:
    needs_owner(bed)
    one, other, mine, free = held(bed, 1), held(bed, 2), held(bed, 3, owner="bob"), held(bed, 4, channel="blind")
    assert sweep.go_on() == 1
    assert [now_of(bed, each).status for each in (one, other, mine, free)] == [
        Status.HELD,
        Status.HELD,
        Status.HELD,
        Status.SCHEDULED,
    ]


def test_what_holds_an_account_is_asked_once(bed: TestBed, sweep: HeldSweep, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Delivery] = []
    monkeypatch.setattr(Releases, "is_free", lambda _, one: bool(asked.append(one)))  # type: ignore[func-returns-value]
    first, *_ = held(bed, 1), held(bed, 2), held(bed, 3)
    assert sweep.go_on() == 0
    assert asked == [first]


def test_what_only_a_lagging_index_calls_held_is_let_be(
    bed: TestBed, sweep: HeldSweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = replace(held(bed), status=Status.FAILED)
    bed.system.world.table.put(delivery_item(one, lambda _: 0))
    monkeypatch.setattr(module, "stored", lambda *_: [delivery_item(one, lambda _: 0)])
    assert sweep.go_on() == 0
    assert now_of(bed, one) == one


# When and where.


@pytest.mark.parametrize(
    ("ago", "sweeps"),
    [(-TICK, True), (timedelta(0), False), (EVERY - TICK, False), (EVERY, True), (None, True)],
    ids=str,
)
def test_a_sweep_begins_each_hour(
    bed: TestBed,
    sweep: HeldSweep,
    ago: timedelta | None,
    sweeps: bool,  # noqa: FBT001
) -> None:
    if ago is not None:
        note(bed.system.world.table, swept(NOW - ago, None, None))
    held(bed)
    assert sweep.go_on() == sweeps
    assert (beat_of(bed.system.world.table).swept_at == NOW) is (sweeps or ago == timedelta(0))


def sharded(bed: TestBed, count: int) -> None:
    bed.system.world.table.put(plain_item(keys.shards(), current=1, highest=count))
    bed.clock.advance(minutes=2)  # no count is remembered any more


def in_shard(bed: TestBed, number: int, shard: int) -> Delivery:
    one = held(bed, number)
    bed.system.world.table.put(delivery_item(one, lambda _: shard))
    return one


def test_a_sweep_looks_into_each_shard_and_goes_on_where_a_tick_ended(
    bed: TestBed, sweep: HeldSweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharded(bed, 3)
    began, table = bed.clock.now(), bed.system.world.table
    monkeypatch.setattr(module, "PAGES", 1)
    rows = [in_shard(bed, number + 1, number) for number in range(3)]
    notes = []
    for _ in rows:
        assert sweep.go_on() == 1
        bed.clock.advance(minutes=1)
        notes.append((beat_of(table).sweeping_since, beat_of(table).sweep_shard, beat_of(table).swept_at))
    assert notes == [(began, 1, None), (began, 2, None), (None, None, began)]
    assert {now_of(bed, row).status for row in rows} == {Status.SCHEDULED}


def test_a_sweep_that_comes_to_its_end_at_once_looks_no_further(bed: TestBed, sweep: HeldSweep) -> None:
    sharded(bed, 2)
    in_shard(bed, 1, 1)
    assert sweep.go_on() == 1
    assert beat_of(bed.system.world.table) == Heartbeat(swept_at=bed.clock.now())


def test_a_sweep_without_a_shard_begins_with_the_first(bed: TestBed, sweep: HeldSweep) -> None:
    bed.system.world.table.put(plain_item(keys.heartbeat(), sweeping_since=NOW - HOUR))
    held(bed)
    assert sweep.go_on() == 1
    assert beat_of(bed.system.world.table).swept_at == NOW - HOUR
