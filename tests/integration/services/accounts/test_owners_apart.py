"""Accounts whose ids are only their owners' words: what happens to one does nothing to another owner's of that name."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omnipub.channels.registry import CHANNELS
from omnipub.domain.circuit_breaker import STRAINS_TO_TRIP
from omnipub.domain.conversation import Response, Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.outcome import unquoted
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.services.messages.read import Viewer
from omnipub.services.pauses.scopes import account_scope, scopes_of
from omnipub.storage import access
from support.world import CHANNELS as FAKES
from support.world import OWNER, TestBed, make_bed

OTHER = "owner-2"
WORDS = "Ada's secret launch is too fast"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[TestBed]:
    """Two owners who have an account of the same name each."""
    bed = make_bed(tmp_path)
    for name in FAKES:
        bed.system.accounts.connect(owner=OTHER, channel=name, account=f"acc-{name}", token=Secret("other-token"))
    yield bed
    bed.close()


@pytest.fixture
def own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for channel in FAKES.values():
        monkeypatch.setattr(channel, "own_ids", False)


def compose(bed: TestBed, owner: str, channel: str, text: str) -> str:
    return bed.system.compose.message(owner=owner, content=Content(text=text), channels=[channel]).id


def only(bed: TestBed, owner: str, message: str) -> Delivery:
    (found,) = bed.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=owner)).deliveries
    return found


def throttled(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first owner's account rests, after its network said something of his post."""
    talk = FAKES["keyed"].publish

    def quoting(*given: Any) -> Any:
        outcome = yield from talk(*given)
        said = f"Plain asks to slow down. Plain says: “{WORDS}”"
        return outcome if outcome.network_id else replace(outcome, sentence=said)

    monkeypatch.setattr(FAKES["keyed"], "publish", quoting)
    bed.network.wait = 300
    bed.network.orders = ["throttle"] * STRAINS_TO_TRIP
    made = [compose(bed, OWNER, "keyed", f"number {number}") for number in range(STRAINS_TO_TRIP + 1)]
    bed.run_stream()
    assert bed.network.orders == []
    assert any(one.is_open(bed.clock.now()) for one in bed.system.circuit_breakers.all())
    return made


@pytest.mark.usefixtures("own_words")
def test_another_owners_account_of_the_same_name_goes_on(two: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    throttled(two, monkeypatch)
    message = compose(two, OTHER, "keyed", "mine")
    two.run_stream()
    assert only(two, OTHER, message).status is Status.PUBLISHED


def test_an_account_that_two_share_rests_for_both_and_nobody_reads_what_was_said_to_the_other(
    two: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled(two, monkeypatch)
    message = compose(two, OTHER, "keyed", "mine")
    two.run_stream()
    waiting = only(two, OTHER, message)
    assert waiting.status is Status.SCHEDULED
    assert waiting.reason is not None
    assert "rests until" in waiting.reason.sentence
    assert "asks to slow down" in waiting.reason.sentence
    assert "Ada" not in waiting.reason.sentence
    (row,) = two.system.world.table.query(access.circuit_breakers()).items
    assert "Ada" not in str(row)


def test_a_text_that_waits_does_not_name_another_owners_message(two: TestBed) -> None:
    two.network.orders = ["lost_answer"]
    first = compose(two, OWNER, "looked", "the same")
    two.run_stream()
    other, own = compose(two, OTHER, "looked", "the same"), compose(two, OWNER, "looked", "the same")
    two.run_stream()
    said = {one: only(two, owner, one).reason for owner, one in ((OTHER, other), (OWNER, own))}
    assert first in str(said[own])
    assert "waits" in str(said[other])
    assert first not in str(said[other])


@pytest.mark.usefixtures("own_words")
def test_the_same_text_of_another_owners_account_does_not_wait(two: TestBed) -> None:
    two.network.orders = ["lost_answer"]
    compose(two, OWNER, "looked", "the same")
    two.run_stream()
    other = compose(two, OTHER, "looked", "the same")
    two.run_stream()
    assert only(two, OTHER, other).status is Status.PUBLISHED


@pytest.mark.usefixtures("own_words")
def test_a_post_belongs_to_one_delivery_of_one_owner(two: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    def same(*_: Any) -> Response:
        return Response(status=200, body={"id": "post-1"})

    monkeypatch.setattr(two.network, "send", same)
    mine, others = compose(two, OWNER, "keyed", "a"), compose(two, OTHER, "keyed", "b")
    two.run_stream()
    assert [only(two, OWNER, mine).status, only(two, OTHER, others).status] == [Status.PUBLISHED] * 2


def test_a_pause_covers_every_owners_account_of_that_id_or_one_owners_alone(two: TestBed) -> None:
    wide, narrow = account_scope("keyed", "acc-keyed"), account_scope("keyed", "acc-keyed", OWNER)
    two.system.pauses.pause(narrow, reason="Its owner asked.", by="ops")
    mine, others = compose(two, OWNER, "keyed", "a"), compose(two, OTHER, "keyed", "b")
    two.run_stream()
    assert [only(two, OWNER, mine).status, only(two, OTHER, others).status] == [Status.HELD, Status.PUBLISHED]
    assert {wide, narrow} <= set(scopes_of(only(two, OWNER, mine)))
    assert narrow not in scopes_of(only(two, OTHER, others))
    two.system.pauses.resume(narrow, send_late=True)
    two.run_stream()
    assert only(two, OWNER, mine).status is Status.PUBLISHED
    two.system.pauses.pause(wide, reason="An incident.", by="ops")
    held = [compose(two, owner, "keyed", "c") for owner in (OWNER, OTHER)]
    two.run_stream()
    assert [only(two, owner, one).status for owner, one in zip((OWNER, OTHER), held, strict=True)] == [Status.HELD] * 2


def test_networks_that_give_no_ids_of_their_own_are_known() -> None:
    assert {name: channel.own_ids for name, channel in CHANNELS.items()} == {
        "bluesky": False,
        "facebook": True,
        "linkedin": True,
        "telegram": True,
        "webhook": False,
    }


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("Telegram asks to slow down. Telegram says: “No, “you”!”", "Telegram asks to slow down."),
        ("It asks to slow down. (HTTP 429) The receiver says: “x”", "It asks to slow down. (HTTP 429)"),
        ("hooks.example.com gave no complete answer.", "hooks.example.com gave no complete answer."),
        ("", ""),
    ],
)
def test_what_a_network_said_is_left_out(sentence: str, left: str) -> None:
    assert unquoted(sentence) == left
