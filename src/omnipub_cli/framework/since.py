"""Read the bounds of a list as people type them: a moment, or how long ago."""

import re
from datetime import datetime, timedelta

from omnipub.errors import InvalidInputError
from omnipub_cli.framework import inputs

FORMS = "YYYY-MM-DD, YYYY-MM-DDTHH:MMZ, yesterday, today 9:00, or how long ago: 90s, 15m, 2h, 1d"
AHEAD = "tomorrow 9:00, or how far ahead: +2h, in 3d"

_AGO = re.compile(r"(\d{1,6})\s*(s|m|min|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days"}


def since_of(text: str, option: str, *, now: datetime) -> datetime:
    """The moment that `YYYY-MM-DDTHH:MM`, `yesterday`, `90s`, `15m`, `2h` or `1d` names.

    Raises:
        InvalidInputError: It is neither, or lies ahead.
    """
    try:
        found = bound_of(text, option, now=now)
    except InvalidInputError as error:
        error.advise(error.hint.replace(f", {AHEAD}", ""))
        raise
    if found > now:
        raise InvalidInputError(f"{option} {text} lies ahead.", hint="Name a moment that has been, or a span: 15m.")
    return found


def bound_of(text: str, option: str, *, now: datetime) -> datetime:
    """The moment that `text` names, which may lie ahead: `+2h` and `tomorrow 9:00` too.

    A day without a time is its beginning, in this machine's zone.

    Raises:
        InvalidInputError: It is none of FORMS and AHEAD.
    """
    from omnipub.domain.relative_times import NEAR_DAYS, TimeOnDay, ahead_of, relative_time

    ago = _AGO.fullmatch(text.strip())
    if ago:
        try:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError as error:
            raise InvalidInputError(f"'{text}' is too long ago for {option}.", hint="Use e.g. 24h.") from error
    relative = relative_time(text)
    if isinstance(relative, timedelta):
        return ahead_of(now, relative, text)
    if isinstance(relative, TimeOnDay) and relative.day in NEAR_DAYS:
        return relative.after(now.astimezone()).astimezone()
    try:
        return inputs.moment_of(text, option)
    except InvalidInputError as error:
        error.advise(f"Use {FORMS}, {AHEAD}.")
        raise
