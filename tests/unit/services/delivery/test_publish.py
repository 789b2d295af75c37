"""What a worker does about one record, what it sends, and what a try's end says about the account."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, FrozenRequest, Lease
from omnipub.domain.delivery.outcome import Matter, Outcome, TryEnd
from omnipub.domain.message import Content, Message
from omnipub.domain.timestamps import Schedule
from omnipub.errors import GateClosedError, UnavailableError
from omnipub.ports.table import ConditionFailedError
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.delivery.publish import ALONE, KEY_SILENT, REREADS, SEAL_BROKEN, UNPROVEN, Publisher
from omnipub.services.protocol.enqueue import pointer_to
from omnipub.services.protocol.store import DeliveryStore
from omnipub.storage import keys
from omnipub.storage.items import ConnectionStatus, message_item
from support.rows import now_of, stand
from support.world import OWNER, START, TestBed

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LEASE = Lease(claim_id="c", attempt=1, started_at=START - MINUTE, until=START, sends=True)


@pytest.fixture
def publisher(bed: TestBed) -> Publisher:
    return bed.system.deliver


def message(bed: TestBed, number: int = 1, channel: str = "blind", text: str = "Hello", **changes: Any) -> Delivery:
    """A delivery as the test wants it, and the message that it belongs to."""
    delivery = stand(bed, number, channel, **changes)
    own = Message(
        id=delivery.parent.id,
        owner=OWNER,
        created_at=START,
        content=Content(text=text),
        channels=(channel,),
        schedule=Schedule(at=START, local="", zone="UTC"),
    )
    bed.system.world.table.put(message_item(own, lambda _: 0))
    return delivery


def done(publisher: Publisher, delivery: Delivery, *, alone: bool = True) -> tuple[str, str]:
    verdict = publisher.one(pointer_to(delivery, why="due", trace=""), alone=alone)
    return verdict.verdict, verdict.why


# One record.


def test_a_record_about_nothing_is_done_without_a_word_to_anybody(bed: TestBed, publisher: Publisher) -> None:
    delivery = message(bed)
    nothing = pointer_to(replace(delivery, channel="keyed"), why="due", trace="")
    metadata = replace(nothing, sk=keys.METADATA)
    for pointer in (nothing, metadata):
        assert publisher.one(pointer).verdict == "unknown"
    assert bed.network.posts == []


def test_what_is_due_is_sent(bed: TestBed, publisher: Publisher) -> None:
    delivery = message(bed)
    assert done(publisher, delivery) == ("published", "due")
    assert bed.network.texts() == ["Hello"]


def test_what_is_due_in_a_moment_is_waited_for_and_not_sent_before(bed: TestBed, publisher: Publisher) -> None:
    delivery = message(bed, next_at=START + SECOND, due_at=START + SECOND)
    assert done(publisher, delivery) == ("published", "due")
    (post,) = bed.network.posts
    assert post["at"] >= "2026-11-23T09:00:01"


def test_a_gate_that_closes_during_the_wait_lets_nothing_out(
    bed: TestBed, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = message(bed, next_at=START + SECOND)
    real = bed.clock.sleep_until

    def sleep_until(moment: datetime) -> None:
        real(moment)
        bed.system.gate.shut("was imported from a file")

    monkeypatch.setattr(bed.clock, "sleep_until", sleep_until)
    with pytest.raises(GateClosedError):
        done(publisher, delivery)
    assert bed.network.posts == []


@pytest.mark.parametrize(
    ("status", "why", "again"),
    [(Status.SCHEDULED, "not due yet, waits again", 1), (Status.CANCELLED, "already cancelled", 0)],
)
def test_what_comes_too_early_waits_again_if_it_waits_for_anything(
    bed: TestBed, publisher: Publisher, status: Status, why: str, again: int
) -> None:
    delivery = message(bed, status=status, next_at=START + MINUTE)
    assert done(publisher, delivery) == ("let_be", why)
    assert (len(bed.delay.named), bed.network.posts) == (again, [])


def test_what_is_past_its_window_is_missed(bed: TestBed, publisher: Publisher) -> None:
    delivery = message(bed, not_after=START - SECOND)
    assert done(publisher, delivery)[0] == "missed"
    assert (now_of(bed, delivery).status, bed.network.posts) == (Status.MISSED, [])


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"deaths": 1}, ALONE),
        ({"status": Status.PUBLISHING, "attempts": 1, "lease": LEASE}, ALONE),
        ({}, "published"),
        ({"deaths": 1, "status": Status.CANCELLED}, "let_be"),
        ({"deaths": 1, "not_after": START - SECOND}, "missed"),
    ],
)
def test_what_a_worker_died_with_is_sent_or_found_out_only_alone(
    bed: TestBed, publisher: Publisher, changes: dict[str, Any], verdict: str
) -> None:
    delivery = message(bed, **changes)
    assert done(publisher, delivery, alone=False)[0] == verdict
    assert len(bed.network.posts) == (verdict == "published")


def test_alone_it_goes_on(bed: TestBed, publisher: Publisher) -> None:
    assert done(publisher, message(bed, deaths=1))[0] == "published"


def test_a_record_that_loses_every_race_is_left_to_the_others(
    bed: TestBed, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def lost(*moved: object) -> Delivery:
        tried.append(moved)
        raise ConditionFailedError([0])

    monkeypatch.setattr(DeliveryStore, "move", lost)
    assert done(publisher, message(bed)) == ("let_be", "others are at it")
    assert (len(tried), bed.network.posts) == (REREADS, [])


# What is sent.


def frozen(text: str, revision: int = 1) -> FrozenRequest:
    return FrozenRequest(revision=revision, body={"text": text, "key": "k"})


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"may_be_out": True, "frozen": frozen("As sent before")}, "As sent before"),
        ({"key_in_doubt": True, "frozen": frozen("As sent before")}, "As sent before"),
        ({"frozen": frozen("As sent before")}, "Hello"),
        ({"may_be_out": True, "frozen": frozen("As sent before", revision=7)}, "Hello"),
        ({"may_be_out": True}, "Hello"),
    ],
    ids=["may be out", "key in doubt", "clear", "edited since", "never frozen"],
)
def test_only_what_repeats_an_unclear_try_sends_the_bytes_of_that_try(
    bed: TestBed, publisher: Publisher, changes: dict[str, Any], text: str
) -> None:
    delivery = message(bed, channel="keyed", **changes)
    request, refused = publisher._freeze(delivery, publisher.channels["keyed"])
    assert (request.body["text"], refused) == (text, [])


@pytest.mark.parametrize(("channel", "holds"), [("looked", True), ("blind", False), ("keyed", False)])
def test_only_where_a_look_decides_does_a_text_keep_others_waiting(
    bed: TestBed,
    publisher: Publisher,
    channel: str,
    holds: bool,  # noqa: FBT001
) -> None:
    bed.network.orders = ["no_answer"]
    delivery = message(bed, channel=channel)
    assert done(publisher, delivery)[0] in {"publishing", "unconfirmed"}
    assert bool(now_of(bed, delivery).holds) is holds
    other = message(bed, 2, channel=channel)
    done(publisher, other)
    reason = now_of(bed, other).reason
    assert (reason is not None and delivery.parent.id in reason.sentence) is holds
    assert len(bed.network.posts) == (0 if holds else 1)


def test_what_a_channel_cannot_take_is_refused_and_nobody_is_asked(bed: TestBed, publisher: Publisher) -> None:
    delivery = message(bed, text="x" * 1001)
    assert done(publisher, delivery)[0] == "failed"
    reason = now_of(bed, delivery).reason
    assert reason is not None
    assert (reason.code, bed.network.tokens) == ("over_limit", [])


# What a try's end says about the account.


def learned(publisher: Publisher, bed: TestBed, outcome: Outcome) -> datetime | None:
    delivery = stand(bed)
    connection = bed.system.accounts.find(OWNER, "looked")
    assert connection is not None
    return publisher._learn(delivery, outcome, connection, publisher.circuit_breakers.of(delivery))


def standing(bed: TestBed) -> ConnectionStatus:
    connection = bed.system.accounts.find(OWNER, "looked")
    assert connection is not None
    return connection.standing


@pytest.mark.parametrize(
    ("outcome", "held"),
    [
        (Outcome(ended=TryEnd.AUTH, code="401"), True),
        (Outcome(ended=TryEnd.AUTH, code=SEAL_BROKEN), True),
        (Outcome(ended=TryEnd.AUTH, code=KEY_SILENT, wait=MINUTE), False),
        (Outcome(ended=TryEnd.AUTH, code=UNPROVEN, wait=MINUTE), False),
        (Outcome(ended=TryEnd.AUTH, code="401", wait=timedelta(0)), False),
        (Outcome(ended=TryEnd.REJECTED, code="400"), False),
    ],
)
def test_only_a_token_that_is_refused_for_good_holds_the_account(
    bed: TestBed,
    publisher: Publisher,
    outcome: Outcome,
    held: bool,  # noqa: FBT001
) -> None:
    learned(publisher, bed, outcome)
    assert (standing(bed) is ConnectionStatus.NEEDS_OWNER) is held


@pytest.mark.parametrize("of_network", [True, False])
def test_only_what_concerns_the_whole_network_pauses_it(
    bed: TestBed, publisher: Publisher, *, of_network: bool
) -> None:
    outcome = Outcome(ended=TryEnd.THROTTLED, sentence="Our version is over.", wait=MINUTE, of_network=of_network)
    assert (outcome.matter is Matter.NETWORK) is of_network
    learned(publisher, bed, outcome)
    assert [pause.scope for pause in bed.system.pauses.all()] == ["channel:looked"] * of_network


@pytest.mark.parametrize(("code", "rows"), [("no_answer", 1), (UNPROVEN, 0), (KEY_SILENT, 0), (SEAL_BROKEN, 0)])
def test_a_try_in_which_nobody_was_asked_says_nothing_of_the_account(
    bed: TestBed, publisher: Publisher, code: str, rows: int
) -> None:
    learned(publisher, bed, Outcome(ended=TryEnd.THROTTLED, code=code, wait=MINUTE))
    assert len(list(publisher.circuit_breakers.all())) == rows


def test_storage_that_fails_then_costs_no_outcome(
    bed: TestBed, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object, **__: object) -> None:
        raise UnavailableError("Throttled.")

    monkeypatch.setattr(Accounts, "hold", unavailable)
    assert learned(publisher, bed, Outcome(ended=TryEnd.AUTH, code="401")) is None
    assert len(bed.journal.named("account_not_marked")) == 1


@pytest.mark.parametrize(("order", "why"), [("throttle", "retry"), ("no_answer", "look")])
def test_what_goes_on_soon_is_handed_over_with_its_reason(
    bed: TestBed, publisher: Publisher, order: str, why: str
) -> None:
    bed.network.orders, bed.network.wait = [order], 5
    delivery = message(bed, channel="looked")
    done(publisher, delivery)
    handed = [pointer.why for _, pointer in bed.stream.records]
    handed += [one.pointer.why for one in bed.delay.named]
    assert handed == [why]
