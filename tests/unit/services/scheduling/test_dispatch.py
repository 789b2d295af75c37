"""What a tick hands over, in which order, and how far it then says it has come."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.overdue import FRESH
from omnipub.domain.timestamps import from_text, to_text
from omnipub.ports.stream import Pointer
from omnipub.ports.table import Item, Key
from omnipub.services.protocol.enqueue import HORIZON
from omnipub.services.scheduling import dispatch as module
from omnipub.services.scheduling.dispatch import Dispatch
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from support.rows import stand
from support.world import START, TestBed

TICK = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
NOW = START + timedelta(hours=2)
LONG_AGO = NOW - timedelta(minutes=90)


@pytest.fixture
def dispatch(bed: TestBed) -> Dispatch:
    bed.clock.time = NOW
    return bed.system.dispatch


def cursor(bed: TestBed) -> Item | None:
    return bed.system.world.table.get(keys.cursor())


def cursor_at(bed: TestBed, at: datetime, version: int = 4) -> Item:
    item = plain_item(keys.cursor(), at=to_text(at), version=version)
    bed.system.world.table.put(item)
    return item


def put(bed: TestBed) -> list[tuple[str, datetime | None]]:
    """Why and about which moment each pointer was put on the stream, in order."""
    return [(pointer.why, pointer.at) for _, pointer in bed.stream.records]


# In which order.


@pytest.mark.parametrize(
    ("age", "why"), [(FRESH - TICK, "due"), (FRESH, "overdue"), (FRESH + TICK, "overdue")], ids=str
)
def test_what_is_late_by_two_minutes_goes_as_overdue_and_each_goes_once(
    bed: TestBed, dispatch: Dispatch, age: timedelta, why: str
) -> None:
    moment = NOW - age
    stand(bed, due_at=moment, next_at=moment)
    dispatch.tick()
    assert put(bed) == [(why, moment)]


@pytest.mark.parametrize("age", [FRESH, FRESH - TICK], ids=str)
def test_what_is_on_time_goes_before_what_is_late(bed: TestBed, dispatch: Dispatch, age: timedelta) -> None:
    late, also = LONG_AGO, NOW - age
    stand(bed, 1, due_at=late, next_at=late)
    stand(bed, 2, due_at=also, next_at=also)
    stand(bed, 3, due_at=NOW, next_at=NOW)
    dispatch.tick()
    moments = [moment for _, moment in put(bed)]
    assert moments == ([NOW, late, also] if age == FRESH else [also, NOW, late])


def test_a_tick_reads_from_below_the_cursor_of_the_one_before(bed: TestBed, dispatch: Dispatch) -> None:
    moment = NOW - 8 * MINUTE
    stand(bed, due_at=moment, next_at=moment)
    cursor_at(bed, NOW - 6 * MINUTE)
    report = dispatch.tick()
    assert (report.due, report.overdue) == (1, 0)


def test_without_a_cursor_what_is_old_counts_as_overdue(bed: TestBed, dispatch: Dispatch) -> None:
    moment = NOW - 8 * MINUTE
    stand(bed, due_at=moment, next_at=moment)
    report = dispatch.tick()
    assert (report.due, report.overdue) == (0, 1)


# How far it has come.


def test_the_first_tick_sets_the_cursor_and_each_further_one_moves_it(bed: TestBed, dispatch: Dispatch) -> None:
    for number in (1, 2, 3):
        dispatch.tick()
        item = cursor(bed)
        assert item is not None
        assert (from_text(item["at"]), item["version"]) == (bed.clock.now() + HORIZON, number)
        bed.clock.time += MINUTE


@pytest.mark.parametrize("ahead", [timedelta(0), MINUTE])
def test_a_cursor_that_is_as_far_already_is_not_written(bed: TestBed, dispatch: Dispatch, ahead: timedelta) -> None:
    there = cursor_at(bed, NOW + HORIZON + ahead)
    dispatch.tick()
    assert cursor(bed) == there


def test_a_cursor_that_another_tick_moves_at_that_moment_stays_as_that_one_wrote_it(
    bed: TestBed, dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor_at(bed, NOW)
    table, read = bed.system.world.table, 0
    real, further = table.get, NOW + 2 * HORIZON

    def get(key: Key) -> Item | None:
        nonlocal read
        found = real(key)
        read += key == keys.cursor()
        if key == keys.cursor() and read == 2:
            cursor_at(bed, further, version=5)
        return found

    monkeypatch.setattr(table, "get", get)
    dispatch.tick()
    item = real(keys.cursor())
    assert item is not None
    assert (read, from_text(item["at"])) == (2, further)


def test_a_tick_whose_puts_were_refused_leaves_cursor_and_mark_where_they_were(
    bed: TestBed, dispatch: Dispatch
) -> None:
    bed.stream.losing = True
    stand(bed, due_at=NOW, next_at=NOW)
    assert dispatch.tick().lost == 1
    assert (cursor(bed), dispatch.last_beat(), dispatch.last_served()) == (None, NOW, None)


@pytest.mark.parametrize(("most", "served"), [(1, None), (2, None), (3, NOW)])
def test_only_a_tick_that_read_all_that_is_overdue_has_served_it(
    bed: TestBed, dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, most: int, served: datetime | None
) -> None:
    monkeypatch.setattr(module, "READ", most)
    for number in (1, 2):
        stand(bed, number, due_at=LONG_AGO, next_at=LONG_AGO)
    assert dispatch.tick().overdue == min(most, 2)
    assert (cursor(bed) is not None, dispatch.last_served()) == (True, served)


# In portions.


class Choosy:
    """A stream that takes what it is told to take of each portion."""

    def __init__(self, *takes: int) -> None:
        self.takes = list(takes)
        self.offered: list[int] = []

    def put(self, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        self.offered.append(len(pointers))
        return pointers[self.takes.pop(0) :]


@pytest.mark.parametrize(
    ("takes", "offered", "lost"),
    [((1, 2, 1), [2, 2, 1], 1), ((0,), [2], 5), ((2, 0), [2, 2], 3), ((2, 2, 0), [2, 2, 1], 1)],
)
def test_after_a_portion_that_is_refused_whole_no_other_one_is_offered(
    bed: TestBed,
    dispatch: Dispatch,
    monkeypatch: pytest.MonkeyPatch,
    takes: tuple[int, ...],
    offered: list[int],
    lost: int,
) -> None:
    monkeypatch.setattr(module, "PORTION", 2)
    for number in range(5):
        stand(bed, number, due_at=NOW, next_at=NOW)
    choosy: Any = Choosy(*takes)
    object.__setattr__(dispatch.due, "stream", choosy)
    assert dispatch.tick().lost == lost
    assert choosy.offered == offered
