"""What people do to a delivery: edit, cancel, retry, mark as published, dismiss. Pure, like `decide`.

Rules of this module:
1. What may be out is not edited: the public might see the old text and the new one. A key of ours holds until it was
   found free. The network would keep the old text under it, and we would call the new one out.
2. Only a person's explicit word sends again what may be out (`retry` of an unconfirmed delivery).
3. A cancel never pretends: while a delivery is being published it is recorded, and wins if it can.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from omnipub.domain.delivery.allowed_actions import Permission, permission, refusal, require
from omnipub.domain.delivery.decide import with_expired_lease
from omnipub.domain.delivery.lifecycle import Event, Status, follow
from omnipub.domain.delivery.model import Delivery, Reason
from omnipub.domain.delivery.moves import published
from omnipub.domain.delivery.outcome import FoundPost
from omnipub.errors import ConflictError
from omnipub.hints import Action

RESTORED = "restored"
"""The reason of a delivery that the original of this table may have sent."""


def is_editable(delivery: Delivery) -> bool:
    """Whether its content may still change."""
    allowed = permission(delivery.status, Action.EDIT) is not None
    return allowed and not (delivery.may_be_out or delivery.key_in_doubt)


def edited(
    delivery: Delivery, *, due_at: datetime | None, window: timedelta, not_after: datetime | None = None
) -> Delivery:
    """The delivery of the next content revision; `due_at` moves it, None leaves its moments alone.

    Its window ends at `not_after`; without one, `window` after a moment it is moved to.

    Raises:
        ConflictError: It may be out, or nothing can change any more.
    """
    if not is_editable(delivery):
        raise ConflictError(refusal(delivery, Action.EDIT))
    next_revision = replace(
        delivery, revision=delivery.revision + 1, frozen=None, not_after=not_after or delivery.not_after
    )
    if due_at is None:
        return next_revision
    moved = replace(next_revision, due_at=due_at, not_after=not_after or due_at + window, tries_used=0)
    return replace(moved, next_at=due_at) if delivery.status is Status.SCHEDULED else moved


def cancelled(delivery: Delivery, now: datetime, *, sentence: str) -> Delivery:
    """Called off, or, while it is being published, recorded to be called off if it is surely not out.

    Raises:
        IllegalTransitionError: It is out, or over.
    """
    require(delivery, Action.CANCEL)
    if permission(delivery.status, Action.CANCEL) is Permission.RECORDED:
        return replace(delivery, cancel_asked=sentence)
    return _ended(delivery, Event.CANCEL, now, code="cancelled", sentence=sentence)


def dismissed(delivery: Delivery, now: datetime, *, sentence: str) -> Delivery:
    """A failure that nobody wants to retry, put away with the reason kept.

    Raises:
        IllegalTransitionError: It has not failed.
    """
    require(delivery, Action.DISMISS)
    return _ended(delivery, Event.DISMISS, now, code="dismissed", sentence=sentence)


def retried(delivery: Delivery, now: datetime, *, window: timedelta, keyed: bool = False) -> Delivery:
    """Make it due now, with a new window and all its tries.

    For an unconfirmed delivery this is the order to send it again.

    `keyed`: its network takes a key of ours, under which an unclear try may stand there already.

    Raises:
        IllegalTransitionError: It has neither failed, nor been missed, nor lost.
    """
    require(delivery, Action.RETRY)
    return replace(
        delivery,
        status=follow(delivery.status, Event.RETRY),
        next_at=now,
        not_after=now + window,
        tries_used=0,
        deaths=0,
        may_be_out=False,
        key_in_doubt=delivery.key_in_doubt or (keyed and delivery.may_be_out),
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
    require(delivery, Action.MARK_PUBLISHED)
    return published(delivery, at, network_id=network_id, permalink=permalink, adopted=True, event=Event.FIND)


def is_searchable(delivery: Delivery, now: datetime) -> bool:
    """Whether it may be out and nobody acts on it, so that somebody may look for its post."""
    if delivery.lease is not None and delivery.lease.until > now:
        return False
    how = permission(delivery.status, Action.RECONCILE)
    in_doubt = delivery.may_be_out or delivery.lease is not None
    return how is Permission.YES or (how is Permission.IF_IN_DOUBT and in_doubt)


def searched_since(delivery: Delivery, now: datetime) -> datetime:
    """Since when a post of it may be out.

    After a restore the original may have sent it when it was due.
    """
    dead = with_expired_lease(delivery)
    known = dead.uncertain_since or now
    restored = delivery.reason is not None and delivery.reason.code == RESTORED
    return min(known, delivery.due_at or known) if restored or dead.uncertain_since is None else known


def found(delivery: Delivery, post: FoundPost) -> Delivery:
    """Its post was seen on the network.

    Raises:
        IllegalTransitionError: It cannot be out.
    """
    dead = with_expired_lease(delivery)
    at = max(post.created_at, dead.uncertain_since or post.created_at)
    if dead.status is Status.PUBLISHING:
        return published(dead, at, network_id=post.network_id, permalink=post.permalink, adopted=True)
    return marked_published(dead, at, network_id=post.network_id, permalink=post.permalink)


def doubted(delivery: Delivery, now: datetime, *, sentence: str) -> Delivery:
    """The table is a copy: what was due since then may have been sent by the original."""
    doubt = _ended(delivery, Event.DOUBT, now, code=RESTORED, sentence=sentence)
    return replace(doubt, may_be_out=True, uncertain_since=delivery.uncertain_since or now)


def _ended(delivery: Delivery, event: Event, now: datetime, *, code: str, sentence: str) -> Delivery:
    return replace(
        delivery,
        status=follow(delivery.status, event),
        next_at=now,
        lease=None,
        reason=Reason(code=code, sentence=sentence, at=now),
    )
