"""A service is made at its first use, once, whichever thread comes first."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from omnipub.wiring.cached import locked_cached_property

THREADS = 8


class Sample:
    """Counts how often its value is made; making it takes a while."""

    def __init__(self) -> None:
        self.made = 0
        self.starting = threading.Barrier(THREADS)

    @locked_cached_property
    def value(self) -> object:
        self.made += 1
        time.sleep(0.02)
        return object()

    @locked_cached_property
    def made_of_value(self) -> tuple[object]:
        return (self.value,)

    def taken(self) -> object:
        self.starting.wait()
        return self.value


def test_threads_that_come_at_once_get_one_value() -> None:
    sample = Sample()
    with ThreadPoolExecutor(THREADS) as pool:
        values = list(pool.map(lambda _: sample.taken(), range(THREADS)))
    assert len(values) == THREADS
    assert len(set(map(id, values))) == 1
    assert sample.made == 1


def test_a_value_is_not_made_before_it_is_asked_for_and_may_be_made_of_another() -> None:
    sample = Sample()
    assert sample.made == 0
    assert sample.made_of_value[0] is sample.value
    assert sample.made == 1
    assert Sample().value is not sample.value


def test_what_fails_is_tried_again() -> None:
    class Failing:
        tries = 0

        @locked_cached_property
        def value(self) -> int:
            self.tries += 1
            if self.tries == 1:
                raise OSError("not yet")
            return self.tries

    failing = Failing()
    with pytest.raises(OSError, match="not yet"):
        _ = failing.value
    assert failing.value == 2
