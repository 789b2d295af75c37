"""Write ids: a fresh random id for each write tells a lost answer from a lost race.

If a conditional write is refused, the writer reads what is there. Finding its own write id means that its write had
succeeded and only the answer was lost. It may have been lost on the network or inside a retrying client.
"""

from collections.abc import Sequence

from omnipub.names import WRITE_ID
from omnipub.ports.table import Absent, Condition, ConditionFailedError, Item, Put, Table, Unchanged, Write
from omnipub.storage.items import key_of


def put(table: Table, item: Item, condition: Condition) -> None:
    """Write one item that carries a write id.

    Raises:
        ConditionFailedError: Somebody else wrote it.
    """
    try:
        table.put(item, condition)
    except ConditionFailedError:
        if not _is_ours(table, item):
            raise


def transact(table: Table, writes: Sequence[Write]) -> None:
    """Write several items, the first of which carries a write id that stands for all of them.

    Raises:
        ConditionFailedError: Nothing was written.
    """
    try:
        table.transact(writes)
    except ConditionFailedError:
        first = writes[0]
        if not (isinstance(first, Put) and _is_ours(table, first.item)):
            raise


def replacing(version: int | None) -> Condition:
    """The condition that the item is as it was read: of `version`, or absent."""
    return Absent() if version is None else Unchanged(version=version)


def _is_ours(table: Table, item: Item) -> bool:
    there = table.get(key_of(item))
    return there is not None and there.get(WRITE_ID) == item[WRITE_ID]
