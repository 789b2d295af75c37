"""Moments as a reader meets them: in their own zone with its offset, or in UTC."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

_MARK = "zoneinfo/"


def on_screen(value: datetime, *, utc: bool, exact: bool = False) -> str:
    """`2026-12-01 09:00:00 +01:00`; with `exact` to the millisecond."""
    shown = value.astimezone(UTC if utc else None)
    text = shown.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds" if exact else "seconds")
    return f"{text}Z" if utc else f"{text} {offset(shown)}"


def in_text(value: datetime, *, utc: bool) -> str:
    """ISO 8601 in milliseconds, for programs."""
    text = value.astimezone(UTC if utc else None).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z" if utc else text


def day(value: datetime, *, utc: bool) -> str:
    """The day it is there: `Tuesday, 2026-12-01`."""
    return value.astimezone(UTC if utc else None).strftime("%A, %Y-%m-%d")


def clock(value: datetime, *, utc: bool, exact: bool = False) -> str:
    """The time of day alone, beside a day that is already shown; `exact` leaves the offset out."""
    shown = on_screen(value, utc=utc, exact=exact).partition(" ")[2]
    return shown.partition(" ")[0] if exact else shown


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
