"""The circuit breaker's decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnipub.domain.circuit_breaker import (
    NO_ANSWER,
    REST,
    STRAINS_TO_TRIP,
    UNREACHABLE,
    CircuitBreaker,
    answered,
    eased,
    next_in_line,
    strained,
    strains,
)
from omnipub.domain.delivery.outcome import Outcome, TryEnd

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FRESH = CircuitBreaker(network="facebook", account="1")
UNREACHED = Outcome(ended=TryEnd.NOT_SENT, code=UNREACHABLE, sentence="Nobody answers there.")


def tripped(times: int = STRAINS_TO_TRIP, outcome: Outcome = UNREACHED, *, chance: float = 0.0) -> CircuitBreaker:
    breaker = FRESH
    for _ in range(times):
        breaker = strained(breaker, outcome, NOON, chance=chance)
    return breaker


@pytest.mark.parametrize(
    ("outcome", "strain", "answer"),
    [
        (Outcome(ended=TryEnd.THROTTLED, code="429"), True, False),
        (Outcome(ended=TryEnd.AMBIGUOUS, code=NO_ANSWER), True, False),
        (Outcome(ended=TryEnd.NOT_SENT, code=UNREACHABLE), True, False),
        (Outcome(ended=TryEnd.NOT_SENT, code="not_sent"), False, False),
        (Outcome(ended=TryEnd.AMBIGUOUS, code="503"), False, False),
        (Outcome(ended=TryEnd.PUBLISHED, network_id="1"), False, True),
        (Outcome(ended=TryEnd.REJECTED, code="100"), False, True),
        (Outcome(ended=TryEnd.AUTH, code="190"), False, True),
        (Outcome(ended=TryEnd.ALREADY_THERE), False, True),
    ],
)
def test_what_a_try_says_about_the_account(outcome: Outcome, *, strain: bool, answer: bool) -> None:
    assert (strains(outcome), answered(outcome)) == (strain, answer)


def test_it_opens_at_the_third_strain_in_a_row() -> None:
    assert [tripped(times).is_open(NOON) for times in range(STRAINS_TO_TRIP + 1)] == [False, False, False, True]


def test_each_further_strain_doubles_the_rest_up_to_five_minutes() -> None:
    rests = [(tripped(STRAINS_TO_TRIP + more).open_until or NOON) - NOON for more in range(7)]
    assert [rest.total_seconds() for rest in rests] == [15, 30, 60, 120, 240, 300, 300]
    assert rests[-1] == REST.longest


def test_it_is_open_until_its_moment_and_not_at_it() -> None:
    breaker = tripped()
    assert breaker.open_until is not None
    assert breaker.is_open(breaker.open_until - timedelta(milliseconds=1))
    assert not breaker.is_open(breaker.open_until)


def test_it_is_never_shorter_than_the_network_asked() -> None:
    throttle = Outcome(ended=TryEnd.THROTTLED, code="429", wait=timedelta(hours=1))
    assert tripped(outcome=throttle).open_until == NOON + timedelta(hours=1)


def test_a_shorter_strain_does_not_shorten_what_a_network_asked() -> None:
    long = tripped(outcome=Outcome(ended=TryEnd.THROTTLED, wait=timedelta(hours=1)))
    assert strained(long, UNREACHED, NOON, chance=0).open_until == NOON + timedelta(hours=1)


def test_an_answer_closes_it_and_leaves_the_queue() -> None:
    waiting, slot = next_in_line(tripped(), NOON, pace=timedelta(seconds=1))
    closed = eased(waiting)
    assert not closed.is_open(NOON)
    assert closed.has_queue(NOON)
    assert not closed.has_queue(slot)
    assert closed.strains == 0


@given(st.lists(st.tuples(st.integers(0, 90_000), st.sampled_from(["wait", "strain", "ease"])), max_size=60))
def test_slots_never_come_closer_than_the_pace_nor_before_it_is_open_again(acts: list[tuple[int, str]]) -> None:
    pace = timedelta(seconds=2.2)
    breaker, now, slots = tripped(), NOON, []
    for passed, act in acts:
        now += timedelta(milliseconds=passed)
        if act == "strain":
            breaker = strained(breaker, UNREACHED, now, chance=0.5)
        elif act == "ease":
            breaker = eased(breaker)
        else:
            breaker, slot = next_in_line(breaker, now, pace=pace)
            assert not breaker.is_open(slot)
            assert slot > now
            slots.append(slot)
    assert all(later - earlier >= pace for earlier, later in pairwise(slots))


def test_what_waits_stays_behind_the_slots_given_when_it_opens_once_more_and_while_it_is_open() -> None:
    queued = replace(tripped(), next_slot=NOON + timedelta(hours=2))
    assert strained(queued, UNREACHED, NOON, chance=0).next_slot == NOON + timedelta(hours=2)
    resting = replace(FRESH, open_until=NOON + timedelta(hours=1))
    assert next_in_line(resting, NOON, pace=timedelta(seconds=1))[1] == NOON + timedelta(hours=1, seconds=1)
