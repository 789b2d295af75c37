"""What becomes of a delivery after a try whose outcome is known. Pure, like `decide`.

What may be out stays `publishing`, or ends where a person decides; it never returns to `scheduled` from here.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from omnipub.domain.delivery.lifecycle import Event
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.moves import at_rest, ended, latest, look_at, published, put_back, reason_of
from omnipub.domain.delivery.outcome import CALLED_OFF, STOPS, WINDOW_OVER, Outcome, TryEnd
from omnipub.domain.delivery.reconcile import first_look, not_sent_again, waiting
from omnipub.domain.delivery.rules import ReconcileMethod, Rules
from omnipub.domain.timestamps import later

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
        case TryEnd.PUBLISHED:
            return _published(delivery, outcome, now)
        case TryEnd.AMBIGUOUS:
            return _uncertain(delivery, outcome, now, rules, chance)
        case TryEnd.ALREADY_THERE if delivery.uncertain_since is not None:
            return _uncertain(delivery, outcome, now, rules, chance)
        case TryEnd.REJECTED | TryEnd.ALREADY_THERE if not delivery.may_be_out:
            return ended(delivery, Event.REJECT, outcome, now)
        case TryEnd.REJECTED:
            # The refusal is of this try; an earlier one may still be out.
            used = replace(delivery, tries_used=delivery.tries_used + 1)
            return _uncertain_or_lost(used, outcome, now, rules, chance)
        case TryEnd.THROTTLED | TryEnd.NOT_SENT if outcome.ended is TryEnd.THROTTLED or rests_until is not None:
            return _throttled(delivery, outcome, now, rules, chance)
        case TryEnd.AUTH:
            return _unauthorised(delivery, outcome, now)
        case _:
            return _not_sent(delivery, outcome, now, rules, chance)


def _published(delivery: Delivery, outcome: Outcome, now: datetime) -> Delivery:
    """Out: the delivery itself tells this try, unless something was said of it besides."""
    out = published(delivery, outcome.at or now, network_id=outcome.network_id, permalink=outcome.permalink)
    plain = delivery.lease is not None and not (outcome.code or outcome.sentence)
    return replace(out, published_from=delivery.lease.started_at if delivery.lease and plain else None)


def _stopped(delivery: Delivery, outcome: Outcome, now: datetime) -> Delivery:
    """Its request was not begun, as it no longer should be. What stopped it decides where it goes from here."""
    if not delivery.may_be_out:
        return put_back(delivery, now, now, reason=reason_of(outcome, now))
    if outcome.code in {CALLED_OFF, WINDOW_OVER}:
        return ended(delivery, Event.LOSE_TRACK, outcome, now)
    return waiting(delivery, now + ACCOUNT_PAUSE, sentence=outcome.sentence, now=now)


def _not_sent(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, chance: float) -> Delivery:
    if outcome.code in STOPS:
        return _stopped(delivery, outcome, now)
    used = replace(delivery, tries_used=delivery.tries_used + 1)
    if used.may_be_out:
        return _uncertain_or_lost(used, outcome, now, rules, chance)
    if used.tries_used >= rules.tries:
        return ended(used, Event.GIVE_UP, outcome, now)
    again = later(now, rules.backoff.wait(used.tries_used, chance=chance))
    return put_back(used, now, again, reason=reason_of(outcome, now))


def _throttled(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, chance: float) -> Delivery:
    wait = rules.backoff.wait(max(1, delivery.tries_used + 1), chance=chance)
    if outcome.wait is not None:
        # Never earlier than the network said; jitter only adds.
        wait = outcome.wait * (1 + rules.backoff.jitter * chance / 5)
    again = later(now, wait)
    return _later(delivery, outcome, now, again)


def _unauthorised(delivery: Delivery, outcome: Outcome, now: datetime) -> Delivery:
    """Back without using a try.

    The account is marked before this and holds what comes next, or gets a new token.
    """
    pause = ACCOUNT_PAUSE if delivery.may_be_out else timedelta(0)
    return _later(delivery, outcome, now, later(now, pause if outcome.wait is None else outcome.wait))


def _later(delivery: Delivery, outcome: Outcome, now: datetime, again: datetime) -> Delivery:
    """Nothing of this try is out, and it costs none: again at that moment."""
    if not delivery.may_be_out:
        return put_back(delivery, now, again, reason=reason_of(outcome, now))
    if delivery.is_past_window(again):
        return ended(delivery, Event.LOSE_TRACK, outcome, now)
    later_on = waiting(delivery, again, sentence=outcome.sentence, now=now)
    return replace(later_on, reason=reason_of(outcome, now)) if later_on.status is delivery.status else later_on


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
        unasked_since=None,
    )
    return _uncertain_or_lost(uncertain, outcome, now, rules, chance)


def _uncertain_or_lost(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, chance: float) -> Delivery:
    reason = reason_of(outcome, now)
    match rules.remedy:
        case ReconcileMethod.LOOK_UP:
            return replace(look_at(delivery, max(now, first_look(delivery, rules))), reason=reason)
        case ReconcileMethod.RESEND if why_not_again := not_sent_again(delivery, now):
            sentence = f"{outcome.sentence} {why_not_again}".strip()
            lost = at_rest(delivery, Event.LOSE_TRACK, now, code="", sentence="")
            return replace(lost, reason=replace(reason, sentence=sentence))
        case ReconcileMethod.RESEND if delivery.tries_used < rules.tries:
            wait = max(outcome.wait or timedelta(0), rules.backoff.wait(max(1, delivery.tries_used), chance=chance))
            return replace(look_at(delivery, later(now, wait)), reason=reason)
        case _:
            return replace(at_rest(delivery, Event.LOSE_TRACK, now, code="", sentence=""), reason=reason)
