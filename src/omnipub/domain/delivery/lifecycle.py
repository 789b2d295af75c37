"""The state machine of a delivery, as one table of transitions.

Rules of this module:
1. Every change of a delivery's status is a row of TRANSITIONS; nothing else may assign a status.
2. The table knows nothing of networks, leases or storage: it only says which event leads where.
3. Diagrams and documents are generated from the table, never drawn beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from omnipub.errors import IllegalTransitionError


class Status(StrEnum):
    """Where a delivery is in its life."""

    DRAFT = "draft"  # being written; nothing happens until it is scheduled
    PENDING_APPROVAL = "pending_approval"  # waits for somebody's yes before its due moment
    EXPIRED = "expired"  # nobody approved in time
    SCHEDULED = "scheduled"  # surely not out; due at its next moment
    HELD = "held"  # its account is paused or needs its owner; no tries are used
    PUBLISHING = "publishing"  # claimed, or may be out and to be looked for
    PUBLISHED = "published"  # the network named its id
    FAILED = "failed"  # surely not out, and we stopped trying
    UNCONFIRMED = "unconfirmed"  # may be out, and cannot be found out
    MISSED = "missed"  # its window is over, and it is surely not out
    CANCELLED = "cancelled"  # called off, or dismissed with a reason


class Event(StrEnum):
    """What can happen to a delivery."""

    SUBMIT = "submit"
    APPROVE = "approve"
    EXPIRE = "expire"
    SCHEDULE = "schedule"
    HOLD = "hold"
    RELEASE = "release"
    CLAIM = "claim"
    MISS = "miss"
    CONFIRM = "confirm"
    PUT_BACK = "put_back"
    LOOK_AGAIN = "look_again"
    REJECT = "reject"
    GIVE_UP = "give_up"
    LOSE_TRACK = "lose_track"
    RETRY = "retry"
    FIND = "find"
    CANCEL = "cancel"
    DISMISS = "dismiss"
    DOUBT = "doubt"
    LATE_ANSWER = "late_answer"
    DISOWN = "disown"


@dataclass(frozen=True)
class Transition:
    """One row: in `source`, `event` leads to `target`; `meaning` is shown to people."""

    source: Status
    event: Event
    target: Status
    meaning: str


_BEGUN = "the table is a copy, and its original had begun to send it"

_ROWS = (
    (Status.DRAFT, Event.SCHEDULE, Status.SCHEDULED, "its author scheduled it"),
    (Status.DRAFT, Event.SUBMIT, Status.PENDING_APPROVAL, "its author asked for approval"),
    (Status.DRAFT, Event.CANCEL, Status.CANCELLED, "its author dropped it"),
    (Status.PENDING_APPROVAL, Event.APPROVE, Status.SCHEDULED, "somebody approved it"),
    (Status.PENDING_APPROVAL, Event.EXPIRE, Status.EXPIRED, "nobody approved it before it was due"),
    (Status.PENDING_APPROVAL, Event.CANCEL, Status.CANCELLED, "its author withdrew it"),
    (Status.SCHEDULED, Event.CLAIM, Status.PUBLISHING, "a worker claimed it"),
    (Status.SCHEDULED, Event.HOLD, Status.HELD, "its account is paused or needs its owner"),
    (Status.SCHEDULED, Event.MISS, Status.MISSED, "its window is over, and it is surely not out"),
    (Status.HELD, Event.MISS, Status.MISSED, "its window ended while it was held"),
    (Status.SCHEDULED, Event.CANCEL, Status.CANCELLED, "it was cancelled before it was claimed"),
    (Status.HELD, Event.RELEASE, Status.SCHEDULED, "its account works again"),
    (Status.HELD, Event.CANCEL, Status.CANCELLED, "it was cancelled while held"),
    (Status.PUBLISHING, Event.CONFIRM, Status.PUBLISHED, "the network answered with an id"),
    (Status.PUBLISHING, Event.PUT_BACK, Status.SCHEDULED, "it is surely not out; due again later"),
    (Status.PUBLISHING, Event.LOOK_AGAIN, Status.PUBLISHING, "it may be out; look again later"),
    (Status.PUBLISHING, Event.REJECT, Status.FAILED, "the network refused it for good"),
    (Status.PUBLISHING, Event.GIVE_UP, Status.FAILED, "its tries are used up and it is surely not out"),
    (Status.PUBLISHING, Event.LOSE_TRACK, Status.UNCONFIRMED, "it may be out and cannot be found out"),
    (Status.FAILED, Event.RETRY, Status.SCHEDULED, "an operator asked for another try"),
    (Status.UNCONFIRMED, Event.RETRY, Status.SCHEDULED, "an operator said: send it again"),
    (Status.MISSED, Event.RETRY, Status.SCHEDULED, "an operator opened a new window"),
    (Status.UNCONFIRMED, Event.FIND, Status.PUBLISHED, "it was found, or an operator marked it"),
    (Status.FAILED, Event.DISMISS, Status.CANCELLED, "an operator dismissed it"),
    (Status.UNCONFIRMED, Event.DISMISS, Status.CANCELLED, "an operator dismissed it"),
    (Status.MISSED, Event.DISMISS, Status.CANCELLED, "an operator dismissed it"),
    (Status.SCHEDULED, Event.DOUBT, Status.UNCONFIRMED, "the table is a copy, and its original may have sent it"),
    (Status.HELD, Event.DOUBT, Status.UNCONFIRMED, "the table is a copy, and its original may have sent it"),
    (Status.PUBLISHING, Event.DOUBT, Status.UNCONFIRMED, "the table is a copy, and its original may have sent it"),
    (Status.DRAFT, Event.DOUBT, Status.UNCONFIRMED, _BEGUN),
    (Status.PENDING_APPROVAL, Event.DOUBT, Status.UNCONFIRMED, _BEGUN),
    (Status.EXPIRED, Event.DOUBT, Status.UNCONFIRMED, _BEGUN),
    (Status.FAILED, Event.DOUBT, Status.UNCONFIRMED, _BEGUN),
    (Status.MISSED, Event.DOUBT, Status.UNCONFIRMED, _BEGUN),
    (Status.CANCELLED, Event.DOUBT, Status.UNCONFIRMED, _BEGUN),
)

_CLAIMED_ONCE = (
    Status.SCHEDULED,
    Status.HELD,
    Status.PUBLISHING,
    Status.FAILED,
    Status.UNCONFIRMED,
    Status.MISSED,
    Status.CANCELLED,
)
"""Where a delivery may be while somebody who claimed it earlier still waits for the network's answer."""

_NEWS = (
    *(
        (status, Event.LATE_ANSWER, Status.PUBLISHED, "an earlier try was answered with an id after all")
        for status in _CLAIMED_ONCE
    ),
    (Status.PUBLISHED, Event.LATE_ANSWER, Status.PUBLISHED, "another try was answered with an id of its own"),
    (Status.PUBLISHED, Event.DISOWN, Status.UNCONFIRMED, "the post it had adopted is another delivery's"),
)
"""What the network says counts, wherever the delivery has gone meanwhile."""

TRANSITIONS: tuple[Transition, ...] = tuple(Transition(*row) for row in (*_ROWS, *_NEWS))


def reachable(start: Status) -> tuple[Status, ...]:
    """Every status that a delivery can come to from `start`, which is one of them."""
    found, size = {start}, 0
    while len(found) > size:
        size = len(found)
        found |= {row.target for row in TRANSITIONS if row.source in found}
    return tuple(status for status in Status if status in found)


NEWS = frozenset({Event.LATE_ANSWER, Event.DISOWN, Event.DOUBT})
"""Events that tell of what happened outside of this table; they may reach what is settled."""

WATCHED = frozenset(
    {Status.SCHEDULED, Status.PUBLISHING, Status.HELD, Status.FAILED, Status.UNCONFIRMED, Status.MISSED}
)
"""While a delivery has one of these, somebody must be able to find it: it stands in the status index."""

UNSETTLED = frozenset({Status.DRAFT, Status.PENDING_APPROVAL, Status.SCHEDULED, Status.HELD, Status.PUBLISHING})
"""More will happen to these by themselves or by their author."""

TIMED = frozenset({Status.SCHEDULED, Status.PUBLISHING})
"""Of these `next_at` is a moment to act at; of the others it says since when they need somebody."""

UNFINISHED = (Status.SCHEDULED, Status.HELD, Status.PUBLISHING)
"""Accepted, and not over: these are bound to their account and to the table that they stand in."""

HOLDABLE = frozenset({Status.SCHEDULED, Status.HELD})
"""A pause, or an account that does not work, holds these."""

SURELY_NOT_OUT = frozenset({Status.DRAFT, Status.SCHEDULED, Status.HELD, Status.MISSED, Status.FAILED})
"""Nothing of these is out. What may be out never comes to one of them without a look or a person's word."""

_NEXT = {(row.source, row.event): row.target for row in TRANSITIONS}


def follow(status: Status, event: Event) -> Status:
    """The status after `event`.

    Raises:
        IllegalTransitionError: The table has no such row; the message names the events it has.
    """
    target = _NEXT.get((status, event))
    if target is None:
        legal = ", ".join(sorted(legal_events(status) - NEWS)) or "nothing"
        raise IllegalTransitionError(f"A {status} delivery cannot {event}.", hint=f"Possible now: {legal}.")
    return target


def legal_events(status: Status) -> frozenset[Event]:
    """The events the table knows for `status`."""
    return frozenset(row.event for row in TRANSITIONS if row.source is status)


class Overall(StrEnum):
    """The state of a message as a whole, derived from its deliveries and never stored."""

    EMPTY = "empty"
    PARTIALLY_PUBLISHED = "partially_published"
    PARTIALLY_FAILED = "partially_failed"


_UNDERWAY_FIRST = (
    Status.PUBLISHING,
    Status.HELD,
    Status.SCHEDULED,
    Status.PENDING_APPROVAL,
    Status.DRAFT,
)


def overall(statuses: Iterable[Status]) -> Status | Overall:
    """One word for several deliveries: their common status, else what matters most of the mixture.

    A mixture with something published is `partially_published`; one still underway takes the status nearest to the
    network. A settled mixture without a publication is `partially_failed`.
    """
    present = set(statuses)
    if not present:
        return Overall.EMPTY
    if len(present) == 1:
        return present.pop()
    if Status.PUBLISHED in present:
        return Overall.PARTIALLY_PUBLISHED
    for status in _UNDERWAY_FIRST:
        if status in present:
            return status
    return Overall.PARTIALLY_FAILED


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    settled = [status for status in Status if not legal_events(status) - NEWS]
    lines = ["stateDiagram-v2", "    [*] --> draft", "    [*] --> scheduled"]
    lines += [f"    {row.source} --> {row.target}: {row.event}" for row in TRANSITIONS]
    lines += [f"    {status} --> [*]" for status in settled]
    return "\n".join(lines)
