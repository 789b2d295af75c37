"""The filter of a list, checked: status, channel, owner, spans of time, text and import, and where to go on."""

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from omnipub.domain.delivery.lifecycle import WATCHED, Overall, Status, overall, reachable
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import ParentKind, checked_channel, network_of
from omnipub.errors import InvalidInputError
from omnipub.storage import keys

INDEXED = frozenset({*WATCHED, Status.PUBLISHED})
"""An index finds what has one of these; what has another status is picked from a list."""

MIXTURES = (Overall.PARTIALLY_PUBLISHED, Overall.PARTIALLY_FAILED)

STATUSES = tuple(status.value for status in (*Status, *MIXTURES))
"""What a list can be narrowed to: a status that a delivery has, or the state of the whole."""

OFFERED = (*reachable(Status.SCHEDULED), *MIXTURES)
"""Those of STATUSES that what is created can come to. The others are of approval, which only invented data has."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list is narrowed to; what is empty narrows nothing.

    Attributes:
        status: One of STATUSES.
        channel: As messages name it: `facebook` is not `facebook:events`.
        owner: User id.
        since: Composed then or later.
        until: Composed before.
        due_after: Due then or later, on the channel.
        due_before: Due before, on the channel.
        text: What its words, link or hashtags contain, whatever the capitals.
        imported: Name of the import that composed it.
    """

    status: str = ""
    channel: str = ""
    owner: str = ""
    since: datetime | None = None
    until: datetime | None = None
    due_after: datetime | None = None
    due_before: datetime | None = None
    text: str = ""
    imported: str = ""

    @property
    def by_moment(self) -> bool:
        """Whether an index by status and moment finds it; else it is picked from what was composed, by id."""
        return not self.owner and self.status in INDEXED

    @property
    def picks(self) -> bool:
        """Whether not everything that is read need fit."""
        return bool(self.status or self.channel or self.reads_heads or self.bounds_due)

    @property
    def reads_heads(self) -> bool:
        """Whether the messages themselves must be read to know what fits."""
        return bool(self.text or self.imported)

    @property
    def bounds_due(self) -> bool:
        """Whether it bounds the due moment."""
        return self.due_after is not None or self.due_before is not None

    def fits(self, delivery: Delivery) -> bool:
        """Whether a delivery is one of those asked for."""
        return (
            self.channel in {"", delivery.channel}
            and (self.status not in set(Status) or delivery.status == self.status)
            and self._is_due_then(delivery)
        )

    def fits_head(self, head: Mapping[str, Any]) -> bool:
        """Whether the item of a message or certification has the text and is of the import."""
        if self.imported and head.get("imported") != self.imported:
            return False
        return not self.text or any(_plain(self.text) in _plain(part) for part in _words(head))

    def fits_all(self, deliveries: Sequence[Delivery]) -> bool:
        """Whether a message with these deliveries is one of those asked for."""
        if self.status in MIXTURES and overall(one.status for one in deliveries) != self.status:
            return False
        return not self.picks or any(self.fits(one) for one in deliveries)

    def _is_due_then(self, delivery: Delivery) -> bool:
        if not self.bounds_due:
            return True
        due = delivery.due_at
        return (
            due is not None
            and (self.due_after is None or due >= self.due_after)
            and (self.due_before is None or due < self.due_before)
        )


def checked(wanted: Filter, networks: Collection[str]) -> Filter:
    """`wanted`, if there can be such things.

    Raises:
        InvalidInputError: There cannot; says what would have been allowed.
    """
    if wanted.status and wanted.status not in STATUSES:
        raise InvalidInputError(f"'{wanted.status}' is not a status.", hint=f"There are: {', '.join(OFFERED)}.")
    if wanted.channel and network_of(checked_channel(wanted.channel)) not in networks:
        raise InvalidInputError(
            f"'{wanted.channel}' is not a channel of a network we know.",
            hint=f"Known networks: {', '.join(sorted(networks))}.",
        )
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        raise InvalidInputError("since must lie before until.", hint="until is excluded; name the day after.")
    if wanted.due_after and wanted.due_before and wanted.due_after >= wanted.due_before:
        raise InvalidInputError("due_after must lie before due_before.", hint="due_before is excluded.")
    return wanted


def checked_cursor(after: str, kind: ParentKind, *, by_moment: bool) -> str:
    """`after`, if it may stand at the end of a page of that list.

    Raises:
        InvalidInputError: It does not.
    """
    parent = keys.named_in(after) if by_moment else keys.parent_of(after)
    ours = parent is not None and (by_moment or parent.kind is kind)
    if not ours:
        raise InvalidInputError("This cursor is not one of ours.", hint="Take the cursor of the previous page.")
    return after


def _words(head: Mapping[str, Any]) -> Iterator[str]:
    """Everything that a message or certification says, piece by piece."""
    for name in _CONTENT_FIELDS:
        yield from _texts(head.get(name))


def _texts(value: object) -> Iterator[str]:
    """Every text in a value of an item."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _plain(text: str) -> str:
    """`text` without the differences that a reader does not see, or does not mean."""
    return unicodedata.normalize("NFKC", text).casefold()


_CONTENT_FIELDS = ("excerpt", "content", "member", "personal_message")
"""Attributes of a message or certification that hold its words."""
