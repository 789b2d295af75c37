"""Conditional writes of the sandbox's items, repeated when somebody else was first."""

import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from omnipub.errors import UnavailableError
from omnipub.names import VERSION, WRITE_ID
from omnipub.ports.table import Absent, Condition, ConditionFailedError, Item, Put, Table, Unchanged
from omnipub.storage import access, paging, write_ids
from omnipub.storage.schema import TTL

KEPT_SECONDS = 30 * 86_400
"""A stage's sandbox forgets what is older than this."""

_ATTEMPTS = 30
_PAUSE = 0.02
"""Seconds; the mean pause before another attempt, which lets one of several writers be first."""

_Result = TypeVar("_Result")


def all_of(table: Table, partition: str, *, prefix: str | None = None) -> Iterator[Item]:
    """All items of a partition, by sort key."""
    return paging.items(table, access.of_sandbox(partition, prefix=prefix))


def same(item: Item | None) -> Condition:
    """The condition that an item is still as it was read."""
    return Absent() if item is None else Unchanged(version=item[VERSION])


def following(item: Item | None) -> int:
    """The version that an item has after the next write."""
    return 1 if item is None else int(item[VERSION]) + 1


def expiry(now: int) -> dict[str, int]:
    """When an item that is written now, in ms since 1970, may be removed."""
    return {TTL: now // 1000 + KEPT_SECONDS}


def write(table: Table, decide: Callable[[], tuple[_Result, Sequence[Put]]]) -> _Result:
    """Read, decide and write in one transaction, again whenever what was read has changed meanwhile.

    Args:
        table: The stage's.
        decide: Reads, and returns the result with the writes; without writes nothing is written.

    Raises:
        UnavailableError: Others were first each time.
    """
    for _ in range(_ATTEMPTS):
        result, writes = decide()
        if not writes:
            return result
        first, *others = writes
        # An answer that was lost must not make a post count twice.
        signed = Put(item=first.item | {WRITE_ID: secrets.token_hex(8)}, condition=first.condition)
        try:
            write_ids.transact(table, [signed, *others])
        except ConditionFailedError:
            time.sleep(random.uniform(0, 2 * _PAUSE))  # noqa: S311  it spreads writers, and hides nothing
            continue
        return result
    raise UnavailableError("The sandbox is too busy to count.")
