from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.timestamps import (
    TICK,
    Fold,
    Schedule,
    from_text,
    milliseconds,
    moment,
    schedule_at,
    to_text,
    zone_named,
)
from omnipub.errors import InvalidInputError

BERLIN = "Europe/Berlin"
LORD_HOWE = "Australia/Lord_Howe"
"""Its clocks change by half an hour."""

NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1970, 1, 2), datetime(9990, 1, 1), timezones=offsets)  # noqa: DTZ001
moments = instants.map(moment)


@settings(deadline=None)
@given(instants)
def test_a_moment_is_utc_in_whole_milliseconds_and_less_than_one_before_what_was_given(value: datetime) -> None:
    cut = moment(value)
    assert cut.tzinfo is UTC
    assert cut.microsecond % 1000 == 0
    assert timedelta(0) <= value - cut < TICK


@given(moments)
def test_a_moment_of_a_moment_is_itself(value: datetime) -> None:
    assert moment(value) == value


def test_a_moment_without_a_zone_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="zone"):
        moment(datetime(2026, 12, 1, 9))  # noqa: DTZ001


@settings(deadline=None)
@given(moments)
def test_a_moment_survives_its_text(value: datetime) -> None:
    assert from_text(to_text(value)) == value


@settings(deadline=None)
@given(instants, instants)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    assert (to_text(one) < to_text(other)) == (moment(one) < moment(other))


@given(moments)
def test_the_next_tick_is_the_next_text(value: datetime) -> None:
    assert to_text(value) < to_text(value + TICK)


@settings(deadline=None)
@given(instants)
def test_every_text_has_24_characters(value: datetime) -> None:
    assert len(to_text(value)) == 24


def test_a_text_shows_utc_and_milliseconds_even_when_they_are_zero() -> None:
    assert to_text(datetime(2026, 12, 1, 10, tzinfo=timezone(timedelta(hours=1)))) == "2026-12-01T09:00:00.000Z"


def test_a_text_cuts_microseconds_and_never_rounds_up() -> None:
    assert to_text(NINE.replace(microsecond=999_999)) == "2026-12-01T09:00:00.999Z"


@pytest.mark.parametrize(
    ("span", "whole"),
    [
        (timedelta(seconds=1), 1000),
        (timedelta(microseconds=1999), 1),
        (timedelta(microseconds=-1), -1),
        (timedelta(0), 0),
    ],
)
def test_milliseconds_are_cut_towards_the_past(span: timedelta, whole: int) -> None:
    assert milliseconds(span) == whole


# What a person asks for.


def test_a_time_with_an_offset_is_an_instant_shown_in_utc() -> None:
    asked = schedule_at("2026-12-01T10:00:00+01:00")
    assert asked == Schedule(at=NINE, local="2026-12-01T09:00:00", zone="UTC")


def test_a_time_with_z_is_an_instant() -> None:
    assert schedule_at("2026-12-01T09:00Z").at == NINE


def test_an_instant_is_shown_in_the_zone_that_is_named_beside_it() -> None:
    asked = schedule_at("2026-12-01T09:00:00Z", zone=BERLIN)
    assert asked == Schedule(at=NINE, local="2026-12-01T10:00:00", zone=BERLIN)


def test_a_time_without_an_offset_is_local_to_the_zone() -> None:
    asked = schedule_at("2026-12-01T10:00", zone=BERLIN)
    assert asked == Schedule(at=NINE, local="2026-12-01T10:00:00", zone=BERLIN)


def test_the_same_local_time_is_another_instant_in_summer() -> None:
    assert schedule_at("2026-07-01T10:00", zone=BERLIN).at == datetime(2026, 7, 1, 8, tzinfo=UTC)


def test_spaces_around_a_time_do_not_matter() -> None:
    assert schedule_at("  2026-12-01T09:00Z\n").at == NINE


def test_what_is_finer_than_a_millisecond_is_cut() -> None:
    assert schedule_at("2026-12-01T09:00:00.123999Z").at == NINE.replace(microsecond=123_000)


def test_a_local_time_keeps_its_milliseconds_for_display() -> None:
    assert schedule_at("2026-12-01T10:00:00.250", zone=BERLIN).local == "2026-12-01T10:00:00.250"


def test_a_moment_long_past_is_read_and_judged_elsewhere() -> None:
    assert schedule_at("1999-12-31T23:59:59Z").at == datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_utc_never_skips_or_repeats_a_local_time() -> None:
    for text in ("2027-03-28T02:30", "2026-10-25T02:30"):
        assert to_text(schedule_at(text, zone="UTC").at) == f"{text}:00.000Z"


def test_a_local_time_without_a_zone_is_refused_with_what_to_add() -> None:
    with pytest.raises(InvalidInputError, match="neither an offset nor a zone") as caught:
        schedule_at("2026-12-01T09:00")
    assert "Europe/Berlin" in caught.value.hint
    assert "+01:00" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["", " ", "tomorrow", "9 am", "01.12.2026 09:00", "2026-13-01T09:00Z", "2026-02-30T09:00Z", "1764579600", "\ud800"],
)
def test_what_is_not_iso_8601_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a time") as caught:
        schedule_at(text, zone="UTC")
    assert "ISO 8601" in caught.value.hint


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Nowhere/Land",
        "Berlin",
        "+01:00",
        "Europe",
        "../etc/passwd",
        "/etc/localtime",
        "\0",
        "\ud800",
        "a" * 999,
    ],
)
def test_an_unknown_zone_is_refused_with_an_example(name: str) -> None:
    for read in (lambda: zone_named(name), lambda: schedule_at("2026-12-01T09:00", zone=name)):
        with pytest.raises(InvalidInputError, match="is not a time zone") as caught:
            read()
        assert "Europe/Berlin" in caught.value.hint


def test_an_unknown_zone_is_refused_beside_an_instant_too() -> None:
    with pytest.raises(InvalidInputError, match="is not a time zone"):
        schedule_at("2026-12-01T09:00Z", zone="Nowhere/Land")


# When clocks change.


@pytest.mark.parametrize("fold", [None, *Fold])
@pytest.mark.parametrize(
    ("text", "zone", "exists"),
    [
        ("2027-03-28T02:30", BERLIN, "2027-03-28T03:30:00"),
        ("2027-03-28T02:00", BERLIN, "2027-03-28T03:00:00"),
        ("2026-10-04T02:15", LORD_HOWE, "2026-10-04T02:45:00"),
    ],
)
def test_a_local_time_that_clocks_skip_is_refused_whatever_the_fold(
    text: str, zone: str, exists: str, fold: Fold | None
) -> None:
    with pytest.raises(InvalidInputError, match=f"does not exist in {zone}") as caught:
        schedule_at(text, zone=zone, fold=fold)
    assert exists in caught.value.hint


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2027-03-28T01:59:59.999", BERLIN, "2027-03-28T00:59:59.999Z"),
        ("2027-03-28T03:00", BERLIN, "2027-03-28T01:00:00.000Z"),
        ("2026-10-04T02:30", LORD_HOWE, "2026-10-03T15:30:00.000Z"),
    ],
)
def test_the_edges_of_a_gap_exist(text: str, zone: str, utc: str) -> None:
    assert to_text(schedule_at(text, zone=zone).at) == utc


@pytest.mark.parametrize(
    ("text", "zone"), [("2026-10-25T02:30", BERLIN), ("2026-10-25T02:00", BERLIN), ("2027-04-04T01:45", LORD_HOWE)]
)
def test_a_local_time_that_happens_twice_is_refused_without_a_fold(text: str, zone: str) -> None:
    with pytest.raises(InvalidInputError, match=f"happens twice in {zone}") as caught:
        schedule_at(text, zone=zone)
    assert all(fold in caught.value.hint for fold in Fold)


@pytest.mark.parametrize(
    ("text", "zone", "fold", "utc"),
    [
        ("2026-10-25T02:30", BERLIN, Fold.EARLIER, "2026-10-25T00:30:00.000Z"),
        ("2026-10-25T02:30", BERLIN, Fold.LATER, "2026-10-25T01:30:00.000Z"),
        ("2027-04-04T01:45", LORD_HOWE, Fold.EARLIER, "2027-04-03T14:45:00.000Z"),
        ("2027-04-04T01:45", LORD_HOWE, Fold.LATER, "2027-04-03T15:15:00.000Z"),
    ],
)
def test_the_fold_says_which_of_two_instants_is_meant(text: str, zone: str, fold: Fold, utc: str) -> None:
    asked = schedule_at(text, zone=zone, fold=fold)
    assert (to_text(asked.at), asked.local) == (utc, f"{text}:00")


@pytest.mark.parametrize("text", ["2026-10-25T01:59:59", "2026-10-25T03:00"])
def test_the_edges_of_an_overlap_happen_once_and_need_no_fold(text: str) -> None:
    assert schedule_at(text, zone=BERLIN) == schedule_at(text, zone=BERLIN, fold=Fold.LATER)


def test_an_offset_decides_between_two_instants_without_a_fold() -> None:
    asked = schedule_at("2026-10-25T02:30+02:00", zone=BERLIN)
    assert to_text(asked.at) == "2026-10-25T00:30:00.000Z"
    assert asked.local == "2026-10-25T02:30:00"


@settings(deadline=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)),  # noqa: DTZ001
    st.sampled_from([BERLIN, LORD_HOWE, "America/New_York", "Asia/Kathmandu", "UTC"]),
    st.sampled_from(Fold),
)
def test_a_schedule_shows_the_very_local_time_that_was_asked_for(local: datetime, zone: str, fold: Fold) -> None:
    text = local.replace(microsecond=0).isoformat()
    try:
        asked = schedule_at(text, zone=zone, fold=fold)
    except InvalidInputError as error:
        assert "does not exist" in error.message  # noqa: PT017
        return
    assert asked.at.astimezone(zone_named(zone)).replace(tzinfo=None).isoformat() == asked.local == text


@pytest.mark.parametrize("text", ["2027-12-01", " 2027-12-01 ", "20271201", "2027-W48-3"])
def test_a_day_without_a_time_is_refused_with_the_time_asked_for(text: str) -> None:
    with pytest.raises(InvalidInputError, match="names a day and no time") as refused:
        schedule_at(text, zone=BERLIN)
    assert refused.value.hint == "Add the time, e.g. 2027-12-01T09:00."
