from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from omnipub.errors import InvalidInputError
from omnipub_cli.framework.since import bound_of, since_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        (" 15 min ", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("0s", timedelta(0)),
    ],
)
def test_a_span_is_how_long_ago(text: str, ago: timedelta) -> None:
    assert since_of(text, "--since", now=NOW) == NOW - ago


@pytest.mark.parametrize("text", ["2026-11-23T09:00Z", "2026-11-23T10:00+01:00"])
def test_a_moment_is_itself(text: str) -> None:
    assert since_of(text, "--since", now=NOW) == datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "5x", "-5m", "m", "1.5h", "2026-13-01"])
def test_what_is_neither_is_refused_with_both_forms_named(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a time for --until") as refused:
        since_of(text, "--until", now=NOW)
    assert "YYYY-MM-DDTHH:MMZ" in refused.value.hint
    assert "15m" in refused.value.hint
    assert "+2h" not in refused.value.hint  # it would be refused too


@pytest.mark.parametrize("text", ["2026-11-23T12:00:01Z", "+2h", "in 90m", "tomorrow"])
def test_what_lies_ahead_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="lies ahead"):
        since_of(text, "--since", now=NOW)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("yesterday", "2026-11-22T00:00+01:00"),
        ("today", "2026-11-23T00:00+01:00"),
        ("Today  9:30", "2026-11-23T09:30+01:00"),
        ("tomorrow at 17:00", "2026-11-24T17:00+01:00"),
        ("+2h", "2026-11-23T15:00+01:00"),
        ("in 1d12h", "2026-11-25T01:00+01:00"),
        ("2h", "2026-11-23T11:00+01:00"),
    ],
)
def test_a_bound_may_be_a_near_day_or_a_span_ahead_or_ago(text: str, local: str, zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    assert bound_of(text, "--until", now=NOW) == datetime.fromisoformat(local)


@pytest.mark.parametrize("text", ["monday", "friday 9:00", "soon"])
def test_a_weekday_is_no_bound_as_it_could_be_the_last_or_the_next(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a time for --until") as refused:
        bound_of(text, "--until", now=NOW)
    assert "tomorrow 9:00" in refused.value.hint


def test_further_ahead_than_time_goes_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="too far ahead"):
        bound_of("+9999999d", "--until", now=NOW)


def test_longer_ago_than_time_goes_back_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="too long ago"):
        since_of("999999d", "--since", now=NOW)
