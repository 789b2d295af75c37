"""People's interventions: honest edits and cancels, retries on their word, and never over what is out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.window import Window
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content, Message, Variant
from omnipub.domain.timestamps import Schedule
from omnipub.errors import ConflictError, IllegalTransitionError, InvalidInputError, NotFoundError
from omnipub.services.messages.read import Viewer
from support.world import OWNER, START, TestBed

ME = Viewer(owner=OWNER)


def at(seconds: float) -> Schedule:
    moment = START + timedelta(seconds=seconds)
    return Schedule(at=moment, local=moment.isoformat(), zone="UTC")


def compose(bed: TestBed, *channels: str, seconds: float = 600, text: str = "old") -> Parent:
    made = bed.system.compose.message(
        owner=OWNER, content=Content(text=text), channels=channels, schedule=at(seconds) if seconds else None
    )
    return Parent(kind=ParentKind.MESSAGE, id=made.id)


def deliveries(bed: TestBed, parent: Parent) -> dict[str, Delivery]:
    return {one.channel: one for one in bed.system.showing.one(parent, ME).deliveries}


def while_sending(bed: TestBed, act: Callable[[], object]) -> None:
    """Do something at the worst moment: while the request is on its way."""
    send = bed.network.send

    def interrupted(*arguments: object) -> object:
        bed.network.send = send  # type: ignore[method-assign]
        act()
        return send(*arguments)  # type: ignore[arg-type]

    bed.network.send = interrupted  # type: ignore[method-assign,assignment]


def test_an_edit_changes_text_and_time_on_every_channel(bed: TestBed) -> None:
    parent = compose(bed, "looked", "blind")
    bed.system.operate.edit(parent, ME, content=Content(text="new"), schedule=at(60))
    bed.pass_time(START + timedelta(minutes=3))
    assert bed.network.texts() == ["new", "new"]
    assert {one.revision for one in deliveries(bed, parent).values()} == {2}
    assert all(one.due_at == START + timedelta(seconds=60) for one in deliveries(bed, parent).values())


def test_an_edit_after_a_try_that_surely_failed_sends_the_new_text(bed: TestBed) -> None:
    bed.network.orders = ["refuse_connection"]
    parent = compose(bed, "looked", seconds=0)
    bed.run_stream()
    bed.system.operate.edit(parent, ME, content=Content(text="new"))
    bed.pass_time(START + timedelta(minutes=3))
    assert bed.network.texts() == ["new"]


def test_what_is_out_cannot_be_edited_and_the_channels_are_named(bed: TestBed) -> None:
    bed.network.orders = ["ok", "refuse_connection"]
    parent = compose(bed, "looked", "blind", seconds=0)
    bed.run_stream()
    with pytest.raises(ConflictError, match="looked is published"):
        bed.system.operate.edit(parent, ME, content=Content(text="new"))
    bed.pass_time(START + timedelta(minutes=3))
    assert bed.network.texts() == ["old", "old"]


def test_what_may_be_out_cannot_be_edited(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    parent = compose(bed, "looked", seconds=0)
    bed.run_stream()
    with pytest.raises(ConflictError, match="publishing"):
        bed.system.operate.edit(parent, ME, content=Content(text="new"))


def test_an_edit_while_it_is_being_sent_is_refused(bed: TestBed) -> None:
    parent = compose(bed, "looked", seconds=0)
    refused: list[str] = []

    def edit() -> None:
        with pytest.raises(ConflictError) as error:
            bed.system.operate.edit(parent, ME, content=Content(text="new"))
        refused.append(error.value.message)

    while_sending(bed, edit)
    bed.run_stream()
    assert refused
    assert bed.network.texts() == ["old"]


def test_an_edit_between_reading_and_claiming_is_not_lost(bed: TestBed) -> None:
    """The worker has read the old text; the edit bumps the delivery, so the claim fails and it reads again."""
    parent = compose(bed, "looked", seconds=0)
    contents = bed.system.deliver.contents
    real = type(contents).of
    once: list[int] = []

    def edited_behind(self: object, delivery: Delivery, *read: Any) -> Content:
        content = real(self, delivery, *read)  # type: ignore[arg-type]
        if not once:
            once.append(1)
            bed.system.operate.edit(parent, ME, content=Content(text="new"))
        return content

    try:
        type(contents).of = edited_behind  # type: ignore[method-assign,assignment]
        bed.run_stream()
    finally:
        type(contents).of = real  # type: ignore[method-assign]
    assert bed.network.texts() == ["new"]


def test_an_edit_that_a_channel_cannot_take_changes_nothing(bed: TestBed) -> None:
    parent = compose(bed, "looked", "blind")
    with pytest.raises(InvalidInputError):
        bed.system.operate.edit(parent, ME, content=Content(text="x" * 1001))
    with pytest.raises(InvalidInputError):
        bed.system.operate.edit(parent, ME)
    assert {one.revision for one in deliveries(bed, parent).values()} == {1}


def test_a_cancelled_message_is_not_sent(bed: TestBed) -> None:
    parent = compose(bed, "looked", "blind", seconds=60)
    bed.system.operate.cancel(parent, ME, channels=["looked"], reason="Wrong day.")
    bed.pass_time(START + timedelta(minutes=3))
    found = deliveries(bed, parent)
    assert (found["looked"].status, found["blind"].status) == (Status.CANCELLED, Status.PUBLISHED)
    assert found["looked"].reason is not None
    assert found["looked"].reason.sentence == "Wrong day."
    assert len(bed.network.posts) == 1


@pytest.mark.parametrize(
    ("order", "status", "posts"),
    [
        ("refuse_connection", Status.CANCELLED, 0),
        ("throttle", Status.CANCELLED, 0),
        ("auth", Status.CANCELLED, 0),
        ("ok", Status.PUBLISHED, 1),
        ("reject", Status.FAILED, 0),
        ("no_answer", Status.CANCELLED, 0),
        ("lost_answer", Status.PUBLISHED, 1),
    ],
)
def test_a_cancel_while_it_is_being_sent_wins_only_if_it_is_surely_not_out(
    bed: TestBed, order: str, status: Status, posts: int
) -> None:
    bed.network.orders = [order]
    parent = compose(bed, "looked", seconds=0)
    while_sending(bed, lambda: bed.system.operate.cancel(parent, ME))
    bed.run_stream()
    bed.pass_time(START + timedelta(minutes=5))
    assert deliveries(bed, parent)["looked"].status is status
    assert len(bed.network.posts) == posts


def test_a_retry_opens_a_new_window_with_all_tries(bed: TestBed) -> None:
    bed.network.orders = ["reject"]
    parent = compose(bed, "looked", seconds=0)
    bed.run_stream()
    bed.clock.advance(days=3)
    bed.system.operate.retry(parent, ME)
    bed.run_stream()
    found = deliveries(bed, parent)["looked"]
    assert found.status is Status.PUBLISHED
    assert found.attempts == 2


def test_what_is_unconfirmed_is_sent_again_only_if_its_channel_is_named(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    parent = compose(bed, "blind", seconds=0)
    bed.run_stream()
    with pytest.raises(ConflictError, match="blind is unconfirmed"):
        bed.system.operate.retry(parent, ME)
    bed.system.operate.retry(parent, ME, channels=["blind"])
    bed.run_stream()
    assert deliveries(bed, parent)["blind"].status is Status.PUBLISHED


def test_an_unconfirmed_delivery_can_be_marked_as_published_once_per_post(bed: TestBed) -> None:
    bed.network.orders = ["no_answer", "no_answer"]
    first, second = compose(bed, "blind", seconds=0), compose(bed, "blind", seconds=0)
    bed.run_stream()
    bed.system.operate.mark_published(first, ME, channel="blind", network_id="p-1")
    with pytest.raises(ConflictError, match="another delivery"):
        bed.system.operate.mark_published(second, ME, channel="blind", network_id="p-1")
    assert deliveries(bed, first)["blind"].network_id == "p-1"
    assert deliveries(bed, second)["blind"].status is Status.UNCONFIRMED


def test_an_unconfirmed_delivery_is_not_marked_with_what_is_no_id_there(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    parent = compose(bed, "blind", seconds=0)
    bed.run_stream()
    with pytest.raises(InvalidInputError, match="'p 1' is no id of a post on Plain"):
        bed.system.operate.mark_published(parent, ME, channel="blind", network_id="p 1")
    assert deliveries(bed, parent)["blind"].status is Status.UNCONFIRMED


def test_a_failure_is_dismissed_with_its_reason_kept(bed: TestBed) -> None:
    bed.network.orders = ["reject"]
    parent = compose(bed, "looked", seconds=0)
    bed.run_stream()
    bed.system.operate.dismiss(parent, ME, reason="Posted by hand.")
    found = deliveries(bed, parent)["looked"]
    assert (found.status, found.reason.sentence if found.reason else "") == (Status.CANCELLED, "Posted by hand.")


def test_what_is_over_cannot_be_cancelled_retried_or_dismissed(bed: TestBed) -> None:
    parent = compose(bed, "looked", seconds=0)
    bed.run_stream()
    for act in (bed.system.operate.cancel, bed.system.operate.retry):
        with pytest.raises(ConflictError, match="looked is published"):
            act(parent, ME)
        with pytest.raises(IllegalTransitionError):
            act(parent, ME, channels=["looked"])
    with pytest.raises(NotFoundError, match="blind"):
        bed.system.operate.cancel(parent, ME, channels=["blind"])


def test_another_owner_cannot_intervene(bed: TestBed) -> None:
    parent = compose(bed, "looked")
    with pytest.raises(NotFoundError):
        bed.system.operate.cancel(parent, Viewer(owner="other"))
    with pytest.raises(NotFoundError):
        bed.system.operate.edit(parent, Viewer(owner="other"), content=Content(text="new"))


def test_what_is_unconfirmed_is_not_sent_again_without_the_word_that_it_may_double(bed: TestBed) -> None:
    bed.network.orders = ["lost_answer"]
    parent = compose(bed, "blind", seconds=0)
    bed.run_stream()
    with pytest.raises(ConflictError, match="may publish it twice"):
        bed.system.operate.retry(parent, ME, channels=["blind"], doubling=False)
    assert deliveries(bed, parent)["blind"].status is Status.UNCONFIRMED


def test_a_rewrite_starts_from_what_somebody_else_has_just_written(bed: TestBed) -> None:
    parent = compose(bed, "looked")
    seen: list[str] = []

    def rewrite(content: Content) -> Content:
        seen.append(content.text)
        if len(seen) == 1:
            bed.system.operate.edit(parent, ME, content=Content(text="theirs"))
        return replace(content, hashtags=("mine",))

    edited = bed.system.operate.edit(parent, ME, content=rewrite)
    assert seen == ["old", "theirs"]
    assert isinstance(edited.subject, Message)
    assert (edited.subject.content.text, edited.subject.content.hashtags) == ("theirs", ("mine",))


def test_an_edit_with_a_variant_for_another_channel_changes_nothing(bed: TestBed) -> None:
    parent = compose(bed, "looked")
    with pytest.raises(InvalidInputError, match="which the message does not go to"):
        bed.system.operate.edit(parent, ME, content=Content(text="new", variants={"blind": Variant(text="x")}))
    assert bed.system.showing.one(parent, ME).subject.revision == 1


@pytest.mark.parametrize("window", [timedelta(minutes=5), START + timedelta(minutes=15)])
def test_what_has_not_begun_when_its_window_ends_is_missed(bed: TestBed, window: Window) -> None:
    made = bed.system.compose.message(
        owner=OWNER, content=Content(text="news"), channels=["looked"], schedule=at(600), window=window
    )
    parent = Parent(kind=ParentKind.MESSAGE, id=made.id)
    assert deliveries(bed, parent)["looked"].not_after == START + timedelta(minutes=15)
    bed.clock.advance(minutes=15, seconds=1)
    bed.pass_time(bed.clock.now() + timedelta(minutes=10))
    assert deliveries(bed, parent)["looked"].status is Status.MISSED
    assert bed.network.texts() == []


def test_the_window_is_edited_alone_or_with_the_moment(bed: TestBed) -> None:
    parent = compose(bed, "looked", "blind")
    bed.system.operate.edit(parent, ME, window=timedelta(minutes=5))
    assert {one.not_after for one in deliveries(bed, parent).values()} == {START + timedelta(minutes=15)}
    bed.system.operate.edit(parent, ME, schedule=at(1200), window=timedelta(minutes=1))
    assert {one.not_after for one in deliveries(bed, parent).values()} == {START + timedelta(minutes=21)}
    bed.system.operate.edit(parent, ME, content=Content(text="new"))
    assert {one.not_after for one in deliveries(bed, parent).values()} == {START + timedelta(minutes=21)}
    bed.system.operate.edit(parent, ME, schedule=at(600))
    assert {one.not_after for one in deliveries(bed, parent).values()} == {
        START + timedelta(seconds=600) + bed.system.operate.missed_after
    }


@pytest.mark.parametrize("window", [timedelta(0), START + timedelta(seconds=600), timedelta(days=31)])
def test_a_window_that_makes_no_sense_changes_nothing(bed: TestBed, window: Window) -> None:
    parent = compose(bed, "looked")
    before = deliveries(bed, parent)
    with pytest.raises(InvalidInputError):
        bed.system.operate.edit(parent, ME, window=window)
    assert deliveries(bed, parent) == before
