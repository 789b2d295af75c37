"""Until when a delivery may begin: a span from its due moment, or a moment. Past it, it is missed."""

import re
from datetime import datetime, timedelta

from omnipub.domain.text import excerpt
from omnipub.domain.timestamps import TIME_AT_MOST, Fold, moment, schedule_at, to_text
from omnipub.errors import InvalidInputError

LONGEST = timedelta(days=30)
"""From the due moment; news older than that are no longer news."""

Window = datetime | timedelta
"""A moment, or a span from the due moment."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(?:[0-9]{1,7}[smhd])+")
_PART = re.compile(r"([0-9]+)([smhd])")


def window_of(text: str, *, zone: str | None = None, fold: Fold | None = None) -> Window:
    """Read a window: `90m`, `2h30m`, `3d`, or ISO 8601 with an offset, or without one in `zone`.

    Raises:
        InvalidInputError: It is neither.
    """
    asked = text[: TIME_AT_MOST + 1].strip()
    if len(asked) <= TIME_AT_MOST and _SPAN.fullmatch(asked):
        return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(asked)))
    try:
        datetime.fromisoformat(asked)
    except ValueError as error:
        raise InvalidInputError(
            f"'{excerpt(text)}' is neither a span nor a time.",
            hint="Use a span from the due moment such as 90m, 2h30m or 3d, or ISO 8601 such as 2026-12-01T10:00Z.",
        ) from error
    return schedule_at(asked, zone=zone, fold=fold).at


def end_of(window: Window, *, due: datetime, now: datetime) -> datetime:
    """The moment at which the window of what is due at `due` ends.

    Raises:
        InvalidInputError: It ends before the delivery is due, has ended by now, or is absurdly long.
    """
    span = window if isinstance(window, timedelta) else window - due
    if span > LONGEST:  # asked first: a span may be too long for any calendar
        raise InvalidInputError(
            f"The window is longer than {LONGEST.days} days.",
            hint=f"The latest end possible is {to_text(due + LONGEST)}.",
        )
    end = moment(due + span)
    if end <= due:
        raise InvalidInputError(
            f"The window ends at {to_text(end)}, but it is due at {to_text(due)}.", hint="Name a later end."
        )
    if end <= now:
        raise InvalidInputError(f"The window ended at {to_text(end)}, which is over.", hint="Name a later end.")
    return end
