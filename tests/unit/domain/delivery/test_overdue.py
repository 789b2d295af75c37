from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.delivery.overdue import DOUBLING, FRESH, is_put_again

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MARKS = (*(MINUTE * 2**power for power in range(1, 7)), *(MINUTE * 64 + HOUR * number for number in range(1, 12)))
"""2, 4, 8 … 64 minutes, then each hour."""

jittered = st.floats(1, 119).map(lambda seconds: timedelta(seconds=seconds))
"""From one tick to the next."""
lost = st.sampled_from([1, 1, 1, 1, 2, 3, 10, 90])
"""How many periods a tick covers; more than one means that ticks between were lost."""


def ages(periods: list[timedelta], first: timedelta) -> list[timedelta]:
    found = [first]
    for period in periods:
        found.append(found[-1] + period)
    return found


def puts(at_ages: list[timedelta]) -> list[tuple[timedelta, timedelta]]:
    """The (last, present) ages of those ticks that put the delivery."""
    return [(last, age) for last, age in pairwise(at_ages) if is_put_again(age=age, age_at_last_tick=last)]


def test_the_doubling_marks_are_2_to_64_minutes() -> None:
    assert [mark // MINUTE for mark in DOUBLING] == [2, 4, 8, 16, 32, 64]


@pytest.mark.parametrize("mark", MARKS)
def test_the_tick_that_passes_an_age_puts_again(mark: timedelta) -> None:
    assert is_put_again(age=mark, age_at_last_tick=mark - MINUTE)
    assert is_put_again(age=mark + MINUTE / 2, age_at_last_tick=mark - MINUTE / 2)


@pytest.mark.parametrize("mark", MARKS)
def test_the_tick_after_an_age_does_not_put_again(mark: timedelta) -> None:
    assert not is_put_again(age=mark + MINUTE, age_at_last_tick=mark)
    assert not is_put_again(age=mark + MINUTE * 1.5, age_at_last_tick=mark + MINUTE / 2)


def test_ticks_on_the_minute_put_at_exactly_the_promised_ages() -> None:
    at_ages = [MINUTE * number for number in range(1, 12 * 60)]
    old = [age for _, age in puts(at_ages) if age >= FRESH]
    assert old == [mark for mark in MARKS if mark < 12 * HOUR]


def test_a_fresh_delivery_is_put_at_every_tick() -> None:
    for age in (-MINUTE, timedelta(0), timedelta(seconds=1), FRESH - timedelta(milliseconds=1)):
        assert is_put_again(age=age, age_at_last_tick=age)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(jittered, lost), min_size=100, max_size=300),
    st.floats(-120, 119).map(lambda seconds: timedelta(seconds=seconds)),
)
def test_jittered_and_lost_ticks_lose_no_age(periods: list[tuple[timedelta, int]], first: timedelta) -> None:
    at_ages = ages([period * count for period, count in periods], first)
    put = puts(at_ages)
    for mark in MARKS:
        if first < mark <= at_ages[-1]:
            assert any(last < mark <= age for last, age in put), mark


@settings(deadline=None, max_examples=60)
@given(st.lists(jittered, min_size=100, max_size=600), jittered)
def test_an_old_delivery_is_put_once_for_each_age_and_not_at_every_tick(
    periods: list[timedelta], first: timedelta
) -> None:
    at_ages = ages(periods, first)
    old = [(last, age) for last, age in puts(at_ages) if age >= FRESH]
    passed = [mark for mark in MARKS if first < mark <= at_ages[-1]]
    assert len(old) <= len(passed)
    assert all(sum(last < mark <= age for last, age in old) == 1 for mark in passed)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 12 * 3600).map(lambda seconds: timedelta(seconds=seconds)), jittered, jittered)
def test_a_tick_that_looks_further_back_puts_whatever_the_nearer_one_puts(
    age: timedelta, near: timedelta, further: timedelta
) -> None:
    """Of two ticks that overlap, the one that did not see the other's heartbeat puts twice, never not at all."""
    if is_put_again(age=age, age_at_last_tick=age - near):
        assert is_put_again(age=age, age_at_last_tick=age - near - further)


def test_a_day_old_delivery_is_put_after_a_nights_silence() -> None:
    assert is_put_again(age=24 * HOUR, age_at_last_tick=16 * HOUR)


def test_a_clock_that_went_back_puts_nothing_old_again() -> None:
    assert not is_put_again(age=10 * MINUTE, age_at_last_tick=11 * MINUTE)
