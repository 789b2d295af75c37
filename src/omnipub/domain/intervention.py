"""What people do to a delivery: edit, cancel, retry, mark as published, dismiss. Pure, like `progress`.

Rules of this room:
1. What may be out is not edited: the public might see the old text and the new one.
2. Only a person's explicit word sends again what may be out (`retry` of an unconfirmed delivery).
3. A cancel never pretends: while a delivery is being published it is recorded, and wins if it can.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from omnipub.domain.delivery import Delivery, Reason
from omnipub.domain.lifecycle import Event, Status, follow, legal_events
from omnipub.errors import ConflictError, IllegalTransitionError

EDITABLE = frozenset({Status.DRAFT, Status.SCHEDULED, Status.HELD, Status.FAILED, Status.MISSED})


def is_editable(delivery: Delivery) -> bool:
    """Whether its content may still change."""
    return delivery.status in EDITABLE and not delivery.may_be_out


def edited(delivery: Delivery, *, due_at: datetime | None, window: timedelta) -> Delivery:
    """The delivery of the next content revision; `due_at` moves it, None leaves its moments alone.

    Raises:
        ConflictError: It may be out, or nothing can change any more.
    """
    if not is_editable(delivery):
        raise ConflictError(f"{delivery.channel} is {delivery.status} and cannot be edited any more.")
    next_revision = replace(delivery, revision=delivery.revision + 1, frozen=None)
    if due_at is None:
        return next_revision
    moved = replace(next_revision, due_at=due_at, not_after=due_at + window, tries_used=0)
    return replace(moved, next_at=due_at) if delivery.status is Status.SCHEDULED else moved


def cancelled(delivery: Delivery, now: datetime, *, sentence: str) -> Delivery:
    """Called off, or, while it is being published, recorded to be called off if it is surely not out.

    Raises:
        IllegalTransitionError: It is out, or over.
    """
    if delivery.status is Status.PUBLISHING:
        return replace(delivery, cancel_asked=sentence)
    return _ended(delivery, Event.CANCEL, now, code="cancelled", sentence=sentence)


def dismissed(delivery: Delivery, now: datetime, *, sentence: str) -> Delivery:
    """A failure that nobody wants to retry, put away with the reason kept.

    Raises:
        IllegalTransitionError: It has not failed.
    """
    return _ended(delivery, Event.DISMISS, now, code="dismissed", sentence=sentence)


def retried(delivery: Delivery, now: datetime, *, window: timedelta) -> Delivery:
    """Due now, with a new window and all its tries; of an unconfirmed one this is the word to send again.

    Raises:
        IllegalTransitionError: It has neither failed, nor been missed, nor lost.
    """
    return replace(
        delivery,
        status=follow(delivery.status, Event.RETRY),
        next_at=now,
        not_after=now + window,
        tries_used=0,
        deaths=0,
        may_be_out=False,
        settle_from=None,
        clean_looks=(),
        looks=0,
        cancel_asked="",
        reason=None,
    )


def marked_published(delivery: Delivery, at: datetime, *, network_id: str, permalink: str) -> Delivery:
    """A person found it on the network.

    Raises:
        IllegalTransitionError: It is not unconfirmed.
    """
    return replace(
        delivery,
        status=follow(delivery.status, Event.FIND),
        next_at=None,
        may_be_out=False,
        reason=None,
        published_at=at,
        network_id=network_id,
        permalink=permalink,
    )


def doubted(delivery: Delivery, now: datetime, *, sentence: str) -> Delivery:
    """The table is a copy: what was due since then may have been sent by the original."""
    doubt = _ended(delivery, Event.DOUBT, now, code="restored", sentence=sentence)
    return replace(doubt, may_be_out=True, uncertain_since=delivery.uncertain_since or now)


def _ended(delivery: Delivery, event: Event, now: datetime, *, code: str, sentence: str) -> Delivery:
    if event not in legal_events(delivery.status):
        legal = ", ".join(sorted(legal_events(delivery.status))) or "nothing"
        raise IllegalTransitionError(
            f"{delivery.channel} is {delivery.status}; it cannot be {_DONE[event]}.", hint=f"Possible now: {legal}."
        )
    return replace(
        delivery,
        status=follow(delivery.status, event),
        next_at=now,
        lease=None,
        reason=Reason(code=code, sentence=sentence, at=now),
    )


_DONE = {Event.CANCEL: "cancelled", Event.DISMISS: "dismissed", Event.DOUBT: "put in doubt"}
