"""The table's shape, from which CDK, SQLite and the tests build it, and the number of what its items mean.

The shape cannot be changed after the first deployment without moving the data. The meaning of the keys stands in
`keys`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PARTITION = "PK"
SORT = "SK"
TTL = "expires_at"
"""Epoch seconds after which an item may be removed; nothing relies on the removal."""

SANDBOX_PREFIX = "SANDBOX#"
"""What the partitions of a stage's sandbox begin with; its function may touch no others."""

WRITE_LIMIT = 100
"""Items of one transaction."""

READ_LIMIT = 100
"""Keys of one batch-get."""


MEANING = 3
"""The version of what items mean. It is raised by one when an earlier release would misread or destroy what this one
writes. That is an attribute that is gone, renamed or required, or another type, unit or default. It is also one more
value of an enum, and an attribute that must not be ignored. It is not raised for what the earlier release ignores
without harm: an optional attribute, another kind of item.

While a stage is deployed, and after `omnipub rollback`, earlier code works on what later code wrote. `tests/compat`
knows when the number must be raised; `docs/decisions/0011-what-items-mean.md` says how such a release is deployed.
"""


@dataclass(frozen=True, kw_only=True)
class Index:
    """A global secondary index: sparse, eventually consistent, with a projection.

    Attributes:
        projected: Attributes a query of it returns besides all keys; others need a get.
    """

    name: str
    partition: str
    sort: str
    projected: tuple[str, ...]


BY_STATUS_OR_OWNER = Index(
    name="GSI1",
    partition="GSI1PK",
    sort="GSI1SK",
    projected=(
        "kind",
        "id",
        "owner",
        "channel",
        "account",
        "status",
        "due_at",
        "next_at",
        "excerpt",
        "channels",
        "created_at",
    ),
)
"""What waits for somebody, by status and moment; an owner's messages and certifications, by id."""

BY_LIST = Index(
    name="GSI2",
    partition="GSI2PK",
    sort="GSI2SK",
    projected=(
        "kind",
        "id",
        "owner",
        "channel",
        "account",
        "due_at",
        "excerpt",
        "channels",
        "created_at",
    ),
)
"""The lists GSI1 cannot serve: everybody's messages, the calendar by due time, what a network published.

The status is not projected: pages read the deliveries themselves, and each claim would cost a write unit more.
"""

INDEXES: Mapping[str, Index] = MappingProxyType({index.name: index for index in (BY_STATUS_OR_OWNER, BY_LIST)})

KEY_ATTRIBUTES = (
    PARTITION,
    SORT,
    *(key for index in INDEXES.values() for key in (index.partition, index.sort)),
)


def fingerprint() -> str:
    """Twelve hex digits that change with the shape and with MEANING: who writes a deployed table must have the same."""
    indexes = [[one.name, one.partition, one.sort, *one.projected] for one in INDEXES.values()]
    return hashlib.sha256(json.dumps([PARTITION, SORT, TTL, indexes, MEANING]).encode()).hexdigest()[:12]
