"""People and workers at the same moment: each condition of a person's write is needed by one of these."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.actions import retried
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.errors import ConflictError
from omnipub.services.messages import actions
from omnipub.services.messages.create_transaction import Created, CreateTransaction, IdempotencyKey
from omnipub.services.messages.read import Viewer
from omnipub.services.pauses.scopes import bound_to
from omnipub.storage.items import connection_item
from support.world import OWNER, START, TestBed

ME = Viewer(owner=OWNER, operator=True)


def compose(bed: TestBed, *channels: str, text: str = "The old text") -> Parent:
    made = bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=list(channels or ("looked",)))
    return Parent(kind=ParentKind.MESSAGE, id=made.id)


def only(bed: TestBed, parent: Parent) -> Delivery:
    (delivery,) = bed.system.showing.one(parent, ME).deliveries
    return delivery


@pytest.mark.parametrize("order", ["ok", "no_answer"])
def test_an_edit_that_meets_a_claim_is_refused_and_changes_nothing(
    bed: TestBed, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker claims after the edit was decided and before it is written."""
    bed.network.orders = [order]
    parent = compose(bed)
    real, met = actions.transact, []

    def transact(*arguments: Any) -> None:
        if not met:
            met.append(True)
            bed.run_stream()
        real(*arguments)

    monkeypatch.setattr(actions, "transact", transact)
    with pytest.raises(ConflictError):
        bed.system.operate.edit(parent, ME, content=Content(text="The new text"))
    shown = bed.system.showing.one(parent, ME)
    assert met
    assert (shown.subject.revision, shown.deliveries[0].revision) == (1, 1)
    assert shown.deliveries[0].status in {Status.PUBLISHED, Status.PUBLISHING}
    assert set(bed.network.texts()) <= {"The old text"}


def test_an_edit_of_one_of_several_channels_that_meets_a_claim_changes_none(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = compose(bed, "looked", "blind")
    real, met = actions.transact, []

    def transact(*arguments: Any) -> None:
        if not met:
            met.append(True)
            bed.system.deliver.one(next(one for one in bed.stream.take() if one.sk.endswith("blind")))
        real(*arguments)

    monkeypatch.setattr(actions, "transact", transact)
    with pytest.raises(ConflictError, match="blind is published"):
        bed.system.operate.edit(parent, ME, content=Content(text="The new text"))
    assert {one.revision for one in bed.system.showing.one(parent, ME).deliveries} == {1}


def test_two_requests_with_one_key_at_the_same_moment_make_one_message(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, nested = CreateTransaction.earlier, []

    def ask() -> Created:
        return bed.system.compose.message(
            owner=OWNER,
            content=Content(text="Hello"),
            channels=["looked"],
            idempotency=IdempotencyKey.of("key-1", {"text": "Hello"}),
        )

    def earlier(self: CreateTransaction, owner: str, key: IdempotencyKey | None) -> Created | None:
        found = real(self, owner, key)
        if not nested:
            nested.append(None)
            nested[0] = ask()
        return found

    monkeypatch.setattr(CreateTransaction, "earlier", earlier)
    outer = ask()
    assert nested[0] is not None
    assert outer.id == nested[0].id
    bed.run_stream()
    assert bed.network.texts() == ["Hello"]


def forged(bed: TestBed, channel: str, account: str) -> None:
    """Another account stands under the alias."""
    connection = bed.system.accounts.find(OWNER, channel)
    assert connection is not None
    other = replace(connection, account=account, version=connection.version + 1)
    bed.system.world.table.put(connection_item(other, lambda _: 0))


def test_a_connection_is_used_only_for_the_account_a_delivery_is_bound_to(bed: TestBed) -> None:
    parent = compose(bed)
    delivery = only(bed, parent)
    table = bed.system.world.table
    assert bound_to(table, delivery).works
    forged(bed, "looked", "somebody-else")
    # Its marker still leads to the alias, under which another account stands by now.
    assert bound_to(table, delivery).connection is None
    bed.run_stream()
    assert only(bed, parent).status is Status.HELD
    assert bed.network.tokens == []


def test_an_account_is_found_under_the_name_it_has_now(bed: TestBed) -> None:
    delivery = only(bed, compose(bed))
    bed.system.connecting.disconnect(bed.system.accounts.find(OWNER, "looked"))  # type: ignore[arg-type]
    bed.system.accounts.connect(owner=OWNER, channel="looked:team", account="acc-looked", token=Secret("t"))
    bound = bound_to(bed.system.world.table, delivery)
    assert bound.connection is not None
    assert (bound.connection.channel, bound.works) == ("looked:team", True)


@pytest.mark.parametrize("status", [Status.FAILED, Status.UNCONFIRMED, Status.MISSED])
def test_a_retry_forgets_an_earlier_cancel_and_the_deaths_before_it(bed: TestBed, status: Status) -> None:
    delivery = replace(only(bed, compose(bed)), status=status, cancel_asked="No.", deaths=3, tries_used=5)
    again = retried(delivery, START, window=timedelta(hours=1))
    assert (again.status, again.cancel_asked, again.deaths, again.tries_used) == (Status.SCHEDULED, "", 0, 0)
    assert again.not_after == START + timedelta(hours=1)


def test_what_was_called_off_while_it_may_be_out_goes_out_when_somebody_retries_it(bed: TestBed) -> None:
    bed.network.orders = ["no_answer", "unreadable"]
    parent = compose(bed, "blind")
    bed.run_stream()
    assert only(bed, parent).status is Status.UNCONFIRMED
    bed.system.operate.retry(parent, ME, channels=["blind"])
    bed.run_stream()
    assert only(bed, parent).status is Status.SCHEDULED
    bed.pass_time(bed.clock.now() + timedelta(minutes=3))
    assert only(bed, parent).status is Status.PUBLISHED
