"""What people post by hand on an account is not taken for ours, and never deleted as if it were."""

from datetime import timedelta

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import to_text
from omnipub.errors import ConflictError
from omnipub.services.messages.read import Viewer
from support.world import OWNER, START, TestBed

ME = Viewer(owner=OWNER, operator=True)
OURS = "New on our blog: https://ours.example/news"
THEIRS = "New on our blog: https://theirs.example/news"


def by_hand(bed: TestBed, text: str, *, before: float, name: str = "hand-1", links: str = "") -> None:
    at = to_text(START - timedelta(seconds=before))
    bed.network.posts.append({"id": name, "text": text, "key": "", "account": "acc-looked", "at": at, "links": links})


def sent(bed: TestBed, order: str, text: str = OURS) -> Parent:
    """A message whose only try ended so, ten hours later."""
    bed.network.orders = [order]
    made = bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=["looked"])
    bed.run_stream()
    bed.pass_time(START + timedelta(hours=10))
    return Parent(kind=ParentKind.MESSAGE, id=made.id)


def only(bed: TestBed, parent: Parent) -> Delivery:
    (delivery,) = bed.system.showing.one(parent, ME).deliveries
    return delivery


def check_left_to_a_person(bed: TestBed, parent: Parent, *named: str) -> None:
    """It is unconfirmed, names what may be it, was sent once, and nothing is deleted for it."""
    delivery = only(bed, parent)
    assert (delivery.status, delivery.network_id, delivery.may_be_out) == (Status.UNCONFIRMED, "", True)
    assert delivery.reason is not None
    for name in named:
        assert name in delivery.reason.sentence
    assert bed.system.deliver.recording.owners("looked", list(named)) == {}
    assert len(bed.network.tokens) == 1
    with pytest.raises(ConflictError):
        bed.system.unpublish.chosen(parent, ME, ["looked"])


@pytest.mark.parametrize("before", [90, 4, -0.05])
def test_a_post_by_hand_with_our_words_and_another_link_is_not_ours(bed: TestBed, before: float) -> None:
    by_hand(bed, THEIRS, before=before)
    check_left_to_a_person(bed, sent(bed, "no_answer"), "hand-1")


def test_the_very_same_post_by_hand_before_our_try_is_not_ours(bed: TestBed) -> None:
    by_hand(bed, OURS, before=90)
    check_left_to_a_person(bed, sent(bed, "no_answer"), "hand-1")


def test_of_the_very_same_post_by_hand_and_ours_neither_is_adopted(bed: TestBed) -> None:
    by_hand(bed, OURS, before=90)
    check_left_to_a_person(bed, sent(bed, "lost_answer"), "hand-1", "acc-looked-2")


def test_ours_is_adopted_beside_one_with_another_link(bed: TestBed) -> None:
    by_hand(bed, THEIRS, before=90)
    parent = sent(bed, "lost_answer")
    assert (only(bed, parent).status, only(bed, parent).network_id) == (Status.PUBLISHED, "acc-looked-2")


def test_a_card_with_another_link_is_not_ours(bed: TestBed) -> None:
    by_hand(bed, "New on our blog", before=-0.05, links="https://theirs.example/news")
    check_left_to_a_person(bed, sent(bed, "no_answer", "New on our blog"), "hand-1")


def test_a_later_message_with_our_words_and_another_link_waits_for_the_unclear_one(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    bed.system.compose.message(owner=OWNER, content=Content(text=OURS), channels=["looked"])
    bed.run_stream()
    made = bed.system.compose.message(owner=OWNER, content=Content(text=THEIRS), channels=["looked"])
    bed.run_stream()
    waiting = only(bed, Parent(kind=ParentKind.MESSAGE, id=made.id))
    assert waiting.reason is not None
    assert (waiting.status, waiting.reason.code) == (Status.SCHEDULED, "same_text")
    bed.pass_time(START + timedelta(minutes=10))
    assert bed.network.texts() == [OURS, THEIRS]
