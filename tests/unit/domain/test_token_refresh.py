"""When a token that works is renewed."""

from datetime import UTC, datetime, timedelta

import pytest

from omnipub.domain.token_refresh import AHEAD, AHEAD_AGAIN, RefreshFailure, is_due

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("ends_at", "failed_at", "for_good", "due"),
    [
        (None, None, False, False),
        (NOON + AHEAD, None, False, True),
        (NOON + AHEAD + TICK, None, False, False),
        (NOON, NOON - AHEAD_AGAIN, False, True),
        (NOON, NOON - AHEAD_AGAIN + TICK, False, False),
        (NOON, NOON - AHEAD_AGAIN, True, False),
    ],
)
def test_a_token_is_renewed_three_days_ahead_hourly_until_the_network_refuses(
    ends_at: datetime | None, failed_at: datetime | None, *, for_good: bool, due: bool
) -> None:
    failed = None if failed_at is None else RefreshFailure(at=failed_at, sentence="", for_good=for_good)
    assert is_due(ends_at, failed, NOON) == due
