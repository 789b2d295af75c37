"""The port to the table: a few verbs, narrow enough that DynamoDB and SQLite mean the same by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from omnipub.errors import OmnipubError


class Key(NamedTuple):
    """An item's primary key."""

    pk: str
    sk: str


Item = dict[str, Any]
"""Attribute name → str, int, bool, None, list or dict of these. No floats, no binary."""


@dataclass(frozen=True, kw_only=True)
class Absent:
    """The condition that no item of that key exists."""


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """The condition that the item exists and still has this version."""

    version: int


Condition = Absent | Unchanged


@dataclass(frozen=True, kw_only=True)
class Put:
    """Write the whole item; its key is in it."""

    item: Item
    condition: Condition | None = None


@dataclass(frozen=True, kw_only=True)
class ConditionCheck:
    """Write nothing, but let the transaction fail unless the condition holds."""

    key: Key
    condition: Condition


@dataclass(frozen=True, kw_only=True)
class Delete:
    """Remove the item."""

    key: Key
    condition: Condition | None = None


Write = Put | ConditionCheck | Delete


@dataclass(frozen=True, kw_only=True)
class Query:
    """A range of one partition.

    Attributes:
        index: `GSI1`, `GSI2`, or None for the table itself. Index reads may lag behind writes.
        partition: Partition key value.
        prefix: What the sort key begins with.
        at_least: Inclusive lower bound of the sort key.
        below: Exclusive upper bound of the sort key.
        newest_first: Read backwards.
        limit: Most items of a page.
        after: The cursor of the previous page.
        keys_only: Whether nothing but the keys is wanted, as for counting; an adapter may hand out more.
    """

    partition: str
    index: str | None = None
    prefix: str | None = None
    at_least: str | None = None
    below: str | None = None
    newest_first: bool = False
    limit: int = 100
    after: str | None = None
    keys_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """Items of one page, and the cursor of the next or None at the end."""

    items: tuple[Item, ...]
    cursor: str | None


class ConditionFailedError(OmnipubError):
    """A condition did not hold, so nothing was written. `failed` are the positions of those writes."""

    def __init__(self, failed: Sequence[int]) -> None:
        super().__init__("The item was changed by somebody else meanwhile.", hint="Read it again.")
        self.failed = tuple(failed)


class Table(Protocol):
    """The table. All calls may raise `errors.UnavailableError`; then a write may or may not have happened."""

    def get(self, key: Key) -> Item | None:
        """The item, strongly consistent."""
        ...

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Write one item.

        Raises:
            ConditionFailedError: Nothing was written.
        """
        ...

    def transact(self, writes: Sequence[Write]) -> None:
        """All of at most WRITE_LIMIT writes, each on another key, or none.

        Raises:
            ConditionFailedError: Nothing was written.
        """
        ...

    def query(self, query: Query) -> Page:
        """One page. Pages of an index hold the keys and the projected attributes only."""
        ...

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        """The items that exist, strongly consistent; any number of keys."""
        ...

    def write_many(self, writes: Sequence[Put | Delete]) -> None:
        """Any number of writes without conditions, the last one of a key winning: fast, and not one transaction.

        After an error some may have been written; writing all of them again is always right.
        """
        ...

    def everything(self, *, limit: int, after: str | None = None) -> Page:
        """One page of the whole table, in the adapter's own order: a scan, whose price is the table's size.

        For `storage.access.everything` alone. What is written meanwhile may or may not be seen.
        """
        ...
