"""What repeats an unclear try sends the same bytes; every other try is a new beginning. A key outlives everything."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from omnipub.channels.networks.bluesky.channel import Bluesky
from omnipub.domain.conversation import Occasion, Request, Response, Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule, to_text
from omnipub.errors import ConflictError
from omnipub.services.messages.read import Viewer
from support.world import OWNER, START, FakeChannel, TestBed

ME = Viewer(owner=OWNER, operator=True)
DAYS = timedelta(days=3)


@pytest.fixture
def sent(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The bodies of the publishing requests, which name their moment and the one their key is drawn from."""

    def render(self: FakeChannel, content: Content, occasion: Occasion) -> Mapping[str, Any]:
        plain = {"text": self.text(content), "key": occasion.delivery_key}
        return plain | {"createdAt": to_text(occasion.moment), "drawn": to_text(occasion.due_at)}

    monkeypatch.setattr(FakeChannel, "render", render)
    bodies: list[dict[str, Any]] = []
    plain = bed.network.send

    def send(request: Request, media: Any) -> Response:
        if request.publishes:
            bodies.append(dict(request.json))
        return plain(request, media)

    monkeypatch.setattr(bed.network, "send", send)
    return bodies


def compose(bed: TestBed, channel: str) -> Parent:
    made = bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=[channel], window=DAYS)
    return Parent(kind=ParentKind.MESSAGE, id=made.id)


def only(bed: TestBed, parent: Parent) -> Delivery:
    (delivery,) = bed.system.showing.one(parent, ME).deliveries
    return delivery


@pytest.mark.parametrize("channel", ["looked", "keyed", "blind"])
@pytest.mark.parametrize("order", ["unreadable", "throttle", "auth"])
def test_a_post_that_goes_out_a_day_late_is_created_when_it_goes_out(
    bed: TestBed, channel: str, order: str, sent: list[dict[str, Any]]
) -> None:
    bed.network.orders = [order]
    parent = compose(bed, channel)
    bed.run_stream()
    bed.clock.time += timedelta(days=1)
    if order == "auth":
        bed.system.accounts.connect(owner=OWNER, channel=channel, account=f"acc-{channel}", token=Secret("t"))
    bed.pass_time(bed.clock.now() + timedelta(minutes=5))
    assert only(bed, parent).status is Status.PUBLISHED
    first, second = sent
    assert first["createdAt"] == to_text(START)
    assert second["createdAt"] >= to_text(START + timedelta(days=1))
    assert first["drawn"] == second["drawn"]


def test_two_clean_looks_are_followed_by_a_new_beginning(bed: TestBed, sent: list[dict[str, Any]]) -> None:
    bed.network.orders = ["no_answer"]
    compose(bed, "looked")
    bed.run_stream()
    bed.pass_time(START + timedelta(minutes=6))
    first, second = sent
    assert second["createdAt"] > first["createdAt"]


def test_an_unclear_try_is_repeated_with_the_same_bytes(bed: TestBed, sent: list[dict[str, Any]]) -> None:
    bed.network.orders = ["no_answer", "no_answer", "throttle"]
    compose(bed, "keyed")
    bed.run_stream()
    bed.pass_time(START + timedelta(minutes=10))
    assert len(sent) == 4
    assert all(body == sent[0] for body in sent)


def in_doubt(bed: TestBed) -> Parent:
    """A delivery under a key that nobody could find out about, and that an operator has sent again; it is held."""
    bed.network.orders = ["no_answer"] * 5
    parent = compose(bed, "keyed")
    bed.run_stream()
    bed.pass_time(START + timedelta(hours=3))
    assert only(bed, parent).status is Status.UNCONFIRMED
    bed.system.pauses.pause("everything", reason="Stop.", by="ops")
    bed.system.operate.retry(parent, ME, channels=["keyed"])
    bed.run_stream()
    assert only(bed, parent).status is Status.HELD
    return parent


def test_what_may_stand_under_its_key_is_not_edited_and_goes_out_with_the_same_bytes(
    bed: TestBed, sent: list[dict[str, Any]]
) -> None:
    parent = in_doubt(bed)
    with pytest.raises(ConflictError, match="an earlier text may stand there under its key"):
        bed.system.operate.edit(parent, ME, content=Content(text="Another text"))
    bed.system.pauses.resume("everything", send_late=True)
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert only(bed, parent).status is Status.PUBLISHED
    assert not only(bed, parent).key_in_doubt
    assert len(sent) == 6
    assert all(body == sent[0] for body in sent)


def test_where_no_key_is_known_an_operators_word_makes_it_editable(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    parent = compose(bed, "blind")
    bed.run_stream()
    bed.system.pauses.pause("everything", reason="Stop.", by="ops")
    bed.system.operate.retry(parent, ME, channels=["blind"])
    bed.run_stream()
    bed.system.operate.edit(parent, ME, content=Content(text="Another text"))
    bed.system.pauses.resume("everything", send_late=True)
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert bed.network.texts() == ["Another text"]


def test_a_key_stays_the_same_when_a_post_is_moved_and_rewritten(bed: TestBed, sent: list[dict[str, Any]]) -> None:
    bed.network.orders = ["reject"]
    parent = compose(bed, "keyed")
    bed.run_stream()
    assert only(bed, parent).status is Status.FAILED
    at = START + timedelta(hours=5)
    schedule = Schedule(at=at, local=at.isoformat(), zone="UTC")
    bed.system.operate.edit(parent, ME, content=Content(text="Another text"), schedule=schedule)
    bed.clock.time = at
    bed.system.operate.retry(parent, ME)
    bed.run_stream()
    first, second = sent
    assert (second["text"], second["createdAt"]) == ("Another text", to_text(at))
    assert (second["key"], second["drawn"]) == (first["key"], first["drawn"])


def test_a_record_of_bluesky_names_the_moment_it_goes_out_under_the_key_of_its_first_try() -> None:
    first = Occasion(delivery_key="MSG#1/CHANNEL#bluesky", due_at=START)
    late = Occasion(delivery_key="MSG#1/CHANNEL#bluesky", due_at=START, at=START + timedelta(days=1))
    rendered = [Bluesky().render(Content(text="Hello"), one) for one in (first, late)]
    assert rendered[0]["rkey"] == rendered[1]["rkey"]
    assert '"createdAt":"2026-11-23T09:00:00.000Z"' in rendered[0]["record"]
    assert '"createdAt":"2026-11-24T09:00:00.000Z"' in rendered[1]["record"]
