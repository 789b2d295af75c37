"""Deliver what a record points at: claim, send or look, conclude.

The claim is one conditional write that is also the intent. Whatever the stream repeats, reorders or invents meets that
write. A record that is not the table's wish ends as "let be".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from omnipub.domain.circuit_breaker import CircuitBreaker
from omnipub.domain.conversation import Channel, Occasion
from omnipub.domain.delivery.conclude import ACCOUNT_PAUSE, concluded
from omnipub.domain.delivery.decide import (
    NextAct,
    claimed_to_send,
    has_died,
    has_queued,
    held,
    next_step,
    queued,
    resting,
    with_expired_lease,
)
from omnipub.domain.delivery.fingerprint import digest
from omnipub.domain.delivery.lifecycle import TIMED, Status
from omnipub.domain.delivery.model import Delivery, FrozenRequest, Reason
from omnipub.domain.delivery.moves import lost_track, missed
from omnipub.domain.delivery.outcome import Matter, Outcome, TryEnd, unquoted
from omnipub.domain.delivery.reconcile import ReconcileStep, how_to_find_out, not_sent_again, postponed, waiting
from omnipub.domain.delivery.rules import ReconcileMethod, Rules
from omnipub.domain.ids import network_of
from omnipub.errors import OmnipubError, SealBrokenError
from omnipub.log_events import LogEvent
from omnipub.ports.place import ClaimRecord, Place
from omnipub.ports.stream import Pointer
from omnipub.ports.table import ConditionFailedError, Key, Write
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.base import Base
from omnipub.services.channels.networks import unknown
from omnipub.services.channels.validate import objections
from omnipub.services.delivery.circuit_breaker import CircuitBreakers, Slot
from omnipub.services.delivery.preflight import Preflight
from omnipub.services.delivery.reconcile import KEY_PAUSE, Reconcile
from omnipub.services.delivery.situation import ReadTogether, Situation
from omnipub.services.delivery.token_retry import TokenRetry
from omnipub.services.pauses.pauses import Pauses
from omnipub.services.pauses.release import LatePolicy
from omnipub.services.pauses.scopes import bound_to
from omnipub.services.protocol.connection_reuse import reusing
from omnipub.services.protocol.driver import Driver
from omnipub.services.protocol.enqueue import Enqueue
from omnipub.services.protocol.gate import Gate
from omnipub.services.protocol.store import DeliveryStore
from omnipub.storage import keys
from omnipub.storage.items import Connection, delivery_of

REREADS = 3

SEAL_BROKEN = "seal_broken"
"""The code of a try whose token does not open. No network was asked, and what would renew it does not open either."""

KEY_SILENT = "key_silent"
"""The code of a try whose token could not be opened now. The key that seals it did not answer, or is disabled."""

UNPROVEN = "unproven"
"""The code of a try that could not be written down outside of the table first. Nothing was sent, no try is used."""

UNASKED = frozenset({SEAL_BROKEN, KEY_SILENT, UNPROVEN})
"""Codes of tries in which no network was asked anything."""

TEXT_HELD = (1,)
"""Of the writes of a claim only that failed by which its text is held: another delivery holds it."""

ALONE = "alone"
"""The verdict on a record whose delivery killed a worker: it is done when nothing else is under way."""


@dataclass(frozen=True, kw_only=True)
class RecordVerdict:
    """What became of one record."""

    pointer: Pointer
    verdict: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Delivers one.

    Attributes:
        rules: What decisions about a delivery depend on.
        lease: From a claim to its end: the function's time-out and 10 s.
    """

    base: Base
    accounts: Accounts
    contents: Situation
    recording: DeliveryStore
    reconcile: Reconcile
    pauses: Pauses
    circuit_breakers: CircuitBreakers
    driver: Driver
    second_try: TokenRetry
    stops: Preflight
    due: Enqueue
    gate: Gate
    place: Place
    channels: Mapping[str, Channel]
    rules: Callable[[Delivery], Rules]
    lease: timedelta

    def one(self, pointer: Pointer, *, alone: bool = True) -> RecordVerdict:
        """Do what the table says about one delivery, once; `alone` if nothing else is under way here."""
        for _ in range(REREADS):
            item = self.base.table.get(Key(pointer.pk, pointer.sk))
            if item is None or keys.channel_of(pointer.sk) is None:
                return self._verdict(pointer, "unknown", "no such delivery")
            delivery = delivery_of(item)
            now = self.base.clock.now()
            step = next_step(delivery, now, self.due.lead)
            if step.act is NextAct.WAIT and step.until is not None:
                self.base.clock.sleep_until(step.until)
                self.gate.check()
                continue  # all that a claim rests on is read after the wait
            if step.act is NextAct.LET_BE and delivery.status in TIMED and self.due.back(pointer, delivery):
                return self._verdict(pointer, "let_be", f"{step.why}, waits again")
            if has_died(delivery) and not alone and step.act in {NextAct.SEND, NextAct.FIND_OUT}:
                return RecordVerdict(pointer=pointer, verdict=ALONE)
            try:
                verdict = self._act(step.act, delivery, now)
            except ConditionFailedError:
                continue  # somebody else moved it; look again at what is there now
            return self._verdict(pointer, verdict, step.why)
        return self._verdict(pointer, "let_be", "others are at it")

    def _act(self, act: NextAct, delivery: Delivery, now: datetime) -> str:
        match act:
            case NextAct.SEND:
                return self._send(delivery, now)
            case NextAct.FIND_OUT:
                return self._find_out(delivery, now)
            case NextAct.MISS:
                return self.recording.move(delivery, missed(delivery, now)).status
            case _:
                return "let_be"

    def _send(self, delivery: Delivery, now: datetime) -> str:
        if network_of(delivery.channel) not in self.channels:
            # Of a release that knows more networks, or knew: its ticks find the row and let it go.
            release = self.accounts.releases.begun(f"channel:{network_of(delivery.channel)}", LatePolicy.WINDOW)
            return self._hold(delivery, now, unknown(delivery.channel), release)
        pause = self.pauses.of(delivery)
        if pause is not None:
            return self._hold(delivery, now, pause.sentence, pause.still_holds())
        read = self.contents.together(delivery)
        bound = bound_to(read, delivery)
        connection = bound.connection
        if connection is None or not bound.works:
            return self._hold(delivery, now, _needs_owner(connection), *bound.unchanged)
        breaker = self.circuit_breakers.of(delivery, read)
        slot = self.circuit_breakers.wait(breaker, delivery)
        if slot is not None:
            return self._rest(delivery, delivery, slot, now)
        channel = self.channels[network_of(delivery.channel)]
        frozen, refused = self._freeze(delivery, channel, read)
        holds = self._text_held(delivery, channel, frozen)
        # Who waited is likely to wait again, and a read costs less than a claim that fails.
        sibling = self.recording.holder(delivery, holds) if holds and has_queued(delivery) else None
        if sibling is not None:
            return self._queue(delivery, now, sibling)
        try:
            claim = self._claim(delivery, now, frozen, holds=holds)
        except ConditionFailedError as error:
            sibling = self.recording.holder(delivery, holds) if error.failed == TEXT_HELD else None
            if sibling is None:
                raise
            return self._queue(delivery, now, sibling)
        if refused:
            outcome = Outcome(ended=TryEnd.REJECTED, code="over_limit", sentence=" ".join(refused))
            return self._conclude(claim, outcome, connection, breaker)
        return self._try(claim, connection, channel, breaker)

    def _queue(self, delivery: Delivery, now: datetime, sibling: str) -> str:
        named = sibling if self.recording.is_of(delivery.owner, sibling) else "another message"
        sentence = f"It waits: {named} says the same on this account and is not resolved."
        return self._later(delivery, queued(delivery, now, sentence=sentence))

    def _hold(self, delivery: Delivery, now: datetime, sentence: str, *beside: Write) -> str:
        """Hold it, unless the reason has gone: then it would be held after its release, for ever.

        `beside` are the conditions that the reason stands, or what will release it.
        """
        return self.recording.move(delivery, held(delivery, now, sentence=sentence), *beside).status

    def _rest(self, before: Delivery, delivery: Delivery, slot: Slot, now: datetime) -> str:
        return self._later(before, resting(delivery, slot.at, sentence=slot.sentence, now=now))

    def _find_out(self, delivery: Delivery, now: datetime) -> str:
        rules = self.rules(delivery)
        dead = with_expired_lease(delivery)
        how = how_to_find_out(dead, now, rules)
        if how is ReconcileStep.STOP:
            return self.recording.move(delivery, lost_track(dead, now, sentence=_stopped(dead, now))).status
        if how is ReconcileStep.LATER:
            return self._later(delivery, postponed(dead, rules))
        pause, bound = self.pauses.of(delivery), bound_to(self.base.table, delivery)
        connection = bound.connection
        if network_of(delivery.channel) not in self.channels:
            sentence = unknown(delivery.channel)
            return self._later(delivery, waiting(dead, now + ACCOUNT_PAUSE, sentence=sentence, now=now))
        if pause or connection is None or not bound.works:
            sentence = pause.sentence if pause else _needs_owner(connection)
            return self._later(delivery, waiting(dead, now + ACCOUNT_PAUSE, sentence=sentence, now=now))
        channel = self.channels[network_of(delivery.channel)]
        if how is ReconcileStep.LOOK:
            return self.reconcile.look(delivery, dead, connection, channel).status
        breaker = self.circuit_breakers.of(delivery)
        slot = self.circuit_breakers.wait(breaker, delivery)
        if slot is not None:
            return self._rest(delivery, dead, slot, now)
        frozen, _ = self._freeze(dead, channel)
        claim = self._claim(delivery, now, frozen, become=dead)
        return self._try(claim, connection, channel, breaker)

    def _later(self, before: Delivery, after: Delivery) -> str:
        moved = self.recording.move(before, after)
        self.due.committed([moved], why="look")
        return moved.status

    def _freeze(
        self, delivery: Delivery, channel: Channel, read: ReadTogether | None = None
    ) -> tuple[FrozenRequest, list[str]]:
        """The frozen request of the delivery's revision, and what the channel cannot take of it.

        What repeats an unclear try sends the bytes of that try; every other try renders. The content is read before
        the claim; an edit in between bumps the delivery's version, and the claim fails.
        """
        unclear = delivery.may_be_out or delivery.key_in_doubt
        if unclear and delivery.frozen is not None and delivery.frozen.revision == delivery.revision:
            return delivery.frozen, []
        content, now = self.contents.of(delivery, read), self.base.clock.now()
        occasion = Occasion(
            delivery_key="/".join(keys.delivery(delivery.parent, delivery.channel)),
            due_at=delivery.first_due or delivery.due_at or now,
            at=max(delivery.due_at or now, now),
        )
        body = channel.render(content, occasion)
        return FrozenRequest(revision=delivery.revision, body=body), objections(content, channel)

    def _text_held(self, delivery: Delivery, channel: Channel, frozen: FrozenRequest) -> str:
        """The text under which a look-up might find it, where look-ups decide."""
        looked_up = self.rules(delivery).remedy is ReconcileMethod.LOOK_UP
        return digest(channel.text_of(frozen.body)) if looked_up else ""

    def _claim(
        self,
        before: Delivery,
        now: datetime,
        frozen: FrozenRequest,
        *,
        become: Delivery | None = None,
        holds: str = "",
    ) -> Delivery:
        claim = claimed_to_send(
            become or before,
            now,
            claim_id=self.base.chance.token(),
            lease_for=self.lease,
            frozen=frozen,
            boot=self.place.boot,
        )
        if not holds or before.holds:
            return self.recording.move(before, claim)
        claim = replace(claim, holds=holds)
        return self.recording.move(before, claim, self.recording.holding(claim))

    def _try(self, claim: Delivery, connection: Connection, channel: Channel, breaker: CircuitBreaker) -> str:
        outcome = self._unproven(claim) or self._converse(claim, connection, channel)
        token_refresh = self.second_try.token_refresh
        if outcome.ended is TryEnd.AUTH and outcome.code not in UNASKED and token_refresh.can(connection):
            outcome, connection = self.second_try.after(
                outcome, claim, connection, channel, lambda renewed: self._converse(claim, renewed, channel)
            )
        status = self._conclude(claim, outcome, connection, breaker)
        token_refresh.notice(connection)
        return status

    def _unproven(self, claim: Delivery) -> Outcome | None:
        """Write the claim down outside of the table; that nothing was sent, if it could not be.

        It comes after the claim, or a crash between the two would leave the evidence ahead of the table.
        """
        key = keys.delivery(claim.parent, claim.channel)
        claim_id = claim.lease.claim_id if claim.lease else ""
        try:
            self.place.claimed(ClaimRecord(pk=key.pk, sk=key.sk, attempt=claim.attempts, claim_id=claim_id))
        except OmnipubError as error:
            self.base.journal.note(LogEvent.RECORD_FAILED, pk=key.pk, sk=key.sk, error=error.message)
            sentence = f"The evidence of it could not be written, so nothing was sent. {error.message}"
            return Outcome(ended=TryEnd.AUTH, code=UNPROVEN, sentence=sentence, wait=KEY_PAUSE)
        return None

    def _converse(self, claim: Delivery, connection: Connection, channel: Channel) -> Outcome:
        if claim.lease is None or claim.frozen is None:
            raise AssertionError("a claim has a lease and a frozen request")
        try:
            account = self.accounts.open(connection)
        except SealBrokenError as error:
            return Outcome(ended=TryEnd.AUTH, code=SEAL_BROKEN, sentence=error.message)
        except OmnipubError as error:
            # Surely not out, and nobody's fault: an error from here would leave the claim, and so make it doubtful.
            key = keys.delivery(claim.parent, claim.channel)
            self.base.journal.note(LogEvent.RECORD_FAILED, pk=key.pk, sk=key.sk, error=error.message)
            sentence = f"Its token could not be opened, so nothing was sent. {error.message}"
            return Outcome(ended=TryEnd.AUTH, code=KEY_SILENT, sentence=sentence, wait=KEY_PAUSE)
        conversation = reusing(channel.publish(claim.frozen.body, account, self.base.clock.now), connection)
        return self.driver.publish(
            conversation,
            secrets=account.secrets,
            lease_until=claim.lease.until,
            ids=channel.post_ids,
            stopped=lambda: self.stops.of(claim),
        )

    def _conclude(self, claim: Delivery, outcome: Outcome, connection: Connection, breaker: CircuitBreaker) -> str:
        now = self.base.clock.now()
        rests_until = self._learn(claim, outcome, connection, breaker)
        channel = self.channels[network_of(claim.channel)]
        rules, chance = self.rules(claim), self.base.chance.share()
        moved = self.recording.conclude(
            claim,
            lambda held: concluded(held, outcome, now, rules, chance=chance, rests_until=rests_until),
            outcome,
            now,
            text=channel.text_of(claim.frozen.body) if claim.frozen else "",
            remedy=rules.remedy,
        )
        self.due.committed([moved], why="retry" if moved.status is Status.SCHEDULED else "look")
        self.base.journal.note(
            LogEvent.TRY_ENDED,
            channel=network_of(moved.channel),
            ended=outcome.ended.value,
            status=moved.status.value,
            code=outcome.code,
            attempt=claim.attempts,
            lateness_ms=moved.lateness_ms,
        )
        return moved.status

    def _learn(
        self, claim: Delivery, outcome: Outcome, connection: Connection, breaker: CircuitBreaker
    ) -> datetime | None:
        """What the try's end says about the account; until when that rests now.

        Storage may fail here, and others may win every race. The next try on the account learns the same. But an
        outcome that is not written down for that reason would become an unknown one.
        """
        try:
            if outcome.ended is TryEnd.AUTH and outcome.wait is None:
                self.accounts.hold(connection, reason=outcome.sentence)
            if outcome.matter is Matter.NETWORK:
                self.pauses.pause_unless_paused(
                    f"channel:{network_of(claim.channel)}", reason=unquoted(outcome.sentence)
                )
            return None if outcome.code in UNASKED else self.circuit_breakers.learn(breaker, claim, outcome)
        except OmnipubError as error:
            self.base.journal.note(LogEvent.ACCOUNT_NOT_MARKED, channel=claim.channel, error=error.message)
            return None

    def _verdict(self, pointer: Pointer, verdict: str, why: str) -> RecordVerdict:
        self.base.journal.note(LogEvent.RECORD_DONE, pk=pointer.pk, sk=pointer.sk, verdict=verdict, why=why)
        return RecordVerdict(pointer=pointer, verdict=verdict, why=why)


def _needs_owner(connection: Connection | None) -> str:
    if connection is None:
        return "Its account is no longer connected."
    return f"Its account needs its owner: {connection.standing_reason}"


def _stopped(delivery: Delivery, now: datetime) -> str:
    reason: Reason | None = delivery.reason
    known = f" Last: {reason.sentence}" if reason and reason.sentence else ""
    if why := not_sent_again(delivery, now):
        return f"It may be out. {why}{known}"
    return f"It may be out, and nothing that omnipub can ask tells.{known}"
