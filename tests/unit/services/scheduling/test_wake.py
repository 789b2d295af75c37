"""What the delay queue has woken goes onto the stream, back to the queue, or is left to the ticks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from omnipub.ports.delay import DueSoon
from omnipub.ports.stream import Pointer
from omnipub.services.scheduling.wake import DELAYED_AGAIN, PAUSE, REPEATED, Wake
from support.world import START, TestBed

TICK = timedelta(milliseconds=1)
LATE = START + REPEATED - DELAYED_AGAIN
"""The oldest moment that is too old for the queue once the stream has refused for a second."""


@pytest.fixture
def wake(bed: TestBed) -> Wake:
    return bed.system.wake


def woken(number: int, after: timedelta = timedelta(0)) -> DueSoon:
    at = START + after
    return DueSoon(
        pointer=Pointer(pk=f"MSG#{number}", sk="CHANNEL#looked", group="g", why="due", trace="", at=at), at=at
    )


def test_what_was_woken_is_put_in_the_order_of_its_moments(bed: TestBed, wake: Wake) -> None:
    one, other = woken(1, 2 * TICK), woken(2, TICK)
    assert wake.put([one, other]) == ()
    assert [pointer for _, pointer in bed.stream.records] == [other.pointer, one.pointer]
    assert (bed.clock.now(), bed.journal.named("stream_put_lost")) == (START, [])


def test_what_the_stream_refuses_is_offered_again_for_a_second_and_then_waits_in_the_queue(
    bed: TestBed, wake: Wake
) -> None:
    bed.stream.losing = True
    asked = []
    real = bed.stream.put
    object.__setattr__(wake.due, "stream", bed.stream)
    bed.stream.put = lambda pointers: asked.append(bed.clock.now()) or real(pointers)  # type: ignore[func-returns-value, method-assign]
    assert wake.put([woken(1)]) == ()
    assert asked == [START + PAUSE * number for number in range(int(REPEATED / PAUSE) + 1)]
    assert bed.delay.named == [woken(1)]
    assert bed.journal.named("stream_put_lost") == [{"records": 1, "of": 1, "left_to_ticks": 0}]


@pytest.mark.parametrize(("younger", "again"), [(-TICK, 0), (timedelta(0), 0), (TICK, 1)])
def test_what_is_ten_seconds_late_is_left_to_the_ticks(
    bed: TestBed, wake: Wake, younger: timedelta, again: int
) -> None:
    bed.stream.losing = True
    one = woken(1, LATE - START + younger)
    wake.put([one])
    assert bed.delay.named == [one] * again
    assert bed.journal.named("stream_put_lost") == [{"records": 1, "of": 1, "left_to_ticks": 1 - again}]


def test_what_the_stream_takes_at_last_is_not_put_back(bed: TestBed, wake: Wake) -> None:
    bed.stream.losing = True
    real = bed.clock.sleep_until

    def sleep_until(moment: object) -> None:
        real(moment)  # type: ignore[arg-type]
        bed.stream.losing = False

    bed.clock.sleep_until = sleep_until  # type: ignore[method-assign]
    assert wake.put([woken(1)]) == ()
    assert (len(bed.stream.records), bed.delay.named, bed.journal.named("stream_put_lost")) == (1, [], [])


def test_what_neither_takes_is_answered(bed: TestBed, wake: Wake) -> None:
    bed.stream.losing = bed.delay.refusing = True
    assert wake.put([woken(1)]) == [replace(woken(1))]
