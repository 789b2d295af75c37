"""The calendar: what is not out yet, by the moment it was asked for, with what each is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import ParentKind
from omnipub.errors import InvalidInputError
from omnipub.ports.table import Item, Key, Table
from omnipub.services.base import Base
from omnipub.services.messages.filters import Filter, checked, checked_cursor
from omnipub.storage import access, keys
from omnipub.storage.items import delivery_of
from omnipub.storage.paging import merged_page
from omnipub.storage.schema import BY_LIST

PAGE_AT_MOST = 100
"""Deliveries of a page."""


@dataclass(frozen=True, kw_only=True)
class CalendarEntry:
    """A delivery, and what its message or certification is about."""

    delivery: Delivery
    excerpt: str


@dataclass(frozen=True, kw_only=True)
class CalendarPage:
    """A page of them.

    Attributes:
        cursor: Where the next page begins; None at the end.
        read: Entries of the index that were looked at for the page.
    """

    rows: tuple[CalendarEntry, ...]
    cursor: str | None
    read: int = 0


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Reads the calendar, nothing else."""

    base: Base
    channels: Mapping[str, Channel]

    def page(
        self,
        *,
        since: datetime,
        until: datetime,
        wanted: Filter | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> CalendarPage:
        """What was asked for between two moments, both included, earliest first.

        Of the filter, channel, owner, text and import count. With one of them a page may be short, with a cursor:
        it reads as much as any other.

        Raises:
            InvalidInputError: The span, a filter, the limit or the cursor makes no sense.
        """
        if not 1 <= limit <= PAGE_AT_MOST:
            raise InvalidInputError(f"A page has 1 to {PAGE_AT_MOST} rows; {limit} were asked for.")
        wanted = wanted or Filter()
        checked(replace(wanted, since=since, until=until), self.channels)
        if after is not None:
            checked_cursor(after, ParentKind.MESSAGE, by_moment=True)
        picks = wanted.channel or wanted.owner or wanted.reads_heads
        most = access.PAGE if picks else limit
        shards = self.base.shards.count(self.base.clock.now()).all()
        page = merged_page(
            self.base.table,
            (access.calendar(shard, since=since, until=until, limit=most, above=after) for shard in shards),
        )
        entries = [one.item for one in page.items]
        fitting = [
            one for one in entries if wanted.channel in {"", one["channel"]} and wanted.owner in {"", one["owner"]}
        ]
        if wanted.reads_heads:
            fitting = self._with_fitting_heads(fitting, wanted)
        shown = fitting[:limit]
        if len(fitting) > limit:
            cursor = str(shown[-1][BY_LIST.sort])
        else:
            cursor = str(entries[-1][BY_LIST.sort]) if not page.complete else ""
        return CalendarPage(rows=tuple(abouts(self.base.table, shown)), cursor=cursor or None, read=len(entries))

    def _with_fitting_heads(self, entries: Sequence[Item], wanted: Filter) -> list[Item]:
        """The entries whose message or certification has the text, or is of the import."""
        parents = [keys.parent_of(one["PK"]) for one in entries]
        there = self.base.table.batch_get([keys.metadata(parent) for parent in dict.fromkeys(parents) if parent])
        heads = [there.get(keys.metadata(parent)) if parent else None for parent in parents]
        return [one for one, head in zip(entries, heads, strict=True) if head and wanted.fits_head(head)]


def abouts(table: Table, entries: Sequence[Item]) -> list[CalendarEntry]:
    """The deliveries that index entries stand for, with what they are about: one batch for all."""
    wanted = [Key(item["PK"], item["SK"]) for item in entries]
    parents = {key: keys.parent_of(key.pk) for key in wanted}
    heads = {key: keys.metadata(parent) for key, parent in parents.items() if parent is not None}
    there = table.batch_get([*wanted, *heads.values()])
    return [
        CalendarEntry(delivery=delivery_of(there[key]), excerpt=str(there[heads[key]]["excerpt"]))
        for key in wanted
        if key in there and heads[key] in there
    ]
