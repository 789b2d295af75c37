"""Numbers and moments as networks write them: read, cut to a usable range, or absent.

Nothing here raises anything but ValueError, whatever was sent: nan, 10^30, a list, digits of another script.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from omnipub.domain.timestamps import EPOCH, FIRST_YEAR, LAST_YEAR

TEXT_AT_MOST = 1_000
"""Characters of a number or a moment; what is longer is neither."""

_DIGITS_AT_MOST = 18

_NUMBER = re.compile(r"0*([0-9]+)(?:\.([0-9]+))?")

_EARLIEST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_LATEST = datetime(LAST_YEAR, 12, 31, tzinfo=UTC)


def whole_number(value: object, *, most: int) -> int | None:
    """A number of at least 0 from JSON or text, rounded up; at most `most`.

    None if it is no number.
    """
    match value:
        case bool():
            return None
        case int():
            return min(value, most) if value >= 0 else None
        case float():
            return min(math.ceil(value), most) if math.isfinite(value) and value >= 0 else None
        case str() if len(value) <= TEXT_AT_MOST and (found := _NUMBER.fullmatch(value.strip())):
            whole, part = found[1], found[2] or ""
            if len(whole) > _DIGITS_AT_MOST:
                return most
            return min(int(whole) + (part.strip("0") != ""), most)
        case _:
            return None


def moment_of(text: object) -> datetime:
    """The moment that ISO 8601 names, in UTC if it names no zone.

    A year outside the usable range becomes the nearest one inside it.

    Raises:
        ValueError: It is none.
    """
    if not (isinstance(text, str) and text.isascii() and len(text) <= TEXT_AT_MOST):
        raise ValueError("not a moment")
    return _bounded(datetime.fromisoformat(text))


def moment_of_milliseconds(value: object) -> datetime:
    """The moment so many milliseconds after 1970 began, cut to the last year that makes sense.

    Raises:
        ValueError: It is no number, or below 0.
    """
    found = whole_number(value, most=(_LATEST - EPOCH) // timedelta(milliseconds=1))
    if found is None:
        raise ValueError("not a moment")
    return EPOCH + timedelta(milliseconds=found)


def moment_of_header(text: str) -> datetime | None:
    """The moment that a date in HTTP's form names; None if it is none."""
    if not text or len(text) > TEXT_AT_MOST or not text.isascii():
        return None
    try:
        return _bounded(parsedate_to_datetime(text))
    except (ValueError, OverflowError, TypeError, IndexError):  # an offset of a thousand years, among others
        return None


def _bounded(read: datetime) -> datetime:
    if read.year < FIRST_YEAR:
        return _EARLIEST
    if read.year > LAST_YEAR:
        return _LATEST
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
