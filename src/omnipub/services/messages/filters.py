"""What a list is narrowed to, checked: a status, a channel, an owner, a span of time, and where to go on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from omnipub.domain.delivery.lifecycle import WATCHED, Overall, Status, overall
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Kind, checked_channel, network_of
from omnipub.errors import InvalidInputError
from omnipub.storage import keys

INDEXED = frozenset({*WATCHED, Status.PUBLISHED})
"""An index finds what has one of these; what has another status is picked from a list."""

MIXTURES = (Overall.PARTIALLY_PUBLISHED, Overall.PARTIALLY_FAILED)

STATUSES = tuple(status.value for status in (*Status, *MIXTURES))
"""What a list can be narrowed to: a status that a delivery has, or the state of the whole."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a list is narrowed to; what is empty narrows nothing.

    Attributes:
        status: One of STATUSES.
        channel: As messages name it: `facebook` is not `facebook:events`.
        owner: User id.
        since: Composed then or later.
        until: Composed before.
    """

    status: str = ""
    channel: str = ""
    owner: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def by_moment(self) -> bool:
        """Whether an index by status and moment finds it; else it is picked from what was composed, by id."""
        return not self.owner and self.status in INDEXED

    @property
    def picks(self) -> bool:
        """Whether not everything that is read need fit."""
        return bool(self.status or self.channel)

    def fits(self, delivery: Delivery) -> bool:
        """Whether a delivery is one of those asked for."""
        return self.channel in {"", delivery.channel} and (
            self.status not in set(Status) or delivery.status == self.status
        )

    def fits_all(self, deliveries: Sequence[Delivery]) -> bool:
        """Whether a message with these deliveries is one of those asked for."""
        if self.status in MIXTURES and overall(one.status for one in deliveries) != self.status:
            return False
        return not self.picks or any(self.fits(one) for one in deliveries)


def checked(asked: Asked, networks: Collection[str]) -> Asked:
    """`asked`, if there can be such things.

    Raises:
        InvalidInputError: There cannot; says what would have been allowed.
    """
    if asked.status and asked.status not in STATUSES:
        raise InvalidInputError(f"'{asked.status}' is not a status.", hint=f"There are: {', '.join(STATUSES)}.")
    if asked.channel and network_of(checked_channel(asked.channel)) not in networks:
        raise InvalidInputError(
            f"'{asked.channel}' is not a channel of a network we know.",
            hint=f"Known networks: {', '.join(sorted(networks))}.",
        )
    if asked.since and asked.until and asked.since >= asked.until:
        raise InvalidInputError("since must lie before until.", hint="until is excluded; name the day after.")
    return asked


def checked_cursor(after: str, kind: Kind, *, by_moment: bool) -> str:
    """`after`, if it may stand at the end of a page of that list.

    Raises:
        InvalidInputError: It does not.
    """
    parent = keys.named_in(after) if by_moment else keys.parent_of(after)
    ours = parent is not None and (by_moment or parent.kind is kind)
    if not ours:
        raise InvalidInputError("This cursor is not one of ours.", hint="Take the cursor of the previous page.")
    return after
