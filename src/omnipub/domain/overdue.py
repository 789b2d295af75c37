"""When an overdue delivery is put on the stream again: often while it is fresh, then ever more rarely."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

FRESH = timedelta(minutes=2)
"""Younger than this, every tick puts it."""

DOUBLING = tuple(timedelta(minutes=2**power) for power in range(1, 7))
"""2, 4, 8, 16, 32 and 64 minutes; hourly from there."""

HOUR = timedelta(hours=1)


def is_put_again(*, age: timedelta, age_at_last_tick: timedelta) -> bool:
    """Whether a tick puts a delivery that is overdue since `age` and was so at the last tick.

    A tick that was lost does not lose an age: the next one finds it between the two.
    """
    return age < FRESH or any(age_at_last_tick < mark <= age for mark in _marks(age))


def _marks(age: timedelta) -> Iterator[timedelta]:
    yield from DOUBLING
    full_hours = max(0, (age - DOUBLING[-1]) // HOUR)
    # Only the last hourly mark before `age` can lie between two ticks less than an hour apart.
    for number in count(full_hours):
        mark = DOUBLING[-1] + HOUR * number
        if mark > age:
            return
        yield mark
