"""What people may do to a delivery, and what they may not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from omnipub.domain.delivery.actions import (
    RESTORED,
    dismissed,
    doubted,
    edited,
    found,
    is_editable,
    is_searchable,
    marked_published,
    searched_since,
)
from omnipub.domain.delivery.allowed_actions import statuses
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, Lease, Reason
from omnipub.domain.delivery.outcome import FoundPost
from omnipub.domain.ids import Parent, ParentKind
from omnipub.errors import ConflictError, IllegalTransitionError
from omnipub.hints import Action

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DUE = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A"),
    channel="webhook",
    account="1",
    owner="o",
    status=Status.SCHEDULED,
    due_at=NOON,
    next_at=NOON,
)
LEASE = Lease(claim_id="c", attempt=1, started_at=NOON, until=NOON + HOUR, sends=True)


@pytest.mark.parametrize("status", Status)
def test_what_may_be_out_is_not_edited_in_any_status(status: Status) -> None:
    delivery = replace(DUE, status=status)
    assert is_editable(delivery) == (status in statuses(Action.EDIT))
    out = replace(delivery, may_be_out=True)
    assert not is_editable(out)
    with pytest.raises(ConflictError):
        edited(out, due_at=None, window=HOUR)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.HELD, Status.FAILED, Status.MISSED])
def test_moving_what_is_not_scheduled_does_not_make_it_due(status: Status) -> None:
    moved = edited(replace(DUE, status=status, next_at=None), due_at=NOON + HOUR, window=HOUR)
    assert (moved.due_at, moved.next_at) == (NOON + HOUR, None)
    assert edited(DUE, due_at=NOON + HOUR, window=HOUR).next_at == NOON + HOUR


@pytest.mark.parametrize(
    ("status", "may_be_out", "lease", "now", "searchable"),
    [
        (Status.UNCONFIRMED, True, None, NOON, True),
        (Status.PUBLISHING, True, None, NOON, True),
        (Status.PUBLISHING, False, None, NOON, False),
        (Status.PUBLISHING, False, LEASE, NOON, False),
        (Status.PUBLISHING, False, LEASE, NOON + HOUR, True),
        (Status.SCHEDULED, True, None, NOON, False),
        (Status.FAILED, True, None, NOON, False),
    ],
)
def test_only_what_may_be_out_and_nobody_acts_on_is_searched(
    status: Status, *, may_be_out: bool, lease: Lease | None, now: datetime, searchable: bool
) -> None:
    assert is_searchable(replace(DUE, status=status, may_be_out=may_be_out, lease=lease), now) == searchable


@pytest.mark.parametrize(
    ("code", "uncertain", "since"),
    [
        (RESTORED, NOON + HOUR, NOON),
        ("unconfirmed", NOON + HOUR, NOON + HOUR),
        (None, NOON + HOUR, NOON + HOUR),
        (None, None, NOON),
        ("unconfirmed", None, NOON),
    ],
)
def test_a_search_begins_with_the_first_try_or_the_due_moment_of_a_copy(
    code: str | None, uncertain: datetime | None, since: datetime
) -> None:
    reason = Reason(code=code, sentence="", at=NOON) if code else None
    delivery = replace(DUE, status=Status.UNCONFIRMED, reason=reason, uncertain_since=uncertain)
    assert searched_since(delivery, NOON + 2 * HOUR) == since


def test_what_was_found_was_published_no_sooner_than_it_was_sent() -> None:
    lost = replace(DUE, status=Status.UNCONFIRMED, may_be_out=True, uncertain_since=NOON)
    early = FoundPost(network_id="7", text="", created_at=NOON - HOUR)
    assert found(lost, early).published_at == NOON
    assert found(replace(lost, uncertain_since=None), early).published_at == NOON - HOUR


def test_a_doubt_keeps_the_first_uncertain_moment() -> None:
    assert doubted(replace(DUE, uncertain_since=NOON), NOON + HOUR, sentence="").uncertain_since == NOON
    assert doubted(DUE, NOON + HOUR, sentence="").uncertain_since == NOON + HOUR


def test_what_is_not_possible_is_refused_with_what_would_be() -> None:
    with pytest.raises(IllegalTransitionError, match="only what is unconfirmed") as refused:
        marked_published(DUE, NOON, network_id="7", permalink="")
    assert refused.value.hint == "Possible now: edit, cancel."
    with pytest.raises(IllegalTransitionError, match="can be dismissed") as refused:
        dismissed(DUE, NOON, sentence="")
    assert refused.value.hint == "Possible now: edit, cancel."
    with pytest.raises(IllegalTransitionError) as refused:
        dismissed(replace(DUE, status=Status.PUBLISHED), NOON, sentence="")
    assert refused.value.hint == "Possible now: unpublish."
