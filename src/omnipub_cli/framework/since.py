"""A time to look back to, as people type it: a moment, or how long ago."""

import re
from datetime import datetime, timedelta

from omnipub.errors import InvalidInputError
from omnipub_cli.framework import inputs

_AGO = re.compile(r"(\d{1,6})\s*(s|m|min|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days"}


def since_of(text: str, option: str, *, now: datetime) -> datetime:
    """The moment that `2026-12-01T09:00`, `90s`, `15m`, `2h` or `1d` names.

    Raises:
        InvalidInputError: It is neither, or lies ahead.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago:
        try:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError as error:
            raise InvalidInputError(f"'{text}' is too long ago for {option}.", hint="Use e.g. 24h.") from error
    try:
        found = inputs.moment_of(text, option)
    except InvalidInputError as error:
        error.hint = "Use 2026-12-01, 2026-12-01T09:00Z, or how long ago: 90s, 15m, 2h, 1d."
        raise
    if found > now:
        raise InvalidInputError(f"{option} {text} lies ahead.", hint="Name a moment that has been, or a span: 15m.")
    return found
