"""Messages become rows: what was asked for, as import reads it; not what became of it, and nothing secret."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import MediaReference, Message
from omnipub.domain.timestamps import Fold, Schedule, schedule_at, to_text
from omnipub.errors import InvalidInputError
from omnipub.ports.table import Table
from omnipub.services.bulk.import_rows import STORED
from omnipub.services.bulk.row import Picture, Row
from omnipub.services.messages.filters import Filter
from omnipub.services.messages.list import PAGE_AT_MOST, ListMessages
from omnipub.services.messages.read import MessageRows, Viewer
from omnipub.storage import keys
from omnipub.storage.items import message_of
from omnipub.storage.paging import follow

Named = Callable[[MediaReference], str]
"""What a row calls an image."""


@dataclass(frozen=True, kw_only=True)
class ExportRows:
    """Reads messages page by page."""

    table: Table
    lists: ListMessages
    missed_after: timedelta

    def rows(self, viewer: Viewer, wanted: Filter, *, named: Named | None = None) -> Iterator[Row]:
        """Every message that the list shows, in its order, each once.

        Raises:
            InvalidInputError: A filter makes no sense.
        """
        name, passed = named or stored, set[str]()

        def page_behind(cursor: str | None) -> MessageRows:
            return self.lists.page(ParentKind.MESSAGE, viewer, wanted, limit=PAGE_AT_MOST, after=cursor)

        for page in follow(page_behind):
            # Reading a list by moments takes a while, and what moves meanwhile may come again.
            windows = {row.parent.id: self._window(row.deliveries) for row in page.rows if row.parent.id not in passed}
            passed |= windows.keys()
            for message in self._messages([row.parent for row in page.rows if row.parent.id in windows]):
                yield row_of(message, name, not_after=windows[message.id])

    def _window(self, deliveries: Sequence[Delivery]) -> str:
        """Until when it may begin, where that is not what the stage says by itself."""
        for one in deliveries:
            if one.not_after and one.due_at and one.not_after != one.due_at + self.missed_after:
                return to_text(one.not_after)
        return ""

    def _messages(self, parents: list[Parent]) -> Iterator[Message]:
        wanted = [keys.metadata(parent) for parent in parents]
        there = self.table.batch_get(wanted)
        return (message_of(there[key]) for key in wanted if key in there)


def stored(reference: MediaReference) -> str:
    """An image by its key: enough for whoever has the same media store."""
    return f"{STORED}{reference.key}"


def row_of(message: Message, named: Named, *, not_after: str = "") -> Row:
    """The row that import makes the same message of; its key is the message's id."""
    content = message.content
    at, zone, fold = _time_cells(message.schedule)
    return Row(
        key=message.id,
        text=content.text,
        link=content.link,
        link_title=content.link_title,
        hashtags=content.hashtags,
        channels=message.channels,
        at=at,
        zone=zone,
        fold=fold,
        not_after=not_after,
        images=tuple(Picture(file=named(one), alt=one.alt) for one in content.media),
        variants=content.variants,
    )


def _time_cells(schedule: Schedule) -> tuple[str, str, str]:
    """Time, zone and fold that name the very instant, in the words of whoever asked for it."""
    for fold in (None, *Fold):
        try:
            if schedule_at(schedule.local, zone=schedule.zone, fold=fold) == schedule:
                return schedule.local, schedule.zone, fold or ""
        except InvalidInputError:
            continue
    # The zone's rules have changed since, or its local time is not on the minute: the instant counts.
    return schedule.at.isoformat(timespec="milliseconds"), schedule.zone, ""
