"""Writes that move a delivery: conditional on its version, with a fresh write id, with its history beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from omnipub.domain.delivery.decide import is_unresolved
from omnipub.domain.delivery.late_answers import disowned, late_answer
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Attempt, Delivery
from omnipub.domain.delivery.moves import lost_track
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.ids import network_of
from omnipub.errors import UnavailableError
from omnipub.log_events import LogEvent
from omnipub.ports.table import Absent, ConditionFailedError, Delete, Key, Put, Unchanged, Write
from omnipub.services.base import Base
from omnipub.storage import keys, write_ids
from omnipub.storage.items import attempt_item, delivery_item, delivery_of, key_of, plain_item

_T = TypeVar("_T")

STORAGE_TRIES = 4
KNOWN_ID_TRIES = 8
"""More patience where the answer names a post: what is not stored of it becomes a doubt."""

STORAGE_PAUSE = timedelta(milliseconds=200)
LONGEST_STORAGE_PAUSE = timedelta(seconds=3)
LATE_TRIES = 20
"""Others may move a delivery while late news of it is written; they do not do so for ever."""

Decide = Callable[[Delivery], Delivery]
"""From the delivery as it stands under our claim to what it becomes."""


@dataclass(frozen=True, kw_only=True)
class DeliveryStore:
    """Records what happened to deliveries."""

    base: Base

    def move(self, before: Delivery, after: Delivery, *beside: Write) -> Delivery:
        """Write `after` if nothing changed since `before` was read; what was written.

        A lease that ended without an answer leaves a try in the history whose end is `died`.

        Raises:
            ConditionFailedError: Somebody else moved it, or one of `beside` failed.
        """
        if before.holds and not is_unresolved(after):
            after = replace(after, holds="")
            beside = (*beside, Delete(key=held_text(before)))
        moved = replace(after, version=before.version + 1, write_id=self.base.chance.token())
        item = delivery_item(moved, self.base.shards.count(self.base.clock.now()).of)
        writes: list[Write] = [Put(item=item, condition=Unchanged(version=before.version)), *beside]
        dead = _died(before, after)
        if dead is not None:
            writes.append(Put(item=attempt_item(dead)))
        if len(writes) == 1:
            write_ids.put(self.base.table, item, Unchanged(version=before.version))
        else:
            write_ids.transact(self.base.table, writes)
        return moved

    def conclude(
        self, claim: Delivery, decide: Decide, outcome: Outcome, now: datetime, *, text: str, remedy: ReconcileMethod
    ) -> Delivery:
        """Write the end of a try with its history, and with a publication whose post it is.

        Args:
            claim: The delivery as claimed.
            decide: What becomes of it while the claim holds.
            outcome: How the try ended.
            now: When.
            text: The text that was sent.
            remedy: How the channel finds out about unclear tries.
        """
        history = Put(item=attempt_item(_attempt(claim, outcome, now)))
        known = outcome.ended is TryEnd.PUBLISHED
        try:
            try:
                tries = KNOWN_ID_TRIES if known else STORAGE_TRIES
                return self.settle(claim, decide, history=history, answered=known, tries=tries)
            except ConditionFailedError:
                if known:
                    return self._late_answer(claim, outcome, history, text=text, remedy=remedy)
        except UnavailableError:
            if known:
                self.base.journal.note(LogEvent.ANSWER_NOT_STORED, channel=claim.channel, network_id=outcome.network_id)
            raise
        # Somebody else has gone on from it; how this try ended is history all the same.
        self.base.table.put(history.item)
        return self.read(claim) or claim

    def settle(
        self,
        claim: Delivery,
        decide: Decide,
        *,
        history: Put | None = None,
        answered: bool = False,
        tries: int = STORAGE_TRIES,
    ) -> Delivery:
        """Write what `decide` makes of the delivery while our claim holds, whoever writes beside us.

        The try's `history` is written beside it, unless the delivery tells that try itself.

        What is found belongs to the delivery in the same transaction. What the network `answered` is its own whatever
        becomes of the claim, so that is written first. Two writes cost half of a transaction. After a death between
        them nobody else takes the post for theirs.

        A cancel may be recorded while we send; then the decision is taken again from what is there. Our own storage
        failing would turn a known outcome into an unknown one. So it is tried again for a while.

        Raises:
            ConditionFailedError: Our claim is gone, or the post has another owner.
        """
        current = claim
        while True:
            after = decide(current)
            out = after.status is Status.PUBLISHED and bool(after.network_id)
            beside = self.taking(after) if out and not answered else []
            if history is not None and after.published_from is None:
                beside.append(history)
            if out and answered:
                self._patiently(partial(self._owning, after), tries)
            try:
                return self._patiently(partial(self.move, current, after, *beside), tries)
            except ConditionFailedError:
                there = self._patiently(partial(self.read, claim), tries)
                if there is None or _claim_id(there) != _claim_id(claim) or there.version == current.version:
                    raise
                current = there

    def _owning(self, delivery: Delivery) -> None:
        """Write that the post is the delivery's, unless that was written before.

        Raises:
            ConditionFailedError: It is another delivery's.
        """
        owned = self.ownership(delivery)
        try:
            self.base.table.put(owned.item, owned.condition)
        except ConditionFailedError:
            if self.base.table.get(key_of(owned.item)) != owned.item:
                raise

    def _patiently(self, act: Callable[[], _T], tries: int) -> _T:
        """Do it again while our own storage fails, with growing pauses."""
        failures = 0
        while True:
            try:
                return act()
            except UnavailableError:
                failures += 1
                if failures == tries:
                    raise
                pause = min(STORAGE_PAUSE * 2**failures, LONGEST_STORAGE_PAUSE)
                self.base.clock.sleep_until(self.base.clock.now() + pause)

    def read(self, delivery: Delivery) -> Delivery | None:
        """The delivery as it stands in the table."""
        item = self.base.table.get(keys.delivery(delivery.parent, delivery.channel))
        return delivery_of(item) if item else None

    def holder(self, delivery: Delivery, digest: str) -> str | None:
        """The unresolved delivery with this text on the account, if there is one."""
        item = self.base.table.get(held_text(replace(delivery, holds=digest)))
        return str(item["delivery"]) if item else None

    def is_of(self, owner: str, name: str) -> bool:
        """Whether the delivery of that name is this owner's: only then another of theirs may say it."""
        item = self.base.table.get(Key(*name.split("/", 1)))
        return item is not None and item["owner"] == owner

    def holding(self, delivery: Delivery) -> Put:
        """That this delivery is the unresolved one with its text on its account."""
        return Put(item=plain_item(held_text(delivery), delivery=name_of(delivery)), condition=Absent())

    def owners(self, network: str, network_ids: Sequence[str], apart: str = "") -> dict[str, str]:
        """Which delivery each post belongs to, as far as known; `apart` as deliveries say it."""
        wanted = {keys.post(network, network_id, apart): network_id for network_id in network_ids}
        there = self.base.table.batch_get(list(wanted))
        return {wanted[key]: str(item["delivery"]) for key, item in there.items()}

    def ownership(self, delivery: Delivery) -> Put:
        """That the network's post belongs to this delivery and to no other."""
        return _owned(delivery, delivery.network_id)

    def taking(self, delivery: Delivery) -> list[Write]:
        """The write by which the post becomes the delivery's and no other's; none if it is already."""
        owned = self.ownership(delivery)
        return [] if self.base.table.get(key_of(owned.item)) == owned.item else [owned]

    def _late_answer(
        self, claim: Delivery, outcome: Outcome, history: Put, *, text: str, remedy: ReconcileMethod
    ) -> Delivery:
        """Our claim was taken over, or the post has another owner: keep what the network said all the same."""
        once = partial(self._late_answer_once, claim, outcome, history, text=text, remedy=remedy)
        for _ in range(LATE_TRIES):
            try:
                return self._patiently(once, KNOWN_ID_TRIES)
            except ConditionFailedError:
                continue  # somebody moved it, or the other owner; what is there now decides
        raise UnavailableError("The delivery is being changed by others all the time.")

    def _late_answer_once(
        self, claim: Delivery, outcome: Outcome, history: Put, *, text: str, remedy: ReconcileMethod
    ) -> Delivery:
        there, now = self.read(claim), self.base.clock.now()
        if there is None:
            return claim
        out = late_answer(there, claim, outcome, now, text=text, remedy=remedy)
        network, post = network_of(claim.channel), outcome.network_id
        owner = self.owners(network, [post], claim.apart).get(post)
        beside: list[Write] = [history]
        if owner is None:
            beside.append(_owned(there, post))
        elif owner != name_of(claim):
            holder = self._delivery_named(owner)
            if holder is not None and not (holder.adopted and holder.network_id == post):
                return self._others_post(there, _claim_id(claim), post, history, now)
            beside += [Put(item=_owned(there, post).item), *self._taken_from(holder, there, post, now)]
        left = set(there.network_ids) - set(out.network_ids)
        beside += [Delete(key=keys.post(network, one, there.apart)) for one in sorted(left)]
        if out == there:
            self.base.table.put(history.item)
            return there
        self.base.journal.note(
            LogEvent.LATE_ANSWER,
            channel=claim.channel,
            status=there.status.value,
            network_id=post,
            doubled=bool(out.doubles),
        )
        return self.move(there, out, *beside)

    def _taken_from(self, holder: Delivery | None, there: Delivery, post: str, now: datetime) -> list[Write]:
        """The write that takes an adopted post from the delivery that has it."""
        if holder is None:
            return []
        theirs = holder.owner == there.owner
        owner = f"{there.parent.id} on {there.channel}" if theirs else "another owner's delivery"
        lost = disowned(holder, post, now, owner=owner)
        lost = replace(lost, version=holder.version + 1, write_id=self.base.chance.token())
        self.base.journal.note(LogEvent.POST_DISOWNED, channel=holder.channel, network_id=post)
        item = delivery_item(lost, self.base.shards.count(now).of)
        return [Put(item=item, condition=Unchanged(version=holder.version))]

    def _others_post(self, there: Delivery, claim_id: str, post: str, history: Put, now: datetime) -> Delivery:
        """The network answered two tries of two deliveries with one id."""
        self.base.journal.note(LogEvent.POST_HAS_ANOTHER_OWNER, channel=there.channel, network_id=post)
        if _claim_id(there) != claim_id:
            self.base.table.put(history.item)
            return there
        sentence = "The network answered with the id of a post that belongs to another delivery."
        return self.move(there, lost_track(there, now, sentence=sentence), history)

    def _delivery_named(self, name: str) -> Delivery | None:
        pk, sk = keys.named(name)
        item = self.base.table.get(Key(pk, sk or keys.METADATA))
        return delivery_of(item) if item else None


def _owned(delivery: Delivery, post: str) -> Put:
    key = keys.post(network_of(delivery.channel), post, delivery.apart)
    return Put(item=plain_item(key, delivery=name_of(delivery)), condition=Absent())


def name_of(delivery: Delivery) -> str:
    """A delivery's name as the owner of a post."""
    return "/".join(keys.delivery(delivery.parent, delivery.channel))


def held_text(delivery: Delivery) -> Key:
    """The key under which a delivery keeps others with its text waiting."""
    return keys.unresolved(network_of(delivery.channel), delivery.account, delivery.holds, delivery.apart)


def _claim_id(delivery: Delivery) -> str:
    return delivery.lease.claim_id if delivery.lease else ""


def _attempt(claim: Delivery, outcome: Outcome, now: datetime) -> Attempt:
    return Attempt(
        parent=claim.parent,
        channel=claim.channel,
        number=claim.attempts,
        started_at=claim.lease.started_at if claim.lease else now,
        ended_at=now,
        ended=outcome.ended.value,
        code=outcome.code,
        sentence=outcome.sentence,
        network_id=outcome.network_id if outcome.ended is TryEnd.PUBLISHED else "",
    )


def _died(before: Delivery, after: Delivery) -> Attempt | None:
    lease = before.lease
    if lease is None or not lease.sends or after.deaths == before.deaths:
        return None
    return Attempt(
        parent=before.parent,
        channel=before.channel,
        number=lease.attempt,
        started_at=lease.started_at,
        ended_at=lease.until,
        ended="died",
        code="died",
        sentence="The worker ended before an answer came; the post may be out.",
    )
