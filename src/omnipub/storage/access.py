"""Every way into the table: one function per access path, and the table of them for the documentation.

No other file makes a `Query`; none of these scans. `docs/access-paths.md` is generated from PATHS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ParamSpec

from omnipub.domain.identity import Kind, Parent
from omnipub.domain.lifecycle import Status
from omnipub.domain.moments import to_text
from omnipub.storage import keys
from omnipub.storage.table import Query

PAGE = 100

_P = ParamSpec("_P")


@dataclass(frozen=True, kw_only=True)
class AccessPath:
    """One row: who asks, of what, by which keys."""

    name: str
    serves: str
    index: str
    condition: str


PATHS: list[AccessPath] = []


def _path(*, serves: str, index: str | None, condition: str) -> Callable[[Callable[_P, Query]], Callable[_P, Query]]:
    def register(build: Callable[_P, Query]) -> Callable[_P, Query]:
        name = build.__name__.replace("_", " ")
        PATHS.append(AccessPath(name=name, serves=serves, index=index or "table", condition=condition))
        return build

    return register


@_path(
    serves="messages show, certs show, every read of a message with its deliveries",
    index=None,
    condition="PK = MSG#<id> or CERT#<id>",
)
def collection(parent: Parent, *, after: str | None = None) -> Query:
    """A message or certification with its deliveries and tries."""
    return Query(partition=keys.partition(parent), after=after)


@_path(
    serves="messages list, certs list: an owner's own, newest first",
    index="GSI1",
    condition="GSI1PK = USER#<owner>, GSI1SK begins with MSG# or CERT#",
)
def of_owner(owner: str, kind: Kind, *, limit: int, after: str | None = None) -> Query:
    """An owner's messages or certifications, newest first."""
    return Query(
        index="GSI1",
        partition=keys.by_owner(owner),
        prefix=keys.owned_prefix(kind),
        newest_first=True,
        limit=limit,
        after=after,
    )


@_path(
    serves="messages list, certs list: everybody's, for operators",
    index="GSI2",
    condition="GSI2PK = ALL#MSG or ALL#CERT (per shard), by id",
)
def of_everybody(kind: Kind, shard: int, *, limit: int, below: str | None = None) -> Query:
    """Everybody's messages or certifications of one shard, newest first, older than a sort key."""
    return Query(index="GSI2", partition=keys.everybody(kind, shard), newest_first=True, limit=limit, below=below)


@_path(
    serves="schedule list: what is due when",
    index="GSI2",
    condition="GSI2PK = CALENDAR (per shard), GSI2SK from <moment> to <moment>",
)
def calendar(shard: int, *, since: datetime, until: datetime, limit: int, after: str | None = None) -> Query:
    """Deliveries that are not out, by the moment they were asked for."""
    return Query(
        index="GSI2",
        partition=keys.calendar(shard),
        at_least=to_text(since),
        below=keys.moment_bound(until),
        limit=limit,
        after=after,
    )


@_path(
    serves="channel figures: what came out on a network",
    index="GSI2",
    condition="GSI2PK = PUBLISHED#<network> (per shard), GSI2SK from <moment>",
)
def published_on(network: str, shard: int, *, since: datetime, limit: int, after: str | None = None) -> Query:
    """What came out on a network, oldest first."""
    return Query(
        index="GSI2",
        partition=keys.published(network, shard),
        at_least=to_text(since),
        limit=limit,
        after=after,
    )


@_path(
    serves="the scheduler's tick: what becomes due",
    index="GSI1",
    condition="GSI1PK = STATUS#scheduled (per shard), GSI1SK from <cursor less 5 min> to <now + 150 s>",
)
def due(shard: int, *, since: datetime, until: datetime, after: str | None = None) -> Query:
    """Scheduled deliveries with their next moment in a span, both ends included."""
    return Query(
        index="GSI1",
        partition=keys.by_status(Status.SCHEDULED, shard),
        at_least=to_text(since),
        below=keys.moment_bound(until),
        limit=PAGE,
        after=after,
    )


@_path(
    serves="the scheduler's tick: what is overdue and must be put on the stream again",
    index="GSI1",
    condition="GSI1PK = STATUS#scheduled (per shard), GSI1SK below <cursor less 5 min>",
)
def overdue(shard: int, *, until: datetime, after: str | None = None) -> Query:
    """Scheduled deliveries older than the span that `due` reads, oldest first."""
    return Query(
        index="GSI1",
        partition=keys.by_status(Status.SCHEDULED, shard),
        below=to_text(until),
        limit=PAGE,
        after=after,
    )


@_path(
    serves="the scheduler's tick: ended leases and looks that are due",
    index="GSI1",
    condition="GSI1PK = STATUS#publishing (per shard), GSI1SK to <now + 150 s>",
)
def leases_ending(shard: int, *, until: datetime, after: str | None = None) -> Query:
    """Publishing deliveries whose lease or wait ends by `until`."""
    return Query(
        index="GSI1",
        partition=keys.by_status(Status.PUBLISHING, shard),
        below=keys.moment_bound(until),
        limit=PAGE,
        after=after,
    )


@_path(
    serves="what waits for somebody: oldest due, held accounts, failures",
    index="GSI1",
    condition="GSI1PK = STATUS#<status> (per shard), GSI1SK by moment",
)
def with_status(status: Status, shard: int, *, limit: int = PAGE, after: str | None = None) -> Query:
    """Deliveries with one status, the one that waits longest first."""
    return Query(index="GSI1", partition=keys.by_status(status, shard), limit=limit, after=after)


@_path(
    serves="connections of an owner",
    index=None,
    condition="PK = USER#<owner>, SK begins with CONNECTION#",
)
def connections(owner: str, *, after: str | None = None) -> Query:
    """An owner's connected accounts."""
    return Query(partition=keys.user_partition(owner), prefix=keys.CONNECTION_PREFIX, after=after)


@_path(
    serves="pauses in force",
    index=None,
    condition="PK = SYSTEM#PAUSE",
)
def pauses(*, after: str | None = None) -> Query:
    """All pauses."""
    return Query(partition=keys.pauses(), after=after)


def table() -> str:
    """The access paths as a Markdown table."""
    lines = ["| path | serves | index | key condition |", "|---|---|---|---|"]
    lines += [f"| {row.name} | {row.serves} | {row.index} | `{row.condition}` |" for row in PATHS]
    return "\n".join(lines)
