"""Accounts rest after unanswered or throttled tries, for everybody on them: one row per account that is in trouble."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from omnipub.domain.circuit_breaker import CircuitBreaker, answered, eased, next_in_line, strained, strains
from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.decide import has_slot
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.outcome import Outcome, unquoted
from omnipub.domain.ids import network_of
from omnipub.domain.timestamps import to_text
from omnipub.log_events import LogEvent
from omnipub.ports.table import ConditionFailedError, Delete, Unchanged
from omnipub.services.base import Base
from omnipub.services.channels.networks import channel_of
from omnipub.services.pauses.scopes import ReadsItems
from omnipub.storage import access, keys
from omnipub.storage.items import breaker_item, breaker_of
from omnipub.storage.paging import items
from omnipub.storage.write_ids import put, replacing

REREADS = 5


@dataclass(frozen=True, kw_only=True)
class Slot:
    """When a delivery may go on, and why it waits."""

    at: datetime
    sentence: str


@dataclass(frozen=True, kw_only=True)
class CircuitBreakers:
    """Trips, closes, and gives slots to who waits."""

    base: Base
    channels: Mapping[str, Channel]

    def of(self, delivery: Delivery, read: ReadsItems | None = None) -> CircuitBreaker:
        """The breaker of a delivery's account, as it stands in the table or was `read`."""
        network = network_of(delivery.channel)
        item = (read or self.base.table).get(keys.breaker(network, delivery.account, delivery.apart))
        return (
            breaker_of(item)
            if item
            else CircuitBreaker(network=network, account=delivery.account, owner=delivery.apart)
        )

    def all(self) -> Sequence[CircuitBreaker]:
        """Every account in trouble."""
        return [breaker_of(item) for item in items(self.base.table, access.circuit_breakers())]

    def wait(self, breaker: CircuitBreaker, delivery: Delivery) -> Slot | None:
        """The slot of a delivery that has to wait for its account; None if it may go on."""
        pace = channel_of(self.channels, delivery.channel).pace
        for _ in range(REREADS):
            now = self.base.clock.now()
            if not breaker.is_open(now) and (has_slot(delivery) or not breaker.has_queue(now)):
                return None
            after, at = next_in_line(breaker, now, pace=pace)
            try:
                self._write(breaker, after)
            except ConditionFailedError:
                breaker = self.of(delivery)
                continue
            return Slot(at=at, sentence=_sentence(breaker, now))
        # So many take slots at this moment that the end of the queue is a fair guess.
        return Slot(at=next_in_line(breaker, self.base.clock.now(), pace=pace)[1], sentence=_sentence(breaker, now))

    def learn(self, before: CircuitBreaker, delivery: Delivery, outcome: Outcome) -> datetime | None:
        """Take in how a try ended; until when the account rests now, or None.

        Args:
            before: As read before the try; with an account that works and goes on working, nothing is written.
            delivery: Whose try it was.
            outcome: How it ended.
        """
        strain = strains(outcome)
        if not strain and (before.version == 0 or not answered(outcome)):
            return None
        chance = self.base.chance.share()
        for _ in range(REREADS):
            current, now = self.of(delivery), self.base.clock.now()
            after = strained(current, outcome, now, chance=chance) if strain else eased(current)
            try:
                self._write(current, after)
            except ConditionFailedError:
                continue
            if after.is_open(now) and not current.is_open(now):
                self.base.journal.note(
                    LogEvent.ACCOUNT_RESTS, channel=after.network, until=to_text(after.open_until or now)
                )
            return after.open_until if after.is_open(now) else None
        return None  # advice, not a guard: others write it at this moment, and the next try learns anew

    def _write(self, before: CircuitBreaker, after: CircuitBreaker) -> None:
        idle = after.strains == 0 and not after.has_queue(self.base.clock.now())
        if idle and before.version:
            key = keys.breaker(after.network, after.account, after.owner)
            self.base.table.transact([Delete(key=key, condition=Unchanged(version=before.version))])
        elif not idle and after != before:
            written = replace(after, version=before.version + 1, write_id=self.base.chance.token())
            put(self.base.table, breaker_item(written), replacing(before.version or None))


def _sentence(breaker: CircuitBreaker, now: datetime) -> str:
    if breaker.open_until is not None and breaker.is_open(now):
        return f"Its account rests until {to_text(breaker.open_until)}: {unquoted(breaker.sentence)}"
    return "It waits for its turn: others of this account came before it while the account rested."
