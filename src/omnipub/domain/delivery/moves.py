"""The few ways a delivery moves; every decision about its progress ends in one of them.

Status changes go through `lifecycle.follow`.
"""

from dataclasses import replace
from datetime import datetime

from omnipub.domain.delivery.lifecycle import Event, follow
from omnipub.domain.delivery.model import Delivery, Reason
from omnipub.domain.delivery.outcome import Outcome

CANCELLED_TOO_LATE = "cancelled_too_late"
"""The reason of a published delivery that somebody had called off."""


def look_at(delivery: Delivery, at: datetime) -> Delivery:
    """It may be out: look at it, or send it again under its key, at that moment."""
    return replace(delivery, status=follow(delivery.status, Event.LOOK_AGAIN), next_at=at, lease=None)


def put_back(delivery: Delivery, now: datetime, at: datetime, *, reason: Reason | None) -> Delivery:
    """It is surely not out: due again at that moment. Every return from `publishing` to `scheduled` is this one.

    A cancel that came while it was being published wins. And what would be due again only past its window is missed.
    """
    back = replace(delivery, status=follow(delivery.status, Event.PUT_BACK), next_at=at, lease=None, reason=reason)
    if delivery.cancel_asked:
        return at_rest(back, Event.CANCEL, now, code="cancelled", sentence=delivery.cancel_asked)
    return missed(back, now) if back.is_past_window(at) else back


OVERDUE = "It was overdue past its window."


def missed(delivery: Delivery, now: datetime, *, sentence: str = "") -> Delivery:
    """It is surely not out and past its window, or somebody wanted it so, as `sentence` says."""
    last = delivery.reason.sentence if delivery.reason is not None else ""
    reason = sentence or (f"{OVERDUE} Last: {last}" if last else OVERDUE)
    return at_rest(delivery, Event.MISS, now, code="missed", sentence=reason)


def ended(delivery: Delivery, event: Event, outcome: Outcome, now: datetime) -> Delivery:
    """Over, with what the network said as the reason."""
    return replace(at_rest(delivery, event, now, code="", sentence=""), reason=reason_of(outcome, now))


def at_rest(delivery: Delivery, event: Event, now: datetime, *, code: str, sentence: str) -> Delivery:
    """A state that waits for somebody: `next_at` says since when."""
    return replace(
        delivery,
        status=follow(delivery.status, event),
        next_at=now,
        lease=None,
        reason=Reason(code=code, sentence=sentence, at=now),
    )


def reason_of(outcome: Outcome, now: datetime) -> Reason:
    """A try's end as the reason of where the delivery is."""
    return Reason(code=outcome.code or outcome.ended, sentence=outcome.sentence, at=now)


def latest(known: datetime | None, other: datetime) -> datetime:
    """The later of two moments, the first of which may be unknown."""
    return other if known is None else max(known, other)


def published(
    delivery: Delivery,
    at: datetime,
    *,
    network_id: str,
    permalink: str,
    adopted: bool = False,
    event: Event = Event.CONFIRM,
) -> Delivery:
    """The network named its id; or, if it is `adopted`, somebody found its post there.

    A cancel that was asked for while it was on its way came too late, and the reason says so.
    """
    too_late = f"It was to be cancelled ({delivery.cancel_asked}), but it was out by then."
    return replace(
        delivery,
        status=follow(delivery.status, event),
        next_at=None,
        lease=None,
        may_be_out=False,
        key_in_doubt=False,
        reason=Reason(code=CANCELLED_TOO_LATE, sentence=too_late, at=at) if delivery.cancel_asked else None,
        published_at=at,
        network_id=network_id,
        permalink=permalink,
        adopted=adopted,
    )


def lost_track(delivery: Delivery, now: datetime, *, sentence: str, code: str = "unconfirmed") -> Delivery:
    """It may be out and cannot be found out: a person decides."""
    return at_rest(delivery, Event.LOSE_TRACK, now, code=code, sentence=sentence)
