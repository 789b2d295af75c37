from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from omnipub_cli.output import times

AT = datetime(2026, 12, 1, 23, 30, 0, 5000, tzinfo=UTC)


def test_a_moment_is_shown_in_the_readers_zone(zone: Callable[[str], None]) -> None:
    zone("Asia/Kathmandu")
    assert times.on_screen(AT, utc=False) == "2026-12-02 05:15:00 +05:45"
    assert times.on_screen(AT, utc=True, exact=True) == "2026-12-01 23:30:00.005Z"
    assert times.in_text(AT, utc=False) == "2026-12-02T05:15:00.005+05:45"
    assert times.day(AT, utc=False) == "Wednesday, 2026-12-02"
    assert times.day(AT, utc=True) == "Tuesday, 2026-12-01"
    assert times.clock(AT, utc=False) == "05:15:00 +05:45"
    assert times.clock(AT, utc=False, exact=True) == "05:15:00.005 +05:45"
    assert times.shown_offset(AT, utc=False) == "+05:45"
    assert times.shown_offset(AT, utc=True) == "Z"


def test_the_zone_is_named_as_the_machine_names_it(zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    assert times.zone_name() == "Europe/Berlin"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(milliseconds=87), "87 ms"),
        (timedelta(seconds=12.34), "12.3 s"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=9), "9 days"),
        (timedelta(0), "0 ms"),
        (timedelta(milliseconds=-40), "-40 ms"),
    ],
)
def test_a_span_is_said_in_a_sensible_unit(span: timedelta, words: str) -> None:
    assert times.span(span) == words
