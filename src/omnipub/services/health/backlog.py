"""How much waits in one state, for whom and since when: counted by a bounded read, never by a scan."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import network_of
from omnipub.domain.timestamps import from_text
from omnipub.services.base import Base
from omnipub.storage import access, keys
from omnipub.storage.paging import first_items
from omnipub.storage.schema import BY_STATUS_OR_OWNER


@dataclass(frozen=True, kw_only=True)
class WaitingSince:
    """One delivery that waits: `at` is the moment it is indexed by (next due, lease end, since when)."""

    owner: str
    channel: str
    account: str
    at: datetime

    @property
    def network(self) -> str:
        """The network of its channel."""
        return network_of(self.channel)


@dataclass(frozen=True, kw_only=True)
class DeliveryList:
    """Deliveries in one state, the longest waiting first; not `complete` if there are more than were read."""

    waiting: tuple[WaitingSince, ...]
    complete: bool

    def __len__(self) -> int:
        return len(self.waiting)

    def until(self, moment: datetime) -> "DeliveryList":
        """Those whose moment has come by `moment`."""
        come = tuple(one for one in self.waiting if one.at <= moment)
        return DeliveryList(waiting=come, complete=self.complete or len(come) < len(self.waiting))

    def by_account(self, owner: str = "") -> Counter[tuple[str, str]]:
        """How many by (network, account); of one owner, if one is named."""
        return Counter((one.network, one.account) for one in self.waiting if owner in {"", one.owner})

    @property
    def counted(self) -> str:
        """How many, for people: a count that was broken off says so."""
        return f"{len(self.waiting):,}" if self.complete else f"{len(self.waiting):,} or more"


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """Reads what waits."""

    base: Base

    def of(self, status: Status, *, at_most: int) -> DeliveryList:
        """What is in one state; of each shard at most `at_most` are read."""
        found: list[WaitingSince] = []
        complete = True
        for shard in self.base.shards.count(self.base.clock.now()).all():
            first = first_items(self.base.table, access.with_status(status, shard), at_most)
            found += [
                WaitingSince(
                    owner=item["owner"],
                    channel=item["channel"],
                    account=item["account"],
                    at=from_text(keys.moment_of(item[BY_STATUS_OR_OWNER.sort])),
                )
                for item in first.items
            ]
            complete = complete and first.complete
        return DeliveryList(waiting=tuple(sorted(found, key=lambda one: one.at)), complete=complete)
