"""Show a message or certification with its deliveries and tries, to whoever may see it."""

from dataclasses import dataclass
from datetime import datetime

from omnipub.domain.certification import Certification
from omnipub.domain.delivery.lifecycle import Overall, Status, overall
from omnipub.domain.delivery.model import Attempt, Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Message
from omnipub.errors import NotFoundError
from omnipub.hints import Action, Hint
from omnipub.ports.table import Table
from omnipub.storage import access, keys
from omnipub.storage.items import attempt_of, certification_of, delivery_of, message_of
from omnipub.storage.paging import items
from omnipub.storage.schema import SORT


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
class MessageRow:
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
class MessageRows:
    """A page of a list.

    Attributes:
        cursor: Where the next page begins; None at the end.
        read: Entries of an index that were looked at for the page.
    """

    rows: tuple[MessageRow, ...]
    cursor: str | None
    read: int = 0


@dataclass(frozen=True, kw_only=True)
class ReadMessages:
    """Reads, nothing else."""

    table: Table

    def one(self, parent: Parent, viewer: Viewer) -> Shown:
        """One message or certification.

        Raises:
            NotFoundError: There is none, or it is another owner's.
        """
        collection = list(items(self.table, access.collection(parent)))
        metadata = next((item for item in collection if item[SORT] == keys.METADATA), None)
        if metadata is None or not (viewer.operator or metadata["owner"] == viewer.owner):
            noun = parent.kind.name.lower()
            raise NotFoundError(f"There is no {noun} {parent.id}.", hint=Hint(action=Action.LIST, group=parent.group))
        deliveries = tuple(delivery_of(item) for item in collection if keys.channel_of(item[SORT]))
        written = (attempt_of(item) for item in collection if item[SORT].startswith(keys.ATTEMPT_PREFIX))
        told = (one.published_by for one in deliveries if one.published_by is not None)
        return Shown(
            parent=parent,
            subject=message_of(metadata) if parent.kind is ParentKind.MESSAGE else certification_of(metadata),
            deliveries=deliveries,
            attempts=tuple(sorted([*written, *told], key=lambda one: (one.channel, one.number))),
        )
