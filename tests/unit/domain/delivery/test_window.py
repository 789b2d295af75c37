from datetime import UTC, datetime, timedelta

import pytest

from omnipub.domain.delivery.window import LONGEST, Window, end_of, window_of
from omnipub.errors import InvalidInputError

DUE = datetime(2026, 12, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("90s", timedelta(seconds=90)),
        ("45m", timedelta(minutes=45)),
        ("2h30m", timedelta(hours=2, minutes=30)),
        (" 3d ", timedelta(days=3)),
        ("2026-12-01T10:00Z", DUE + 2 * HOUR),
        ("2026-12-01T11:00:00+01:00", DUE + 2 * HOUR),
    ],
)
def test_a_window_is_a_span_or_a_moment(text: str, window: Window) -> None:
    assert window_of(text) == window


def test_a_local_time_is_meant_in_the_zone_given() -> None:
    assert window_of("2026-12-01T11:00", zone="Europe/Berlin") == DUE + 2 * HOUR


@pytest.mark.parametrize("text", ["", "soon", "2", "h", "2w", "-2h", "2 h", "1e3s", "2026-12-01T11:00", "12345678s"])
def test_what_is_neither_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        window_of(text)
    assert refused.value.hint


@pytest.mark.parametrize("window", [2 * HOUR, DUE + 2 * HOUR])
def test_a_span_runs_from_the_due_moment(window: Window) -> None:
    assert end_of(window, due=DUE, now=DUE - HOUR) == DUE + 2 * HOUR


@pytest.mark.parametrize(
    ("window", "now"),
    [
        (timedelta(0), DUE - HOUR),
        (DUE, DUE - HOUR),
        (DUE - HOUR, DUE - 2 * HOUR),
        (HOUR, DUE + HOUR),
        (LONGEST + timedelta(milliseconds=1), DUE - HOUR),
        (timedelta(days=9_999_999), DUE - HOUR),
        (datetime(9998, 1, 1, tzinfo=UTC), DUE - HOUR),
    ],
)
def test_a_window_ends_after_the_due_moment_ahead_of_now_and_within_a_month(window: Window, now: datetime) -> None:
    with pytest.raises(InvalidInputError):
        end_of(window, due=DUE, now=now)


def test_the_longest_window_is_allowed() -> None:
    assert end_of(LONGEST, due=DUE, now=DUE) == DUE + LONGEST


def test_a_span_is_read_up_to_a_hundred_characters() -> None:
    assert window_of("1s" * 50) == timedelta(seconds=50)
    with pytest.raises(InvalidInputError):
        window_of("1s" * 49 + "10s")
