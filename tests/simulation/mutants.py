"""Each guard of the protocol, removed: the histories must notice every one of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from omnipub.domain.delivery import conclude, fingerprint, lookup, reconcile
from omnipub.domain.delivery import decide as progress
from omnipub.domain.delivery.decide import NextAct, Step
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import Rules
from omnipub.ports.table import Put
from omnipub.services.accounts import token_refresh
from omnipub.services.accounts.refresh_results import RefreshOutcome, RefreshResult
from omnipub.services.accounts.token_refresh import TokenRefresh
from omnipub.services.delivery import publish as deliver
from omnipub.services.delivery import token_retry
from omnipub.services.delivery.preflight import Preflight
from omnipub.services.delivery.publish import Publisher
from omnipub.services.delivery.situation import Situation
from omnipub.services.messages.actions import MessageActions
from omnipub.services.messages.create_transaction import CreateTransaction
from omnipub.services.pauses.pauses import Pauses
from omnipub.services.pauses.release import Releases
from omnipub.services.protocol import driver
from omnipub.services.protocol.driver import Driver
from omnipub.services.protocol.enqueue import Enqueue
from omnipub.services.protocol.gate import ClosedReason, Gate
from omnipub.services.protocol.store import DeliveryStore
from omnipub.services.scheduling import dispatch
from omnipub.services.scheduling.dispatch import Dispatch
from omnipub.services.scheduling.held_sweep import HeldSweep
from omnipub.storage import keys
from omnipub.storage.items import Connection, message_of
from simulation.history import BrokenPromiseError, History
from simulation.one_machine import MachineHistory
from support.places import SharedPlace

Mutant = Callable[[], Any]


def _claim_condition() -> Any:
    """A claim is written whatever is there."""

    def move(self: DeliveryStore, before: Delivery, after: Delivery, *beside: Any) -> Delivery:
        if after.lease is None or after.lease.claim_id == (before.lease.claim_id if before.lease else ""):
            return real(self, before, after, *beside)
        there = self.read(before) or before
        return real(self, replace(before, version=there.version), after, *beside)

    real = DeliveryStore.move
    return patch.object(DeliveryStore, "move", move)


def _due_check() -> Any:
    """A record is obeyed, whatever moment the table says."""
    real = progress.next_step

    def next_step(delivery: Delivery, now: datetime) -> Step:
        step = real(delivery, now)
        early = step.act is NextAct.LET_BE and delivery.status is Status.SCHEDULED
        return Step(act=NextAct.SEND, why="record") if early else step

    return patch.object(deliver, "next_step", next_step)


def _lease() -> Any:
    """What is being published is sent by whoever comes along."""
    real = progress.next_step

    def next_step(delivery: Delivery, now: datetime) -> Step:
        step = real(delivery, now)
        held = step.act is NextAct.LET_BE and delivery.lease is not None
        return Step(act=NextAct.FIND_OUT, why="record") if held else step

    return patch.object(deliver, "next_step", next_step)


def _claim_id() -> Any:
    """The end of a try is written over whoever holds the claim now."""

    def settle(self: DeliveryStore, claim: Delivery, decide: Any, *beside: Any, **_: Any) -> Delivery:
        there = self.read(claim) or claim
        after = decide(replace(claim, version=there.version))
        owned = [self.ownership(after)] if after.status is Status.PUBLISHED and after.network_id else []
        return self.move(replace(claim, version=there.version), after, *beside, *owned)

    return patch.object(DeliveryStore, "settle", settle)


def _fence() -> Any:
    """A request is begun however little is left of the lease."""
    real = Driver.publish

    def publish(self: Driver, conversation: Any, *, lease_until: datetime) -> Outcome:
        return real(self, conversation, lease_until=lease_until + timedelta(days=1))

    return patch.object(Driver, "publish", publish)


def _settle_time() -> Any:
    """Not seeing a post proves its absence at once."""
    real = reconcile.first_look

    def first_look(delivery: Delivery, rules: Rules) -> datetime:
        return real(delivery, replace(rules, settle=timedelta(0)))

    return _all(
        patch.object(reconcile, "first_look", first_look),
        patch.object(conclude, "first_look", first_look),
        patch.object(reconcile, "BETWEEN_LOOKS", timedelta(0)),
    )


def _may_be_out() -> Any:
    """A missing answer is taken for a refusal."""
    real = conclude.concluded

    def concluded(delivery: Delivery, outcome: Outcome, *rest: Any, **more: Any) -> Delivery:
        forgotten = replace(outcome, ended=TryEnd.NOT_SENT) if outcome.ended is TryEnd.AMBIGUOUS else outcome
        return real(delivery, forgotten, *rest, **more)

    return patch.object(deliver, "concluded", concluded)


def _death_counts() -> Any:
    """A worker's death is taken for "it never sent"."""

    def with_expired_lease(delivery: Delivery) -> Delivery:
        return replace(delivery, lease=None)

    real = reconcile.how_to_find_out

    def how(delivery: Delivery, now: datetime, rules: Rules) -> Any:
        return real(delivery, now, rules) if delivery.may_be_out else reconcile.ReconcileStep.SEND_AGAIN

    return _all(
        patch.object(deliver, "with_expired_lease", with_expired_lease), patch.object(deliver, "how_to_find_out", how)
    )


def _known_id() -> Any:
    """What goes wrong after the network has named the id is how the try ends."""
    return patch.object(driver._Conversation, "judged", lambda _, outcome: outcome)


def _late_answer() -> Any:
    """An answer counts only while the delivery is being published or unconfirmed."""
    real = DeliveryStore._late_answer

    def late(self: DeliveryStore, claim: Delivery, *rest: Any, **more: Any) -> Delivery:
        there = self.read(claim)
        kept = there is None or there.status in {Status.PUBLISHING, Status.UNCONFIRMED}
        return real(self, claim, *rest, **more) if kept or there is None else there

    return patch.object(DeliveryStore, "_late_answer", late)


def _window() -> Any:
    """A window only bounds the first try."""
    real = Delivery.is_past_window

    def is_past(self: Delivery, at: datetime) -> bool:
        return self.tries_used == 0 and self.attempts == 0 and real(self, at)

    return patch.object(Delivery, "is_past_window", is_past)


def _stops() -> Any:
    """Nothing is asked between a claim and its request."""
    return patch.object(Preflight, "of", lambda *_: None)


def _adoption_links() -> Any:
    """A post is adopted by its words, whatever its link."""
    real = fingerprint.likeness

    def likeness(sent: Any, post: Any) -> Any:
        like, why = real(sent, post)
        return (fingerprint.Likeness.SAME, why) if like is fingerprint.Likeness.UNCLEAR else (like, why)

    return patch.object(lookup, "likeness", likeness)


def _adoption_age() -> Any:
    """A post is adopted however much older than the try it is."""
    return _all(
        patch.object(lookup, "_is_younger", lambda *_: True),
        patch.object(lookup, "earliest", lambda _, since: since - lookup.CLOCK_DIFFERENCE),
    )


def _siblings() -> Any:
    """Deliveries with the same text do not wait for each other."""
    return patch.object(Publisher, "_text_held", lambda *_: "")


def _ownership() -> Any:
    """A post may be adopted by any number of deliveries."""

    def ownership(self: DeliveryStore, delivery: Delivery) -> Put:
        made = real(self, delivery)
        return Put(item=made.item)

    real = DeliveryStore.ownership
    return _all(
        patch.object(DeliveryStore, "ownership", ownership), patch.object(DeliveryStore, "owners", lambda *_: {})
    )


def _revision_check() -> Any:
    """A claim takes the content it read, though an edit has come in between."""

    def of(self: Situation, delivery: Delivery, _: Any = None) -> Any:
        item = self.table.get(keys.metadata(delivery.parent))
        assert item is not None
        return message_of(item).content.on(delivery.channel)

    def move(self: DeliveryStore, before: Delivery, after: Delivery, *beside: Any) -> Delivery:
        if before.status is Status.SCHEDULED and after.status is Status.PUBLISHING:
            there = self.read(before)
            if there is not None and there.status is Status.SCHEDULED:
                after = replace(after, revision=there.revision)
                return real(self, replace(before, version=there.version), after, *beside)
        return real(self, before, after, *beside)

    real = DeliveryStore.move
    return _all(patch.object(Situation, "of", of), patch.object(DeliveryStore, "move", move))


def _look_back() -> Any:
    """A tick reads nothing below its cursor: neither the overlap nor what is overdue."""
    return _all(patch.object(dispatch, "OVERLAP", timedelta(minutes=-3)), patch.object(dispatch, "READ", 0))


def _put_means_accepted() -> Any:
    """A tick counts as put what stream and delay queue refused."""

    def handed_over(self: Dispatch, soon: Any) -> list[Any]:
        real(self, soon)
        return []

    real = Dispatch._handed_over
    return patch.object(Dispatch, "_handed_over", handed_over)


def _hand_back() -> Any:
    """A worker whose clock is behind lets what comes too early go without a word to anybody."""
    return patch.object(Enqueue, "back", lambda *_: False)


def _held_sweep() -> Any:
    """After the last look of a release nobody looks at what is held."""
    return patch.object(HeldSweep, "go_on", lambda _: 0)


def _sweep() -> Any:
    """Ended leases are nobody's business."""
    return patch.object(Dispatch, "_looks", lambda *_: [])


def _gate() -> Any:
    """A copy goes on as if it were the original."""
    return patch.object(Gate, "check", lambda _: None)


def _idempotency_record() -> Any:
    """A repeated request creates once more."""
    return patch.object(CreateTransaction, "earlier", lambda *_: None)


def _pause_check() -> Any:
    """A claim does not look for pauses."""
    return patch.object(Pauses, "of", lambda *_: None)


def _renewal_lock() -> Any:
    """Whoever meets an ended token renews it, whoever else does."""

    def turn(self: TokenRefresh, connection: Connection, until: datetime, *, by_hand: bool) -> Connection:  # noqa: ARG001
        return self.accounts.find(connection.owner, connection.channel) or connection

    return patch.object(TokenRefresh, "_turn", turn)


def _renewal_generation() -> Any:
    """A new token is written over whatever is there."""
    return patch.object(token_refresh, "same", lambda *_: True)


def _renewal_stored() -> Any:
    """A new token is used before it is stored, or without."""

    def stored(self: TokenRefresh, locked: Connection, end: Any, token: Any, *_: Any, **__: Any) -> RefreshResult:
        fresh = replace(locked, sealed=self.accounts.seal(locked, token))
        return RefreshResult(came=RefreshOutcome.RENEWED, connection=fresh, outcome=end.outcome)

    return patch.object(TokenRefresh, "_stored", stored)


def _renewal_free() -> Any:
    """Waiting for a token costs the post a try."""

    def back(refused: Outcome, sentence: str, wait: timedelta) -> Outcome:
        return replace(refused, ended=TryEnd.NOT_SENT, sentence=sentence, wait=wait)

    return patch.object(token_retry, "_back", back)


def _renewal_patience() -> Any:
    """A renewal that was not answered counts as refused."""
    real = token_refresh.RefreshFailure

    def failed(**facts: Any) -> Any:
        return real(**{**facts, "for_good": True})

    return patch.object(token_refresh, "RefreshFailure", failed)


def _epoch_compared() -> Any:
    """A table that is behind its evidence is taken for the one that ran last."""
    real = Gate._judged

    def judged(self: Gate, *of: Any) -> ClosedReason | None:
        why = real(self, *of)
        return None if why is ClosedReason.OLDER else why

    return patch.object(Gate, "_judged", judged)


def _claims_compared() -> Any:
    """Nobody looks whether the table knows the last claims."""
    return patch.object(SharedPlace, "latest", lambda *_, **__: ())


def _claim_written_down() -> Any:
    """A request leaves without its claim being written down outside of the table."""
    return patch.object(Publisher, "_unproven", lambda *_: None)


def _named_by_evidence() -> Any:
    """An adoption does not ask what the original had begun to send."""
    return patch.object(SharedPlace, "claims", lambda *_, **__: iter(()))


def _new_identity() -> Any:
    """What is adopted goes on as what it was, and its original is not marked."""
    return patch.object(SharedPlace, "succeed", lambda *_: None)


def _copies_stand_still() -> Any:
    """In a copy people edit, resume and let go before it is adopted; an adoption then no longer doubts those."""
    carry_out, resume, edit = Releases.carry_out, Pauses.resume, MessageActions.edit
    open_: Any = SimpleNamespace(why_closed=lambda: None, check=lambda: None)

    def carried_out(self: Releases, row: Any, *, by: str = "") -> int:
        return carry_out(replace(self, gate=open_), row, by=by)

    def resumed(self: Pauses, scope: str, *, send_late: bool) -> Any:
        return resume(replace(self, releases=replace(self.releases, gate=open_)), scope, send_late=send_late)

    def edited(self: MessageActions, *subject: Any, **change: Any) -> Any:
        return edit(replace(self, gate=open_), *subject, **change)

    return _all(
        patch.object(Releases, "carry_out", carried_out),
        patch.object(Pauses, "resume", resumed),
        patch.object(MessageActions, "edit", edited),
    )


OF_ONE_MACHINE: Mapping[str, Mutant] = {
    "epoch compared": _epoch_compared,
    "claims compared": _claims_compared,
    "claim written down": _claim_written_down,
    "named by evidence": _named_by_evidence,
    "adopted as another": _new_identity,
}
"""Guards of a table's evidence: histories of one machine notice their absence."""

MUTANTS: Mapping[str, Mutant] = {
    **OF_ONE_MACHINE,
    "claim condition": _claim_condition,
    "due check": _due_check,
    "lease": _lease,
    "claim id": _claim_id,
    "fence": _fence,
    "settle time": _settle_time,
    "may be out": _may_be_out,
    "known id": _known_id,
    "late answer": _late_answer,
    "death counts": _death_counts,
    "same text waits": _siblings,
    "adoption ownership": _ownership,
    "adoption links": _adoption_links,
    "adoption age": _adoption_age,
    "revision check": _revision_check,
    "look back": _look_back,
    "stops": _stops,
    "sweep": _sweep,
    "put means accepted": _put_means_accepted,
    "hand back": _hand_back,
    "held sweep": _held_sweep,
    "window": _window,
    "gate": _gate,
    "copies stand still": _copies_stand_still,
    "idempotency record": _idempotency_record,
    "pause check": _pause_check,
    "renewal lock": _renewal_lock,
    "renewal never over another": _renewal_generation,
    "renewal stored first": _renewal_stored,
    "renewal costs no try": _renewal_free,
    "renewal unanswered": _renewal_patience,
}


@contextmanager
def _all(*patches: Any) -> Iterator[None]:
    with ExitStack() as stack:
        for one in patches:
            stack.enter_context(one)
        yield


def notices(guard: str, seed: int) -> bool:
    """Whether the history of a seed breaks a promise once the guard is taken away."""
    try:
        with MUTANTS[guard]():
            (MachineHistory if guard in OF_ONE_MACHINE else History)(seed).run()
    except BrokenPromiseError:
        return True
    return False
