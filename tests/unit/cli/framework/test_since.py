from datetime import UTC, datetime, timedelta

import pytest

from omnipub.errors import InvalidInputError
from omnipub_cli.framework.since import since_of

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
    assert "2026-12-01T09:00Z" in refused.value.hint
    assert "15m" in refused.value.hint


def test_what_lies_ahead_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="lies ahead"):
        since_of("2026-11-23T12:00:01Z", "--since", now=NOW)


def test_longer_ago_than_time_goes_back_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="too long ago"):
        since_of("999999d", "--since", now=NOW)
