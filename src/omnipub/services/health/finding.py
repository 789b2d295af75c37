"""What a check-up says: one thing that was looked at, how it is, and what to do next."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from omnipub.hints import Hint

COUNTED_AT_MOST = 50
"""Of what waits in one state, more is not counted: for a warning, fifty are as telling as a million."""


class Health(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    WARN = "warn"  # somebody should look; nothing is lost by waiting
    BAD = "bad"  # something does not go out, or could go wrong for good


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: For people, a sentence.
        at: The moment it is about, if there is one.
        next: What to do; empty if there is nothing. What only the command line looks at names its command itself,
            without the name of the program.
        elsewhere: What to type if that is no command of ours.
        subject: Which one it is about, where there may be several of its name.
        count: How many deliveries it is about, where it is about some.
    """

    name: str
    health: Health
    what: str
    at: datetime | None = None
    next: Hint | str = ""
    elsewhere: str = ""
    subject: str = ""
    count: int = 1


def fine(name: str, what: str, at: datetime | None = None) -> Finding:
    """That something is as it should be."""
    return Finding(name=name, health=Health.OK, what=what, at=at)
