"""A table that counts the capacity units that DynamoDB would charge, phase by phase.

The rules are those of on-demand tables:
- a write takes a unit for each started KB of the item, of before or of after, whichever is larger, and twice that in
  a transaction. A condition that fails costs the same.
- an index takes units of its own, never doubled: one for an entry that appears, goes, or changes what is projected,
  two for one whose key changes (out and in), and none for one that stays as it is.
- a read that is strongly consistent takes a unit for each started 4 KB; an item that is not there takes one. An
  item of a batch counts by itself, a query by all that it read. An index gives half of that: it is never consistent.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from omnipub.ports.table import Condition, ConditionCheck, Delete, Item, Key, Page, Put, Query, Table, Write
from omnipub.storage.items import key_of
from omnipub.storage.schema import INDEXES, PARTITION, SORT, Index

WRITTEN = 1024
READ = 4096
OF_A_LIST = 3


def size(value: Any) -> int:
    """Bytes of a value as DynamoDB counts; of an item with the names of its attributes."""
    match value:
        case str():
            return len(value.encode())
        case bool() | None:
            return 1
        case int():
            return (len(str(abs(value))) + 1) // 2 + 1 + (value < 0)
        case Mapping():
            return OF_A_LIST + sum(len(name.encode()) + size(part) + 1 for name, part in value.items())
        case list() | tuple():
            return OF_A_LIST + sum(size(part) + 1 for part in value)
    raise TypeError(f"an item holds no {type(value).__name__}")


def weight(item: Mapping[str, Any]) -> int:
    """Bytes of an item."""
    return sum(len(name.encode()) + size(part) for name, part in item.items())


@dataclass
class Units:
    """What was charged, and how often the table was asked.

    Attributes:
        written: By place: `table`, or an index.
        read: Read units.
        trips: Calls that read.
    """

    written: Counter[str] = field(default_factory=Counter)
    read: float = 0.0
    trips: int = 0

    @property
    def writes(self) -> int:
        """Write units of the table and its indexes together."""
        return sum(self.written.values())


@dataclass
class CountingTable:
    """The `Table` port over another adapter, which counts.

    Attributes:
        phase: Under what the next calls are counted; a test sets it, or the deliveries that are written do.
    """

    table: Table
    phase: str = "before"
    phases: dict[str, Units] = field(default_factory=dict)

    @property
    def units(self) -> Units:
        """Those of the phase."""
        return self.phases.setdefault(self.phase, Units())

    def get(self, key: Key) -> Item | None:
        found = self.table.get(key)
        self._read(_blocks(found))
        return found

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        found = self.table.batch_get(keys)
        if keys:
            self._read(sum(_blocks(found.get(key)) for key in set(keys)))
        return found

    def query(self, query: Query) -> Page:
        page = self.table.query(query)
        blocks = max(1, ceil(sum(map(weight, page.items)) / READ))
        self._read(blocks / 2 if query.index else blocks)
        return page

    def put(self, item: Item, condition: Condition | None = None) -> None:
        self._write([Put(item=item, condition=condition)], times=1)

    def transact(self, writes: Sequence[Write]) -> None:
        self._write(writes, times=2)

    def write_many(self, writes: Sequence[Put | Delete]) -> None:  # noqa: ARG002
        raise AssertionError("messages are not written in bulk")

    def everything(self, *, limit: int, after: str | None = None) -> Page:
        return self.table.everything(limit=limit, after=after)

    def close(self) -> None:
        self.table.close()  # type: ignore[attr-defined]  as adapters have it

    def _read(self, blocks: float) -> None:
        self.units.read += blocks
        self.units.trips += 1

    def _write(self, writes: Sequence[Write], *, times: int) -> None:
        there = self.table.batch_get([_key(one) for one in writes])
        statuses = {one.item["status"] for one in writes if isinstance(one, Put) and _is_delivery(one.item)}
        if self.phase == READING and statuses:
            self.phase = CLAIM
        for one in writes:
            larger = max(weight(there.get(_key(one), {})), weight(_after(one) or {}))
            self.units.written["table"] += times * max(1, ceil(larger / WRITTEN))
        if times == 1:
            (put,) = writes
            assert isinstance(put, Put)
            self.table.put(put.item, put.condition)
        else:
            self.table.transact(writes)
        for one in writes:
            if not isinstance(one, ConditionCheck):
                for index in INDEXES.values():
                    self.units.written[index.name] += _moved(there.get(_key(one)), _after(one), index)
        if statuses:
            self.phase = _NEXT.get(self.phase, self.phase)


READING, CLAIM, CONCLUDE = "before the claim", "claim", "conclude"
_NEXT = {CLAIM: CONCLUDE, CONCLUDE: READING}
"""While deliveries are worked on: the write that moves one ends what came before it."""


def _is_delivery(item: Item) -> bool:
    return "status" in item and "channel" in item


def _key(write: Write) -> Key:
    return key_of(write.item) if isinstance(write, Put) else write.key


def _after(write: Write) -> Item | None:
    return write.item if isinstance(write, Put) else None


def _blocks(item: Item | None) -> int:
    return max(1, ceil(weight(item) / READ)) if item else 1


def _moved(before: Item | None, after: Item | None, index: Index) -> int:
    """Units of an index for one item's change."""
    old, new = _entry(before, index), _entry(after, index)
    if old == new:
        return 0
    if old and new and _place(old, index) == _place(new, index):
        return ceil(max(weight(old), weight(new)) / WRITTEN)
    return sum(ceil(weight(one) / WRITTEN) for one in (old, new) if one)


def _entry(item: Item | None, index: Index) -> Item:
    if not item or index.partition not in item:
        return {}
    kept = {*index.projected, PARTITION, SORT, index.partition, index.sort}
    return {name: part for name, part in item.items() if name in kept}


def _place(entry: Item, index: Index) -> tuple[str, str]:
    return entry[index.partition], entry[index.sort]
