"""Which moments are handed over, and to whom: the stream, the delay queue, or the ticks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from omnipub.domain.delivery.lifecycle import TIMED, Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.ports.delay import DueSoon
from omnipub.services.protocol.enqueue import HORIZON, Enqueue, pointer_to
from support.world import START, TestBed

TICK = timedelta(milliseconds=1)
DELIVERY = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A"),
    channel="looked",
    account="acc-looked",
    owner="owner-1",
    status=Status.SCHEDULED,
    due_at=START,
    next_at=START,
)


@pytest.fixture
def enqueue(bed: TestBed) -> Enqueue:
    return bed.system.dispatch.due


def soon(after: timedelta, why: str = "due") -> DueSoon:
    at = START + after
    return DueSoon(pointer=pointer_to(replace(DELIVERY, next_at=at), why=why, trace=""), at=at)


def handed_over(bed: TestBed) -> int:
    return len(bed.stream.records) + len(bed.delay.named)


@pytest.mark.parametrize("status", Status)
def test_only_what_waits_for_a_moment_is_handed_over(bed: TestBed, enqueue: Enqueue, status: Status) -> None:
    enqueue.committed([replace(DELIVERY, status=status)], why="due")
    assert handed_over(bed) == (status in TIMED)


def test_what_has_no_next_moment_is_not_handed_over(bed: TestBed, enqueue: Enqueue) -> None:
    enqueue.committed([replace(DELIVERY, next_at=None)], why="due")
    assert handed_over(bed) == 0


@pytest.mark.parametrize(("beyond", "handed"), [(-TICK, 1), (timedelta(0), 1), (TICK, 0)])
def test_what_lies_beyond_the_horizon_is_left_to_the_ticks(
    bed: TestBed, enqueue: Enqueue, beyond: timedelta, handed: int
) -> None:
    enqueue.committed([replace(DELIVERY, next_at=START + HORIZON + beyond)], why="due")
    assert handed_over(bed) == handed


@pytest.mark.parametrize(("beyond", "on_stream"), [(-TICK, 1), (timedelta(0), 1), (TICK, 0)])
def test_what_is_due_within_the_lead_goes_onto_the_stream_and_the_rest_to_the_delay_queue(
    bed: TestBed, enqueue: Enqueue, beyond: timedelta, on_stream: int
) -> None:
    assert enqueue.lead > TICK
    assert enqueue.put([soon(enqueue.lead + beyond)]) == []
    assert (len(bed.stream.records), len(bed.delay.named)) == (on_stream, 1 - on_stream)


@pytest.mark.parametrize(("refusing", "left"), [(False, 0), (True, 1)])
def test_what_the_stream_loses_goes_to_the_delay_queue_and_then_to_the_ticks(
    bed: TestBed,
    enqueue: Enqueue,
    refusing: bool,  # noqa: FBT001
    left: int,
) -> None:
    bed.stream.losing, bed.delay.refusing = True, refusing
    enqueue.committed([DELIVERY], why="due")
    assert bed.journal.named("stream_put_lost") == [{"records": 1, "of": 1, "left_to_ticks": left}]
    assert len(bed.delay.named) == 1 - left


def test_nothing_is_noted_of_what_was_taken(bed: TestBed, enqueue: Enqueue) -> None:
    enqueue.committed([DELIVERY], why="due")
    assert bed.journal.named("stream_put_lost") == []


class Untouched:
    """Neither a stream nor a delay queue takes an empty list."""

    def put(self, _: Sequence[object]) -> Sequence[object]:
        raise AssertionError("asked for nothing")


def test_where_there_is_nothing_to_put_nobody_is_asked(enqueue: Enqueue) -> None:
    silent = replace(enqueue, stream=Untouched(), delay=Untouched())  # type: ignore[arg-type]
    assert silent.put([]) == []


# What came too early.


@pytest.mark.parametrize(
    ("ahead", "its_business"),
    [(-TICK, False), (timedelta(0), False), (TICK, True), (HORIZON, True), (HORIZON + TICK, False)],
)
def test_a_pointer_that_comes_before_its_moment_waits_again(
    bed: TestBed,
    enqueue: Enqueue,
    ahead: timedelta,
    its_business: bool,  # noqa: FBT001
) -> None:
    delivery = replace(DELIVERY, next_at=START + ahead)
    assert enqueue.back(pointer_to(delivery, why="due", trace=""), delivery) is its_business
    assert len(bed.delay.named) == its_business


@pytest.mark.parametrize("told", [None, START + timedelta(seconds=29)])
def test_a_pointer_of_another_moment_does_not_come_back(bed: TestBed, enqueue: Enqueue, told: datetime | None) -> None:
    delivery = replace(DELIVERY, next_at=START + timedelta(seconds=30))
    pointer = replace(pointer_to(delivery, why="due", trace=""), at=told)
    assert not enqueue.back(pointer, delivery)
    assert bed.delay.named == []


def test_a_pointer_to_what_has_no_moment_does_not_come_back(bed: TestBed, enqueue: Enqueue) -> None:
    delivery = replace(DELIVERY, next_at=None)
    assert not enqueue.back(pointer_to(delivery, why="due", trace=""), delivery)
    assert bed.delay.named == []


def test_a_pointer_that_the_delay_queue_refuses_is_noted_and_left_to_the_ticks(bed: TestBed, enqueue: Enqueue) -> None:
    bed.delay.refusing = True
    delivery = replace(DELIVERY, next_at=START + timedelta(seconds=30))
    assert not enqueue.back(pointer_to(delivery, why="due", trace=""), delivery)
    assert len(bed.journal.named("delay_refused")) == 1


def test_nothing_is_noted_of_a_pointer_that_waits_again(bed: TestBed, enqueue: Enqueue) -> None:
    delivery = replace(DELIVERY, next_at=START + timedelta(seconds=30))
    assert enqueue.back(pointer_to(delivery, why="due", trace=""), delivery)
    assert bed.journal.named("delay_refused") == []
