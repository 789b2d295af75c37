"""Show a message or certification with its deliveries and tries, and page through lists of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge

from omnipub.domain.certification import Certification
from omnipub.domain.delivery import Attempt, Delivery
from omnipub.domain.identity import Kind, Parent
from omnipub.domain.lifecycle import Overall, Status, overall
from omnipub.domain.message import Message
from omnipub.domain.moments import from_text
from omnipub.errors import InvalidInputError, NotFoundError
from omnipub.services.ports import Clock
from omnipub.storage import access, keys
from omnipub.storage.items import attempt_of, certification_of, delivery_of, message_of
from omnipub.storage.schema import BY_LIST, SORT
from omnipub.storage.shards import Shards
from omnipub.storage.table import Item, Table

LIST_AT_MOST = 100


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who asks: an owner, who sees their own, or an operator, who sees everybody's."""

    owner: str
    operator: bool = False


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One message or certification, whole."""

    parent: Parent
    subject: Message | Certification
    deliveries: tuple[Delivery, ...]
    attempts: tuple[Attempt, ...]

    @property
    def status(self) -> Status | Overall:
        """The state of the whole, derived."""
        return overall(delivery.status for delivery in self.deliveries)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a list."""

    parent: Parent
    owner: str
    excerpt: str
    created_at: datetime
    deliveries: tuple[Delivery, ...]

    @property
    def status(self) -> Status | Overall:
        """The state of the whole, derived."""
        return overall(delivery.status for delivery in self.deliveries)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A page of a list; `cursor` is None at the end."""

    rows: tuple[Row, ...]
    cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Showing:
    """Reads, nothing else."""

    table: Table
    shards: Shards
    clock: Clock

    def one(self, parent: Parent, viewer: Viewer) -> Shown:
        """One message or certification.

        Raises:
            NotFoundError: There is none, or it is another owner's.
        """
        items = list(self._collection(parent))
        metadata = next((item for item in items if item[SORT] == keys.METADATA), None)
        if metadata is None or not (viewer.operator or metadata["owner"] == viewer.owner):
            noun, group = _NOUNS[parent.kind]
            raise NotFoundError(f"There is no {noun} {parent.id}.", hint=f"`omnipub {group} list` shows what there is.")
        return Shown(
            parent=parent,
            subject=message_of(metadata) if parent.kind is Kind.MESSAGE else certification_of(metadata),
            deliveries=tuple(delivery_of(item) for item in items if keys.channel_of(item[SORT])),
            attempts=tuple(attempt_of(item) for item in items if item[SORT].startswith(keys.ATTEMPT_PREFIX)),
        )

    def many(self, kind: Kind, viewer: Viewer, *, limit: int = 20, after: str | None = None) -> Rows:
        """A page of a list, newest first: an owner's own, or for operators everybody's.

        Raises:
            InvalidInputError: The limit or the cursor makes no sense.
        """
        if not 1 <= limit <= LIST_AT_MOST:
            raise InvalidInputError(f"A page has 1 to {LIST_AT_MOST} rows; {limit} were asked for.")
        if not viewer.operator:
            page = self.table.query(access.of_owner(viewer.owner, kind, limit=limit, after=after))
            return Rows(rows=self._rows(page.items), cursor=page.cursor)
        return self._everybody(kind, limit, after)

    def calendar(self, *, since: datetime, until: datetime, limit: int) -> Sequence[Delivery]:
        """Deliveries that are not out and were asked for between two moments, earliest first."""
        count = self.shards.count(self.clock.now())
        streams = [
            self.table.query(access.calendar(shard, since=since, until=until, limit=limit)).items
            for shard in count.all()
        ]
        found = list(merge(*streams, key=lambda item: item[BY_LIST.sort]))[:limit]
        wanted = [keys.Key(item["PK"], item["SK"]) for item in found]
        there = self.table.batch_get(wanted)
        return [delivery_of(there[key]) for key in wanted if key in there]

    def _everybody(self, kind: Kind, limit: int, after: str | None) -> Rows:
        """Merge the shards by id: each resumes below the last id shown, so one cursor serves them all."""
        count = self.shards.count(self.clock.now())
        if after is not None and keys.parent_of(after) is None:
            raise InvalidInputError("This cursor is not one of ours.", hint="Take the cursor of the previous page.")
        pages = [self.table.query(access.of_everybody(kind, shard, limit=limit, below=after)) for shard in count.all()]
        items = list(merge(*(page.items for page in pages), key=lambda item: item[BY_LIST.sort], reverse=True))
        more = len(items) > limit or any(page.cursor for page in pages)
        shown = items[:limit]
        return Rows(rows=self._rows(shown), cursor=shown[-1][BY_LIST.sort] if more and shown else None)

    def _rows(self, items: Sequence[Item]) -> tuple[Row, ...]:
        parents = [Parent(kind=Kind(item["kind"]), id=item["id"]) for item in items]
        wanted = [
            keys.delivery(parent, channel)
            for parent, item in zip(parents, items, strict=True)
            for channel in item["channels"]
        ]
        there = self.table.batch_get(wanted)
        return tuple(
            Row(
                parent=parent,
                owner=item["owner"],
                excerpt=item["excerpt"],
                created_at=from_text(item["created_at"]),
                deliveries=_present(there, parent, item["channels"]),
            )
            for parent, item in zip(parents, items, strict=True)
        )

    def _collection(self, parent: Parent) -> Iterator[Item]:
        cursor = None
        while True:
            page = self.table.query(access.collection(parent, after=cursor))
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return


def _present(there: Mapping[keys.Key, Item], parent: Parent, channels: Sequence[str]) -> tuple[Delivery, ...]:
    found = (there.get(keys.delivery(parent, channel)) for channel in channels)
    return tuple(delivery_of(item) for item in found if item is not None)


_NOUNS = {Kind.MESSAGE: ("message", "messages"), Kind.CERTIFICATION: ("certification", "certs")}
