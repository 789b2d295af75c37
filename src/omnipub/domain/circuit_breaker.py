"""The circuit breaker of an account: after time-outs or throttles, everybody's deliveries to it wait.

Rules of this module:
1. Decisions only, each from a breaker and a clock reading to a breaker; services write them conditionally.
2. Only what concerns the whole account strains it: throttles, and requests that nobody answered.
3. After it has closed again, what waited goes out in the order it came, spaced by the network's own pace.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from omnipub.domain.delivery.outcome import Outcome, TryEnd, unquoted
from omnipub.domain.delivery.retry import Backoff
from omnipub.domain.timestamps import later

STRAINS_TO_TRIP = 3
"""Consecutive tries of one account that end in a strain, after which everybody waits."""

REST = Backoff(first=timedelta(seconds=15), longest=timedelta(minutes=5))
"""How long an account rests after the strain that trips it, and after each further one."""

NO_ANSWER = "no_answer"
"""The code of a try whose request went out and was not answered."""

UNREACHABLE = "unreachable"
"""The code of a try whose request found nobody to take it."""


@dataclass(frozen=True, kw_only=True)
class CircuitBreaker:
    """What an account's last tries say about it.

    Attributes:
        strains: Tries in a row that ended in a strain.
        open_until: Before this moment nothing is sent on the account; None while it works.
        next_slot: The first moment that nobody who waits has been given; None while nobody waits.
        sentence: The last strain, for people: all who share the account read it, so nothing of the post is in it.
        version: Of the row; 0 while there is none.
        owner: Whose account it is, where only its owner calls it so; empty where the network gives these ids.
    """

    network: str
    account: str
    strains: int = 0
    open_until: datetime | None = None
    next_slot: datetime | None = None
    sentence: str = ""
    version: int = 0
    write_id: str = ""
    owner: str = ""

    def is_open(self, now: datetime) -> bool:
        """Whether nothing may be sent now."""
        return self.open_until is not None and now < self.open_until

    def has_queue(self, now: datetime) -> bool:
        """Whether deliveries wait that came earlier than one that comes now."""
        return self.next_slot is not None and now < self.next_slot


def strains(outcome: Outcome) -> bool:
    """Whether a try's end says something about the account rather than about the post."""
    return outcome.ended is TryEnd.THROTTLED or outcome.code in {NO_ANSWER, UNREACHABLE}


def answered(outcome: Outcome) -> bool:
    """Whether the network dealt with the try: a server error says neither that it works nor that it does not."""
    return outcome.ended in {TryEnd.PUBLISHED, TryEnd.REJECTED, TryEnd.ALREADY_THERE, TryEnd.AUTH}


def strained(breaker: CircuitBreaker, outcome: Outcome, now: datetime, *, chance: float) -> CircuitBreaker:
    """After one more strain: open once there were enough of them in a row, never shorter than a network asked."""
    count = breaker.strains + 1
    after = replace(breaker, strains=count, sentence=unquoted(outcome.sentence))
    if count < STRAINS_TO_TRIP:
        return after
    rest = max(outcome.wait or timedelta(0), REST.wait(count - STRAINS_TO_TRIP + 1, chance=chance))
    until = later(now, rest)
    if breaker.open_until is not None:
        until = max(until, breaker.open_until)
    return replace(after, open_until=until, next_slot=max(until, breaker.next_slot or until))


def eased(breaker: CircuitBreaker) -> CircuitBreaker:
    """After a try that the network answered: closed; who waits keeps the slot given."""
    return replace(breaker, strains=0, open_until=None, sentence="")


def next_in_line(breaker: CircuitBreaker, now: datetime, *, pace: timedelta) -> tuple[CircuitBreaker, datetime]:
    """Give a delivery that has to wait the next slot: behind all that came before it, `pace` apart."""
    slot = max(now, breaker.next_slot or now, breaker.open_until or now)
    slot = later(slot, pace)
    return replace(breaker, next_slot=slot), slot
