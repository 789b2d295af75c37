"""What a write about a delivery takes with it, and what becomes of it when somebody else was first."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, Lease
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.errors import UnavailableError
from omnipub.ports.table import ConditionFailedError, Delete, Item, Write
from omnipub.services.protocol import store as module
from omnipub.services.protocol.store import (
    KNOWN_ID_TRIES,
    LATE_TRIES,
    STORAGE_TRIES,
    DeliveryStore,
    held_text,
    name_of,
)
from omnipub.storage import keys
from omnipub.storage.items import delivery_item, plain_item
from support.rows import now_of, stand
from support.world import START, TestBed, WorkerKilledError

LEASE = Lease(claim_id="mine", attempt=1, started_at=START, until=START + timedelta(minutes=1), sends=True)
LATER = START + timedelta(seconds=5)
POST = "post-1"
OUT = Outcome(ended=TryEnd.PUBLISHED, network_id=POST, permalink="https://plain.example/1")
REFUSED = Outcome(ended=TryEnd.REJECTED, code="400", sentence="It said no.", network_id="not-out")


@pytest.fixture
def store(bed: TestBed) -> DeliveryStore:
    return bed.system.deliver.recording


def claimed(bed: TestBed, number: int = 1, **changes: Any) -> Delivery:
    given = {"status": Status.PUBLISHING, "attempts": 1, "lease": LEASE, "next_at": LEASE.until} | changes
    return stand(bed, number, **given)


def out(delivery: Delivery, network_id: str = POST) -> Delivery:
    return replace(delivery, status=Status.PUBLISHED, lease=None, published_at=START, network_id=network_id)


def refused(delivery: Delivery) -> Delivery:
    return replace(delivery, status=Status.FAILED, lease=None)


def written(bed: TestBed, delivery: Delivery, **changes: Any) -> Delivery:
    """The delivery as somebody else has written it since."""
    changed = replace(delivery, version=delivery.version + 1, write_id="somebody else's", **changes)
    bed.system.world.table.put(delivery_item(changed, lambda _: 0))
    return now_of(bed, changed)


def concluded(
    store: DeliveryStore, claim: Delivery, outcome: Outcome, decide: Callable[[Delivery], Delivery] = out
) -> Delivery:
    return store.conclude(claim, decide, outcome, LATER, text="Hello", remedy=ReconcileMethod.NONE)


def history(bed: TestBed, delivery: Delivery, number: int = 1) -> Item | None:
    return bed.system.world.table.get(keys.attempt(delivery.parent, delivery.channel, number))


def owner(bed: TestBed, post: str = POST) -> str | None:
    item = bed.system.world.table.get(keys.post("looked", post))
    return str(item["delivery"]) if item else None


def owned_by(bed: TestBed, name: str, post: str = POST) -> None:
    bed.system.world.table.put(plain_item(keys.post("looked", post), delivery=name))


def gone(bed: TestBed, delivery: Delivery) -> None:
    bed.system.world.table.transact([Delete(key=keys.delivery(delivery.parent, delivery.channel))])


# A write and what goes with it.


def test_a_move_with_nothing_beside_it_is_one_plain_write(
    bed: TestBed, store: DeliveryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stand(bed)
    monkeypatch.setattr(module.write_ids, "transact", None)
    moved = store.move(before, replace(before, next_at=LATER))
    assert now_of(bed, before) == moved
    assert moved.version == before.version + 1


@pytest.mark.parametrize(
    ("holds", "after", "kept"),
    [
        ("digest", refused, False),
        ("digest", lambda one: replace(one, lease=None, status=Status.UNCONFIRMED), True),
        ("digest", lambda one: replace(one, lease=None, status=Status.SCHEDULED, may_be_out=True), True),
    ],
)
def test_others_with_its_text_wait_until_it_is_resolved(
    bed: TestBed,
    store: DeliveryStore,
    holds: str,
    after: Callable[[Delivery], Delivery],
    kept: bool,  # noqa: FBT001
) -> None:
    claim = claimed(bed, holds=holds)
    bed.system.world.table.put(store.holding(claim).item)
    moved = store.move(claim, after(claim))
    assert (bed.system.world.table.get(held_text(claim)) is not None) is kept
    assert (moved.holds == holds) is kept
    assert store.holder(replace(claim, holds=""), holds) == (name_of(claim) if kept else None)


def test_what_keeps_nobody_waiting_takes_nothing_away(
    bed: TestBed, store: DeliveryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claimed(bed)
    monkeypatch.setattr(module.write_ids, "transact", None)
    assert store.move(claim, refused(claim)).status is Status.FAILED


def test_of_two_with_one_text_only_one_holds_it(bed: TestBed, store: DeliveryStore) -> None:
    one, other = claimed(bed, 1, holds="digest"), claimed(bed, 2, holds="digest")
    store.move(one, one, store.holding(one))
    with pytest.raises(ConditionFailedError):
        store.move(other, other, store.holding(other))
    assert store.holder(other, "digest") == name_of(one)


@pytest.mark.parametrize(
    ("lease", "deaths", "dies"),
    [(LEASE, 1, True), (LEASE, 0, False), (replace(LEASE, sends=False), 1, False), (None, 1, False)],
)
def test_only_a_try_that_may_have_sent_something_dies_in_the_history(
    bed: TestBed,
    store: DeliveryStore,
    lease: Lease | None,
    deaths: int,
    dies: bool,  # noqa: FBT001
) -> None:
    claim = claimed(bed, lease=lease)
    store.move(claim, replace(claim, lease=None, status=Status.UNCONFIRMED, deaths=deaths))
    found = history(bed, claim)
    assert (found is not None) is dies
    if found:
        assert (found["ended"], found["number"]) == ("died", 1)


# Reading.


def test_whose_a_delivery_is_is_read_from_the_table(bed: TestBed, store: DeliveryStore) -> None:
    one = stand(bed)
    assert [store.is_of(who, name_of(one)) for who in (one.owner, "somebody-else")] == [True, False]
    assert not store.is_of(one.owner, "MSG#01KAQ8GQ00000000000000000A/CHANNEL#looked")


def test_a_delivery_that_is_not_there_is_none(bed: TestBed, store: DeliveryStore) -> None:
    one = stand(bed)
    assert store.read(one) == one
    assert store.read(replace(one, channel="blind")) is None


# The end of a try.


@pytest.mark.parametrize(
    ("outcome", "decide", "network_id"), [(OUT, out, POST), (REFUSED, refused, None)], ids=["out", "refused"]
)
def test_the_end_of_a_try_is_written_with_its_history(
    bed: TestBed,
    store: DeliveryStore,
    outcome: Outcome,
    decide: Callable[[Delivery], Delivery],
    network_id: str | None,
) -> None:
    claim = claimed(bed)
    bed.clock.time = LATER
    moved = concluded(store, claim, outcome, decide)
    assert now_of(bed, claim) == moved
    found = history(bed, claim)
    assert found is not None
    assert (found["ended"], found.get("network_id")) == (outcome.ended.value, network_id)
    assert (found["started_at"], found["ended_at"]) == ("2026-11-23T09:00:00.000Z", "2026-11-23T09:00:05.000Z")


def test_the_history_of_a_try_without_a_claim_begins_where_it_ends(bed: TestBed, store: DeliveryStore) -> None:
    claim = claimed(bed, lease=None)
    concluded(store, claim, REFUSED, refused)
    found = history(bed, claim)
    assert found is not None
    assert found["started_at"] == found["ended_at"] == "2026-11-23T09:00:05.000Z"


@pytest.mark.parametrize(
    ("decide", "post"),
    [
        (out, POST),
        (lambda one: out(one, ""), None),
        (lambda one: replace(refused(one), network_id=POST), None),
    ],
    ids=["published", "published under no id", "not published"],
)
def test_only_a_post_that_is_out_under_an_id_is_owned(
    bed: TestBed, store: DeliveryStore, decide: Callable[[Delivery], Delivery], post: str | None
) -> None:
    claim = claimed(bed)
    store.settle(claim, decide)
    assert owner(bed) == (name_of(claim) if post else None)
    assert owner(bed, "") is None


def test_what_the_network_answered_is_owned_before_anything_else_is_written(
    bed: TestBed, store: DeliveryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claimed(bed)

    def killed(*_: object) -> Delivery:
        raise WorkerKilledError

    with monkeypatch.context() as patched:
        patched.setattr(DeliveryStore, "move", killed)
        with pytest.raises(WorkerKilledError):
            concluded(store, claim, OUT)
    assert (owner(bed), now_of(bed, claim)) == (name_of(claim), claim)
    assert concluded(store, claim, OUT).status is Status.PUBLISHED


def test_what_was_only_found_is_owned_with_the_very_write_that_says_so(
    bed: TestBed, store: DeliveryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claimed(bed)
    taken: list[Write] = []

    def killed(_: DeliveryStore, __: Delivery, ___: Delivery, *beside: Write) -> Delivery:
        taken.extend(beside)
        raise WorkerKilledError

    monkeypatch.setattr(DeliveryStore, "move", killed)
    with pytest.raises(WorkerKilledError):
        store.settle(claim, out)
    assert (owner(bed), taken) == (None, [store.ownership(out(claim))])


def test_a_post_that_is_its_own_already_is_not_taken_again(bed: TestBed, store: DeliveryStore) -> None:
    claim = claimed(bed)
    assert store.taking(out(claim)) == [store.ownership(out(claim))]
    owned_by(bed, name_of(claim))
    assert store.taking(out(claim)) == []
    assert store.settle(claim, out).status is Status.PUBLISHED


def test_an_answer_under_its_claim_is_no_late_one_even_if_the_post_is_its_own_already(
    bed: TestBed, store: DeliveryStore
) -> None:
    for number, owned in ((1, False), (2, True)):
        claim, post = claimed(bed, number), f"post-{number}"
        if owned:
            owned_by(bed, name_of(claim), post)
        moved = concluded(store, claim, replace(OUT, network_id=post), lambda one, post=post: out(one, post))  # type: ignore[misc]
        assert moved.status is Status.PUBLISHED
    assert bed.journal.named("late_answer") == []


def test_a_delivery_that_tells_its_only_try_itself_needs_no_history(bed: TestBed, store: DeliveryStore) -> None:
    claim = claimed(bed)
    concluded(store, claim, OUT, lambda one: replace(out(one), published_from=START))
    assert history(bed, claim) is None


def test_what_is_not_out_owns_nothing_whatever_was_answered(bed: TestBed, store: DeliveryStore) -> None:
    claim = claimed(bed)
    concluded(store, claim, OUT, refused)
    assert owner(bed, "") is None


def test_a_late_answer_whose_post_nobody_owns_yet_takes_it(bed: TestBed, store: DeliveryStore) -> None:
    claim = late(bed)
    assert concluded(store, claim, OUT, refused).network_id == POST
    assert owner(bed) == name_of(claim)


def test_what_others_write_beside_the_claim_is_decided_upon_again(bed: TestBed, store: DeliveryStore) -> None:
    claim = claimed(bed)
    seen: list[str] = []
    written(bed, claim, cancel_asked="No!")

    def decide(there: Delivery) -> Delivery:
        seen.append(there.cancel_asked)
        return refused(there)

    assert store.settle(claim, decide).cancel_asked == "No!"
    assert seen == ["", "No!"]


@pytest.mark.parametrize("taken", [None, replace(LEASE, claim_id="another's")])
def test_a_claim_that_is_gone_decides_nothing(bed: TestBed, store: DeliveryStore, taken: Lease | None) -> None:
    claim = claimed(bed)
    there = written(bed, claim, lease=taken)
    with pytest.raises(ConditionFailedError):
        store.settle(claim, refused)
    assert now_of(bed, claim) == there


def test_a_delivery_that_is_gone_is_not_written_again(bed: TestBed, store: DeliveryStore) -> None:
    claim = claimed(bed)
    gone(bed, claim)
    with pytest.raises(ConditionFailedError):
        store.settle(claim, refused)


def test_a_post_that_has_another_owner_is_not_decided_upon_for_ever(bed: TestBed, store: DeliveryStore) -> None:
    claim = claimed(bed)
    owned_by(bed, "MSG#other/CHANNEL#looked")
    decided: list[Delivery] = []
    with pytest.raises(ConditionFailedError):
        store.settle(claim, lambda one: decided.append(one) or out(one))  # type: ignore[func-returns-value]
    assert decided == [claim]


def fails(monkeypatch: pytest.MonkeyPatch) -> list[Delivery]:
    """Let every move fail for the storage; those that were tried."""
    tried: list[Delivery] = []

    def failing(_: DeliveryStore, before: Delivery, __: Delivery, *___: Write) -> Delivery:
        tried.append(before)
        raise UnavailableError("Throttled.")

    monkeypatch.setattr(DeliveryStore, "move", failing)
    return tried


@pytest.mark.parametrize(
    ("outcome", "tries", "noted"), [(OUT, KNOWN_ID_TRIES, 1), (REFUSED, STORAGE_TRIES, 0)], ids=["out", "refused"]
)
def test_storage_that_fails_is_asked_again_more_patiently_for_a_known_post(
    bed: TestBed, store: DeliveryStore, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, tries: int, noted: int
) -> None:
    tried = fails(monkeypatch)
    claim = claimed(bed)
    with pytest.raises(UnavailableError):
        concluded(store, claim, outcome, refused)
    assert len(tried) == tries
    assert len(bed.journal.named("answer_not_stored")) == noted


def test_how_a_try_ended_is_history_whoever_has_gone_on_from_it(bed: TestBed, store: DeliveryStore) -> None:
    claim = claimed(bed)
    there = written(bed, claim, lease=None, status=Status.CANCELLED)
    assert concluded(store, claim, REFUSED, refused) == there
    found = history(bed, claim)
    assert found is not None
    assert found["ended"] == "rejected"


def test_the_end_of_a_try_whose_delivery_is_gone_is_that_of_its_claim(bed: TestBed, store: DeliveryStore) -> None:
    claim = claimed(bed)
    gone(bed, claim)
    assert concluded(store, claim, REFUSED, refused) == claim
    assert concluded(store, claim, OUT) == claim


# An answer that comes late.


def late(bed: TestBed, number: int = 1) -> Delivery:
    """A claim that somebody has gone on from."""
    claim = claimed(bed, number)
    written(bed, claim, lease=None, status=Status.SCHEDULED, next_at=LATER)
    return claim


def test_a_late_answer_owns_its_post(bed: TestBed, store: DeliveryStore) -> None:
    claim = late(bed)
    assert concluded(store, claim, OUT).network_id == POST
    assert owner(bed) == name_of(claim)
    assert len(bed.journal.named("late_answer")) == 1


def test_an_answer_that_tells_nothing_new_moves_nothing(bed: TestBed, store: DeliveryStore) -> None:
    claim = claimed(bed)
    known = replace(out(claim), permalink=OUT.permalink, version=claim.version + 1)
    bed.system.world.table.put(delivery_item(known, lambda _: 0))
    there = now_of(bed, claim)
    owned_by(bed, name_of(claim))
    assert concluded(store, claim, OUT) == there
    assert now_of(bed, claim) == there
    assert bed.journal.named("late_answer") == bed.journal.named("post_has_another_owner") == []
    assert history(bed, claim) is not None


def test_a_post_whose_owner_is_gone_goes_to_the_one_whose_answer_names_it(bed: TestBed, store: DeliveryStore) -> None:
    claim = late(bed)
    owned_by(bed, "MSG#01KAQ8GQ00000000000000000A/CHANNEL#looked")
    assert concluded(store, claim, OUT).network_id == POST
    assert owner(bed) == name_of(claim)


def published(bed: TestBed, **changes: Any) -> Delivery:
    """Another delivery that has the post."""
    given = {"status": Status.PUBLISHED, "network_id": POST, "published_at": START, "adopted": True, "next_at": None}
    other = stand(bed, 2, **(given | changes))
    owned_by(bed, name_of(other))
    return other


@pytest.mark.parametrize(("who", "named"), [("owner-1", "MSG"), ("owner-2", "another owner's delivery")])
def test_a_post_that_was_only_adopted_is_taken_from_the_one_that_has_it(
    bed: TestBed, store: DeliveryStore, who: str, named: str
) -> None:
    claim, other = late(bed), published(bed, owner=who)
    concluded(store, claim, OUT)
    assert owner(bed) == name_of(claim)
    lost = now_of(bed, other)
    assert (lost.status, lost.network_id) == (Status.UNCONFIRMED, "")
    assert lost.reason is not None
    said = claim.parent.id if named == "MSG" else named
    assert f"is that of {said}" in lost.reason.sentence


@pytest.mark.parametrize("changes", [{"adopted": False}, {"network_id": "post-2"}])
def test_a_post_that_another_delivery_has_for_sure_stays_its_own(
    bed: TestBed, store: DeliveryStore, changes: dict[str, Any]
) -> None:
    claim, other = late(bed), published(bed, **changes)
    there = now_of(bed, claim)
    assert concluded(store, claim, OUT) == there
    assert (owner(bed), now_of(bed, other)) == (name_of(other), other)
    assert len(bed.journal.named("post_has_another_owner")) == 1
    assert history(bed, claim) is not None


def test_under_its_claim_an_answer_with_anothers_post_is_in_doubt(bed: TestBed, store: DeliveryStore) -> None:
    claim, other = claimed(bed), published(bed, adopted=False)
    doubted = concluded(store, claim, OUT)
    assert doubted.status is Status.UNCONFIRMED
    assert doubted.reason is not None
    assert "belongs to another delivery" in doubted.reason.sentence
    assert owner(bed) == name_of(other)


def test_what_the_other_one_becomes_meanwhile_is_not_overwritten(
    bed: TestBed, store: DeliveryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, other = late(bed), published(bed)
    real, raced = DeliveryStore.move, []

    def move(self: DeliveryStore, before: Delivery, after: Delivery, *beside: Write) -> Delivery:
        if not raced and before.status is Status.SCHEDULED:
            raced.append(written(bed, other, adopted=False))
        return real(self, before, after, *beside)

    monkeypatch.setattr(DeliveryStore, "move", move)
    concluded(store, claim, OUT)
    assert now_of(bed, other) in raced
    assert owner(bed) == name_of(other)


def test_late_news_that_loses_every_race_says_so(
    bed: TestBed, store: DeliveryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Sequence[Write]] = []

    def lost(_: DeliveryStore, *moved: Any) -> Delivery:
        tried.append(moved)
        raise ConditionFailedError([0])

    claim = late(bed)
    monkeypatch.setattr(DeliveryStore, "move", lost)
    with pytest.raises(UnavailableError, match="changed by others all the time"):
        concluded(store, claim, OUT)
    assert len(tried) == 1 + LATE_TRIES
