"""How many of everything there are, counted no further than a cap, and how the table's own machinery stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from omnipub.domain.delivery.lifecycle import WATCHED, Status
from omnipub.domain.ids import ParentKind
from omnipub.domain.timestamps import EPOCH, from_text
from omnipub.errors import GateClosedError
from omnipub.ports.table import Key, Query
from omnipub.services.base import Base
from omnipub.services.protocol.gate import Gate
from omnipub.storage import access, keys
from omnipub.storage.schema import BY_STATUS_OR_OWNER
from omnipub.storage.shards import ShardCount

CAP = 1000
"""Counting is reading: beyond this it is said to be more."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many, or, with `more`, that there are more than that."""

    number: int
    more: bool = False


@dataclass(frozen=True, kw_only=True)
class TableCounts:
    """What was counted and read.

    Attributes:
        statuses: Deliveries that somebody must find, by status.
        published: What came out, by network.
        parents: Messages and certifications.
        oldest_due: Next moment of the scheduled delivery that waits longest.
        heartbeat: When a tick began last.
        cursor: Up to when the scheduler has dispatched.
        closed: Why nothing is sent from this table, or "".
        pauses: Pauses in force.
        seeded: Messages invented here.
    """

    statuses: Mapping[Status, Count]
    published: Mapping[str, Count]
    parents: Mapping[ParentKind, Count]
    oldest_due: datetime | None
    shards: ShardCount
    heartbeat: datetime | None
    cursor: datetime | None
    closed: str
    pauses: Count
    seeded: int


@dataclass(frozen=True, kw_only=True)
class TableStats:
    """Counts; reads only."""

    base: Base
    gate: Gate
    networks: Sequence[str]
    cap: int

    def census(self) -> TableCounts:
        """Everything once."""
        shards = self.base.shards.count(self.base.clock.now())
        seed = self.base.table.get(keys.seed())
        return TableCounts(
            statuses={status: self._status(status, shards) for status in Status if status in WATCHED},
            published={network: self._published(network, shards) for network in self.networks},
            parents={kind: self._parents(kind, shards) for kind in ParentKind},
            oldest_due=self._oldest_due(shards),
            shards=shards,
            heartbeat=self._moment(keys.heartbeat()),
            cursor=self._moment(keys.cursor()),
            closed=self._closed(),
            pauses=self._count([access.pauses()]),
            seeded=int(seed["messages"]) if seed else 0,
        )

    def _status(self, status: Status, shards: ShardCount) -> Count:
        return self._count([access.with_status(status, shard, limit=self.cap) for shard in shards.all()])

    def _published(self, network: str, shards: ShardCount) -> Count:
        queries = [access.published_on(network, shard, since=EPOCH, limit=self.cap) for shard in shards.all()]
        return self._count(queries)

    def _parents(self, kind: ParentKind, shards: ShardCount) -> Count:
        return self._count([access.of_everybody(kind, shard, limit=self.cap) for shard in shards.all()])

    def _count(self, queries: Sequence[Query]) -> Count:
        """One page of each, at most the cap in all."""
        number = 0
        for query in queries:
            page = self.base.table.query(replace(query, keys_only=True))
            number += len(page.items)
            if page.cursor is not None or number > self.cap:
                return Count(number=min(number, self.cap), more=True)
        return Count(number=number)

    def _oldest_due(self, shards: ShardCount) -> datetime | None:
        pages = [self.base.table.query(access.with_status(Status.SCHEDULED, shard, limit=1)) for shard in shards.all()]
        sorts = [item[BY_STATUS_OR_OWNER.sort] for page in pages for item in page.items]
        return from_text(keys.moment_of(min(sorts))) if sorts else None

    def _moment(self, key: Key) -> datetime | None:
        item = self.base.table.get(key)
        return from_text(item["at"]) if item else None

    def _closed(self) -> str:
        try:
            self.gate.check()
        except GateClosedError as error:
            return error.message
        return ""
