"""The gate of a table: nothing is sent from a copy or from an older state.

The table names its place, and the place's evidence says whether it is the table that ran last.

The gate holds the table's identity and an epoch. Outside the table lie the last epoch and each claim before its
first request. The table's epoch is committed first and the other one after, so the table is ahead by one at most.
A table that is behind, or lacks a claim, is an older state; without evidence it may be a copy. Nothing is sent then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from omnipub.domain.delivery.decide import cut_short
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.timestamps import from_text, to_text
from omnipub.errors import GateClosedError
from omnipub.hints import Action, Hint
from omnipub.ports.place import ClaimRecord, Evidence, Place
from omnipub.ports.table import ConditionFailedError, Item, Key, Table
from omnipub.services.base import Base
from omnipub.services.protocol.store import DeliveryStore
from omnipub.storage import access, keys
from omnipub.storage.items import delivery_of, plain_item
from omnipub.storage.paging import stored_items
from omnipub.storage.schema import READ_LIMIT
from omnipub.storage.write_ids import put, replacing

CLOSED = "closed"
"""The attribute that says why the gate is shut, whatever identity and epoch are."""

LOOKED_AT = 1_000
"""More claims than are ever on their way at once. A table that knows all of them is no older state."""

LOOKED_AT_ON_START = 20_000
"""A start looks further back: it also meets files of several moments that somebody put together."""


class ClosedReason(StrEnum):
    """Why a gate is closed."""

    SHUT = "shut"
    OLDER = "older"
    LACKS = "lacks"
    SUCCEEDED = "succeeded"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"
    STALE = "stale"


WITHOUT_EVIDENCE = frozenset({ClosedReason.UNKNOWN, ClosedReason.STALE})
"""The third answer: nothing tells a table that moved or was restored from one whose evidence was lost."""

_WHAT = {
    ClosedReason.OLDER: "is older than what ran here last",
    ClosedReason.LACKS: "lacks what was sent from it last, so it is an older state",
    ClosedReason.SUCCEEDED: "was copied, and its copy was adopted since",
    ClosedReason.FOREIGN: "belongs to another place",
    ClosedReason.UNKNOWN: "has run, but {where} has no evidence of it",
    ClosedReason.STALE: "is newer than its evidence in {where}",
}
_ADOPT = Hint(action=Action.ADOPT)
_ASK = (
    Hint(action=Action.ADOPT, when="If it was moved here from another machine, or restored"),
    Hint(action=Action.ADOPT_SAME, when="If it is the very table and only the evidence was lost"),
)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Opens and checks; `adopt` re-opens."""

    base: Base
    place: Place
    recording: DeliveryStore

    def check(self) -> None:
        """Pass if this table belongs here.

        Raises:
            GateClosedError: It is a copy, an older state, or nothing tells.
        """
        why = self.why_closed()
        if why is not None:
            raise self._closed(why)

    def why_closed(self, *, looked_at: int = LOOKED_AT) -> ClosedReason | None:
        """Why nothing may be sent from this table; None if all is well."""
        item = self.base.table.get(keys.gate())
        if item is None:
            return ClosedReason.OLDER if self.place.has_run() else None
        evidence = self.place.evidence(item["identity"])
        why = self._judged(item, evidence)
        if why is ClosedReason.OLDER:
            # A tick may have moved both between the two reads; this one comes after that of the evidence.
            why = self._judged(self.base.table.get(keys.gate()) or item, evidence)
        if why is None and any(self.lacking(self.place.latest(item["identity"], at_most=looked_at))):
            return ClosedReason.LACKS
        return why

    def found(self) -> Item:
        """Give a table without a gate an identity, and return the gate.

        From then on copies of it are recognised.

        Raises:
            GateClosedError: It had one before.
        """
        item = self.base.table.get(keys.gate())
        if item is not None:
            return item
        self.check()
        identity = self.place.fresh(0)
        try:
            item = self.write(None, identity, 0)
        except ConditionFailedError:
            return self.found()  # another process was first
        self.place.remember(identity, 0)
        return item

    def enter(self) -> None:
        """Check, and count one more start; a table without a gate becomes ours.

        Where one process at a time works, what an earlier one had claimed ends here: it is dead.

        Raises:
            ConflictError: Another process works on this table, or a copy of it.
            GateClosedError: It is a copy, an older state, or nothing tells.
            ConditionFailedError: Another process enters at this moment.
        """
        item = self.found()
        self.place.hold(item["identity"])
        item = self.base.table.get(keys.gate()) or item
        why = self.why_closed(looked_at=LOOKED_AT_ON_START)
        if why is not None:
            raise self._closed(why)
        identity = self._named(item)
        gate = self.write(item, identity, item["epoch"] + 1, boot=int(item.get("boot", 0)) + 1)
        self.place.begin(identity, epoch=gate["epoch"], boot=gate.get("boot", 0))
        if self.place.exclusive:
            self._end_leases(self.place.boot)

    def join(self) -> None:
        """Check, and send beside whatever works on this table.

        Raises:
            ConflictError: A process works on a copy of it.
            GateClosedError: It is a copy, an older state, or nothing tells.
        """
        item = self.found()
        self.place.join(item["identity"])
        self.check()

    def move(self) -> None:
        """Move the epoch on, where this process alone works: from now on what was copied before is behind."""
        item = self.base.table.get(keys.gate()) if self.place.boot else None
        if item is None:
            return
        evidence = self.place.evidence(item["identity"])
        if evidence is not None and evidence.epoch < item["epoch"]:
            self.place.remember(item["identity"], item["epoch"])  # a table is ahead by one at most
        try:
            gate = self.write(item, item["identity"], item["epoch"] + 1, boot=item.get("boot", 0))
        except ConditionFailedError:
            return  # another tick moves it
        self.place.remember(gate["identity"], gate["epoch"])

    def lacking(self, claims: Iterable[ClaimRecord]) -> Iterator[tuple[ClaimRecord, Delivery | None]]:
        """The claims that the table does not know, each with its delivery as it stands here, if it does."""
        waiting = iter(claims)
        while portion := list(islice(waiting, READ_LIMIT)):
            there = self.base.table.batch_get(list({Key(one.pk, one.sk) for one in portion}))
            for one in portion:
                item = there.get(Key(one.pk, one.sk))
                delivery = delivery_of(item) if item else None
                if delivery is None or not _knows(delivery, one):
                    yield one, delivery

    def sentence(self, why: ClosedReason) -> str:
        """What a closed gate says."""
        item = self.base.table.get(keys.gate()) or {}
        what = item.get(CLOSED) if why is ClosedReason.SHUT else _WHAT[why].format(where=self.place.where)
        return f"This table {what}; its scheduler ran last at {self._last_beat()}. Nothing is sent from it."

    def shut(self, why: str) -> None:
        """Close it for what is brought here from elsewhere, until it is adopted; `why` follows "This table …".

        Raises:
            ConditionFailedError: Another process enters or adopts at this moment.
        """
        shut(self.base.table, why)

    def write(self, before: Item | None, identity: str, epoch: int, *, boot: int = 0) -> Item:
        """Write the gate in place of `before`; what was written."""
        version = before["version"] if before else None
        gate = plain_item(
            keys.gate(),
            identity=identity,
            epoch=epoch,
            version=(version or 0) + 1,
            write_id=self.base.chance.token(),
            **({"boot": boot} if self.place.exclusive else {}),
        )
        put(self.base.table, gate, replacing(version))
        return gate

    def with_status(self, status: Status) -> Iterator[Delivery]:
        """All deliveries with a status, as they stand in the table."""
        shards = self.base.shards.count(self.base.clock.now()).all()
        listed = stored_items(self.base.table, *(access.with_status(status, shard) for shard in shards))
        return (one for one in map(delivery_of, listed) if one.status is status)

    def _judged(self, item: Item, evidence: Evidence | None) -> ClosedReason | None:
        if CLOSED in item:
            return ClosedReason.SHUT
        if evidence is None:
            return ClosedReason.UNKNOWN if self.place.exclusive else ClosedReason.FOREIGN
        if evidence.successor:
            return ClosedReason.SUCCEEDED
        if item["epoch"] < evidence.epoch:
            return ClosedReason.OLDER
        if self.place.exclusive and not evidence.former and item["epoch"] > evidence.epoch + 1:
            return ClosedReason.STALE
        return None

    def _named(self, item: Item) -> str:
        """The identity under which the table goes on; another one than before if an earlier release gave that."""
        identity: str = item["identity"]
        evidence = self.place.evidence(identity)
        if evidence is not None and evidence.former:
            fresh = self.place.fresh(item["epoch"])
            self.place.succeed(identity, fresh)
            return fresh
        if evidence is not None and self.place.exclusive and evidence.epoch < item["epoch"]:
            self.place.remember(identity, item["epoch"])
        return identity

    def _end_leases(self, boot: int) -> None:
        for delivery in list(self.with_status(Status.PUBLISHING)):
            current: Delivery | None = delivery
            while current is not None:
                cut = cut_short(current, self.base.clock.now(), boot=boot)
                if cut is None:
                    break
                try:
                    self.recording.move(current, cut)
                except ConditionFailedError:
                    current = self.recording.read(current)  # a person has asked something of it meanwhile
                else:
                    break

    def _closed(self, why: ClosedReason) -> GateClosedError:
        return GateClosedError(self.sentence(why), hint=_ASK if why in WITHOUT_EVIDENCE else _ADOPT)

    def _last_beat(self) -> str:
        item = self.base.table.get(keys.heartbeat())
        return to_text(from_text(item["at"])) if item else "an unknown moment"


def _knows(delivery: Delivery, claim: ClaimRecord) -> bool:
    """Whether the delivery has had that claim; a lease that is still there names it."""
    lease = delivery.lease
    if lease is not None and lease.sends and lease.attempt == claim.attempt:
        return lease.claim_id == claim.claim_id
    return delivery.attempts >= claim.attempt


def shut(table: Table, why: str) -> None:
    """As `Gate.shut`, of a table that nothing else uses yet."""
    item = table.get(keys.gate())
    closed = plain_item(keys.gate(), identity="", epoch=0, version=0) | (item or {}) | {CLOSED: why}
    closed["version"] += 1
    table.put(closed, replacing(item["version"] if item else None))
