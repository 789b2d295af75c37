"""What happens to a delivery next: pure decisions, each from a delivery and a clock reading to a delivery.

Rules of this module:
1. Decisions only; whoever calls writes the result under the condition that the version is unchanged.
2. Status changes go through `lifecycle.follow`.
3. Once `may_be_out` is set, a delivery never returns to `scheduled` before a look-up or an operator
   clears it. This is what keeps a post from going out twice.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from omnipub.domain.delivery.lifecycle import Event, Status, follow
from omnipub.domain.delivery.model import Delivery, FrozenRequest, Lease, Reason
from omnipub.domain.delivery.moves import at_rest, latest

BEYOND_LEAD = timedelta(seconds=1)
"""A worker waits for a moment that is at most the lead and this ahead. Queues cut moments to whole seconds."""

WAIT_FOR_SIBLING = timedelta(seconds=60)
"""How long a delivery waits before it asks again whether the one before it with the same text is resolved."""

RESTS = "account_rests"
"""The reason of a delivery that waits because its account's last tries went unanswered or were throttled."""


class NextAct(StrEnum):
    """What a worker that meets a delivery has to do."""

    SEND = "send"
    FIND_OUT = "find_out"
    WAIT = "wait"
    MISS = "miss"
    LET_BE = "let_be"


@dataclass(frozen=True, kw_only=True)
class Step:
    """The act, the moment to wait for (with `wait`), and why, in a word for logs and replays."""

    act: NextAct
    why: str
    until: datetime | None = None


def next_step(delivery: Delivery, now: datetime, lead: timedelta = timedelta(0)) -> Step:
    """What a worker that meets `delivery` at `now` has to do; the table's `next_at` decides, no record does.

    `lead`: so long before its moment a pointer may come; for little more than that the worker waits.
    """
    if delivery.status not in {Status.SCHEDULED, Status.PUBLISHING} or delivery.next_at is None:
        return Step(act=NextAct.LET_BE, why=f"already {delivery.status}")
    ahead = delivery.next_at - now
    if ahead > lead + BEYOND_LEAD:
        return Step(act=NextAct.LET_BE, why="being published" if delivery.lease else "not due yet")
    if ahead > timedelta(0):
        return Step(act=NextAct.WAIT, why="due in a moment", until=delivery.next_at)
    if delivery.status is Status.PUBLISHING:
        return Step(act=NextAct.FIND_OUT, why="may be out" if delivery.may_be_out else "its worker died")
    if delivery.is_past_window(now):
        return Step(act=NextAct.MISS, why="overdue past its window")
    return Step(act=NextAct.SEND, why="due")


def is_unresolved(delivery: Delivery) -> bool:
    """Whether it is on its way or may be out.

    A post with its text could be taken for another delivery's.
    """
    return delivery.may_be_out or delivery.status in {Status.PUBLISHING, Status.UNCONFIRMED}


SAME_TEXT = "same_text"
"""The reason of a delivery that waits for another one with its text."""


def has_queued(delivery: Delivery) -> bool:
    """Whether it waited for another delivery with its text when it was last looked at."""
    return delivery.reason is not None and delivery.reason.code == SAME_TEXT


def queued(delivery: Delivery, now: datetime, *, sentence: str) -> Delivery:
    """It waits for another delivery with the same text on the same account; no try is used."""
    reason = Reason(code=SAME_TEXT, sentence=sentence, at=now)
    return replace(delivery, next_at=now + WAIT_FOR_SIBLING, reason=reason)


def resting(delivery: Delivery, slot: datetime, *, sentence: str, now: datetime) -> Delivery:
    """Its account rests: it waits for the slot it was given, in its state, and no try is used."""
    return replace(delivery, next_at=slot, lease=None, reason=Reason(code=RESTS, sentence=sentence, at=now))


def has_slot(delivery: Delivery) -> bool:
    """Whether it has waited for its account already, and this moment is the slot it was given."""
    return delivery.reason is not None and delivery.reason.code == RESTS


def held(delivery: Delivery, now: datetime, *, sentence: str) -> Delivery:
    """Its account is paused or needs its owner; no try is used."""
    return at_rest(delivery, Event.HOLD, now, code="held", sentence=sentence)


def released(delivery: Delivery, now: datetime) -> Delivery:
    """Its account works again: due now, or at its moment if that is still ahead."""
    due = max(now, delivery.due_at or now)
    return replace(delivery, status=follow(delivery.status, Event.RELEASE), next_at=due, reason=None)


def has_died(delivery: Delivery) -> bool:
    """Whether a worker died with it, or while its lease ended: what it does may kill the next one too."""
    return delivery.deaths > 0 or delivery.lease is not None


def with_expired_lease(delivery: Delivery) -> Delivery:
    """Account for a lease that ended without an answer: its holder died, and what it sent may be out."""
    lease = delivery.lease
    if lease is None:
        return delivery
    if not lease.sends:
        return replace(delivery, lease=None, deaths=delivery.deaths + 1)
    return replace(
        delivery,
        lease=None,
        deaths=delivery.deaths + 1,
        tries_used=delivery.tries_used + 1,
        may_be_out=True,
        uncertain_since=delivery.uncertain_since or lease.started_at,
        settle_from=latest(delivery.settle_from, lease.until),
        clean_looks=(),
        looks=0,
    )


def cut_short(delivery: Delivery, now: datetime, *, boot: int) -> Delivery | None:
    """The delivery with its lease ended now, if a claim of an earlier boot is in force.

    The process that held that claim has ended.

    None if there is nothing to cut. What was claimed beside an `up` has no boot: its holder may live on. A lease that
    begins later than now tells that the clock was set back. It ends by itself, as a look that reads back to a start in
    the future would see nothing.
    """
    lease = delivery.lease
    if lease is None or lease.boot in {0, boot} or not lease.started_at <= now < lease.until:
        return None
    return replace(delivery, next_at=now, lease=replace(lease, until=now))


def claimed_to_send(
    delivery: Delivery, now: datetime, *, claim_id: str, lease_for: timedelta, frozen: FrozenRequest, boot: int = 0
) -> Delivery:
    """The claim that is also the intent: number, start, lease, revision and frozen request of this try."""
    event = Event.CLAIM if delivery.status is Status.SCHEDULED else Event.LOOK_AGAIN
    number = delivery.attempts + 1
    until = now + lease_for
    return replace(
        delivery,
        status=follow(delivery.status, event),
        attempts=number,
        first_due=delivery.first_due or delivery.due_at,
        next_at=until,
        frozen=frozen,
        lease=Lease(claim_id=claim_id, attempt=number, started_at=now, until=until, sends=True, boot=boot),
    )


def claimed_to_look(
    delivery: Delivery, now: datetime, *, claim_id: str, lease_for: timedelta, boot: int = 0
) -> Delivery:
    """A claim that only looks; it sends nothing, so it is no new try."""
    until = now + lease_for
    return replace(
        delivery,
        status=follow(delivery.status, Event.LOOK_AGAIN),
        next_at=until,
        looks=delivery.looks + 1,
        lease=Lease(claim_id=claim_id, attempt=delivery.attempts, started_at=now, until=until, sends=False, boot=boot),
    )
