from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnipub.domain.relative_times import FORMS, WEEKDAYS, needs_zone, span_of, typed_schedule
from omnipub.domain.timestamps import Fold, zone_named
from omnipub.errors import InvalidInputError

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
"""A Tuesday, 11:00 in Berlin."""


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("today 17:30", "2026-12-01T17:30:00"),
        ("tomorrow 9:00", "2026-12-02T09:00:00"),
        ("Tomorrow  AT  09:00", "2026-12-02T09:00:00"),
        ("monday 9:00", "2026-12-07T09:00:00"),
        ("wednesday 0:00", "2026-12-02T00:00:00"),
        ("tuesday 11:01", "2026-12-01T11:01:00"),
        ("tuesday 11:00", "2026-12-08T11:00:00"),
        ("2027-01-02T03:04", "2027-01-02T03:04:00"),
    ],
)
def test_a_day_and_a_time_are_meant_in_the_zone(text: str, local: str) -> None:
    schedule = typed_schedule(text, now=NOW, zone=BERLIN)
    assert (schedule.local, schedule.zone) == (local, BERLIN)
    assert schedule.at == datetime.fromisoformat(local).replace(tzinfo=zone_named(BERLIN))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("+2h", timedelta(hours=2)),
        ("+ 90m", timedelta(minutes=90)),
        ("in 90m", timedelta(minutes=90)),
        ("In 1h30m", timedelta(minutes=90)),
        ("+1d", timedelta(days=1)),
        ("in 30s", timedelta(seconds=30)),
    ],
)
def test_a_span_counts_from_now_and_needs_no_zone(text: str, span: timedelta) -> None:
    schedule = typed_schedule(text, now=NOW)
    assert (schedule.at, schedule.zone) == (NOW + span, "UTC")


def test_a_day_ahead_is_24_hours_also_where_clocks_change() -> None:
    before = datetime(2027, 3, 27, 12, tzinfo=UTC)
    assert typed_schedule("+1d", now=before, zone=BERLIN).local == "2027-03-28T14:00:00"


def test_the_day_it_is_depends_on_the_zone() -> None:
    late = datetime(2026, 12, 1, 23, 30, tzinfo=UTC)
    assert typed_schedule("today 9:00", now=late, zone="UTC").local == "2026-12-01T09:00:00"
    assert typed_schedule("today 9:00", now=late, zone=BERLIN).local == "2026-12-02T09:00:00"


@given(
    st.sampled_from(WEEKDAYS),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 10 * 366 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
)
def test_a_weekday_is_the_next_one_on_which_the_time_lies_ahead(
    day: str, hour: int, minute: int, now: datetime
) -> None:
    at = typed_schedule(f"{day} {hour}:{minute:02}", now=now, zone="UTC").at
    assert timedelta(0) < at - now <= timedelta(days=7)
    assert WEEKDAYS[at.weekday()] == day
    assert (at.hour, at.minute) == (hour, minute)


def test_a_time_that_clocks_skip_is_refused_like_its_iso_form() -> None:
    with pytest.raises(InvalidInputError, match="does not exist in Europe/Berlin"):
        typed_schedule("tomorrow 2:30", now=datetime(2027, 3, 27, 12, tzinfo=UTC), zone=BERLIN)


def test_a_time_that_happens_twice_needs_the_fold_like_its_iso_form() -> None:
    now = datetime(2026, 10, 24, 12, tzinfo=UTC)
    with pytest.raises(InvalidInputError, match="happens twice"):
        typed_schedule("tomorrow 2:30", now=now, zone=BERLIN)
    earlier = typed_schedule("tomorrow 2:30", now=now, zone=BERLIN, fold=Fold.EARLIER)
    later = typed_schedule("tomorrow 2:30", now=now, zone=BERLIN, fold=Fold.LATER)
    assert later.at - earlier.at == timedelta(hours=1)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "soon",
            "9:00",
            "next monday 9:00",
            "tomorrow 24:00",
            "monday 9:60",
            "tomorrow 9",
            "mon 9:00",
            "in",
            "+h",
        ),
        *(
            "+1.5h",
            "-2h",
            "2h",
            "in 2 weeks",
            "tomorrow 9am",
            "tomorrow 9:00 x",
            "übermorgen 9:00",
            "+2h\0",
            "in " * 90,
        ),
    ],
)
def test_what_is_no_time_is_refused_with_every_form_named(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a time") as refused:
        typed_schedule(text, now=NOW, zone=BERLIN)
    assert refused.value.hint == f"Use one of: {FORMS}."


@pytest.mark.parametrize("text", ["tomorrow", "today", "monday", "2027-12-01"])
def test_a_day_without_a_time_is_asked_for_its_time(text: str) -> None:
    with pytest.raises(InvalidInputError, match="names a day and no time") as refused:
        typed_schedule(text, now=NOW, zone=BERLIN)
    assert refused.value.hint.startswith("Add the time")


def test_a_local_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="has no zone"):
        typed_schedule("tomorrow 9:00", now=NOW)


def test_a_span_beyond_every_calendar_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="too far ahead"):
        typed_schedule("+9999999d", now=NOW)


@pytest.mark.parametrize("form", [one.removeprefix("or ISO 8601 as ") for one in FORMS.split(", ")])
def test_every_form_that_is_named_is_accepted(form: str) -> None:
    typed = form if "YYYY" not in form else "2027-05-06T07:08"
    assert typed_schedule(typed, now=NOW, zone=BERLIN).at > NOW


@pytest.mark.parametrize(
    ("text", "local"),
    [("tomorrow 9:00", True), ("2027-12-01T09:00", True), ("+2h", False), ("2027-12-01T09:00Z", False), ("x", False)],
)
def test_only_a_local_time_needs_a_zone(text: str, local: bool) -> None:  # noqa: FBT001  a row of the table
    assert needs_zone(text) == local


def test_a_span_is_a_sum_of_its_parts() -> None:
    assert span_of("1d2h3m4s") == timedelta(days=1, hours=2, minutes=3, seconds=4)
    assert span_of("") is None
    assert span_of("1h" * 60) is None  # longer than any time that is read
