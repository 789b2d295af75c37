"""The calendar: what is not out yet, by the moment it was asked for, with what each is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Kind
from omnipub.errors import InvalidInputError
from omnipub.ports.clock import Clock
from omnipub.ports.table import Item, Key, Table
from omnipub.services.messages.filters import Asked, checked, checked_cursor
from omnipub.storage import access, keys
from omnipub.storage.items import delivery_of
from omnipub.storage.schema import BY_LIST
from omnipub.storage.shards import Shards

PAGE_AT_MOST = 100
"""Deliveries of a page."""


@dataclass(frozen=True, kw_only=True)
class About:
    """A delivery, and what its message or certification is about."""

    delivery: Delivery
    excerpt: str


@dataclass(frozen=True, kw_only=True)
class Abouts:
    """A page of them; `cursor` is None at the end."""

    rows: tuple[About, ...]
    cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Reads the calendar, nothing else."""

    table: Table
    shards: Shards
    clock: Clock
    channels: Mapping[str, Channel]

    def page(
        self,
        *,
        since: datetime,
        until: datetime,
        channel: str = "",
        owner: str = "",
        limit: int = 50,
        after: str | None = None,
    ) -> Abouts:
        """What was asked for between two moments, both included, earliest first.

        With a channel or an owner a page may be short, with a cursor: it reads as much as any other.

        Raises:
            InvalidInputError: The span, a filter, the limit or the cursor makes no sense.
        """
        if not 1 <= limit <= PAGE_AT_MOST:
            raise InvalidInputError(f"A page has 1 to {PAGE_AT_MOST} rows; {limit} were asked for.")
        checked(Asked(channel=channel, since=since, until=until), self.channels)
        if after is not None:
            checked_cursor(after, Kind.MESSAGE, by_moment=True)
        entries, more = self._read(since, until, access.PAGE if channel or owner else limit, after)
        fitting = [one for one in entries if channel in {"", one["channel"]} and owner in {"", one["owner"]}]
        shown = fitting[:limit]
        if len(fitting) > limit:
            cursor = str(shown[-1][BY_LIST.sort])
        else:
            cursor = str(entries[-1][BY_LIST.sort]) if more else ""
        return Abouts(rows=tuple(abouts(self.table, shown)), cursor=cursor or None)

    def _read(self, since: datetime, until: datetime, most: int, after: str | None) -> tuple[list[Item], bool]:
        """One page of each shard, merged up to where the first of them ends; whether there is more."""
        entries: list[Item] = []
        ends: list[str] = []
        for shard in self.shards.count(self.clock.now()).all():
            query = access.calendar(shard, since=since, until=until, limit=most, above=after)
            if query.at_least is not None and query.below is not None and query.at_least >= query.below:
                continue  # a key condition must not be empty
            page = self.table.query(query)
            entries += page.items
            if page.cursor is not None:
                ends.append(page.items[-1][BY_LIST.sort])
        end = min(ends, default=None)
        merged = sorted(entries, key=lambda item: str(item[BY_LIST.sort]))
        return [one for one in merged if end is None or one[BY_LIST.sort] <= end], bool(ends)


def abouts(table: Table, entries: Sequence[Item]) -> list[About]:
    """The deliveries that index entries stand for, with what they are about: one batch for all."""
    wanted = [Key(item["PK"], item["SK"]) for item in entries]
    parents = {key: keys.parent_of(key.pk) for key in wanted}
    heads = {key: keys.metadata(parent) for key, parent in parents.items() if parent is not None}
    there = table.batch_get([*wanted, *heads.values()])
    return [
        About(delivery=delivery_of(there[key]), excerpt=str(there[heads[key]]["excerpt"]))
        for key in wanted
        if key in there and heads[key] in there
    ]
