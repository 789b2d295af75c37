from dataclasses import replace
from datetime import UTC, datetime, timedelta

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
DELIVERY = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id="01JQ0000000000000000000000"),
    channel="facebook",
    account="1",
    owner="ada",
    status=Status.SCHEDULED,
    due_at=DUE,
    next_at=DUE,
)


def test_lateness_counts_from_what_was_asked_to_the_networks_answer() -> None:
    late = replace(DELIVERY, published_at=DUE + timedelta(milliseconds=1234, microseconds=999))
    assert late.lateness == timedelta(seconds=1.234999)
    assert late.lateness_ms == 1234


def test_a_post_that_came_before_its_moment_is_late_by_less_than_nothing() -> None:
    assert replace(DELIVERY, published_at=DUE - timedelta(milliseconds=2)).lateness_ms == -2


def test_an_answer_at_the_very_moment_is_not_late() -> None:
    on_time = replace(DELIVERY, published_at=DUE)
    assert (on_time.lateness, on_time.lateness_ms) == (timedelta(0), 0)


def test_what_has_no_answer_or_no_moment_has_no_lateness() -> None:
    for neither in (DELIVERY, replace(DELIVERY, due_at=None, published_at=DUE)):
        assert (neither.lateness, neither.lateness_ms) == (None, None)
