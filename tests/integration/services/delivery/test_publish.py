"""What a delivery goes through, over the real table: every outcome, every death, exactly one post."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.sealing import Purpose
from omnipub.domain.timestamps import Schedule, from_text, milliseconds
from omnipub.errors import UnavailableError
from omnipub.ports.stream import Pointer
from omnipub.services.health.finding import Health
from omnipub.services.messages.read import Viewer
from omnipub.storage.items import ConnectionStatus
from support.world import CHANNELS, OWNER, START, TestBed, WorkerKilledError


def compose(bed: TestBed, channel: str, text: str = "Hello", *, in_seconds: float = 0) -> str:
    at = bed.clock.now() + timedelta(seconds=in_seconds)
    schedule = Schedule(at=at, local=at.isoformat(), zone="UTC") if in_seconds else None
    made = bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=[channel], schedule=schedule)
    return made.id


def only(bed: TestBed, message: str) -> Delivery:
    parent = Parent(kind=ParentKind.MESSAGE, id=message)
    (delivery,) = bed.system.showing.one(parent, Viewer(owner=OWNER)).deliveries
    return delivery


def ends(bed: TestBed, message: str) -> list[str]:
    parent = Parent(kind=ParentKind.MESSAGE, id=message)
    return [attempt.ended for attempt in bed.system.showing.one(parent, Viewer(owner=OWNER)).attempts]


def test_a_message_for_now_is_published_without_any_tick(bed: TestBed) -> None:
    message = compose(bed, "looked")
    bed.run_stream()
    delivery = only(bed, message)
    assert delivery.status is Status.PUBLISHED
    assert delivery.network_id == "acc-looked-1"
    assert delivery.attempts == 1
    assert ends(bed, message) == ["published"]
    assert bed.network.tokens == ["token-looked"]


def test_a_record_delivered_twice_is_published_once(bed: TestBed) -> None:
    message = compose(bed, "looked")
    records = bed.stream.take()
    for _ in range(3):
        bed.system.batches.run(records)
    assert bed.network.texts() == ["Hello"]
    assert only(bed, message).attempts == 1


def test_a_record_that_comes_early_is_let_be_until_its_moment(bed: TestBed) -> None:
    message = compose(bed, "looked", in_seconds=60)
    (named,) = bed.delay.named
    bed.system.batches.run([named.pointer])
    assert bed.network.posts == []
    assert only(bed, message).status is Status.SCHEDULED


@pytest.mark.parametrize("early", [0.001, 1.5, 3])
def test_a_record_that_comes_a_lead_and_a_second_early_at_most_waits_for_its_moment(bed: TestBed, early: float) -> None:
    message = compose(bed, "looked", in_seconds=60)
    bed.clock.advance(seconds=60 - early)
    bed.system.batches.run([bed.delay.named[0].pointer])
    delivery = only(bed, message)
    assert delivery.published_at is not None
    assert delivery.due_at is not None
    assert delivery.published_at - delivery.due_at == bed.network.takes


@pytest.mark.parametrize("early", [3.001, 5, 60])
def test_a_record_that_comes_earlier_goes_back_to_the_delay_queue_if_it_carries_the_tables_moment(
    bed: TestBed, early: float
) -> None:
    """The worker's clock is behind the scheduler's."""
    message = compose(bed, "looked", in_seconds=60)
    (named,) = bed.delay.take(START + timedelta(seconds=60))
    bed.clock.advance(seconds=60 - early)
    bed.system.batches.run([named.pointer])
    assert bed.delay.named == [named]
    assert only(bed, message).attempts == 0
    bed.wake(named.at)
    assert only(bed, message).lateness_ms == milliseconds(bed.network.takes)


def test_a_record_of_another_moment_than_the_tables_is_only_acknowledged(bed: TestBed) -> None:
    """Whoever set another moment has handed that over; and what is beyond the horizon a tick hands over."""
    compose(bed, "looked", in_seconds=60)
    (named,) = bed.delay.take(START + timedelta(seconds=60))
    another = replace(named.pointer, at=named.at - timedelta(seconds=1))
    of_an_older_release = replace(named.pointer, at=None)
    bed.system.batches.run([another, of_an_older_release])
    bed.clock.time -= timedelta(seconds=91)
    bed.system.batches.run([named.pointer])
    assert bed.delay.named == []
    assert bed.network.posts == []


def test_a_record_that_the_delay_queue_refuses_to_take_back_is_acknowledged_and_noted(bed: TestBed) -> None:
    compose(bed, "looked", in_seconds=60)
    (named,) = bed.delay.take(START + timedelta(seconds=60))
    bed.delay.refusing = True
    assert not bed.system.batches.run([named.pointer])
    assert len(bed.journal.named("delay_refused")) == 1


def test_what_a_claim_rests_on_is_read_after_the_wait(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paused, disconnected or closed in the seconds in which a worker waits for the moment: nothing is sent."""
    slept = bed.clock.sleep_until
    acts: dict[str, Callable[[], object]] = {
        "pause": lambda: bed.system.pauses.pause("everything", reason="Stop.", by="on-call"),
        "copy": lambda: setattr(bed.place, "name", "elsewhere"),
    }
    bed.system.gate.enter()
    for name, act in acts.items():
        at = bed.clock.now() + timedelta(seconds=60)
        compose(bed, "looked", name, in_seconds=60)
        (named,) = bed.delay.take(at)
        bed.clock.time = at - timedelta(seconds=2)

        def sleep_until(moment: datetime, act: Callable[[], object] = act) -> None:
            act()
            slept(moment)

        with monkeypatch.context() as during:
            during.setattr(bed.clock, "sleep_until", sleep_until)
            assert not bed.system.batches.run([named.pointer])
        assert bed.network.posts == [], name
        for pause in bed.system.pauses.all():
            bed.system.pauses.resume(pause.scope, send_late=False)
        bed.stream.take()
        bed.delay.named.clear()
    assert bed.journal.named("gate_closed")


def test_of_one_account_what_is_due_goes_before_what_has_to_be_waited_for(bed: TestBed) -> None:
    compose(bed, "looked", "in two seconds", in_seconds=2)
    (soon,) = bed.stream.take()
    compose(bed, "looked", "now")
    (now,) = bed.stream.take()
    bed.system.batches.run([soon, now])
    assert bed.network.texts() == ["now", "in two seconds"]


def test_a_second_worker_meets_the_claim(bed: TestBed) -> None:
    """While the first worker's request is on its way, another gets the same record."""
    message = compose(bed, "looked")
    records = bed.stream.take()
    send = bed.network.send
    nested: list[str] = []

    def interrupted(*arguments: object) -> object:
        bed.network.send = send  # type: ignore[method-assign]
        nested.append(bed.system.deliver.one(records[0]).verdict)
        return send(*arguments)  # type: ignore[arg-type]

    object.__setattr__(bed.system.deliver.driver, "send", type("Interrupted", (), {"send": staticmethod(interrupted)}))
    bed.system.batches.run(records)
    assert nested == ["let_be"]
    assert bed.network.texts() == ["Hello"]
    assert only(bed, message).attempts == 1


def test_a_record_of_nothing_we_know_is_done(bed: TestBed) -> None:
    foreign = Pointer(pk="MSG#nothing", sk="CHANNEL#looked", group="looked/x", why="test")
    assert bed.system.batches.run([foreign]) == {}
    assert bed.journal.named("record_done")[-1]["verdict"] == "unknown"


def test_what_was_not_sent_is_sent_again_later(bed: TestBed) -> None:
    bed.network.orders = ["refuse_connection", "ok"]
    message = compose(bed, "blind")
    bed.run_stream()
    waiting = only(bed, message)
    assert waiting.status is Status.SCHEDULED
    assert not waiting.may_be_out
    assert waiting.next_at is not None
    assert waiting.next_at >= START + timedelta(seconds=15)
    bed.pass_time(START + timedelta(minutes=3))
    assert only(bed, message).status is Status.PUBLISHED
    assert ends(bed, message) == ["not_sent", "published"]


def test_tries_end_and_then_it_has_failed_with_a_reason(bed: TestBed) -> None:
    bed.network.orders = ["unreadable"] * 20
    message = compose(bed, "blind")
    bed.run_stream()
    bed.pass_time(START + timedelta(hours=2))
    delivery = only(bed, message)
    assert delivery.status is Status.FAILED
    assert delivery.attempts == bed.system.settings.tries
    assert delivery.reason is not None
    assert delivery.reason.sentence == "The request could not be put together."


def test_a_throttled_delivery_comes_back_no_earlier_than_the_network_said(bed: TestBed) -> None:
    bed.network.orders = ["throttle"]
    bed.network.wait = 600
    message = compose(bed, "looked")
    bed.run_stream()
    waiting = only(bed, message)
    assert waiting.next_at is not None
    assert waiting.next_at >= START + timedelta(seconds=600)
    assert waiting.tries_used == 0
    bed.pass_time(START + timedelta(minutes=13))
    assert only(bed, message).status is Status.PUBLISHED


def test_a_refusal_for_good_fails_at_once(bed: TestBed) -> None:
    bed.network.orders = ["reject"]
    message = compose(bed, "looked")
    bed.run_stream()
    assert only(bed, message).status is Status.FAILED
    assert ends(bed, message) == ["rejected"]


def test_a_dead_token_holds_the_account_and_burns_no_try(bed: TestBed) -> None:
    bed.network.orders = ["auth"]
    first = compose(bed, "looked", "one")
    bed.clock.advance(seconds=0.1)
    second = compose(bed, "looked", "two")
    bed.run_stream()
    assert [only(bed, one).status for one in (first, second)] == [Status.HELD, Status.HELD]
    assert [only(bed, one).tries_used for one in (first, second)] == [0, 0]
    connection = bed.system.accounts.find(OWNER, "looked")
    assert connection is not None
    assert connection.standing is ConnectionStatus.NEEDS_OWNER
    bed.system.accounts.connect(owner=OWNER, channel="looked", account="acc-looked", token=Secret("fresh"))
    bed.run_stream()
    bed.pass_time(bed.clock.now() + timedelta(minutes=1))
    assert bed.network.texts() == ["one", "two"]
    out = [from_text(post["at"]) for post in bed.network.posts]
    assert out[1] - out[0] >= CHANNELS["looked"].pace, "what was held goes out in its order, at the network's pace"
    assert bed.network.tokens[-1] == "fresh"


@pytest.mark.parametrize("order", ["lost_answer", "error_after", "die_after"])
def test_a_post_whose_answer_was_lost_is_found_and_adopted(bed: TestBed, order: str) -> None:
    bed.network.orders = [order]
    message = compose(bed, "looked")
    try:
        bed.run_stream()
    except WorkerKilledError:
        bed.stream.take()
    bed.pass_time(START + timedelta(minutes=5))
    delivery = only(bed, message)
    assert delivery.status is Status.PUBLISHED
    assert delivery.network_id == "acc-looked-1"
    assert bed.network.texts() == ["Hello"]


@pytest.mark.parametrize("order", ["no_answer", "die_before"])
def test_a_post_that_is_surely_not_out_is_sent_again_after_two_looks(bed: TestBed, order: str) -> None:
    bed.network.orders = [order]
    message = compose(bed, "looked")
    try:
        bed.run_stream()
    except WorkerKilledError:
        bed.stream.take()
    assert only(bed, message).status is Status.PUBLISHING
    bed.pass_time(START + timedelta(minutes=6))
    delivery = only(bed, message)
    assert delivery.status is Status.PUBLISHED
    assert delivery.attempts == 2
    assert bed.network.looks == 2
    assert bed.network.texts() == ["Hello"]


def test_a_post_that_shows_late_within_the_settle_time_is_not_doubled(bed: TestBed) -> None:
    bed.network.orders = ["lost_answer"]
    bed.network.hidden_for = timedelta(seconds=9)
    message = compose(bed, "looked")
    bed.run_stream()
    bed.pass_time(START + timedelta(minutes=5))
    assert only(bed, message).status is Status.PUBLISHED
    assert bed.network.texts() == ["Hello"]


def test_a_network_that_knows_our_key_gets_the_same_bytes_again(bed: TestBed) -> None:
    bed.network.orders = ["lost_answer", "lost_answer"]
    bed.network.known_keys = True
    message = compose(bed, "keyed")
    bed.run_stream()
    bed.pass_time(START + timedelta(minutes=5))
    assert only(bed, message).status is Status.PUBLISHED
    assert bed.network.texts() == ["Hello"]
    assert bed.network.looks == 0


@pytest.mark.parametrize("order", ["lost_answer", "no_answer", "die_before", "die_after"])
def test_where_nothing_can_tell_a_person_decides(bed: TestBed, order: str) -> None:
    bed.network.orders = [order]
    message = compose(bed, "blind")
    try:
        bed.run_stream()
    except WorkerKilledError:
        bed.stream.take()
    bed.pass_time(START + timedelta(minutes=5))
    delivery = only(bed, message)
    assert delivery.status is Status.UNCONFIRMED
    assert len(bed.network.posts) <= 1
    assert delivery.reason is not None


def test_one_post_is_adopted_by_one_delivery_only(bed: TestBed) -> None:
    """Two deliveries say the same; both lose their answers, only one of them went out."""
    bed.network.orders = ["lost_answer", "no_answer"]
    first, second = compose(bed, "looked", "same"), compose(bed, "looked", "same")
    bed.run_stream()
    bed.pass_time(START + timedelta(minutes=10))
    published = [only(bed, one) for one in (first, second)]
    assert [one.status for one in published] == [Status.PUBLISHED, Status.PUBLISHED]
    assert published[0].network_id != published[1].network_id
    assert bed.network.texts() == ["same", "same"]


def test_a_stranger_on_the_account_stops_the_proof_of_absence(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    message = compose(bed, "looked")
    bed.run_stream()
    bed.network.posts.append(
        {"id": "s-1", "text": "by hand", "key": "", "account": "acc-looked", "at": START.isoformat()}
    )
    bed.pass_time(START + timedelta(hours=10))
    delivery = only(bed, message)
    assert delivery.status is Status.UNCONFIRMED
    assert delivery.reason is not None
    assert "no delivery accounts for" in delivery.reason.sentence


def test_overdue_past_its_window_it_is_missed_and_not_sent(bed: TestBed) -> None:
    message = compose(bed, "looked", in_seconds=30)
    bed.delay.named.clear()
    bed.clock.advance(days=2)
    bed.pass_time(bed.clock.now() + timedelta(hours=2))
    assert only(bed, message).status is Status.MISSED
    assert bed.network.posts == []


def test_what_is_to_be_cancelled_is_not_sent_again_to_find_out_whether_it_is_out(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    message = compose(bed, "keyed")
    bed.run_stream()
    assert only(bed, message).status is Status.PUBLISHING
    parent = Parent(kind=ParentKind.MESSAGE, id=message)
    bed.system.operate.cancel(parent, Viewer(owner=OWNER), reason="Wrong tone.")
    bed.pass_time(bed.clock.now() + timedelta(minutes=10))
    delivery = only(bed, message)
    assert delivery.status is Status.UNCONFIRMED
    assert delivery.reason is not None
    assert "was to be cancelled" in delivery.reason.sentence
    assert bed.network.posts == []
    assert len(bed.network.tokens) == 1, "it was sent once"


def test_an_account_that_was_swapped_under_its_alias_gets_nothing(bed: TestBed) -> None:
    """A delivery is bound to the account, not to the name it had."""
    message = compose(bed, "looked", in_seconds=30)
    connection = bed.system.accounts.find(OWNER, "looked")
    assert connection is not None
    from omnipub.storage.items import connection_item

    forged = replace(connection, account="somebody-else", version=connection.version + 1)
    bed.system.world.table.put(connection_item(forged, lambda _: 0))
    bed.clock.advance(seconds=31)
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert only(bed, message).status is Status.HELD
    assert bed.network.posts == []


def test_a_batch_out_of_time_puts_what_it_did_not_start_back_on_the_stream(bed: TestBed) -> None:
    messages = [compose(bed, "looked", f"number {number}") for number in range(5)]
    bed.network.takes = bed.system.settings.batch_budget
    bed.system.batches.run(bed.stream.take())
    assert len(bed.network.posts) == 1
    bed.network.takes = timedelta(milliseconds=1)
    bed.run_stream()
    assert all(only(bed, message).status is Status.PUBLISHED for message in messages)
    assert len(bed.network.posts) == 5


def test_a_request_that_would_outlive_the_lease_is_not_begun(bed: TestBed) -> None:
    message = compose(bed, "looked")
    slow = timedelta(seconds=50)
    opened = bed.system.accounts.open

    def slowly(connection: object) -> object:
        bed.clock.time += slow
        return opened(connection)  # type: ignore[arg-type]

    object.__setattr__(bed.system.deliver.accounts, "open", slowly)
    bed.system.batches.run(bed.stream.take())
    delivery = only(bed, message)
    assert delivery.status is Status.SCHEDULED
    assert delivery.reason is not None
    assert delivery.reason.code == "lease_too_short"
    assert bed.network.posts == []


def key_that(bed: TestBed, monkeypatch: pytest.MonkeyPatch, answers: list[bool]) -> None:
    """Let the key that seals tokens be silent while `answers` says no."""
    plain = bed.system.world.vault.open

    def opened(_: object, sealed: str, purpose: Purpose) -> Secret:
        if answers and not answers[0]:
            raise UnavailableError("The key k does not answer.", hint="Try again in a moment.")
        return plain(sealed, purpose)

    monkeypatch.setattr(type(bed.system.world.vault), "open", opened)


@pytest.mark.parametrize("channel", ["looked", "keyed", "blind"])
def test_a_key_that_does_not_answer_sends_nothing_burns_no_try_and_leaves_no_doubt(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    answers = [False]
    key_that(bed, monkeypatch, answers)
    message = compose(bed, channel)
    bed.run_stream()
    bed.pass_time(START + timedelta(minutes=40))
    waiting = only(bed, message)
    assert (waiting.status, waiting.may_be_out, waiting.tries_used) == (Status.SCHEDULED, False, 0)
    assert waiting.reason is not None
    assert waiting.reason.sentence == "Its token could not be opened, so nothing was sent. The key k does not answer."
    assert bed.network.tokens == []
    account = bed.system.accounts.find(OWNER, channel)
    assert account is not None
    assert account.standing is ConnectionStatus.ACTIVE
    assert bed.journal.named("record_failed")
    answers[0] = True
    bed.pass_time(START + timedelta(minutes=43))
    assert only(bed, message).status is Status.PUBLISHED
    assert bed.network.texts() == ["Hello"]


def test_a_key_that_does_not_answer_uses_up_no_look(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [True]
    key_that(bed, monkeypatch, answers)
    bed.network.orders = ["lost_answer"]
    message = compose(bed, "looked")
    bed.run_stream()
    answers[0] = False
    bed.pass_time(START + timedelta(hours=6))
    doubtful = only(bed, message)
    assert (doubtful.status, doubtful.may_be_out) == (Status.PUBLISHING, True)
    assert bed.network.looks == 0
    answers[0] = True
    bed.pass_time(START + timedelta(hours=6, minutes=5))
    assert only(bed, message).status is Status.PUBLISHED
    assert bed.network.texts() == ["Hello"]


def test_what_every_account_of_a_network_meets_pauses_the_network_and_fails_no_post(bed: TestBed) -> None:
    bed.network.orders = ["version_over"]
    message = compose(bed, "looked")
    bed.run_stream()
    delivery = only(bed, message)
    assert (delivery.status, delivery.tries_used) == (Status.SCHEDULED, 0)
    (pause,) = bed.system.pauses.all()
    assert (pause.scope, pause.by, pause.reason) == ("channel:looked", "omnipub", "It said no.")
    (found,) = (one for one in bed.system.checkup.look(OWNER, running=True) if one.name == "network")
    assert (found.health, found.subject) == (Health.BAD, "looked")
    later = compose(bed, "looked", "Later")
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert [only(bed, one).status for one in (message, later)] == [Status.HELD, Status.HELD]
    assert bed.network.posts == []
    bed.system.pauses.resume("channel:looked", send_late=True)
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert [only(bed, one).status for one in (message, later)] == [Status.PUBLISHED, Status.PUBLISHED]
    assert sorted(bed.network.texts()) == ["Hello", "Later"]


def test_a_pause_that_a_person_made_keeps_its_reason(bed: TestBed) -> None:
    bed.system.pauses.pause("channel:looked", reason="An incident.", by="ada")
    bed.system.pauses.pause_unless_paused("channel:looked", reason="Switched off.")
    assert [(one.reason, one.by) for one in bed.system.pauses.all()] == [("An incident.", "ada")]
