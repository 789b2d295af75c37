"""When an overdue delivery is put on the stream again: often at first, then more rarely."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import count
from typing import TypeVar

_T = TypeVar("_T")

FRESH = timedelta(minutes=2)
"""Younger than this, every tick puts it."""

DOUBLING = tuple(timedelta(minutes=2**power) for power in range(1, 7))
"""2, 4, 8, 16, 32 and 64 minutes; hourly from there."""

HOUR = timedelta(hours=1)


def is_put_again(*, age: timedelta, age_at_last_tick: timedelta) -> bool:
    """Whether a tick puts a delivery that is overdue since `age`.

    `age_at_last_tick` is its age at the last tick that put everything. A tick that was lost, or whose puts were
    refused, loses no age. The next one finds it between the two.
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


def in_turns(items: Iterable[_T], group: Callable[[_T], str], most: int) -> list[_T]:
    """At most `most` of `items`, in turns over their groups; within a group in their order.

    So a group of a thousand that nothing can be done about does not keep another's one away.
    """
    turns: dict[str, int] = defaultdict(int)
    numbered = []
    for item in items:
        name = group(item)
        numbered.append((turns[name], item))
        turns[name] += 1
    return [item for _, item in sorted(numbered, key=lambda one: one[0])[:most]]
