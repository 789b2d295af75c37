"""What an operator's run-now says of each delivery, and what it puts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, Lease
from omnipub.ports.stream import Pointer
from omnipub.services.scheduling import run_now as module
from omnipub.services.scheduling.run_now import NOT_TAKEN, RunNow
from support.rows import stand
from support.world import START, TestBed

MINUTE = timedelta(minutes=1)


class Asked:
    """A stream that takes what it is told to take of each portion."""

    def __init__(self, *takes: int) -> None:
        self.takes = list(takes)
        self.offered: list[list[str]] = []

    def put(self, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        assert pointers
        self.offered.append([pointer.pk for pointer in pointers])
        return pointers[self.takes.pop(0) :]


def over(bed: TestBed, stream: Any) -> RunNow:
    run: RunNow = bed.system.run_now
    object.__setattr__(run, "stream", stream)
    return run


def waits(bed: TestBed, number: int = 1) -> Delivery:
    return stand(bed, number, next_at=START + MINUTE, due_at=START + MINUTE)


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_is_due_is_ready_and_what_waits_says_for_when(bed: TestBed, *, dry_run: bool) -> None:
    due, later = stand(bed, 1), waits(bed, 2)
    done = stand(bed, 3, status=Status.CANCELLED, next_at=None)
    stream = Asked(1)
    report = over(bed, stream).run([one.parent for one in (due, later, done)], dry_run=dry_run)
    rows = [(row.pk, row.ready, row.dispatched) for row in report.rows]
    assert rows == [(f"MSG#{one.parent.id}", one is due, one is due and not dry_run) for one in (due, later, done)]
    assert stream.offered == ([] if dry_run else [[f"MSG#{due.parent.id}"]])
    ready, waiting, over_ = (row.why for row in report.rows)
    assert waiting.endswith(": 2026-11-23T09:01:00.000Z")
    assert "2026" not in ready + over_
    assert (report.dispatched, report.skipped, report.lost) == ((0, 3, 0) if dry_run else (1, 2, 0))


def test_a_lease_that_ended_is_to_be_found_out_and_one_that_runs_is_not(bed: TestBed) -> None:
    lease = Lease(claim_id="c", attempt=1, started_at=START - MINUTE, until=START, sends=True)
    ended = stand(bed, 1, status=Status.PUBLISHING, attempts=1, lease=lease)
    running = stand(bed, 2, status=Status.PUBLISHING, attempts=1, lease=lease, next_at=START + MINUTE)
    report = over(bed, Asked(1)).run([ended.parent, running.parent], dry_run=False)
    assert [row.ready for row in report.rows] == [True, False]


def test_where_nothing_is_ready_the_stream_is_not_asked(bed: TestBed) -> None:
    later = waits(bed)
    stream = Asked()
    report = over(bed, stream).run([later.parent], dry_run=False)
    assert (stream.offered, report.dispatched, report.skipped, report.lost) == ([], 0, 1, 0)


@pytest.mark.parametrize(
    ("takes", "offers", "dispatched", "lost"),
    [((2, 2, 1), 3, 5, 0), ((1, 0), 2, 1, 4), ((0,), 1, 0, 5), ((1, 2, 1), 3, 4, 1)],
)
def test_a_stream_that_takes_nothing_of_a_portion_is_not_asked_again(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch, takes: tuple[int, ...], offers: int, dispatched: int, lost: int
) -> None:
    monkeypatch.setattr(module, "PORTION", 2)
    for number in range(5):
        stand(bed, number)
    stream = Asked(*takes)
    report = over(bed, stream).run(dry_run=False)
    assert (len(stream.offered), report.dispatched, report.skipped, report.lost) == (offers, dispatched, lost, lost)
    assert [row.why for row in report.rows].count(NOT_TAKEN) == lost
    assert sum(row.dispatched for row in report.rows) == dispatched


def test_a_portion_of_which_nothing_is_ready_does_not_end_the_run(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PORTION", 1)
    later, due = waits(bed, 1), stand(bed, 2)
    stream = Asked(1)
    assert over(bed, stream).run([later.parent, due.parent], dry_run=False).dispatched == 1


def test_a_stream_that_took_nothing_is_not_asked_again_behind_a_portion_of_which_nothing_is_ready(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PORTION", 1)
    rows = [stand(bed, 1), waits(bed, 2), stand(bed, 3)]
    stream = Asked(0)
    report = over(bed, stream).run([row.parent for row in rows], dry_run=False)
    assert (len(stream.offered), report.dispatched, report.lost) == (1, 0, 2)


@pytest.mark.parametrize(("most", "rows"), [(None, 3), (0, 0), (2, 2), (3, 3), (4, 3)])
def test_a_report_lists_as_many_as_wanted_and_counts_all(bed: TestBed, most: int | None, rows: int) -> None:
    for number in range(3):
        stand(bed, number)
    report = over(bed, Asked(3)).run(dry_run=False, most=most)
    assert (len(report.rows), report.dispatched, report.left_out) == (rows, 3, 3 - rows)
