"""An operator's look: it adopts what it finds, changes nothing otherwise, and never sends."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from omnipub.domain.conversation import Request, Response
from omnipub.domain.delivery import actions
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import to_text
from omnipub.errors import ConflictError, GateClosedError, NotFoundError
from omnipub.ports.table import Delete
from omnipub.services.messages.read import Viewer
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from support.world import OWNER, START, TestBed, WorkerKilledError

OPERATOR = Viewer(owner="op", operator=True)


def compose(bed: TestBed, channel: str = "looked", text: str = "Hello") -> Parent:
    made = bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=[channel])
    return Parent(kind=ParentKind.MESSAGE, id=made.id)


def only(bed: TestBed, parent: Parent) -> Delivery:
    (found,) = bed.system.showing.one(parent, OPERATOR).deliveries
    return found


def unsure(bed: TestBed, order: str = "lost_answer", channel: str = "looked") -> Delivery:
    """A delivery whose only try went unanswered."""
    parent = compose(bed, channel)
    bed.network.orders.append(order)
    bed.run_stream()
    return only(bed, parent)


def unconfirmed(bed: TestBed, order: str = "lost_answer") -> Delivery:
    """The same, after nobody could find it out."""
    before = unsure(bed, order)
    lost = replace(before, status=Status.UNCONFIRMED, next_at=bed.clock.now(), lease=None)
    return bed.system.operate.recording.move(before, lost)


@pytest.mark.parametrize("made", [unsure, unconfirmed])
def test_what_is_found_is_published_and_owned(bed: TestBed, made: Callable[..., Delivery]) -> None:
    before = made(bed)
    looked = bed.system.search.look(before)
    assert (looked.found, looked.delivery.status) == (True, Status.PUBLISHED)
    after = only(bed, before.parent)
    assert (after.status, after.network_id, after.may_be_out) == (Status.PUBLISHED, "acc-looked-1", False)
    assert after.published_at is not None
    assert START <= after.published_at <= bed.clock.now()
    assert bed.system.operate.recording.owners("looked", ["acc-looked-1"]) == {
        "acc-looked-1": f"MSG#{before.parent.id}/CHANNEL#looked"
    }
    assert bed.network.texts() == ["Hello"]


@pytest.mark.parametrize("made", [unsure, unconfirmed])
def test_what_is_not_there_stays_as_it_is(bed: TestBed, made: Callable[..., Delivery]) -> None:
    before = made(bed, "no_answer")
    bed.clock.advance(seconds=60)
    looked = bed.system.search.look(before)
    assert (looked.found, looked.delivery) == (False, before)
    assert looked.sentence == f"The account has nothing like it since {to_text(before.uncertain_since or START)}."
    assert only(bed, before.parent) == before
    assert bed.network.texts() == []


def test_a_look_does_not_count_towards_being_surely_not_out(bed: TestBed) -> None:
    before = unsure(bed, "no_answer")
    for _ in range(3):
        bed.clock.advance(minutes=1)
        bed.system.search.look(before)
    assert only(bed, before.parent).clean_looks == ()


def test_a_post_of_another_text_is_told_and_not_taken(bed: TestBed) -> None:
    before = unconfirmed(bed, "no_answer")
    bed.network.posts.append(
        {"id": "by-hand", "text": "Something else", "key": "", "account": "acc-looked", "at": to_text(bed.clock.now())}
    )
    looked = bed.system.search.look(before)
    assert not looked.found
    assert "a new post that no delivery accounts for" in looked.sentence
    assert only(bed, before.parent).status is Status.UNCONFIRMED


def test_a_post_that_another_delivery_owns_is_not_taken(bed: TestBed) -> None:
    first = unconfirmed(bed)
    bed.system.search.look(first)
    second = unconfirmed(bed, "no_answer")
    assert not bed.system.search.look(second).found


def test_what_changed_while_it_was_looked_for_is_left_as_it_is(bed: TestBed) -> None:
    before = unconfirmed(bed)
    send = bed.network.send

    def meanwhile(request: Request, media: Callable[[str], bytes]) -> Response:
        bed.system.operate.dismiss(before.parent, OPERATOR, reason="It is over.")
        return send(request, media)

    bed.network.send = meanwhile  # type: ignore[method-assign]
    with pytest.raises(ConflictError, match="changed meanwhile"):
        bed.system.search.look(before)
    assert only(bed, before.parent).status is Status.CANCELLED


def test_a_worker_that_died_can_be_looked_for_once_its_lease_is_over(bed: TestBed) -> None:
    parent = compose(bed)
    bed.network.orders.append("die_after")
    with pytest.raises(WorkerKilledError):
        bed.run_stream()
    before = only(bed, parent)
    with pytest.raises(ConflictError, match="is not being published"):
        bed.system.search.look(before)
    assert before.lease is not None
    bed.clock.sleep_until(before.lease.until + timedelta(seconds=1))
    assert bed.system.search.look(before).found
    after = only(bed, parent)
    assert (after.status, after.lease, after.deaths) == (Status.PUBLISHED, None, 1)
    (died,) = bed.system.showing.one(parent, OPERATOR).attempts
    assert died.ended == "died"


def test_after_a_restore_it_is_looked_for_back_to_its_due_moment(bed: TestBed) -> None:
    parent = compose(bed)
    bed.network.posts.append(
        {"id": "by-original", "text": "Hello", "key": "", "account": "acc-looked", "at": to_text(bed.clock.now())}
    )
    bed.clock.advance(hours=3)
    doubt = actions.doubted(only(bed, parent), bed.clock.now(), sentence="Who knows.")
    before = bed.system.operate.recording.move(only(bed, parent), doubt)
    assert before.frozen is None
    assert bed.system.search.look(before).found
    assert only(bed, parent).network_id == "by-original"


def test_only_what_may_be_out_is_looked_for(bed: TestBed) -> None:
    scheduled = only(bed, compose(bed))
    with pytest.raises(ConflictError, match="looked is scheduled"):
        bed.system.search.look(scheduled)
    assert bed.network.looks == 0


def test_without_the_account_or_the_delivery_nothing_is_looked_for(bed: TestBed) -> None:
    before = unconfirmed(bed)
    bed.system.world.table.transact([Delete(key=keys.connection(OWNER, "looked"))])
    with pytest.raises(NotFoundError, match="no longer connected"):
        bed.system.search.look(before)
    with pytest.raises(NotFoundError, match="no delivery to keyed"):
        bed.system.search.look(replace(before, channel="keyed"))


def test_a_copy_of_the_table_looks_for_nothing(bed: TestBed) -> None:
    before = unconfirmed(bed)
    bed.system.world.table.put(plain_item(keys.gate(), identity="elsewhere", epoch=1, version=1))
    with pytest.raises(GateClosedError):
        bed.system.search.look(before)
    assert bed.network.looks == 0
