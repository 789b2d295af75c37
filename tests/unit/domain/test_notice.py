"""When somebody is told of a cause, told again, told that it is over, and when a cause is done with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from omnipub.domain.notice import (
    END_FOR,
    GONE_AFTER,
    GROWN_EVERY,
    SEEN_EVERY,
    Cause,
    Phase,
    claimed,
    due,
    failed,
    finished,
    seen,
    taken,
    unseen,
)

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FOUND = Cause(name="failed", what="Failed: 1.", first=NOON, last=NOON, newest=NOON)


def at(moment: datetime, **values: object) -> Cause:
    """As a look at that moment finds it."""
    return replace(FOUND, first=moment, last=moment, **values)  # type: ignore[arg-type]


def told(cause: Cause = FOUND, target: str = "mail", phase: Phase = Phase.BEGUN, now: datetime = NOON) -> Cause:
    return taken(claimed(cause, target, now, chance=0), target, phase, now)


def test_everybody_is_told_of_a_beginning_once() -> None:
    assert due(FOUND, "mail", NOON) is due(FOUND, "slack", NOON) is Phase.BEGUN
    after = told()
    assert due(after, "mail", NOON + 90 * GROWN_EVERY) is None
    assert due(after, "slack", NOON) is Phase.BEGUN


def test_what_may_heal_by_itself_is_told_only_when_it_has_lasted() -> None:
    patience = 2 * MINUTE
    assert due(FOUND, "mail", NOON + patience - MINUTE, patience=patience) is None
    assert due(FOUND, "mail", NOON + patience, patience=patience) is Phase.BEGUN


def test_who_claims_a_notice_keeps_others_from_it_until_its_next_try() -> None:
    mine = claimed(FOUND, "mail", NOON, chance=0)
    assert due(mine, "mail", NOON + MINUTE - timedelta(milliseconds=1)) is None
    assert due(mine, "mail", NOON + MINUTE) is Phase.BEGUN, "also if its process died"
    assert due(mine, "slack", NOON) is Phase.BEGUN


def test_a_notice_that_fails_is_tried_again_ever_later_and_for_ever() -> None:
    cause, now, waits = FOUND, NOON, []
    for _ in range(10):
        cause = failed(claimed(cause, "mail", now, chance=0), "mail", "No answer.")
        next_at = cause.of("mail").next_at
        assert next_at is not None
        waits.append((next_at - now) // MINUTE)
        assert due(cause, "mail", next_at - timedelta(seconds=1)) is None
        assert due(cause, "mail", next_at) is Phase.BEGUN
        now = next_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert (cause.of("mail").tries, cause.of("mail").sentence) == (10, "No answer.")
    after = taken(cause, "mail", Phase.BEGUN, now).of("mail")
    assert (after.tries, after.sentence, after.next_at, after.at) == (0, "", None, now)


def test_a_cause_that_grows_is_told_again_once_a_day() -> None:
    cause = replace(told(), newest=NOON + MINUTE)
    assert due(cause, "mail", NOON + GROWN_EVERY - MINUTE) is None
    assert due(cause, "mail", NOON + GROWN_EVERY) is Phase.GROWN
    again = told(cause, phase=Phase.GROWN, now=NOON + GROWN_EVERY)
    assert due(again, "mail", NOON + 9 * GROWN_EVERY) is None, "nothing came to it since"


def test_the_end_is_told_once_and_only_to_who_was_told_of_the_beginning() -> None:
    over = unseen(told(), NOON + GONE_AFTER)
    assert due(over, "mail", NOON + GONE_AFTER) is Phase.OVER
    assert due(over, "slack", NOON + GONE_AFTER) is None
    assert not finished(over, ("mail", "slack"), NOON + GONE_AFTER)
    known = told(over, phase=Phase.OVER, now=NOON + GONE_AFTER)
    assert due(known, "mail", NOON + GONE_AFTER) is None
    assert finished(known, ("mail", "slack"), NOON + GONE_AFTER)


def test_what_nobody_was_told_of_ends_without_a_word() -> None:
    over = unseen(FOUND, NOON + GONE_AFTER)
    assert finished(over, ("mail",), NOON + GONE_AFTER)


def test_an_end_that_cannot_be_told_for_a_day_is_let_be() -> None:
    over = unseen(told(), NOON + GONE_AFTER)
    over = failed(claimed(over, "mail", NOON + GONE_AFTER, chance=0), "mail", "No answer.")
    assert not finished(over, ("mail",), NOON + END_FOR)
    assert finished(over, ("mail",), NOON + GONE_AFTER + END_FOR)


def test_the_end_of_a_target_that_was_removed_is_waited_for_by_nobody() -> None:
    assert finished(unseen(told(), NOON + GONE_AFTER), ("slack",), NOON + GONE_AFTER)


def test_a_cause_that_flickers_is_one() -> None:
    cause = told()
    away = unseen(cause, NOON + GONE_AFTER - timedelta(seconds=1))
    assert away is cause
    back = seen(away, at(NOON + GONE_AFTER))
    assert (back.first, back.last, back.told) == (NOON, NOON + GONE_AFTER, cause.told)


def test_a_cause_that_comes_back_is_told_to_who_knows_its_end_and_to_nobody_else() -> None:
    both = told(told(), "slack")
    over = unseen(both, NOON + GONE_AFTER)
    one = told(over, phase=Phase.OVER, now=NOON + GONE_AFTER)
    one = claimed(one, "slack", NOON + GONE_AFTER, chance=0)
    back = seen(one, at(NOON + 2 * GONE_AFTER))
    assert back.over_at is None
    assert due(back, "mail", NOON + 2 * GONE_AFTER) is Phase.BEGUN
    assert due(back, "slack", NOON + 90 * GROWN_EVERY) is None
    assert back.of("slack").next_at is None


def test_a_look_that_finds_the_same_writes_nothing_for_a_while() -> None:
    cause = replace(FOUND, version=3)
    assert seen(cause, at(NOON + SEEN_EVERY - timedelta(seconds=1))) is cause
    later = seen(cause, at(NOON + SEEN_EVERY))
    assert (later.last, later.first, later.version) == (NOON + SEEN_EVERY, NOON, 3)


@pytest.mark.parametrize("change", [{"what": "Failed: 2."}, {"count": 2}, {"newest": NOON + MINUTE}])
def test_a_look_that_finds_more_writes_it_at_once(change: dict[str, object]) -> None:
    after = seen(FOUND, at(NOON + MINUTE, **change))
    assert {name: getattr(after, name) for name in change} == change


def test_one_that_ended_untold_begins_anew() -> None:
    over = replace(unseen(FOUND, NOON + GONE_AFTER), version=7)
    back = seen(over, at(NOON + 2 * GONE_AFTER))
    assert (back.first, back.over_at, back.version) == (NOON + 2 * GONE_AFTER, None, 7)


def test_the_kind_is_the_first_word_of_the_name() -> None:
    assert FOUND.kind == "failed"
    assert replace(FOUND, name="account ada/facebook/1 2").kind == "account"
