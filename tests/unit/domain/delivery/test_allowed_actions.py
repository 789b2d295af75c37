from dataclasses import replace
from datetime import UTC, datetime

import pytest

from omnipub.domain.delivery.allowed_actions import REFUSED, TABLE, Permission, permission, require, statuses
from omnipub.domain.delivery.lifecycle import Event, Status, legal_events
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.errors import IllegalTransitionError
from omnipub.hints import Action

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DUE = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A"),
    channel="webhook",
    account="1",
    owner="o",
    status=Status.SCHEDULED,
    due_at=NOON,
    next_at=NOON,
)

EVENTS = {
    Action.CANCEL: Event.CANCEL,
    Action.RETRY: Event.RETRY,
    Action.DISMISS: Event.DISMISS,
    Action.MARK_PUBLISHED: Event.FIND,
}


@pytest.mark.parametrize("action", EVENTS)
@pytest.mark.parametrize("status", Status)
def test_what_moves_a_delivery_is_allowed_where_the_lifecycle_has_a_row(status: Status, action: Action) -> None:
    how = permission(status, action)
    assert (how not in {None, Permission.RECORDED}) == (EVENTS[action] in legal_events(status))


def test_every_status_has_a_row_and_every_action_a_refusal() -> None:
    assert list(TABLE) == list(Status)
    assert {action for row in TABLE.values() for action in row} == set(REFUSED)


def test_only_a_retry_of_what_may_be_out_must_be_named() -> None:
    assert set(statuses(Action.RETRY, named=True)) - set(statuses(Action.RETRY)) == {Status.UNCONFIRMED}
    for action in set(REFUSED) - {Action.RETRY}:
        assert statuses(action, named=True) == statuses(action)


def test_a_cancel_of_what_is_being_published_is_recorded() -> None:
    recorded = [(status, action) for status, row in TABLE.items() for action in row if row[action] == "recorded"]
    assert recorded == [(Status.PUBLISHING, Action.CANCEL)]


@pytest.mark.parametrize("action", REFUSED)
@pytest.mark.parametrize("status", Status)
def test_a_refusal_names_the_status_and_what_is_possible_instead(status: Status, action: Action) -> None:
    delivery = replace(DUE, status=status)
    if permission(status, action) is not None:
        require(delivery, action)
        return
    with pytest.raises(IllegalTransitionError) as refused:
        require(delivery, action)
    assert refused.value.message == f"webhook is {status}; {REFUSED[action]}."
    possible = ", ".join(str(one).replace("_", " ") for one in TABLE[status]) or "nothing"
    assert refused.value.hint == f"Possible now: {possible}."
