"""Notices: what needs a person, told once for each cause, again if it grows, and once when it is over.

1. A cause is what is the matter, not each message that suffers from it. Its name stays while it lasts.
2. Everybody who is told is told of each cause's beginning. Only who was told of its beginning is told of its end.
3. A cause counts as over when it has not been seen for `GONE_AFTER`: one that flickers is one.
4. A notice is claimed before it is sent. Who claims sets the moment of the next try. So a process that dies leaves a
   notice that is tried again. And two processes do not send one at once.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from omnipub.domain.delivery.retry import Backoff
from omnipub.domain.timestamps import later

GONE_AFTER = timedelta(minutes=5)
"""After so long without being seen a cause is over."""

SEEN_EVERY = timedelta(minutes=2)
"""What is written of a cause's last sighting may be so old. A write each minute would cost and tell nothing."""

GROWN_EVERY = timedelta(days=1)
"""A cause that grows is told again, no sooner than this after the last time."""

END_FOR = timedelta(days=1)
"""For so long it is tried to tell an end."""

BACKOFF = Backoff(first=timedelta(minutes=1), longest=timedelta(hours=1))
"""Between two tries of one notice; the first one outlasts a try."""


class Phase(StrEnum):
    """What a notice says of its cause."""

    BEGUN = "begun"
    GROWN = "grown"
    OVER = "over"
    TEST = "test"  # of no cause: that notices arrive


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one target was told of a cause.

    Attributes:
        target: Its name.
        at: When it took a notice last; None if it has taken none.
        over: Whether it was told the end.
        tries: Tries of the notice that is due and has not been taken.
        next_at: Before this moment it is not tried again.
        sentence: Why the last try failed; "" if it is under way, or its process died.
    """

    target: str
    at: datetime | None = None
    over: bool = False
    tries: int = 0
    next_at: datetime | None = None
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that is the matter.

    Attributes:
        name: What tells it from every other one, e.g. `failed` or `account ada/facebook/1`.
        kind: The word before the first space of its name.
        what: For people, as it was seen last.
        first: When it was seen first.
        last: When it was seen last, `SEEN_EVERY` too early at most.
        count: How many deliveries or records it was about then; 1 where it is not about any number.
        newest: The youngest of what it was about then, where that can be told.
        over_at: When it was found to be over; None while it lasts.
        told: What each target was told.
        version: Of the item; 0 while there is none.
    """

    name: str
    what: str
    first: datetime
    last: datetime
    count: int = 1
    newest: datetime | None = None
    over_at: datetime | None = None
    told: tuple[Told, ...] = ()
    version: int = 0
    write_id: str = ""

    @property
    def kind(self) -> str:
        """What kind of thing it is."""
        return self.name.partition(" ")[0]

    def of(self, target: str) -> Told:
        """What a target was told of it."""
        return next((one for one in self.told if one.target == target), Told(target=target))

    def telling(self, told: Told) -> "Cause":
        """It with what one target was told."""
        others = tuple(one for one in self.told if one.target != told.target)
        return replace(self, told=tuple(sorted((*others, told), key=lambda one: one.target)))


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What one target is told, in words.

    Attributes:
        id: The same for each try, so that who gets it twice knows by it.
        phase: What it says of its cause.
        kind: Of the cause.
        title: One line.
        what: Sentences.
        next: What to do, in words; "" if nothing is to be done.
        at: When it was written.
        first: When the cause was seen first; None for a test.
        origin: Which omnipub it comes from.
    """

    id: str
    phase: Phase
    kind: str
    title: str
    what: str
    next: str
    at: datetime
    first: datetime | None
    origin: str


def seen(known: Cause | None, found: Cause) -> Cause:
    """A cause after a look that found it; the same object if nothing has to be written.

    Args:
        known: As it is in the table, if it is there.
        found: As this look found it: `first` and `last` are the moment of the look.
    """
    if known is None or (known.over_at is not None and not known.told):
        return replace(found, version=known.version if known else 0)
    if known.over_at is not None:  # it came back before all knew its end: who knows it is told of a new beginning
        going_on = tuple(replace(one, tries=0, next_at=None, sentence="") for one in known.told if not one.over)
        return replace(
            known,
            what=found.what,
            last=found.last,
            count=found.count,
            newest=found.newest,
            over_at=None,
            told=going_on,
        )
    fresh = found.last - known.last < SEEN_EVERY
    if fresh and (found.what, found.count, found.newest) == (known.what, known.count, known.newest):
        return known
    return replace(known, what=found.what, last=found.last, count=found.count, newest=found.newest)


def unseen(known: Cause, now: datetime) -> Cause:
    """A cause as it is after a look that did not find it."""
    if known.over_at is None and now - known.last >= GONE_AFTER:
        return replace(known, over_at=now)
    return known


def due(cause: Cause, target: str, now: datetime, *, patience: timedelta = timedelta(0)) -> Phase | None:
    """What a target must be told now; `patience` is how long a cause must have lasted before that."""
    notice = cause.of(target)
    if notice.next_at is not None and now < notice.next_at:
        return None
    return wanted(cause, target, now, patience=patience)


def wanted(cause: Cause, target: str, now: datetime, *, patience: timedelta = timedelta(0)) -> Phase | None:
    """What a target must still be told, though not necessarily at this moment."""
    notice = cause.of(target)
    if cause.over_at is not None:
        known = notice.at is not None and not notice.over
        return Phase.OVER if known and now - cause.over_at < END_FOR else None
    if notice.at is None:
        return Phase.BEGUN if now - cause.first >= patience else None
    grown = cause.newest is not None and cause.newest > notice.at
    return Phase.GROWN if grown and now - notice.at >= GROWN_EVERY else None


def claimed(cause: Cause, target: str, now: datetime, *, chance: float) -> Cause:
    """Before a try: whoever else comes, comes later."""
    notice = cause.of(target)
    tries = notice.tries + 1
    until = later(now, BACKOFF.wait(tries, chance=chance))
    return cause.telling(replace(notice, tries=tries, next_at=until, sentence=""))


def taken(cause: Cause, target: str, phase: Phase, now: datetime) -> Cause:
    """After a target has taken a notice."""
    return cause.telling(Told(target=target, at=now, over=phase is Phase.OVER))


def failed(cause: Cause, target: str, sentence: str) -> Cause:
    """After a try that failed."""
    return cause.telling(replace(cause.of(target), sentence=sentence))


def finished(cause: Cause, targets: tuple[str, ...], now: datetime) -> bool:
    """Whether it is over, and everybody who must know its end knows it."""
    return cause.over_at is not None and all(wanted(cause, target, now) is None for target in targets)
