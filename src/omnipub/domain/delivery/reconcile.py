"""What to do about a delivery that may be out: repeat, look, wait, or ask a person.

To repeat is to send again under the same key.

Pure, like `decide`: once `may_be_out` is set, only what stands here or an operator's word clears it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from omnipub.domain.delivery.lifecycle import Event
from omnipub.domain.delivery.model import Delivery, Reason
from omnipub.domain.delivery.moves import at_rest, look_at, lost_track, published, put_back
from omnipub.domain.delivery.outcome import FoundPost
from omnipub.domain.delivery.rules import ReconcileMethod, Rules
from omnipub.domain.timestamps import TICK, later

BETWEEN_LOOKS = timedelta(seconds=30)
"""Two looks that see nothing prove absence only if they are at least this far apart."""

LOOKS_TO_CLEAR = 2

LOOKS_AT_MOST = 8

LONGEST_BETWEEN_LOOKS = timedelta(minutes=10)
"""A person learns within the hour that looking does not help."""

DEATHS_AT_MOST = 3

ASKED_WITHIN = timedelta(hours=24)
"""What may be out waits at most so long for an account that cannot be asked; then a person decides."""

_USED_UP = "It is surely not out, and its tries are used up."


class ReconcileStep(StrEnum):
    """How to go on with a delivery that may be out."""

    SEND_AGAIN = "send_again"
    LOOK = "look"
    LATER = "later"
    STOP = "stop"


def how_to_find_out(delivery: Delivery, now: datetime, rules: Rules) -> ReconcileStep:
    """Choose the way on for a delivery whose lease has ended that may be out."""
    if delivery.deaths >= DEATHS_AT_MOST or rules.remedy is ReconcileMethod.NONE:
        return ReconcileStep.STOP
    if rules.remedy is ReconcileMethod.RESEND:
        stop = delivery.tries_used >= rules.tries or not_sent_again(delivery, now)
        return ReconcileStep.STOP if stop else ReconcileStep.SEND_AGAIN
    if delivery.looks >= LOOKS_AT_MOST:
        return ReconcileStep.STOP
    return ReconcileStep.LOOK if now >= first_look(delivery, rules) else ReconcileStep.LATER


def not_sent_again(delivery: Delivery, now: datetime) -> str:
    """Why it is not sent again to find out whether it is out; "" if it may be."""
    if delivery.cancel_asked:
        return "It was to be cancelled, so it is not sent again to find out."
    return "Its window is over, so it is not sent again to find out." if delivery.is_past_window(now) else ""


def first_look(delivery: Delivery, rules: Rules) -> datetime:
    """The first moment at which not seeing a post means something: later than the settle time."""
    since = delivery.settle_from or delivery.next_at
    if since is None:
        raise AssertionError("a publishing delivery has a next moment")
    return since + rules.settle + TICK


def postponed(delivery: Delivery, rules: Rules) -> Delivery:
    """Look when the settle time is over."""
    return look_at(delivery, first_look(delivery, rules))


def waiting(delivery: Delivery, until: datetime, *, sentence: str, now: datetime) -> Delivery:
    """It may be out, and its account cannot be looked at now.

    If that has been so for a day, a person decides.
    """
    since = delivery.unasked_since or now
    if now - since >= ASKED_WITHIN:
        return lost_track(delivery, now, sentence=f"It may be out, and for a day nobody could be asked. {sentence}")
    reason = Reason(code="account", sentence=sentence, at=now)
    return replace(look_at(delivery, until), reason=reason, unasked_since=since)


@dataclass(frozen=True, kw_only=True)
class LookResult:
    """What a look told: our post, that nothing is there, or neither.

    Attributes:
        found: The post to adopt.
        clear: Nothing there, and nothing on the account that we cannot account for.
        sentence: Why it is neither, for people.
        wait: How long the network asked us to stay away.
        asked: Whether the network was asked at all; a look that could not begin does not count.
    """

    found: FoundPost | None = None
    clear: bool = False
    sentence: str = ""
    wait: timedelta | None = None
    asked: bool = True


def looked(delivery: Delivery, result: LookResult, now: datetime, rules: Rules, *, chance: float) -> Delivery:
    """The delivery after a look that somebody came back from."""
    if result.asked:
        delivery = replace(delivery, unasked_since=None)
    if result.found is not None:
        return published(
            delivery,
            max(result.found.created_at, delivery.uncertain_since or result.found.created_at),
            network_id=result.found.network_id,
            permalink=result.found.permalink,
            adopted=True,
        )
    if result.clear:
        looks = (*delivery.clean_looks, now)
        if len(looks) >= LOOKS_TO_CLEAR and looks[-1] - looks[0] >= BETWEEN_LOOKS:
            return _cleared(delivery, now, rules)
        return look_at(replace(delivery, clean_looks=looks), looks[0] + BETWEEN_LOOKS)
    reason = Reason(code="unclear_look", sentence=result.sentence, at=now)
    if not result.asked:
        uncounted = replace(delivery, looks=delivery.looks - 1)
        again = now + max(result.wait or timedelta(0), BETWEEN_LOOKS)
        later_on = waiting(uncounted, again, sentence=result.sentence, now=now)
        return replace(later_on, reason=reason) if later_on.status is delivery.status else later_on
    if delivery.looks >= LOOKS_AT_MOST:
        return lost_track(delivery, now, sentence=result.sentence)
    backoff = min(LONGEST_BETWEEN_LOOKS, rules.backoff.wait(delivery.looks, chance=chance))
    wait = max(result.wait or timedelta(0), BETWEEN_LOOKS, backoff)
    return look_at(replace(delivery, reason=reason, clean_looks=()), later(now, wait))


def _cleared(delivery: Delivery, now: datetime, rules: Rules) -> Delivery:
    """Surely not out: send again, or stop if the tries are used up.

    `uncertain_since` stays: should the network answer later that it knows the post, that is news about us.
    """
    clear = replace(
        delivery,
        lease=None,
        may_be_out=False,
        settle_from=None,
        clean_looks=(),
        looks=0,
    )
    if clear.tries_used >= rules.tries:
        return at_rest(clear, Event.GIVE_UP, now, code="tries_used_up", sentence=_USED_UP)
    return put_back(clear, now, now, reason=clear.reason)
