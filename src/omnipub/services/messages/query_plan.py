"""Which access path a list is read along, and how far: one page of each partition, whatever is asked for.

An owner's list, a status, what networks published, or everybody's. `docs/access-paths.md` is generated from this.
"""

from collections.abc import Iterator, Sequence

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import ParentKind, network_of
from omnipub.ports.table import Query
from omnipub.services.messages.filters import Filter
from omnipub.storage import access

READ_AT_MOST = access.PAGE
"""Entries read of one partition for a page whose rows are picked."""


def plan(
    kind: ParentKind, wanted: Filter, *, shards: Sequence[int], networks: Sequence[str], limit: int, below: str | None
) -> Iterator[Query]:
    """The queries whose entries, merged, hold the page.

    Args:
        kind: Messages or certifications.
        wanted: What the list is narrowed to.
        shards: Those a reader looks into.
        networks: Those that something may have been published on.
        limit: Rows of the page.
        below: Where the page before ended.
    """
    if not wanted.by_moment:
        yield from _by_id(kind, wanted, shards, READ_AT_MOST if wanted.picks else limit, below)
    elif wanted.status == Status.PUBLISHED:
        # Of many networks each gives a page's worth; where few may fit, more is read to pick from.
        most = READ_AT_MOST if wanted.channel or wanted.reads_heads or wanted.bounds_due else limit
        for network in [network_of(wanted.channel)] if wanted.channel else networks:
            for shard in shards:
                yield access.latest_published_on(network, shard, limit=most, since=wanted.since, below=below)
    else:
        for shard in shards:
            yield access.latest_with_status(Status(wanted.status), shard, limit=READ_AT_MOST, below=below)


def _by_id(kind: ParentKind, wanted: Filter, shards: Sequence[int], most: int, below: str | None) -> Iterator[Query]:
    if wanted.owner:
        yield access.of_owner(wanted.owner, kind, limit=most, since=wanted.since, until=wanted.until, below=below)
        return
    for shard in shards:
        yield access.of_everybody(kind, shard, limit=most, since=wanted.since, until=wanted.until, below=below)
