"""What becomes of a delivery after a try that somebody came back from. Pure, like `progress`.

What may be out stays `publishing`, or ends where a person decides; it never returns to `scheduled` from here.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from omnipub.domain.delivery import Delivery
from omnipub.domain.finding import first_look
from omnipub.domain.lifecycle import Event
from omnipub.domain.moments import later
from omnipub.domain.moves import at_rest, ended, latest, look_at, published, put_back, reason_of
from omnipub.domain.outcome import Ended, Outcome
from omnipub.domain.rules import Remedy, Rules

ACCOUNT_PAUSE = timedelta(minutes=15)
"""How long a delivery that may be out waits before it asks a broken account again."""


def concluded(
    delivery: Delivery,
    outcome: Outcome,
    now: datetime,
    rules: Rules,
    *,
    chance: float,
    rests_until: datetime | None = None,
) -> Delivery:
    """The delivery after a try that somebody came back from.

    Args:
        delivery: As claimed; its lease is this try's.
        outcome: How the try ended.
        now: When.
        rules: The channel's remedy and bounds.
        chance: In [0, 1), for the jitter.
        rests_until: The account rests until then, so it is the account's trouble and costs the post no try.
    """
    if rests_until is not None:
        outcome = replace(outcome, wait=max(outcome.wait or timedelta(0), rests_until - now))
    match outcome.ended:
        case Ended.PUBLISHED:
            return published(delivery, outcome.at or now, network_id=outcome.network_id, permalink=outcome.permalink)
        case Ended.AMBIGUOUS:
            return _uncertain(delivery, outcome, now, rules, chance)
        case Ended.ALREADY_THERE if delivery.uncertain_since is not None:
            return _uncertain(delivery, outcome, now, rules, chance)
        case Ended.REJECTED | Ended.ALREADY_THERE if not delivery.may_be_out:
            return ended(delivery, Event.REJECT, outcome, now)
        case Ended.REJECTED:
            # The refusal is of this try; an earlier one may still be out.
            used = replace(delivery, tries_used=delivery.tries_used + 1)
            return _uncertain_or_lost(used, outcome, now, rules, chance)
        case Ended.THROTTLED:
            return _throttled(delivery, outcome, now, rules, chance)
        case Ended.NOT_SENT if rests_until is not None:
            return _throttled(delivery, outcome, now, rules, chance)
        case Ended.AUTH:
            return _unauthorised(delivery, outcome, now)
        case _:
            return _not_sent(delivery, outcome, now, rules, chance)


def _not_sent(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, chance: float) -> Delivery:
    used = replace(delivery, tries_used=delivery.tries_used + 1)
    if used.may_be_out:
        return _uncertain_or_lost(used, outcome, now, rules, chance)
    if used.tries_used >= rules.tries:
        return ended(used, Event.GIVE_UP, outcome, now)
    return put_back(used, outcome, now, later(now, rules.backoff.wait(used.tries_used, chance=chance)))


def _throttled(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, chance: float) -> Delivery:
    wait = rules.backoff.wait(max(1, delivery.tries_used + 1), chance=chance)
    if outcome.wait is not None:
        # Never earlier than the network said; jitter only adds.
        wait = outcome.wait * (1 + rules.backoff.jitter * chance / 5)
    again = later(now, wait)
    too_late = delivery.not_after is not None and again > delivery.not_after
    if delivery.may_be_out and too_late:
        return ended(delivery, Event.LOSE_TRACK, outcome, now)
    if delivery.may_be_out:
        return replace(look_at(delivery, again), reason=reason_of(outcome, now))
    if too_late:
        return ended(delivery, Event.GIVE_UP, outcome, now)
    return put_back(delivery, outcome, now, again)


def _unauthorised(delivery: Delivery, outcome: Outcome, now: datetime) -> Delivery:
    """Back without using a try: the account is marked before this and holds what comes next, or gets a new token."""
    if delivery.may_be_out:
        again = later(now, ACCOUNT_PAUSE if outcome.wait is None else outcome.wait)
        if delivery.not_after is not None and again > delivery.not_after:
            return ended(delivery, Event.LOSE_TRACK, outcome, now)
        return replace(look_at(delivery, again), reason=reason_of(outcome, now))
    return put_back(delivery, outcome, now, later(now, outcome.wait or timedelta(0)))


def _uncertain(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, chance: float) -> Delivery:
    started = delivery.lease.started_at if delivery.lease else now
    uncertain = replace(
        delivery,
        may_be_out=True,
        tries_used=delivery.tries_used + 1,
        uncertain_since=delivery.uncertain_since or started,
        settle_from=latest(delivery.settle_from, now),
        clean_looks=(),
        looks=0,
    )
    return _uncertain_or_lost(uncertain, outcome, now, rules, chance)


def _uncertain_or_lost(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, chance: float) -> Delivery:
    reason = reason_of(outcome, now)
    match rules.remedy:
        case Remedy.LOOK_UP:
            return replace(look_at(delivery, max(now, first_look(delivery, rules))), reason=reason)
        case Remedy.RESEND if delivery.cancel_asked:
            said = f"{outcome.sentence} It was to be cancelled, so it is not sent again to find out.".strip()
            lost = at_rest(delivery, Event.LOSE_TRACK, now, code="", sentence="")
            return replace(lost, reason=replace(reason, sentence=said))
        case Remedy.RESEND if delivery.tries_used < rules.tries:
            wait = max(outcome.wait or timedelta(0), rules.backoff.wait(max(1, delivery.tries_used), chance=chance))
            return replace(look_at(delivery, later(now, wait)), reason=reason)
        case _:
            return replace(at_rest(delivery, Event.LOSE_TRACK, now, code="", sentence=""), reason=reason)
