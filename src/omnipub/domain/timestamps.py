"""Timestamps: UTC moments in whole milliseconds, and local times in a time zone as such moments.

Rules of this module: every moment is an aware UTC datetime cut to milliseconds. Its text form has a fixed width, so
text order is time order. No function here reads a clock.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from omnipub.domain.text import excerpt
from omnipub.errors import InvalidInputError

TICK = timedelta(milliseconds=1)
"""The grain of a moment; `moment + TICK` is the exclusive upper bound that still includes `moment`."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LATEST_AHEAD = timedelta(days=366 * 2)
"""How far ahead a message may be scheduled; further is taken for a typing mistake."""


TIME_AT_MOST = 100
"""Characters of a time as people write it, spaces around it included; what is longer is none."""

FIRST_YEAR, LAST_YEAR = 1970, 9998
"""Years whose moments exist in every zone and order as text."""


class Fold(StrEnum):
    """Which of two instants is meant when clocks go back and a local time happens twice."""

    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a message is due: the instant, and the local time and zone it was asked for in."""

    at: datetime
    local: str
    zone: str


def moment(value: datetime) -> datetime:
    """`value` (aware) in UTC, cut to milliseconds."""
    if value.tzinfo is None:
        raise ValueError("a moment needs a zone")
    value = value.astimezone(UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def to_text(value: datetime) -> str:
    """`value` as `2026-11-23T09:00:00.000Z`: 24 characters, sortable as text."""
    return moment(value).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_text(text: str) -> datetime:
    """The moment that `to_text` wrote."""
    return moment(datetime.fromisoformat(text))


def milliseconds(span: timedelta) -> int:
    """`span` in whole milliseconds, cut towards the past."""
    return span // TICK


def later(start: datetime, wait: timedelta) -> datetime:
    """The first moment that is at least `wait` after `start`."""
    return start + -(-wait // TICK) * TICK


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone `name`, or an error that says what a zone looks like."""
    try:
        return ZoneInfo(name[:TIME_AT_MOST])
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInputError(
            f"'{excerpt(name)}' is not a time zone.", hint="Use an IANA name such as Europe/Berlin or UTC."
        ) from error


def schedule_at(text: str, *, zone: str | None = None, fold: Fold | None = None) -> Schedule:
    """Read a due time.

    Args:
        text: ISO 8601. With an offset or `Z` it is an instant; without one, a local time in `zone`.
        zone: IANA zone of a local time, and the zone the schedule is shown in (default UTC).
        fold: Which instant is meant if the local time happens twice.

    Raises:
        InvalidInputError: The text is unreadable, the zone is unknown, or a day has no time. Or clocks go forward and
            skip that local time, or it happens twice and `fold` does not say which.
    """
    try:
        given = datetime.fromisoformat(text[: TIME_AT_MOST + 1].strip())
    except ValueError as error:
        raise InvalidInputError(
            f"'{excerpt(text)}' is not a time.",
            hint="Use ISO 8601: YYYY-MM-DDTHH:MM with a zone, or YYYY-MM-DDTHH:MM:SS+01:00.",
        ) from error
    if not FIRST_YEAR <= given.year <= LAST_YEAR:
        raise InvalidInputError(
            f"The year of '{excerpt(text)}' makes no sense.", hint=f"Use a year from {FIRST_YEAR} to {LAST_YEAR}."
        )
    if _is_day(text):
        raise InvalidInputError(
            f"'{excerpt(text)}' names a day and no time.", hint=f"Add the time, e.g. {given:%Y-%m-%d}T09:00."
        )
    if given.tzinfo is not None:
        shown = zone_named(zone) if zone else UTC
        at = moment(given)
        return Schedule(at=at, local=_local_text(at.astimezone(shown)), zone=zone or "UTC")
    if zone is None:
        raise InvalidInputError(
            f"'{excerpt(text)}' has neither an offset nor a zone.",
            hint="Add an offset (…Z, …+01:00) or name a zone such as Europe/Berlin.",
        )
    at = _resolve(given, zone_named(zone), fold)
    return Schedule(at=at, local=_local_text(given), zone=zone)


def _is_day(text: str) -> bool:
    """Whether a text in ISO 8601 is a date without a time: nobody means midnight by it."""
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def _resolve(local: datetime, zone: ZoneInfo, fold: Fold | None) -> datetime:
    earlier = local.replace(tzinfo=zone, fold=0)
    later = local.replace(tzinfo=zone, fold=1)
    back = earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    if back != local:
        raise InvalidInputError(
            f"{_local_text(local)} does not exist in {zone.key}: clocks go forward over it.",
            hint=f"The next time that exists is {_local_text(back)}; or give a UTC offset.",
        )
    if earlier.utcoffset() == later.utcoffset():
        return moment(earlier)
    if fold is None:
        raise InvalidInputError(
            f"{_local_text(local)} happens twice in {zone.key}: clocks go back over it.",
            hint="Say which is meant with fold 'earlier' or 'later', or give a UTC offset.",
        )
    return moment(earlier if fold is Fold.EARLIER else later)


def _local_text(value: datetime) -> str:
    return value.replace(tzinfo=None).isoformat(timespec="seconds" if not value.microsecond else "milliseconds")
