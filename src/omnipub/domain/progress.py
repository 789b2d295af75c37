"""What happens to a delivery next: pure decisions, each from a delivery and a clock reading to a delivery.

Rules of this room:
1. Decisions only; whoever calls writes the result under the condition that the version is unchanged.
2. Status changes go through `lifecycle.follow`.
3. Once `may_be_out` is set, a delivery never returns to `scheduled` before a look-up or an operator
   clears it. This is what keeps a post from going out twice.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from omnipub.domain.backoff import Backoff
from omnipub.domain.delivery import Delivery, Frozen, Lease, Reason
from omnipub.domain.lifecycle import Event, Status, follow
from omnipub.domain.moments import TICK, later
from omnipub.domain.outcome import Ended, FoundPost, Outcome

EARLY = timedelta(seconds=2)
"""A worker that meets a delivery this little before its moment waits for it; earlier, it lets it be."""

ACCOUNT_PAUSE = timedelta(minutes=15)
"""How long a delivery that may be out waits before it asks a broken account again."""

WAIT_FOR_SIBLING = timedelta(seconds=60)
"""How long a delivery waits before it asks again whether the one before it with the same text is resolved."""

BETWEEN_LOOKS = timedelta(seconds=30)
"""Two looks that see nothing prove absence only if they are at least this far apart."""

LOOKS_TO_CLEAR = 2
LOOKS_AT_MOST = 8
LONGEST_BETWEEN_LOOKS = timedelta(minutes=10)
"""A person learns within the hour that looking does not help."""

DEATHS_AT_MOST = 3

_USED_UP = "It is surely not out, and its tries are used up."


class Remedy(StrEnum):
    """How a channel finds out what became of a try whose answer is missing."""

    RESEND = "resend"  # the network knows our key: the same bytes again cannot double
    LOOK_UP = "look_up"  # the account's posts can be read
    NONE = "none"  # neither; a person decides


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What decisions depend on besides the delivery: the channel's remedy and settle time, and bounds."""

    remedy: Remedy
    settle: timedelta
    tries: int = 5
    backoff: Backoff = field(default_factory=Backoff)


class Act(StrEnum):
    """What a worker that meets a delivery has to do."""

    SEND = "send"
    FIND_OUT = "find_out"
    WAIT = "wait"
    MISS = "miss"
    LET_BE = "let_be"


@dataclass(frozen=True, kw_only=True)
class Step:
    """The act, the moment to wait for (with `wait`), and why, in a word for logs and replays."""

    act: Act
    why: str
    until: datetime | None = None


def next_step(delivery: Delivery, now: datetime) -> Step:
    """What a worker that meets `delivery` at `now` has to do; the table's `next_at` decides, no record does."""
    if delivery.status not in {Status.SCHEDULED, Status.PUBLISHING} or delivery.next_at is None:
        return Step(act=Act.LET_BE, why=f"already {delivery.status}")
    ahead = delivery.next_at - now
    if ahead > EARLY:
        return Step(act=Act.LET_BE, why="being published" if delivery.lease else "not due yet")
    if ahead > timedelta(0):
        return Step(act=Act.WAIT, why="due in a moment", until=delivery.next_at)
    if delivery.status is Status.PUBLISHING:
        return Step(act=Act.FIND_OUT, why="may be out" if delivery.may_be_out else "its worker died")
    if delivery.tries_used == 0 and delivery.not_after is not None and now > delivery.not_after:
        return Step(act=Act.MISS, why="overdue past its window")
    return Step(act=Act.SEND, why="due")


def is_unresolved(delivery: Delivery) -> bool:
    """Whether it is on its way or may be out: a post with its text might be taken for another delivery's."""
    return delivery.may_be_out or delivery.status in {Status.PUBLISHING, Status.UNCONFIRMED}


def queued(delivery: Delivery, now: datetime, *, sentence: str) -> Delivery:
    """It waits for another delivery with the same text on the same account; no try is used."""
    reason = Reason(code="same_text", sentence=sentence, at=now)
    return replace(delivery, next_at=now + WAIT_FOR_SIBLING, reason=reason)


def missed(delivery: Delivery, now: datetime) -> Delivery:
    """It was overdue past its window before anybody claimed it."""
    return _resting(delivery, Event.MISS, now, code="missed", sentence="It was overdue past its window.")


def held(delivery: Delivery, now: datetime, *, sentence: str) -> Delivery:
    """Its account is paused or needs its owner; no try is used."""
    return _resting(delivery, Event.HOLD, now, code="held", sentence=sentence)


def released(delivery: Delivery, now: datetime) -> Delivery:
    """Its account works again: due now, or at its moment if that is still ahead."""
    due = max(now, delivery.due_at or now)
    return replace(delivery, status=follow(delivery.status, Event.RELEASE), next_at=due, reason=None)


def buried(delivery: Delivery) -> Delivery:
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
        settle_from=_later(delivery.settle_from, lease.until),
        clean_looks=(),
        looks=0,
    )


def claimed_to_send(
    delivery: Delivery, now: datetime, *, claim_id: str, lease_for: timedelta, frozen: Frozen
) -> Delivery:
    """The claim that is also the intent: number, start, lease, revision and frozen request of this try."""
    event = Event.CLAIM if delivery.status is Status.SCHEDULED else Event.LOOK_AGAIN
    number = delivery.attempts + 1
    until = now + lease_for
    return replace(
        delivery,
        status=follow(delivery.status, event),
        attempts=number,
        next_at=until,
        frozen=frozen,
        lease=Lease(claim_id=claim_id, attempt=number, started_at=now, until=until, sends=True),
    )


def claimed_to_look(delivery: Delivery, now: datetime, *, claim_id: str, lease_for: timedelta) -> Delivery:
    """A claim that only looks; it sends nothing, so it is no new try."""
    until = now + lease_for
    return replace(
        delivery,
        status=follow(delivery.status, Event.LOOK_AGAIN),
        next_at=until,
        looks=delivery.looks + 1,
        lease=Lease(claim_id=claim_id, attempt=delivery.attempts, started_at=now, until=until, sends=False),
    )


class FindOut(StrEnum):
    """How to go on with a delivery that may be out."""

    SEND_AGAIN = "send_again"
    LOOK = "look"
    LATER = "later"
    STOP = "stop"


def how_to_find_out(delivery: Delivery, now: datetime, rules: Rules) -> FindOut:
    """Choose the way on for a buried delivery that may be out."""
    if delivery.deaths >= DEATHS_AT_MOST or rules.remedy is Remedy.NONE:
        return FindOut.STOP
    if rules.remedy is Remedy.RESEND:
        return FindOut.STOP if delivery.tries_used >= rules.tries else FindOut.SEND_AGAIN
    if delivery.looks >= LOOKS_AT_MOST:
        return FindOut.STOP
    return FindOut.LOOK if now >= first_look(delivery, rules) else FindOut.LATER


def first_look(delivery: Delivery, rules: Rules) -> datetime:
    """The first moment at which not seeing a post means something: later than the settle time."""
    since = delivery.settle_from or delivery.next_at
    if since is None:
        raise AssertionError("a publishing delivery has a next moment")
    return since + rules.settle + TICK


def postponed(delivery: Delivery, rules: Rules) -> Delivery:
    """Look when the settle time is over."""
    return _look_at(delivery, first_look(delivery, rules))


def waiting(delivery: Delivery, until: datetime, *, sentence: str, now: datetime) -> Delivery:
    """It may be out, and its account cannot be asked now."""
    return replace(_look_at(delivery, until), reason=Reason(code="account", sentence=sentence, at=now))


def lost_track(delivery: Delivery, now: datetime, *, sentence: str, code: str = "unconfirmed") -> Delivery:
    """It may be out and cannot be found out: a person decides."""
    return _resting(delivery, Event.LOSE_TRACK, now, code=code, sentence=sentence)


def published(delivery: Delivery, at: datetime, *, network_id: str, permalink: str) -> Delivery:
    """The network named its id."""
    return replace(
        delivery,
        status=follow(delivery.status, Event.CONFIRM),
        next_at=None,
        lease=None,
        may_be_out=False,
        reason=None,
        published_at=at,
        network_id=network_id,
        permalink=permalink,
    )


def concluded(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, *, chance: float) -> Delivery:
    """The delivery after a try that somebody came back from.

    Args:
        delivery: As claimed; its lease is this try's.
        outcome: How the try ended.
        now: When.
        rules: The channel's remedy and bounds.
        chance: In [0, 1), for the jitter.
    """
    match outcome.ended:
        case Ended.PUBLISHED:
            return published(delivery, now, network_id=outcome.network_id, permalink=outcome.permalink)
        case Ended.AMBIGUOUS:
            return _uncertain(delivery, outcome, now, rules, chance)
        case Ended.ALREADY_THERE if delivery.uncertain_since is not None:
            return _uncertain(delivery, outcome, now, rules, chance)
        case Ended.REJECTED | Ended.ALREADY_THERE if not delivery.may_be_out:
            return _ended(delivery, Event.REJECT, outcome, now)
        case Ended.REJECTED:
            # The refusal is of this try; an earlier one may still be out.
            used = replace(delivery, tries_used=delivery.tries_used + 1)
            return _uncertain_or_lost(used, outcome, now, rules, chance)
        case Ended.THROTTLED:
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
        return _ended(used, Event.GIVE_UP, outcome, now)
    return _put_back(used, outcome, now, later(now, rules.backoff.wait(used.tries_used, chance=chance)))


def _throttled(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, chance: float) -> Delivery:
    wait = rules.backoff.wait(max(1, delivery.tries_used + 1), chance=chance)
    if outcome.wait is not None:
        # Never earlier than the network said; jitter only adds.
        wait = outcome.wait * (1 + rules.backoff.jitter * chance / 5)
    again = later(now, wait)
    too_late = delivery.not_after is not None and again > delivery.not_after
    if delivery.may_be_out and too_late:
        return _ended(delivery, Event.LOSE_TRACK, outcome, now)
    if delivery.may_be_out:
        return replace(_look_at(delivery, again), reason=_reason(outcome, now))
    if too_late:
        return _ended(delivery, Event.GIVE_UP, outcome, now)
    return _put_back(delivery, outcome, now, again)


def _unauthorised(delivery: Delivery, outcome: Outcome, now: datetime) -> Delivery:
    """Back without using a try; the account is held beside this, and with it the delivery."""
    if delivery.may_be_out:
        again = now + ACCOUNT_PAUSE
        if delivery.not_after is not None and again > delivery.not_after:
            return _ended(delivery, Event.LOSE_TRACK, outcome, now)
        return replace(_look_at(delivery, again), reason=_reason(outcome, now))
    back = _put_back(delivery, outcome, now, now)
    if back.status is not Status.SCHEDULED:
        return back
    return replace(held(back, now, sentence=outcome.sentence), reason=_reason(outcome, now))


def _uncertain(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, chance: float) -> Delivery:
    started = delivery.lease.started_at if delivery.lease else now
    uncertain = replace(
        delivery,
        may_be_out=True,
        tries_used=delivery.tries_used + 1,
        uncertain_since=delivery.uncertain_since or started,
        settle_from=_later(delivery.settle_from, now),
        clean_looks=(),
        looks=0,
    )
    return _uncertain_or_lost(uncertain, outcome, now, rules, chance)


def _uncertain_or_lost(delivery: Delivery, outcome: Outcome, now: datetime, rules: Rules, chance: float) -> Delivery:
    reason = _reason(outcome, now)
    match rules.remedy:
        case Remedy.LOOK_UP:
            return replace(_look_at(delivery, max(now, first_look(delivery, rules))), reason=reason)
        case Remedy.RESEND if delivery.tries_used < rules.tries:
            wait = max(outcome.wait or timedelta(0), rules.backoff.wait(max(1, delivery.tries_used), chance=chance))
            return replace(_look_at(delivery, later(now, wait)), reason=reason)
        case _:
            return replace(_resting(delivery, Event.LOSE_TRACK, now, code="", sentence=""), reason=reason)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a look told: our post, that nothing is there, or neither.

    Attributes:
        found: The post to adopt.
        clear: Nothing there, and nothing on the account that we cannot account for.
        sentence: Why it is neither, for people.
        wait: How long the network asked us to stay away.
    """

    found: FoundPost | None = None
    clear: bool = False
    sentence: str = ""
    wait: timedelta | None = None


def looked(delivery: Delivery, seen: Seen, now: datetime, rules: Rules, *, chance: float) -> Delivery:
    """The delivery after a look that somebody came back from."""
    if seen.found is not None:
        return published(
            delivery,
            max(seen.found.created_at, delivery.uncertain_since or seen.found.created_at),
            network_id=seen.found.network_id,
            permalink=seen.found.permalink,
        )
    if seen.clear:
        looks = (*delivery.clean_looks, now)
        if len(looks) >= LOOKS_TO_CLEAR and looks[-1] - looks[0] >= BETWEEN_LOOKS:
            return _cleared(delivery, now, rules)
        return _look_at(replace(delivery, clean_looks=looks), looks[0] + BETWEEN_LOOKS)
    if delivery.looks >= LOOKS_AT_MOST:
        return lost_track(delivery, now, sentence=seen.sentence)
    backoff = min(LONGEST_BETWEEN_LOOKS, rules.backoff.wait(delivery.looks, chance=chance))
    wait = max(seen.wait or timedelta(0), BETWEEN_LOOKS, backoff)
    unclear = replace(delivery, reason=Reason(code="unclear_look", sentence=seen.sentence, at=now))
    return _look_at(replace(unclear, clean_looks=()), later(now, wait))


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
        return _resting(clear, Event.GIVE_UP, now, code="tries_used_up", sentence=_USED_UP)
    return _cancelled_if_asked(replace(clear, status=follow(clear.status, Event.PUT_BACK), next_at=now), now)


def _cancelled_if_asked(delivery: Delivery, now: datetime) -> Delivery:
    """A cancel that came while it was being published wins at any return to `scheduled`."""
    if not delivery.cancel_asked:
        return delivery
    return _resting(delivery, Event.CANCEL, now, code="cancelled", sentence=delivery.cancel_asked)


def _look_at(delivery: Delivery, at: datetime) -> Delivery:
    return replace(delivery, status=follow(delivery.status, Event.LOOK_AGAIN), next_at=at, lease=None)


def _put_back(delivery: Delivery, outcome: Outcome, now: datetime, at: datetime) -> Delivery:
    back = replace(
        delivery,
        status=follow(delivery.status, Event.PUT_BACK),
        next_at=at,
        lease=None,
        reason=_reason(outcome, now),
    )
    return _cancelled_if_asked(back, now)


def _ended(delivery: Delivery, event: Event, outcome: Outcome, now: datetime) -> Delivery:
    return replace(_resting(delivery, event, now, code="", sentence=""), reason=_reason(outcome, now))


def _resting(delivery: Delivery, event: Event, now: datetime, *, code: str, sentence: str) -> Delivery:
    """A state that waits for somebody: `next_at` says since when."""
    return replace(
        delivery,
        status=follow(delivery.status, event),
        next_at=now,
        lease=None,
        reason=Reason(code=code, sentence=sentence, at=now),
    )


def _reason(outcome: Outcome, now: datetime) -> Reason:
    return Reason(code=outcome.code or outcome.ended, sentence=outcome.sentence, at=now)


def _later(known: datetime | None, other: datetime) -> datetime:
    return other if known is None else max(known, other)
