"""An operator's run-now over many deliveries: portion by portion, counted whole, listed in part."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from omnipub.domain.ids import Parent
from omnipub.domain.message import Content
from omnipub.errors import GateClosedError
from omnipub.ports.stream import Pointer
from omnipub.services.scheduling import run_now
from support.world import OWNER, TestBed

MANY = 25


@pytest.fixture
def due(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> TestBed:
    """MANY deliveries that the stream lost, in portions of ten."""
    monkeypatch.setattr(run_now, "PORTION", 10)
    bed.stream.losing = True
    for number in range(MANY):
        bed.system.compose.message(owner=OWNER, content=Content(text=str(number)), channels=["keyed"])
    bed.stream.losing = False
    bed.clock.advance(seconds=5)
    return bed


def test_every_delivery_is_put_once_and_has_a_row(due: TestBed) -> None:
    report = due.system.run_now.run(dry_run=False, trace="by hand")
    assert (report.dispatched, report.skipped, report.lost, report.left_out) == (MANY, 0, 0, 0)
    taken = due.stream.take()
    assert sorted(one.pk for one in taken) == sorted(row.pk for row in report.rows)
    assert len({one.pk for one in taken}) == MANY
    assert {(one.why, one.trace) for one in taken} == {("now", "by hand")}


def test_a_report_with_few_rows_counts_all(due: TestBed) -> None:
    report = due.system.run_now.run(dry_run=False, most=3)
    assert (len(report.rows), report.dispatched, report.left_out) == (3, MANY, MANY - 3)
    assert len(due.stream.take()) == MANY


def test_a_dry_run_puts_nothing_and_says_what_is_ready(due: TestBed) -> None:
    report = due.system.run_now.run(dry_run=True)
    assert (report.dispatched, report.skipped, report.lost) == (0, MANY, 0)
    assert all(row.ready and not row.dispatched for row in report.rows)
    assert due.stream.take() == []


def test_a_stream_that_takes_nothing_is_asked_once_and_what_is_left_is_told(
    due: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def put(pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        asked.append(len(pointers))
        return pointers

    monkeypatch.setattr(due.stream, "put", put)
    report = due.system.run_now.run(dry_run=False)
    assert asked == [10]
    assert (report.dispatched, report.skipped, report.lost) == (0, MANY, MANY)
    assert {row.why for row in report.rows} == {"the stream did not take it"}


def test_of_a_portion_that_is_taken_in_part_the_rest_goes_on(due: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    real = due.stream.put

    def put(pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        real(pointers[1:])
        return pointers[:1]

    monkeypatch.setattr(due.stream, "put", put)
    report = due.system.run_now.run(dry_run=False)
    assert (report.dispatched, report.lost) == (MANY - 3, 3)
    assert {row.pk for row in report.rows if row.dispatched} == {one.pk for one in due.stream.take()}


def test_a_closed_gate_lets_nothing_through(due: TestBed) -> None:
    due.system.gate.enter()
    due.place.name = "elsewhere"
    with pytest.raises(GateClosedError):
        due.system.run_now.run(dry_run=False)
    assert due.stream.take() == []


def test_what_is_not_due_is_not_read_unless_it_is_named(due: TestBed) -> None:
    from omnipub.domain.timestamps import Schedule

    schedule = Schedule(at=due.clock.now() + timedelta(hours=1), local="", zone="UTC")
    made = due.system.compose.message(owner=OWNER, content=Content(text="x"), channels=["blind"], schedule=schedule)
    assert due.system.run_now.run(dry_run=True).skipped == MANY
    (row,) = due.system.run_now.run([Parent(kind=made.kind, id=made.id)], dry_run=False).rows
    assert (row.ready, row.dispatched, row.why.partition(":")[0]) == (False, False, "not due yet")
