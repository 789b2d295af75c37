"""Every way into the table: one function per access path, and the table of them for the documentation.

No other file makes a `Query`; none of these scans, but for `everything`, which says so.
`docs/table.md` is generated from PATHS.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ParamSpec

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.timestamps import to_text
from omnipub.ports.table import Item, Query, Table
from omnipub.storage import keys
from omnipub.storage.paging import follow

PAGE = 100
SCAN_PAGE = 1000

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
def collection(parent: Parent) -> Query:
    """A message or certification with its deliveries and tries."""
    return Query(partition=keys.partition(parent))


@_path(
    serves="messages list, certs list, GET /messages, GET /certifications: an owner's own or --owner, newest first; "
    "--since and --until bound the ids, --status and --channel pick from at most one page that was read",
    index="GSI1",
    condition="GSI1PK = USER#<owner>, GSI1SK from MSG#<since> to MSG#<until or cursor>, or CERT# likewise",
)
def of_owner(
    owner: str,
    kind: ParentKind,
    *,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
    below: str | None = None,
) -> Query:
    """An owner's messages or certifications, newest first, older than a sort key."""
    return Query(
        index="GSI1",
        partition=keys.by_owner(owner),
        at_least=keys.owned_from(kind, since),
        below=_lower(keys.owned_until(kind, until), below),
        newest_first=True,
        limit=limit,
    )


@_path(
    serves="a stage's sandbox: its accounts, an account's posts, who has an id, pictures and uploads",
    index=None,
    condition="PK = SANDBOX#<what>, SK begins with <network># or <digest># where one is meant",
)
def of_sandbox(partition: str, *, prefix: str | None = None) -> Query:
    """What a stage's sandbox keeps; `partition` is one of `keys.sandbox_…`."""
    return Query(partition=partition, prefix=prefix)


@_path(
    serves="messages list, certs list, GET /messages, GET /certifications: everybody's, for operators, newest first; "
    "--since and --until bound the ids; --channel alone, and a --status that no index holds (draft, pending_approval, "
    "expired, cancelled, partially_…), pick from at most one page that was read",
    index="GSI2",
    condition="GSI2PK = ALL#MSG or ALL#CERT (per shard), GSI2SK from MSG#<since> to MSG#<until or cursor>",
)
def of_everybody(
    kind: ParentKind,
    shard: int,
    *,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
    below: str | None = None,
) -> Query:
    """Everybody's messages or certifications of one shard, newest first, older than a sort key."""
    return Query(
        index="GSI2",
        partition=keys.everybody(kind, shard),
        at_least=keys.owned_from(kind, since),
        below=_lower(keys.owned_until(kind, until), below),
        newest_first=True,
        limit=limit,
    )


@_path(
    serves="messages list, certs list, GET /messages, GET /certifications for operators with --status scheduled, "
    "publishing, held, failed, unconfirmed or missed: the latest moment first; the other filters pick from at most "
    "one page that was read; notices: the youngest one",
    index="GSI1",
    condition="GSI1PK = STATUS#<status> (per shard), GSI1SK below <cursor>",
)
def latest_with_status(status: Status, shard: int, *, limit: int, below: str | None = None) -> Query:
    """Deliveries with one status, the latest moment first, below a sort key."""
    return Query(index="GSI1", partition=keys.by_status(status, shard), newest_first=True, limit=limit, below=below)


@_path(
    serves="messages list, certs list, GET /messages, GET /certifications for operators with --status published: the "
    "latest first, of one network with --channel, else merged over all; the other filters pick from at most one page",
    index="GSI2",
    condition="GSI2PK = PUBLISHED#<network> (per shard), GSI2SK from <since> to <cursor>",
)
def latest_published_on(
    network: str, shard: int, *, limit: int, since: datetime | None = None, below: str | None = None
) -> Query:
    """What came out on a network, the latest first; nothing comes out before it is composed."""
    return Query(
        index="GSI2",
        partition=keys.published(network, shard),
        at_least=to_text(since) if since else None,
        newest_first=True,
        limit=limit,
        below=below,
    )


@_path(
    serves="schedule list: what is due when; --channel and --owner pick from at most one page that was read",
    index="GSI2",
    condition="GSI2PK = CALENDAR (per shard), GSI2SK from <moment or cursor> to <moment>",
)
def calendar(shard: int, *, since: datetime, until: datetime, limit: int, above: str | None = None) -> Query:
    """Deliveries that are not out, by the moment they were asked for, above a sort key."""
    start = to_text(since)
    return Query(
        index="GSI2",
        partition=keys.calendar(shard),
        at_least=start if above is None else max(start, keys.just_above(above)),
        below=keys.moment_bound(until),
        limit=limit,
    )


@_path(
    serves="channel figures: what came out on a network; table stats",
    index="GSI2",
    condition="GSI2PK = PUBLISHED#<network> (per shard), GSI2SK from <moment>",
)
def published_on(network: str, shard: int, *, since: datetime, limit: int) -> Query:
    """What came out on a network, oldest first."""
    return Query(
        index="GSI2",
        partition=keys.published(network, shard),
        at_least=to_text(since),
        limit=limit,
    )


@_path(
    serves="the scheduler's tick: what becomes due",
    index="GSI1",
    condition="GSI1PK = STATUS#scheduled (per shard), GSI1SK from <cursor less 5 min> to <now + 150 s>",
)
def due(shard: int, *, since: datetime, until: datetime) -> Query:
    """Scheduled deliveries with their next moment in a span, both ends included."""
    return Query(
        index="GSI1",
        partition=keys.by_status(Status.SCHEDULED, shard),
        at_least=to_text(since),
        below=keys.moment_bound(until),
        limit=PAGE,
    )


@_path(
    serves="the scheduler's tick: what is overdue and must be put on the stream again",
    index="GSI1",
    condition="GSI1PK = STATUS#scheduled (per shard), GSI1SK below <cursor less 5 min>",
)
def overdue(shard: int, *, until: datetime) -> Query:
    """Scheduled deliveries older than the span that `due` reads, oldest first."""
    return Query(
        index="GSI1",
        partition=keys.by_status(Status.SCHEDULED, shard),
        below=to_text(until),
        limit=PAGE,
    )


@_path(
    serves="the scheduler's tick: ended leases and looks that are due",
    index="GSI1",
    condition="GSI1PK = STATUS#publishing (per shard), GSI1SK to <now + 150 s>",
)
def leases_ending(shard: int, *, until: datetime) -> Query:
    """Publishing deliveries whose lease or wait ends by `until`."""
    return Query(
        index="GSI1",
        partition=keys.by_status(Status.PUBLISHING, shard),
        below=keys.moment_bound(until),
        limit=PAGE,
    )


@_path(
    serves="messages stuck and what else waits for somebody: oldest due, held accounts, failures; table stats",
    index="GSI1",
    condition="GSI1PK = STATUS#<status> (per shard), GSI1SK by moment",
)
def with_status(status: Status, shard: int, *, limit: int = PAGE, after: str | None = None) -> Query:
    """Deliveries with one status, the one that waits longest first."""
    return Query(index="GSI1", partition=keys.by_status(status, shard), limit=limit, after=after)


@_path(
    serves="messages stuck: what should have gone on by now",
    index="GSI1",
    condition="GSI1PK = STATUS#scheduled or STATUS#publishing (per shard), GSI1SK to <now less 2 min>",
)
def late_with_status(status: Status, shard: int, *, until: datetime, limit: int) -> Query:
    """Deliveries with one status whose moment was at or before `until`, the one that waits longest first."""
    return Query(index="GSI1", partition=keys.by_status(status, shard), below=keys.moment_bound(until), limit=limit)


@_path(
    serves="connections of an owner",
    index=None,
    condition="PK = USER#<owner>, SK begins with CONNECTION#",
)
def connections(owner: str) -> Query:
    """An owner's connected accounts."""
    return Query(partition=keys.user_partition(owner), prefix=keys.CONNECTION_PREFIX)


@_path(
    serves="doctor: tokens that end soon",
    index="GSI1",
    condition="GSI1PK = REFRESH (per shard), GSI1SK to <moment>",
)
def tokens_ending(shard: int, *, until: datetime, limit: int) -> Query:
    """Connections whose token ends by `until`, the first to end first."""
    return Query(
        index="GSI1",
        partition=keys.by_refresh(shard),
        below=keys.moment_bound(until),
        limit=limit,
    )


@_path(
    serves="notify list and test, doctor, and each round of notices: who is told",
    index=None,
    condition="PK = SYSTEM#NOTIFY",
)
def notice_targets() -> Query:
    """All targets of notices; they are few."""
    return Query(partition=keys.notice_targets())


@_path(
    serves="each round of notices, notify list and doctor: what is the matter, and who was told",
    index=None,
    condition="PK = SYSTEM#CAUSE",
)
def causes() -> Query:
    """All causes that somebody is told of."""
    return Query(partition=keys.causes())


@_path(
    serves="pauses in force: all of them, and before each claim a page of them",
    index=None,
    condition="PK = SYSTEM#PAUSE",
)
def pauses(*, limit: int = PAGE) -> Query:
    """All pauses."""
    return Query(partition=keys.pauses(), limit=limit)


@_path(
    serves="accounts that rest after unanswered or throttled tries",
    index=None,
    condition="PK = SYSTEM#BREAKER",
)
def circuit_breakers() -> Query:
    """All circuit breakers that are not at rest."""
    return Query(partition=keys.circuit_breakers())


@_path(
    serves="the scheduler's tick: releases that an earlier process did not finish",
    index=None,
    condition="PK = SYSTEM#RELEASE",
)
def releases() -> Query:
    """All releases under way."""
    return Query(partition=keys.releases())


def _lower(bound: str, below: str | None) -> str:
    return bound if below is None else min(bound, below)


@_path(
    serves="table inspect: any item collection, by its partition key",
    index=None,
    condition="PK = MSG#<id>, CERT#<id>, USER#<owner>, or any other",
)
def whole_partition(pk: str) -> Query:
    """Everything of one partition."""
    return Query(partition=pk)


def everything(table: Table) -> Iterator[Item]:
    """The whole table, item by item: the one way that scans, for the commands named below and nothing else."""
    for page in follow(lambda after: table.everything(limit=SCAN_PAGE, after=after)):
        yield from page.items


PATHS.append(
    AccessPath(
        name="everything",
        serves="table verify, table export, and the first page of it for table import, which asks whether the table is "
        "empty: the one exception, which reads the whole table page by page",
        index="table",
        condition="none: a scan",
    )
)


def table() -> str:
    """The access paths as a Markdown table."""
    lines = ["| path | serves | index | key condition |", "|---|---|---|---|"]
    lines += [f"| {row.name} | {row.serves} | {row.index} | `{row.condition}` |" for row in PATHS]
    return "\n".join(lines)
