"""Make a copied or restored table the original: what the original may have sent is left to a person.

What the evidence names is in doubt whatever the table says of it. A delivery may have been scheduled for later when
the copy was made, and then moved ahead and sent. Or it had failed and was sent again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from omnipub.domain.delivery.actions import doubted
from omnipub.domain.delivery.allowed_actions import statuses
from omnipub.domain.delivery.lifecycle import UNFINISHED, Event, Status, legal_events
from omnipub.domain.delivery.model import Delivery
from omnipub.errors import ConflictError
from omnipub.hints import Action, Hint
from omnipub.names import SEED_OWNER
from omnipub.ports.place import Evidence, Place
from omnipub.ports.table import ConditionFailedError, Item, Key
from omnipub.services.base import Base
from omnipub.services.protocol.gate import WITHOUT_EVIDENCE, ClosedReason, Gate
from omnipub.services.protocol.store import DeliveryStore
from omnipub.storage import keys

_SENTENCE = "The table was restored or copied; what was due since may have been sent by the original."
_NAMED = "The table was restored or copied, and the original had begun to send this."
_LOST = "The evidence of what was sent was lost while this was being published."


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """What an adoption left to a person.

    Attributes:
        doubts: Deliveries that are `unconfirmed` now.
        unknown: Names of deliveries that the original had begun to send and that this table does not have.
    """

    doubts: list[Delivery] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """Adopts."""

    base: Base
    place: Place
    gate: Gate
    recording: DeliveryStore

    def why(self) -> ClosedReason | None:
        """Why the table has to be adopted; None if it belongs here."""
        return self.gate.why_closed()

    def adopt(self, *, same: bool = False) -> Adopted:
        """Re-open the gate, under an identity of its own: what had the one before is a copy from now on.

        Args:
            same: It is the very table that ran here last, and only the evidence was lost: just claims are in doubt.

        Raises:
            ConflictError: The original is at work; or `same`, and the evidence tells otherwise.
        """
        item = self.base.table.get(keys.gate())
        identity = item["identity"] if item else ""
        if same:
            self._may_be_same()
        if identity:
            self.place.hold(identity)
        evidence = self.place.evidence(identity) if identity else None
        adopted = Adopted()
        raced = True
        while raced:
            raced = self._doubt_once(adopted, item, evidence, same=same)
        self._reopen(identity, evidence)
        return adopted

    def _may_be_same(self) -> None:
        why = self.gate.why_closed()
        if why is not None and why not in WITHOUT_EVIDENCE:
            raise ConflictError(
                "The evidence of this table was not lost: it tells that the table is not what ran last.",
                hint=Hint(action=Action.ADOPT),
            )

    def _reopen(self, identity: str, evidence: Evidence | None) -> None:
        item = self.base.table.get(keys.gate())
        epoch = max(item["epoch"] if item else 0, evidence.epoch if evidence else 0)
        fresh = self.place.fresh(epoch)
        if identity and identity != fresh:
            self.place.succeed(identity, fresh)
        boot = int(item.get("boot", 0)) if item else 0
        gate = self.gate.write(item, fresh, epoch + 1, boot=boot)
        self.place.remember(fresh, gate["epoch"])

    def _doubt_once(self, adopted: Adopted, item: Item | None, evidence: Evidence | None, *, same: bool) -> bool:
        """Move what is in doubt; whether somebody changed a delivery meanwhile, so that one more look is due."""
        now, raced = self.base.clock.now(), False
        adopted.unknown.clear()
        doubtful = self._claimed() if same else self._doubtful(adopted, item, evidence)
        for delivery, sentence in list(doubtful):
            try:
                moved = self.recording.move(delivery, doubted(delivery, now, sentence=sentence))
            except ConditionFailedError:
                raced = True
                continue
            adopted.doubts.append(moved)
        return raced

    def _claimed(self) -> Iterator[tuple[Delivery, str]]:
        return ((one, _LOST) for one in self.gate.with_status(Status.PUBLISHING))

    def _doubtful(
        self, adopted: Adopted, item: Item | None, evidence: Evidence | None
    ) -> Iterator[tuple[Delivery, str]]:
        """What the evidence names, and what was due or on its way."""
        visited: set[str] = set()
        epoch = item["epoch"] if item else 0
        named = self.place.claims(item["identity"], since=epoch) if item and evidence else iter(())
        for claim, delivery in self.gate.lacking(named):
            name = keys.name(Key(claim.pk, claim.sk))
            if name in visited:
                continue
            visited.add(name)
            if delivery is None:
                adopted.unknown.append(name)
            elif Event.DOUBT in legal_events(delivery.status):
                yield delivery, _NAMED
        everything = evidence is not None and epoch < evidence.reach
        for status in (*UNFINISHED, *(statuses(Action.RETRY) if everything else ())):
            for one in self.gate.with_status(status):
                name = keys.name(keys.delivery(one.parent, one.channel))
                # What was invented has no account, so no original can have sent it.
                if one.owner == SEED_OWNER or name in visited:
                    continue
                due = one.due_at is not None and one.due_at <= self.base.clock.now()
                if everything or status is Status.PUBLISHING or due:
                    yield one, _SENTENCE
