"""Write a notice: of one cause or of several of one kind, and of nothing."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from omnipub.domain.notice import Cause, Notice, Phase
from omnipub.domain.timestamps import to_text
from omnipub.services.notify.causes import RULES

OVER = "This is over; nothing is left to do. It was: "
SEVERAL_OVER = "These are over; nothing is left to do. They were:"

NAMED_AT_MOST = 10
"""Of several causes so many are named; the others are counted."""


def notice_of(
    causes: Sequence[Cause], target: str, phase: Phase, *, nexts: Mapping[str, str], now: datetime, origin: str
) -> Notice:
    """What one target is told of causes of one kind.

    Args:
        causes: At least one.
        target: Who is told.
        phase: What is said of them.
        nexts: Name of a cause → what to do about it, in words.
        now: The moment.
        origin: Which omnipub tells it.
    """
    kind = causes[0].kind
    rule = RULES.get(kind)
    title = rule.title if rule else kind
    over = phase is Phase.OVER
    if len(causes) == 1:
        (one,) = causes
        what, next_ = f"{OVER if over else ''}{one.what}", "" if over else nexts.get(one.name, "")
    else:
        title = f"{title} ({len(causes)})"
        what, next_ = _listed(causes, SEVERAL_OVER if over else "", {} if over else nexts), ""
    return Notice(
        id=_id(causes, target, phase),
        phase=phase,
        kind=kind,
        title=title,
        what=what,
        next=next_,
        at=now,
        first=min(one.first for one in causes),
        origin=origin,
    )


def notice_of_nothing(id_: str, *, now: datetime, origin: str) -> Notice:
    """What is sent to see whether it arrives."""
    return Notice(
        id=id_,
        phase=Phase.TEST,
        kind="test",
        title="A test: notices arrive",
        what="Somebody asked for this notice, to see whether it arrives. Nothing is the matter.",
        next="",
        at=now,
        first=None,
        origin=origin,
    )


def _listed(causes: Sequence[Cause], lead: str, nexts: Mapping[str, str]) -> str:
    """A line for each, with what to do about it."""
    advice = {one.name: f" What to do: {nexts[one.name]}" if nexts.get(one.name) else "" for one in causes}
    lines = [f"- {one.what}{advice[one.name]}" for one in causes[:NAMED_AT_MOST]]
    left = len(causes) - NAMED_AT_MOST
    return "\n".join([*([lead] if lead else []), *lines, *([f"And {left} more."] if left > 0 else [])])


def _id(causes: Sequence[Cause], target: str, phase: Phase) -> str:
    """The same for each try of the same notice."""
    parts = [phase.value, target]
    for one in sorted(causes, key=lambda one: one.name):
        told = one.of(target).at
        parts += [one.name, to_text(one.first), to_text(told) if told else ""]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
