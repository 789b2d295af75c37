from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from omnipub.channels.registry import CHANNELS
from omnipub.domain.announcement import announce
from omnipub.domain.certification import Certification, checked
from omnipub.domain.certification_catalog import CATALOGUE
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import ParentKind
from omnipub.domain.message import checked as checked_content
from omnipub.names import SEED_OWNER
from omnipub.seed.messages import FATES, InventedPlan, invent

AS_OF = datetime(2026, 11, 23, tzinfo=UTC)
PLAN = InventedPlan(seed=7, as_of=AS_OF, networks=("bluesky", "facebook", "linkedin", "telegram", "webhook"))
MANY = [invent(PLAN, number) for number in range(2000)]
DELIVERIES = [one for invented in MANY for one in invented.deliveries]


def test_the_same_seed_number_and_day_give_the_same() -> None:
    assert [invent(PLAN, number) for number in range(50)] == MANY[:50]


def test_another_seed_gives_others() -> None:
    ids = {one.parent.id for one in MANY}
    assert not ids & {invent(replace(PLAN, seed=8), number).parent.id for number in range(2000)}
    assert len(ids) == 2000


def test_every_fate_occurs_about_as_often_as_its_row_says() -> None:
    first = Counter(invented.deliveries[0].status for invented in MANY)
    assert sum(FATES.values()) == 1000
    for status, share in FATES.items():
        assert abs(first[status] - 2 * share) <= max(12, 0.25 * 2 * share), status


def test_nothing_is_being_published_and_nothing_is_due_within_two_days() -> None:
    assert not any(one.status is Status.PUBLISHING or one.lease for one in DELIVERIES)
    ahead = [one.next_at for one in DELIVERIES if one.status is Status.SCHEDULED and one.next_at]
    assert min(ahead) >= AS_OF + timedelta(days=2)
    assert max(ahead) <= AS_OF + timedelta(days=366)


def test_no_hour_of_the_coming_year_has_a_flood() -> None:
    hours = Counter(
        one.next_at.replace(minute=0) for one in DELIVERIES if one.status is Status.SCHEDULED and one.next_at
    )
    assert max(hours.values()) <= 12  # the channels of very few messages


def test_what_is_over_was_over_before_the_day() -> None:
    for invented in MANY:
        assert invented.subject.created_at <= AS_OF
        assert all(attempt.ended_at is not None and attempt.ended_at < AS_OF for attempt in invented.attempts)


@pytest.mark.parametrize("number", range(0, 2000, 7))
def test_what_is_invented_is_what_compose_would_have_taken(number: int) -> None:
    invented = MANY[number]
    subject = invented.subject
    if isinstance(subject, Certification):
        assert checked(subject, AS_OF.date()) is subject
        assert announce(subject, "linkedin", CHANNELS).text
    else:
        assert checked_content(subject.content) is subject.content
    assert subject.channels == tuple(one.channel for one in invented.deliveries)
    assert {one.owner for one in invented.deliveries} == {SEED_OWNER} == {subject.owner}


def test_tries_are_numbered_as_the_delivery_counts_them() -> None:
    assert any(delivery.attempts for delivery in DELIVERIES)
    for invented in MANY:
        for delivery in invented.deliveries:
            tries = [*invented.attempts, *([delivery.published_by] if delivery.published_by else [])]
            numbers = [one.number for one in tries if one.channel == delivery.channel]
            assert numbers == list(range(1, delivery.attempts + 1))


def test_there_are_certifications_failures_beside_successes_and_second_tries() -> None:
    assert 50 <= sum(invented.parent.kind is ParentKind.CERTIFICATION for invented in MANY) <= 150
    mixed = [{one.status for one in invented.deliveries} for invented in MANY]
    assert {Status.FAILED, Status.PUBLISHED} in mixed
    assert max(one.attempts for one in DELIVERIES) == 2


def test_unresolved_ones_never_say_the_same() -> None:
    holds = [one.holds for one in DELIVERIES if one.holds]
    assert len(holds) == len(set(holds)) > 10


def test_types_that_were_retired_since_are_among_what_was_earned() -> None:
    earned = [one.subject for one in MANY if isinstance(one.subject, Certification)]
    assert any((CATALOGUE[one.type].retired_on or one.earned_on) > one.earned_on for one in earned)
