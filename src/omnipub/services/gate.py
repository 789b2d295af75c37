"""A copy is not the original: the table knows where it belongs, and nothing is sent from it elsewhere.

The gate holds the place's identity and an epoch, which goes up each time the system starts there and is
written down outside the table as well. Another identity means a copy; an epoch lower than the one outside
means an older state restored in place. Either could send again what the original has sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from omnipub.domain.delivery import Delivery
from omnipub.domain.intervention import doubted
from omnipub.domain.lifecycle import Status
from omnipub.domain.moments import from_text, to_text
from omnipub.errors import GateClosedError
from omnipub.names import SEED_OWNER
from omnipub.services.ports import Clock, Seat
from omnipub.services.recording import Recording
from omnipub.storage import access, keys
from omnipub.storage.items import delivery_of, key_of, plain_item
from omnipub.storage.shards import Shards
from omnipub.storage.table import ConditionFailedError, Table
from omnipub.storage.writing import replacing

CLOSED = "closed"
"""The attribute that says why the gate is shut, whatever identity and epoch are."""

_SENTENCE = "The table was restored or copied; what was due since may have been sent by the original."


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Opens, checks and re-opens."""

    table: Table
    seat: Seat
    shards: Shards
    recording: Recording
    clock: Clock

    def check(self) -> None:
        """Pass if this table belongs here.

        Raises:
            GateClosedError: It is a copy, or an older state.
        """
        item = self.table.get(keys.gate())
        if item is None and self.seat.epoch() == 0:
            return  # nothing ever ran here, and this table never anywhere
        foreign = item is not None and item["identity"] != self.seat.identity()
        if item is not None and not (foreign or CLOSED in item) and item["epoch"] >= self.seat.epoch():
            return
        said = item.get(CLOSED) if item is not None else None
        what = said or ("belongs to another place" if foreign else "is older than what ran here last")
        since = self._last_beat()
        raise GateClosedError(
            f"This table {what}; its scheduler ran last at {since}. Nothing is sent from it.",
            hint="If the original is retired for good: omnipub table adopt",
        )

    def enter(self) -> None:
        """Check, and count one more start; a table without a gate becomes ours.

        Raises:
            GateClosedError: It is a copy, or an older state.
            ConditionFailedError: Another process enters at this moment.
        """
        self.check()
        item = self.table.get(keys.gate())
        self._write(item["version"] if item else None, (item["epoch"] if item else self.seat.epoch()) + 1)

    def adopt(self) -> list[Delivery]:
        """Make this table the original: everything due or claimed since its last tick becomes unconfirmed.

        Returns:
            The deliveries that a person has to decide about.
        """
        doubts: list[Delivery] = []
        raced = True
        while raced:
            moved, raced = self._doubt_once()
            doubts += moved
        item = self.table.get(keys.gate())
        epoch = max(item["epoch"] if item else 0, self.seat.epoch())
        self._write(item["version"] if item else None, epoch + 1)
        return doubts

    def shut(self, why: str) -> None:
        """Close it for what is brought here from elsewhere, until it is adopted; `why` follows "This table …".

        Raises:
            ConditionFailedError: Another process enters or adopts at this moment.
        """
        shut(self.table, self.seat, why)

    def _doubt_once(self) -> tuple[list[Delivery], bool]:
        """Move what is in doubt; and whether somebody changed a delivery meanwhile, so that one more look is due."""
        now, raced = self.clock.now(), False
        moved: list[Delivery] = []
        for delivery in self._doubtful():
            try:
                moved.append(self.recording.move(delivery, doubted(delivery, now, sentence=_SENTENCE)))
            except ConditionFailedError:
                raced = True
        return moved, raced

    def _write(self, version: int | None, epoch: int) -> None:
        gate = plain_item(keys.gate(), identity=self.seat.identity(), epoch=epoch, version=(version or 0) + 1)
        self.table.put(gate, replacing(version))
        self.seat.remember(epoch)

    def _doubtful(self) -> Iterator[Delivery]:
        now = self.clock.now()
        for status in (Status.SCHEDULED, Status.PUBLISHING, Status.HELD):
            for shard in self.shards.count(now).all():
                cursor = None
                while True:
                    page = self.table.query(access.with_status(status, shard, after=cursor))
                    there = self.table.batch_get([key_of(item) for item in page.items])
                    found = [one for one in map(delivery_of, there.values()) if one.status is status]
                    yield from (
                        one
                        for one in found
                        # What was invented has no account, so no original can have sent it.
                        if one.owner != SEED_OWNER
                        and (status is Status.PUBLISHING or (one.due_at is not None and one.due_at <= now))
                    )
                    cursor = page.cursor
                    if cursor is None:
                        break

    def _last_beat(self) -> str:
        item = self.table.get(keys.heartbeat())
        return to_text(from_text(item["at"])) if item else "an unknown moment"


def shut(table: Table, seat: Seat, why: str) -> None:
    """As `Gate.shut`, of a table that nothing else uses yet."""
    item = table.get(keys.gate())
    closed = plain_item(keys.gate(), identity=seat.identity(), epoch=0, version=0) | (item or {}) | {CLOSED: why}
    closed["version"] += 1
    table.put(closed, replacing(item["version"] if item else None))
