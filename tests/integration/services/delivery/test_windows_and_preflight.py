"""Until when a delivery may go out, on whatever way it comes back; and what stops a request at the last moment."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule
from omnipub.errors import UnavailableError
from omnipub.ports.table import Delete
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.delivery.preflight import Preflight
from omnipub.services.messages.read import Viewer
from omnipub.services.pauses.release import LatePolicy
from omnipub.services.protocol.store import DeliveryStore
from omnipub.storage import keys
from omnipub.storage.items import delivery_item
from support.world import OWNER, START, TestBed

ME = Viewer(owner=OWNER, operator=True)
HOUR = timedelta(hours=1)
LATE = timedelta(days=10)


def compose(bed: TestBed, channel: str = "looked", text: str = "Hello", *, ahead: float = 0) -> Parent:
    at = bed.clock.now() + timedelta(seconds=ahead)
    schedule = Schedule(at=at, local=at.isoformat(), zone="UTC") if ahead else None
    made = bed.system.compose.message(
        owner=OWNER, content=Content(text=text), channels=[channel], schedule=schedule, window=HOUR
    )
    return Parent(kind=ParentKind.MESSAGE, id=made.id)


def only(bed: TestBed, parent: Parent) -> Delivery:
    (delivery,) = bed.system.showing.one(parent, ME).deliveries
    return delivery


def sleep(bed: TestBed, span: timedelta = LATE) -> None:
    """Nothing runs for so long; then ticks and workers do again."""
    bed.stream.take()
    bed.clock.time += span
    bed.pass_time(bed.clock.now() + timedelta(minutes=30))


def check_missed(bed: TestBed, parent: Parent) -> Delivery:
    delivery = only(bed, parent)
    assert (delivery.status, delivery.may_be_out, delivery.lease) == (Status.MISSED, False, None)
    assert delivery.reason is not None
    assert delivery.reason.sentence.startswith("It was overdue past its window.")
    assert bed.network.posts == []
    return delivery


@pytest.mark.parametrize("order", ["unreadable", "throttle", "refuse_connection"])
@pytest.mark.parametrize("channel", ["looked", "keyed", "blind"])
def test_one_try_and_then_ten_days_of_nothing_end_as_missed(bed: TestBed, channel: str, order: str) -> None:
    bed.network.orders = [order]
    parent = compose(bed, channel)
    bed.run_stream()
    assert only(bed, parent).status is Status.SCHEDULED
    sleep(bed)
    delivery = check_missed(bed, parent)
    assert delivery.attempts == 1
    assert delivery.reason is not None
    assert "Last: " in delivery.reason.sentence


@pytest.mark.parametrize("days", [0, 10])
def test_an_account_that_is_connected_again_sends_what_is_still_in_its_window(bed: TestBed, days: int) -> None:
    bed.network.orders = ["auth"]
    parent = compose(bed)
    bed.run_stream()
    assert only(bed, parent).status is Status.HELD
    bed.clock.time += timedelta(days=days)
    bed.system.accounts.connect(owner=OWNER, channel="looked", account="acc-looked", token=Secret("fresh"))
    bed.pass_time(bed.clock.now() + timedelta(minutes=10))
    if days:
        check_missed(bed, parent)
    else:
        assert only(bed, parent).status is Status.PUBLISHED


def test_a_release_of_what_is_past_its_window_goes_from_held_to_missed_in_one_step(bed: TestBed) -> None:
    bed.system.pauses.pause("everything", reason="Stop.", by="ops")
    parent = compose(bed)
    bed.run_stream()
    assert only(bed, parent).status is Status.HELD
    bed.clock.time += LATE
    releases = bed.system.accounts.releases
    row = releases.begun("everything", LatePolicy.WINDOW)
    bed.system.world.table.transact([row, Delete(key=keys.pause("everything"))])
    releases.carry_out(row.item)
    check_missed(bed, parent)


def test_what_its_account_held_past_its_window_is_missed_within_the_hour(bed: TestBed) -> None:
    bed.network.orders = ["auth"]
    parent = compose(bed)
    bed.run_stream()
    bed.pass_time(START + 3 * HOUR)
    delivery = check_missed(bed, parent)
    assert delivery.reason is not None
    assert "Its account needs its owner" in delivery.reason.sentence


def test_what_a_pause_holds_past_its_window_waits_for_whoever_resumes(bed: TestBed) -> None:
    bed.system.pauses.pause("everything", reason="Stop.", by="ops")
    parent = compose(bed)
    bed.run_stream()
    bed.pass_time(START + 3 * HOUR)
    assert only(bed, parent).status is Status.HELD
    bed.system.pauses.resume("everything", send_late=True, by="ops")
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert only(bed, parent).status is Status.PUBLISHED


def test_two_clean_looks_past_the_window_end_as_missed(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    parent = compose(bed)
    bed.run_stream()
    sleep(bed)
    check_missed(bed, parent)
    assert bed.network.looks == 2


def test_what_may_be_out_is_found_out_past_its_window_and_not_missed(bed: TestBed) -> None:
    bed.network.orders = ["lost_answer"]
    parent = compose(bed)
    bed.run_stream()
    sleep(bed)
    assert only(bed, parent).status is Status.PUBLISHED
    assert bed.network.texts() == ["Hello"]


def test_what_may_be_out_under_a_key_is_left_to_a_person_past_its_window(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    parent = compose(bed, "keyed")
    bed.run_stream()
    sleep(bed)
    delivery = only(bed, parent)
    assert (delivery.status, delivery.may_be_out) == (Status.UNCONFIRMED, True)
    assert delivery.reason is not None
    assert "window is over" in delivery.reason.sentence
    assert len(bed.network.tokens) == 1


def test_what_waits_for_another_with_the_same_text_is_missed_when_its_window_is_over(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    bed.network.posts.append(
        {"id": "s-1", "text": "by hand", "key": "", "account": "acc-looked", "at": START.isoformat()}
    )
    first = compose(bed)
    bed.run_stream()
    second = compose(bed)
    bed.run_stream()
    waiting = only(bed, second)
    assert waiting.reason is not None
    assert waiting.reason.code == "same_text"
    bed.pass_time(START + 4 * HOUR)
    assert only(bed, first).status is Status.UNCONFIRMED
    assert only(bed, second).status is Status.MISSED
    assert [one["id"] for one in bed.network.posts] == ["s-1"]


def test_what_waits_for_an_account_that_rests_is_missed_when_its_window_is_over(bed: TestBed) -> None:
    bed.network.orders = ["refuse_connection"] * 1000
    parents = [compose(bed, "blind", f"text {number}") for number in range(4)]
    bed.run_stream()
    bed.pass_time(START + 3 * HOUR)
    assert [only(bed, one).status for one in parents] == [Status.MISSED] * 4


def test_a_retry_opens_a_new_window(bed: TestBed) -> None:
    parent = compose(bed, ahead=60)
    sleep(bed)
    check_missed(bed, parent)
    bed.system.operate.retry(parent, ME)
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert only(bed, parent).status is Status.PUBLISHED


@pytest.mark.parametrize(("choice", "status"), [("send", Status.PUBLISHED), ("miss", Status.MISSED)])
def test_resume_sends_what_became_late_in_a_new_window_or_misses_it(
    bed: TestBed,
    choice: str,
    status: Status,
) -> None:
    bed.system.pauses.pause("everything", reason="Stop.", by="ops")
    parent = compose(bed)
    bed.run_stream()
    bed.clock.time += LATE
    bed.system.pauses.resume("everything", send_late=choice == "send", by="ops")
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert only(bed, parent).status is status


# At the last moment.


@pytest.fixture
def meanwhile(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object], float], None]:
    """Let something happen between a claim and its request, which takes so many seconds."""

    def between(act: Callable[[], object], seconds: float = 2) -> None:
        def opened(self: Accounts, connection: object) -> object:
            bed.clock.time += timedelta(seconds=seconds)
            act()
            return plain(self, connection)  # type: ignore[arg-type]

        plain = Accounts.open
        monkeypatch.setattr(Accounts, "open", opened)

    return between


def test_a_cancel_before_the_request_leaves_wins(
    bed: TestBed, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    parent = compose(bed)
    meanwhile(lambda: bed.system.operate.cancel(parent, ME, reason="Wrong price."))
    bed.run_stream()
    delivery = only(bed, parent)
    assert (delivery.status, delivery.tries_used) == (Status.CANCELLED, 0)
    assert bed.network.tokens == []


def test_a_pause_before_the_request_leaves_holds_it(
    bed: TestBed, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    parent = compose(bed)
    meanwhile(lambda: bed.system.pauses.pause("everything", reason="Stop.", by="ops"))
    bed.run_stream()
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    delivery = only(bed, parent)
    assert (delivery.status, delivery.tries_used) == (Status.HELD, 0)
    assert bed.network.tokens == []


def test_a_window_that_ends_before_the_request_leaves_is_missed(bed: TestBed, meanwhile: Callable[..., None]) -> None:
    parent = compose(bed, ahead=60)
    there = only(bed, parent)
    end = (there.due_at or START) + timedelta(seconds=1)
    bed.system.world.table.put(delivery_item(replace(there, not_after=end, version=2), lambda _: 0))
    meanwhile(lambda: None, 1.5)
    bed.clock.time = there.due_at or START
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    check_missed(bed, parent)
    assert bed.network.tokens == []


def test_a_claim_that_somebody_else_took_over_sends_nothing(
    bed: TestBed, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    parent = compose(bed)

    def taken() -> None:
        there = only(bed, parent)
        assert there.lease is not None
        other = replace(there, lease=replace(there.lease, claim_id="other"), version=there.version + 1)
        bed.system.world.table.put(delivery_item(other, lambda _: 0))

    meanwhile(taken)
    bed.run_stream()
    assert bed.network.tokens == []
    assert only(bed, parent).lease is not None


def test_a_try_that_is_not_the_first_reads_its_claim_again_however_quick_it_is(
    bed: TestBed, meanwhile: Callable[..., None]
) -> None:
    bed.network.orders = ["unreadable"]
    parent = compose(bed, "blind")
    bed.run_stream()
    meanwhile(lambda: bed.system.operate.cancel(parent, ME, reason="No."), 0)
    bed.pass_time(START + timedelta(minutes=3))
    delivery = only(bed, parent)
    assert (delivery.status, delivery.attempts) == (Status.CANCELLED, 2)
    assert bed.network.posts == []


def test_a_first_try_at_once_reads_nothing_again(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr(Preflight, "_read_again", read)
    parent = compose(bed)
    bed.run_stream()
    assert only(bed, parent).status is Status.PUBLISHED


def test_a_claim_that_cannot_be_read_sends_nothing_and_burns_no_try(
    bed: TestBed, meanwhile: Callable[[Callable[[], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = [True]

    def read(self: DeliveryStore, delivery: Delivery) -> Delivery | None:
        if failing and failing.pop():
            raise UnavailableError("Throttled.")
        return plain(self, delivery)

    plain = DeliveryStore.read
    monkeypatch.setattr(DeliveryStore, "read", read)
    parent = compose(bed)
    meanwhile(lambda: None)
    bed.system.batches.run(bed.stream.take())
    delivery = only(bed, parent)
    assert (delivery.status, delivery.tries_used, delivery.may_be_out) == (Status.SCHEDULED, 0, False)
    assert bed.network.tokens == []


def test_an_answer_is_stored_although_our_storage_fails_where_it_is_read_again(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancel is recorded while it is sent, so the first write meets another version; then reading fails."""
    parent = compose(bed, "blind")
    failing = [True, True, True]

    def read(self: DeliveryStore, delivery: Delivery) -> Delivery | None:
        if failing:
            failing.pop()
            raise UnavailableError("Throttled.")
        return plain(self, delivery)

    def accept(*arguments: object) -> object:
        bed.system.operate.cancel(parent, ME, reason="Too late.")
        monkeypatch.setattr(DeliveryStore, "read", read)
        return accepted(*arguments)  # type: ignore[arg-type]

    plain, accepted = DeliveryStore.read, bed.network._accept
    monkeypatch.setattr(bed.network, "_accept", accept)
    bed.run_stream()
    assert failing == []
    assert (only(bed, parent).status, only(bed, parent).network_id) == (Status.PUBLISHED, "acc-blind-1")
