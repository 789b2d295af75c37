"""Until when a delivery may begin: a span from its due moment, or a moment. Past it, it is missed."""

from datetime import datetime, timedelta

from omnipub.domain.relative_times import span_of
from omnipub.domain.text import excerpt
from omnipub.domain.timestamps import TIME_AT_MOST, Fold, moment, schedule_at, to_text
from omnipub.errors import InvalidInputError

LONGEST = timedelta(days=30)
"""From the due moment; news older than that are no longer news."""

Window = datetime | timedelta
"""A moment, or a span from the due moment."""


def window_of(text: str, *, zone: str | None = None, fold: Fold | None = None) -> Window:
    """Read a window: `90m`, `2h30m`, `3d`, or ISO 8601 with an offset, or without one in `zone`.

    Raises:
        InvalidInputError: It is neither.
    """
    given = text[: TIME_AT_MOST + 1].strip()
    span = span_of(given)
    if span is not None:
        return span
    try:
        datetime.fromisoformat(given)
    except ValueError as error:
        raise InvalidInputError(
            f"'{excerpt(text)}' is neither a span nor a time.",
            hint="Use a span from the due moment such as 90m, 2h30m or 3d, or ISO 8601 as YYYY-MM-DDTHH:MMZ.",
        ) from error
    return schedule_at(given, zone=zone, fold=fold).at


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
