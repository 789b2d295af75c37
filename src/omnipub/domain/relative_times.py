"""Read times that a person types relative to now, such as `tomorrow 9:00` or `+2h`.

Only what a person types is read so. Files and the API take ISO 8601 alone, as they may be read on another day.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from omnipub.domain.text import excerpt
from omnipub.domain.timestamps import TIME_AT_MOST, Fold, Schedule, schedule_at, to_text, zone_named
from omnipub.errors import InvalidInputError

FORMS = "tomorrow 9:00, today 17:30, monday 9:00, +2h, in 90m, or ISO 8601 as YYYY-MM-DDTHH:MM"
"""What a due time may look like, for hints."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEAR_DAYS: Mapping[str, int] = MappingProxyType({"yesterday": -1, "today": 0, "tomorrow": 1})
"""Word → days from today."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(?:[0-9]{1,7}[smhd])+")
_PART = re.compile(r"([0-9]+)([smhd])")
_AHEAD = re.compile(r"(?:\+ ?|in )(.+)")
_ON_DAY = re.compile(r"([a-z]+)(?: (?:at )?([0-9]{1,2}):([0-9]{2}))?")


@dataclass(frozen=True, kw_only=True)
class TimeOnDay:
    """A time of day on a day that is named by its distance or by its weekday.

    Attributes:
        day: A weekday or one of NEAR_DAYS.
        clock: The time of day; None if only the day was named.
    """

    day: str
    clock: time | None

    def after(self, now: datetime) -> datetime:
        """The local time that is meant, without its zone.

        A weekday is the next one on which that time is still ahead, which may be today.

        Args:
            now: The present moment in the zone of the time.
        """
        clock = self.clock or time()
        if self.day in NEAR_DAYS:
            return _at(now.date() + timedelta(days=NEAR_DAYS[self.day]), clock)
        until = (WEEKDAYS.index(self.day) - now.weekday()) % len(WEEKDAYS)
        found = _at(now.date() + timedelta(days=until), clock)
        return found if found > now.replace(tzinfo=None) else found + timedelta(days=len(WEEKDAYS))


def span_of(text: str) -> timedelta | None:
    """The span that `90m`, `2h30m` or `3d` names; None if it is no span."""
    if len(text) > TIME_AT_MOST or not _SPAN.fullmatch(text):
        return None
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text)))


def relative_time(text: str) -> timedelta | TimeOnDay | None:
    """The span from now, or the day, that `text` names; None if it names neither."""
    words = " ".join(text[: TIME_AT_MOST + 1].lower().split())
    ahead = _AHEAD.fullmatch(words)
    if ahead:
        return span_of(ahead[1])
    found = _ON_DAY.fullmatch(words)
    if found is None or found[1] not in {*WEEKDAYS, *NEAR_DAYS}:
        return None
    if found[2] is None:
        return TimeOnDay(day=found[1], clock=None)
    try:
        return TimeOnDay(day=found[1], clock=time(int(found[2]), int(found[3])))
    except ValueError:
        return None


def needs_zone(text: str) -> bool:
    """Whether `text` is a local time, which only means a moment together with a zone."""
    try:
        return datetime.fromisoformat(text.strip()).tzinfo is None
    except ValueError:
        return isinstance(relative_time(text), TimeOnDay)


def ahead_of(now: datetime, span: timedelta, text: str) -> datetime:
    """The moment that lies `span` after `now`.

    Raises:
        InvalidInputError: No calendar goes that far; `text` is what was typed.
    """
    try:
        return now + span
    except OverflowError as error:
        raise InvalidInputError(f"'{excerpt(text)}' is too far ahead.", hint="Name a shorter span.") from error


def typed_schedule(text: str, *, now: datetime, zone: str | None = None, fold: Fold | None = None) -> Schedule:
    """Read a due time as a person types it: one of FORMS.

    Args:
        text: What was typed.
        now: The present moment.
        zone: IANA zone of a local time, and the zone the schedule is shown in (default UTC).
        fold: Which instant is meant if the local time happens twice.

    Raises:
        InvalidInputError: As `schedule_at`; or it is none of FORMS, or a day without a time.
    """
    relative = relative_time(text)
    if isinstance(relative, timedelta):
        return schedule_at(to_text(ahead_of(now, relative, text)), zone=zone, fold=fold)
    if isinstance(relative, TimeOnDay):
        if relative.clock is None:
            raise InvalidInputError(
                f"'{excerpt(text)}' names a day and no time.", hint=f"Add the time: {relative.day} 9:00."
            )
        if zone is None:
            raise InvalidInputError(f"'{excerpt(text)}' has no zone.", hint="Name a zone such as Europe/Berlin.")
        local = relative.after(now.astimezone(zone_named(zone)))
        return schedule_at(local.isoformat(timespec="minutes"), zone=zone, fold=fold)
    if not _is_iso(text):
        raise InvalidInputError(f"'{excerpt(text)}' is not a time.", hint=f"Use one of: {FORMS}.")
    return schedule_at(text, zone=zone, fold=fold)


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text[: TIME_AT_MOST + 1].strip())
    except ValueError:
        return False
    return True


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=UTC).replace(tzinfo=None)
