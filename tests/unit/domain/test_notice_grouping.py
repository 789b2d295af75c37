"""Which causes one notice tells, and how long one waits for company."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from omnipub.domain.notice import GROWN_EVERY, Cause, Phase, claimed, taken
from omnipub.domain.notice_grouping import GATHERED_FOR, due_groups

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def account(name: str, first: datetime = NOON) -> Cause:
    return Cause(name=f"account {name}", what=f"{name} needs its owner.", first=first, last=first)


def told(cause: Cause, now: datetime = NOON, *, target: str = "mail", phase: Phase = Phase.BEGUN) -> Cause:
    return taken(claimed(cause, target, now, chance=0), target, phase, now)


def groups(*causes: Cause, now: datetime = NOON, patience: timedelta = timedelta(0)) -> list[tuple[Phase, list[str]]]:
    found = due_groups(causes, "mail", now, patience=lambda _: patience)
    return [(phase, [one.name for one in together]) for phase, together in found]


def test_one_that_comes_alone_is_told_at_once_and_those_of_a_kind_together() -> None:
    failed = replace(account("x"), name="failed")
    assert groups(account("a")) == [(Phase.BEGUN, ["account a"])]
    assert groups(account("a"), failed, account("b")) == [
        (Phase.BEGUN, ["account a", "account b"]),
        (Phase.BEGUN, ["failed"]),
    ]


def test_what_comes_soon_after_waits_for_company() -> None:
    first, later = told(account("a")), account("b", NOON + MINUTE)
    assert groups(first, later, now=NOON + MINUTE) == []
    assert groups(first, later, now=NOON + GATHERED_FOR - timedelta(milliseconds=1)) == []
    more = account("c", NOON + GATHERED_FOR)
    assert groups(first, later, more, now=NOON + GATHERED_FOR) == [(Phase.BEGUN, ["account b", "account c"])]


def test_other_kinds_and_other_targets_do_not_wait() -> None:
    here, there = told(account("a")), told(account("a"), target="slack")
    failed = replace(account("x"), name="failed")
    assert groups(here, failed, now=NOON + MINUTE) == [(Phase.BEGUN, ["failed"])]
    assert groups(there, account("b"), now=NOON + MINUTE) == [(Phase.BEGUN, ["account a", "account b"])]


def test_ends_wait_for_ends_and_beginnings_for_beginnings() -> None:
    over = replace(told(account("a")), over_at=NOON + MINUTE)
    assert groups(over, now=NOON + MINUTE) == [(Phase.OVER, ["account a"])]
    ended = told(over, NOON + MINUTE, phase=Phase.OVER)
    assert groups(ended, account("b"), now=NOON + 2 * MINUTE) == [(Phase.BEGUN, ["account b"])]
    another = replace(told(account("c")), over_at=NOON + MINUTE)
    assert groups(ended, another, now=NOON + 2 * MINUTE) == []
    assert groups(ended, another, now=NOON + MINUTE + GATHERED_FOR) == [(Phase.OVER, ["account c"])]


def test_a_cause_does_not_wait_for_itself() -> None:
    grown = replace(told(account("a")), newest=NOON + MINUTE)
    assert groups(grown, now=NOON + GROWN_EVERY) == [(Phase.GROWN, ["account a"])]


def test_what_has_not_lasted_yet_is_in_no_group() -> None:
    old, fresh = account("a", NOON - 2 * MINUTE), account("b")
    assert groups(old, fresh, patience=2 * MINUTE) == [(Phase.BEGUN, ["account a"])]
