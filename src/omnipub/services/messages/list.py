"""Page through messages and certifications, newest first, narrowed by a filter.

What a page reads is planned in `query_plan`. What the keys do not bound is picked from the entries that were read. So
a page costs the same however much there is, and may be short, or empty, with a cursor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.timestamps import from_text
from omnipub.errors import InvalidInputError
from omnipub.ports.table import Item, Key
from omnipub.services.base import Base
from omnipub.services.messages.filters import Filter, checked, checked_cursor
from omnipub.services.messages.query_plan import plan
from omnipub.services.messages.read import MessageRow, MessageRows, Viewer
from omnipub.storage import keys
from omnipub.storage.items import delivery_of
from omnipub.storage.paging import MergedItem, merged_page
from omnipub.storage.schema import PARTITION

PAGE_AT_MOST = 100
"""Rows of a page."""


class ListEntry(NamedTuple):
    """Where something stands in an index, what it belongs to, and what the index projects of it."""

    sort: str
    parent: Parent
    item: Item


@dataclass(frozen=True, kw_only=True)
class ListMessages:
    """Reads lists, nothing else."""

    base: Base
    channels: Mapping[str, Channel]

    def page(
        self,
        kind: ParentKind,
        viewer: Viewer,
        wanted: Filter | None = None,
        *,
        limit: int = 20,
        after: str | None = None,
    ) -> MessageRows:
        """A page: an owner's own, or for operators everybody's.

        With a status that an index holds, what got it last, or is due last, comes first. Else what was composed last
        comes first.

        Raises:
            InvalidInputError: A filter, the limit or the cursor makes no sense.
        """
        if not 1 <= limit <= PAGE_AT_MOST:
            raise InvalidInputError(f"A page has 1 to {PAGE_AT_MOST} rows; {limit} were asked for.")
        wanted = _own(checked(wanted or Filter(), self.channels), viewer)
        if after is not None:
            checked_cursor(after, kind, by_moment=wanted.by_moment)
        shards = self.base.shards.count(self.base.clock.now()).all()
        networks = sorted(self.channels)
        queries = plan(kind, wanted, shards=shards, networks=networks, limit=limit, below=after)
        page = merged_page(self.base.table, queries)
        entries = [_entry(one) for one in page.items]
        rows: list[MessageRow] = []
        # In portions, so that the deliveries of what no longer fits on the page are not read.
        for start in range(0, len(entries), limit):
            portion = entries[start : start + limit]
            there = self._rows([one for one in portion if _may_fit(one, kind, wanted)], wanted)
            for place, entry in enumerate(portion, start + 1):
                if entry.sort in there:
                    rows.append(there[entry.sort])
                if len(rows) == limit:
                    goes_on = not page.complete or place < len(entries)
                    return MessageRows(rows=tuple(rows), cursor=entry.sort if goes_on else None, read=place)
        return MessageRows(rows=tuple(rows), cursor=entries[-1].sort if not page.complete else None, read=len(entries))

    def _rows(self, entries: Sequence[ListEntry], wanted: Filter) -> dict[str, MessageRow]:
        """The rows of the entries that fit, by where they stand."""
        heads = {one.parent: one.item for one in entries if "channels" in one.item and not wanted.reads_heads}
        unknown = {one.parent: keys.metadata(one.parent) for one in entries if one.parent not in heads}
        found = self.base.table.batch_get(list(unknown.values()))
        heads |= {
            parent: found[key] for parent, key in unknown.items() if key in found and wanted.fits_head(found[key])
        }
        there = self.base.table.batch_get(
            [keys.delivery(parent, channel) for parent, head in heads.items() for channel in head["channels"]]
        )
        rows = {parent: _row(parent, head, there) for parent, head in heads.items()}
        return {
            one.sort: rows[one.parent] for one in entries if one.parent in rows and _fits(one, rows[one.parent], wanted)
        }


def _own(wanted: Filter, viewer: Viewer) -> Filter:
    if viewer.operator:
        return wanted
    if wanted.owner not in {"", viewer.owner}:
        raise InvalidInputError("Only operators see what others composed.", hint="Leave the owner out.")
    return replace(wanted, owner=viewer.owner)


def _entry(found: MergedItem) -> ListEntry:
    parent = keys.parent_of(found.item[PARTITION])
    if parent is None:
        raise AssertionError("these partitions hold messages, certifications and their deliveries")
    return ListEntry(found.sort, parent, found.item)


def _may_fit(entry: ListEntry, kind: ParentKind, wanted: Filter) -> bool:
    """As far as the index tells."""
    named = entry.item["channels"] if "channels" in entry.item else [entry.item["channel"]]
    composed = keys.owned_from(kind, wanted.since) <= keys.owned(entry.parent) < keys.owned_until(kind, wanted.until)
    return composed and (not wanted.channel or wanted.channel in named)


def _fits(entry: ListEntry, row: MessageRow, wanted: Filter) -> bool:
    """Whether the row is asked for and stands here: among moments, where the latest of its deliveries that fit does."""
    if not wanted.fits_all(row.deliveries):
        return False
    return not wanted.by_moment or entry.sort == max(_place(one) for one in row.deliveries if wanted.fits(one))


def _place(delivery: Delivery) -> str:
    at = delivery.published_at if delivery.status is Status.PUBLISHED else delivery.next_at
    return keys.moment_sort(at, keys.delivery(delivery.parent, delivery.channel)) if at else ""


def _row(parent: Parent, head: Item, there: Mapping[Key, Item]) -> MessageRow:
    found = (there.get(keys.delivery(parent, channel)) for channel in head["channels"])
    return MessageRow(
        parent=parent,
        owner=head["owner"],
        excerpt=head["excerpt"],
        created_at=from_text(head["created_at"]),
        deliveries=tuple(delivery_of(item) for item in found if item is not None),
    )
