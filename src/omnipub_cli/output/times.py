"""Moments as a person reads them: in the zone of this machine with its offset, or in UTC.

On a screen there is one form, `YYYY-MM-DD HH:MM:SS +01:00`. Where a heading says the day or the offset, rows do not.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

_MARK = "zoneinfo/"


def on_screen(value: datetime, *, utc: bool, exact: bool = False) -> str:
    """`2026-12-01 09:00:00 +01:00`; with `exact` to the millisecond."""
    shown = value.astimezone(UTC if utc else None)
    text = shown.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds" if exact else "seconds")
    return f"{text}Z" if utc else f"{text} {offset(shown)}"


def shown_offset(value: datetime, *, utc: bool) -> str:
    """What `on_screen` puts behind the time of day: `+01:00` or `Z`."""
    return "Z" if utc else offset(value.astimezone())


def in_text(value: datetime, *, utc: bool) -> str:
    """ISO 8601 in milliseconds, for programs."""
    text = value.astimezone(UTC if utc else None).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z" if utc else text


def day(value: datetime, *, utc: bool) -> str:
    """The day it is there: `Tuesday, 2026-12-01`."""
    return value.astimezone(UTC if utc else None).strftime("%A, %Y-%m-%d")


def clock(value: datetime, *, utc: bool, exact: bool = False) -> str:
    """The time of day alone with its offset, beside a day that is already shown."""
    return on_screen(value, utc=utc, exact=exact).partition(" ")[2]


def offset(value: datetime) -> str:
    """`+01:00`."""
    return value.isoformat()[-6:]


def zone_name() -> str:
    """The reader's zone by its IANA name, or empty where this machine does not say."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named:
        return named
    linked = str(Path("/etc/localtime").resolve())
    return linked.partition(_MARK)[2]


def span(value: timedelta) -> str:
    """A span in its largest sensible unit: `340 ms`, `12.3 s`, `5 min`, `3 h`, `2 days`."""
    seconds = value.total_seconds()
    for most, unit, name in _UNITS:
        if abs(seconds) < most:
            amount = seconds / unit
            return f"{amount:.1f} {name}" if name == "s" else f"{round(amount)} {name}"
    return f"{round(seconds / 86400)} days"


_UNITS = ((1, 0.001, "ms"), (60, 1, "s"), (60 * 90, 60, "min"), (3600 * 48, 3600, "h"))
