from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.delivery.retry import Backoff

SOME = Backoff(first=timedelta(seconds=10), longest=timedelta(minutes=5), jitter=0.25)

failures = st.integers(1, 10_000)
chances = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("count", "seconds"), [(1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 300), (7, 300), (1000, 300)]
)
def test_each_wait_is_twice_the_one_before_until_the_longest(count: int, seconds: int) -> None:
    assert SOME.wait(count, chance=0) == timedelta(seconds=seconds)


def test_chance_adds_at_most_the_jitters_share() -> None:
    assert SOME.wait(1, chance=0.5) == timedelta(seconds=11.25)


@settings(deadline=None)
@given(failures, chances)
def test_chance_never_shortens_a_wait(count: int, chance: float) -> None:
    plain = SOME.wait(count, chance=0)
    assert plain <= SOME.wait(count, chance=chance) <= plain * 1.25


@settings(deadline=None)
@given(failures, chances)
def test_a_further_failure_never_shortens_a_wait(count: int, chance: float) -> None:
    assert SOME.wait(count, chance=chance) <= SOME.wait(count + 1, chance=chance)


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({SOME.wait(3, chance=number / 100) for number in range(100)}) == 100


def test_by_default_the_first_wait_is_15_seconds_and_the_longest_an_hour() -> None:
    assert Backoff().wait(1, chance=0) == timedelta(seconds=15)
    assert Backoff().wait(99, chance=0) == timedelta(hours=1)
