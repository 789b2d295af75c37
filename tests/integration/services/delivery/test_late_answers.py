"""A worker freezes after the network took its post; what it knows counts, wherever the delivery has gone meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.conversation import Request, Response, Secret
from omnipub.domain.delivery.late_answers import DOUBLED, EARLIER_REVISION, FOUND_ANOTHER, MAYBE_DOUBLED, OTHERS_POST
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.moves import CANCELLED_TOO_LATE
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.errors import ConflictError
from omnipub.ports.table import ConditionFailedError, Item, Put
from omnipub.services.messages.read import Viewer
from omnipub.services.messages.unpublish import UnpublishResult
from omnipub.services.table.verify import Verifier
from omnipub.storage import keys
from omnipub.storage.items import delivery_item
from support.world import OWNER, START, TestBed, WorkerKilledError

ME = Viewer(owner=OWNER, operator=True)
HIDDEN = timedelta(days=9)
"""So late the network lists what it took: beyond every bound."""


def compose(bed: TestBed, channel: str, text: str = "Hello") -> Parent:
    made = bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=[channel])
    return Parent(kind=ParentKind.MESSAGE, id=made.id)


def only(bed: TestBed, parent: Parent) -> Delivery:
    (delivery,) = bed.system.showing.one(parent, ME).deliveries
    return delivery


def ends(bed: TestBed, parent: Parent) -> list[str]:
    return [attempt.ended for attempt in bed.system.showing.one(parent, ME).attempts]


def pass_minutes(bed: TestBed, minutes: float) -> None:
    bed.pass_time(bed.clock.now() + timedelta(minutes=minutes))


def frozen(bed: TestBed, meanwhile: Callable[[], object], *, answer: Response | None = None) -> None:
    """Let the worker that takes the stream's first record freeze after the network took its post, until all is done."""
    network, frozen_once = bed.network, []

    class Freezing:
        def send(self, request: Request, media: Any) -> Response:
            heard = network.send(request, media)
            if request.publishes and not frozen_once:
                frozen_once.append(request)
                meanwhile()
                return answer or heard
            return heard

    records = bed.stream.take()
    assert records
    object.__setattr__(bed.system.deliver.driver, "send", Freezing())
    assert bed.system.batches.run(records) == {}
    assert frozen_once
    assert not bed.journal.named("worker_broke"), bed.journal.notes


def check_out_once_as(bed: TestBed, parent: Parent, network_id: str) -> Delivery:
    delivery = only(bed, parent)
    assert (delivery.status, delivery.network_id, delivery.doubles) == (Status.PUBLISHED, network_id, ())
    assert (delivery.next_at, delivery.lease, delivery.may_be_out, delivery.adopted) == (None, None, False, False)
    owners = bed.system.deliver.recording.owners(delivery.channel, [network_id])
    assert owners == {network_id: "/".join(keys.delivery(parent, delivery.channel))}
    return delivery


def check_the_table(bed: TestBed) -> None:
    verified = Verifier(base=bed.system.base)
    assert verified.verify(progress=lambda _: None).findings == ()


def moved(bed: TestBed, parent: Parent, **fields: Any) -> None:
    """Force the delivery into another state, as whatever there is may have done."""
    there = only(bed, parent)
    forced = replace(there, lease=None, version=there.version + 1, write_id="forced", **fields)
    bed.system.world.table.put(delivery_item(forced, lambda _: 0))


@pytest.mark.parametrize(
    "status", sorted(set(Status) - {Status.DRAFT, Status.PENDING_APPROVAL, Status.EXPIRED, Status.PUBLISHED})
)
@pytest.mark.parametrize("channel", ["looked", "keyed", "blind"])
def test_an_id_that_comes_late_is_kept_in_every_state(bed: TestBed, status: Status, channel: str) -> None:
    parent = compose(bed, channel)
    frozen(bed, lambda: moved(bed, parent, status=status, next_at=bed.clock.now()))
    check_out_once_as(bed, parent, f"acc-{channel}-1")
    assert ends(bed, parent) == ["published"]
    pass_minutes(bed, 30)
    assert bed.network.texts() == ["Hello"]


def test_what_two_clean_looks_had_put_back_is_published_by_the_answer_and_not_sent_again(bed: TestBed) -> None:
    bed.network.hidden_for = HIDDEN
    parent = compose(bed, "looked")

    def cleared() -> None:
        while not only(bed, parent).clean_looks:
            pass_minutes(bed, 0.25)
        bed.system.operate.cancel(parent, ME, reason="Changed my mind.")
        pass_minutes(bed, 2)
        assert only(bed, parent).status is Status.CANCELLED

    frozen(bed, cleared)
    delivery = check_out_once_as(bed, parent, "acc-looked-1")
    assert delivery.reason is not None
    assert delivery.reason.code == CANCELLED_TOO_LATE
    assert "Changed my mind." in delivery.reason.sentence
    assert bed.network.looks == 2


def test_a_cancel_that_comes_too_late_during_a_try_leaves_a_trace(bed: TestBed) -> None:
    parent = compose(bed, "looked")
    frozen(bed, lambda: bed.system.operate.cancel(parent, ME, reason="No!"))
    delivery = check_out_once_as(bed, parent, "acc-looked-1")
    assert delivery.reason is not None
    assert (delivery.reason.code, "No!" in delivery.reason.sentence) == (CANCELLED_TOO_LATE, True)


def test_a_dismissed_delivery_that_is_out_says_that_it_was_dismissed(bed: TestBed) -> None:
    parent = compose(bed, "blind")

    def dismissed() -> None:
        pass_minutes(bed, 3)
        assert only(bed, parent).status is Status.UNCONFIRMED
        bed.system.operate.dismiss(parent, ME, reason="Enough.")

    frozen(bed, dismissed)
    delivery = check_out_once_as(bed, parent, "acc-blind-1")
    assert delivery.reason is not None
    assert delivery.reason.sentence == "It was dismissed (Enough.), but a try that had begun before went out."


def test_the_delivery_says_which_text_went_out_if_it_was_edited_meanwhile(bed: TestBed) -> None:
    bed.network.hidden_for = HIDDEN
    parent = compose(bed, "looked", "The old text")

    def edited() -> None:
        bed.system.pauses.pause("everything", reason="Stop.", by="ops")
        moved(bed, parent, status=Status.HELD, next_at=bed.clock.now())
        bed.system.operate.edit(parent, ME, content=Content(text="The new text"))

    frozen(bed, edited)
    delivery = check_out_once_as(bed, parent, "acc-looked-1")
    assert delivery.revision == 1
    assert delivery.frozen is not None
    assert delivery.frozen.body["text"] == "The old text"
    assert delivery.reason is not None
    assert (delivery.reason.code, "“The old text”" in delivery.reason.sentence) == (EARLIER_REVISION, True)


def test_a_second_try_that_also_publishes_is_told_as_a_doubled_post_and_unpublish_takes_both(bed: TestBed) -> None:
    bed.network.hidden_for = HIDDEN
    parent = compose(bed, "looked")

    def sent_again() -> None:
        pass_minutes(bed, 10)
        assert only(bed, parent).network_id == "acc-looked-2"

    frozen(bed, sent_again)
    delivery = only(bed, parent)
    assert (delivery.status, delivery.network_ids) == (Status.PUBLISHED, ("acc-looked-2", "acc-looked-1"))
    assert delivery.reason is not None
    assert (delivery.reason.code, "acc-looked-1" in delivery.reason.sentence) == (DOUBLED, True)
    name = "/".join(keys.delivery(parent, "looked"))
    assert bed.system.deliver.recording.owners("looked", list(delivery.network_ids)) == dict.fromkeys(
        delivery.network_ids, name
    )
    check_the_table(bed)

    deleted: list[str] = []

    class Deleting:
        def send(self, request: Request, media: Any) -> Response:
            del media
            deleted.append(request.url.rpartition("/")[2])
            return Response(status=200)

    object.__setattr__(bed.system.unpublish.driver, "send", Deleting())
    (chosen,) = bed.system.unpublish.chosen(parent, ME)
    report = bed.system.unpublish.delete(chosen, by="ops")
    assert report.result is UnpublishResult.DELETED
    assert deleted == ["acc-looked-2", "acc-looked-1"]
    assert only(bed, parent).unpublished is not None


def test_a_second_try_under_way_ends_beside_the_first_ones_answer(bed: TestBed) -> None:
    """The first worker wakes while the second one's request is on its way."""
    bed.network.hidden_for = HIDDEN
    parent = compose(bed, "looked")
    nested: list[Delivery] = []

    class Both:
        def __init__(self) -> None:
            self.waiting: list[Callable[[], None]] = []

        def send(self, request: Request, media: Any) -> Response:
            heard = bed.network.send(request, media)
            if request.publishes and not nested and bed.clock.now() > START + timedelta(minutes=1):
                # The first worker's answer is written while this second request is still unanswered.
                outcome_of_the_first()
                nested.append(only(bed, parent))
            return heard

    def outcome_of_the_first() -> None:
        claim, decide, outcome, now, rest = late[0]
        bed.system.deliver.recording.conclude(claim, decide, outcome, now, **rest)

    late: list[Any] = []
    real = type(bed.system.deliver.recording).conclude

    def held_back(self: Any, claim: Delivery, decide: Any, outcome: Any, now: Any, **rest: Any) -> Delivery:
        if not late:
            late.append((claim, decide, outcome, now, rest))
            return claim  # frozen: it writes nothing for now
        return real(self, claim, decide, outcome, now, **rest)

    object.__setattr__(bed.system.deliver.driver, "send", Both())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(bed.system.deliver.recording), "conclude", held_back)
        bed.run_stream()
        pass_minutes(bed, 10)
    first = nested[0]
    assert (first.status, first.network_id) == (Status.PUBLISHED, "acc-looked-1")
    assert first.reason is not None
    assert first.reason.code == MAYBE_DOUBLED
    both = only(bed, parent)
    assert (both.network_ids, both.reason.code if both.reason else "") == (("acc-looked-1", "acc-looked-2"), DOUBLED)


def test_under_a_key_of_ours_the_same_id_comes_twice_and_nothing_is_doubled(bed: TestBed) -> None:
    bed.network.known_keys = True
    parent = compose(bed, "keyed")

    def sent_again() -> None:
        pass_minutes(bed, 10)
        assert only(bed, parent).status is Status.PUBLISHED

    frozen(bed, sent_again)
    assert check_out_once_as(bed, parent, "acc-keyed-1").reason is None
    assert bed.network.texts() == ["Hello"]


def test_a_post_that_another_delivery_only_adopted_goes_to_the_one_whose_answer_names_it(bed: TestBed) -> None:
    first = compose(bed, "looked", "same")
    second = compose(bed, "looked", "same")
    name = "/".join(keys.delivery(second, "looked"))

    def adopted_by_the_other() -> None:
        there = only(bed, second)
        claimed = {"attempts": 1, "may_be_out": False, "uncertain_since": START, "adopted": True}
        moved(
            bed, second, status=Status.PUBLISHED, network_id="acc-looked-1", published_at=START, next_at=None, **claimed
        )
        assert there.status is Status.SCHEDULED
        bed.system.world.table.put(bed.system.deliver.recording.ownership(only(bed, second)).item)

    frozen(bed, adopted_by_the_other)
    check_out_once_as(bed, first, "acc-looked-1")
    other = only(bed, second)
    assert (other.status, other.network_id, other.may_be_out) == (Status.UNCONFIRMED, "", True)
    assert other.reason is not None
    assert (other.reason.code, first.id in other.reason.sentence) == (OTHERS_POST, True)
    assert name not in bed.system.deliver.recording.owners("looked", ["acc-looked-1"]).values()
    check_the_table(bed)


def test_what_was_only_found_gives_way_to_what_the_answer_names_if_it_was_sent_once(bed: TestBed) -> None:
    parent = compose(bed, "blind")

    def marked() -> None:
        pass_minutes(bed, 3)
        bed.system.operate.mark_published(parent, ME, channel="blind", network_id="typed-wrong")
        assert only(bed, parent).adopted

    frozen(bed, marked)
    delivery = check_out_once_as(bed, parent, "acc-blind-1")
    assert delivery.reason is not None
    assert (delivery.reason.code, "typed-wrong" in delivery.reason.sentence) == (FOUND_ANOTHER, True)
    assert bed.system.deliver.recording.owners("blind", ["typed-wrong"]) == {}


def test_an_answer_confirms_what_was_found(bed: TestBed) -> None:
    parent = compose(bed, "looked")

    def found() -> None:
        pass_minutes(bed, 3)
        assert only(bed, parent).adopted

    frozen(bed, found)
    assert check_out_once_as(bed, parent, "acc-looked-1").reason is None


def test_late_news_is_written_however_often_others_come_in_between(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = compose(bed, "blind")
    races = [True, True, True]

    def cancelled() -> None:
        moved(bed, parent, status=Status.SCHEDULED, next_at=bed.clock.now() + timedelta(hours=1))
        monkeypatch.setattr(type(bed.system.deliver.recording), "move", raced)

    def raced(self: Any, before: Delivery, after: Delivery, *beside: Any) -> Delivery:
        if races and after.status is Status.PUBLISHED:
            races.pop()
            moved(bed, parent)
        return real(self, before, after, *beside)

    real = type(bed.system.deliver.recording).move
    frozen(bed, cancelled)
    check_out_once_as(bed, parent, "acc-blind-1")
    assert races == []


def test_a_late_refusal_changes_nothing_but_the_history(bed: TestBed) -> None:
    parent = compose(bed, "blind")

    def lost() -> None:
        pass_minutes(bed, 3)
        assert ends(bed, parent) == ["died"]

    frozen(bed, lost, answer=Response(status=400, body={}))
    assert only(bed, parent).status is Status.UNCONFIRMED
    assert ends(bed, parent) == ["rejected"]


def test_an_account_that_cannot_be_marked_loses_no_id(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    def raced(*_: Any) -> None:
        raise ConditionFailedError([0])

    monkeypatch.setattr(type(bed.system.deliver.circuit_breakers), "learn", raced)
    parent = compose(bed, "blind")
    bed.run_stream()
    check_out_once_as(bed, parent, "acc-blind-1")


def test_storage_that_fails_for_ten_seconds_loses_no_id(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    from omnipub.errors import UnavailableError

    parent = compose(bed, "blind")
    until: list[Any] = []

    def failing(self: Any, before: Delivery, after: Delivery, *beside: Any) -> Delivery:
        if after.status is Status.PUBLISHED:
            until[:] = until or [bed.clock.now() + timedelta(seconds=10)]
            if bed.clock.now() < until[0]:
                raise UnavailableError("Throttled.")
        return real(self, before, after, *beside)

    real = type(bed.system.deliver.recording).move
    monkeypatch.setattr(type(bed.system.deliver.recording), "move", failing)
    bed.run_stream()
    check_out_once_as(bed, parent, "acc-blind-1")
    assert until


def test_a_connection_that_came_back_does_not_send_what_is_out(bed: TestBed) -> None:
    parent = compose(bed, "blind")

    def held() -> None:
        moved(bed, parent, status=Status.HELD, next_at=bed.clock.now())

    frozen(bed, held)
    bed.system.accounts.connect(owner=OWNER, channel="blind", account="acc-blind", token=Secret("fresh"))
    pass_minutes(bed, 5)
    check_out_once_as(bed, parent, "acc-blind-1")
    assert bed.network.texts() == ["Hello"]
    assert isinstance(bed.system.deliver.recording.ownership(only(bed, parent)), Put)


# A death between the network's answer and the delivery's own write.


def killed_after_the_answer(bed: TestBed, channel: str, monkeypatch: pytest.MonkeyPatch) -> Parent:
    """A message whose worker dies when the post is known as its own, and the delivery is not written yet."""
    message = compose(bed, channel)
    table = bed.system.world.table
    put = type(table).put

    def dies(self: object, item: Item, *condition: object) -> None:
        put(self, item, *condition)  # type: ignore[arg-type]
        if item["PK"].startswith("POST#"):
            raise WorkerKilledError

    with monkeypatch.context() as patched:
        patched.setattr(type(table), "put", dies)
        with pytest.raises(WorkerKilledError):
            bed.system.batches.run(bed.stream.take())
    assert only(bed, message).status is Status.PUBLISHING
    return message


def clean(bed: TestBed) -> bool:
    return Verifier(base=bed.system.base).verify(progress=lambda _: None).clean


@pytest.mark.parametrize("channel", ["looked", "keyed"])
def test_what_was_answered_before_a_death_is_found_as_its_own(
    bed: TestBed, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bed.network.known_keys = True
    message = killed_after_the_answer(bed, channel, monkeypatch)
    bed.pass_time(bed.clock.now() + timedelta(minutes=20))
    delivery = only(bed, message)
    assert (delivery.status, delivery.network_id) == (Status.PUBLISHED, f"acc-{channel}-1")
    assert len(bed.network.posts) == 1


def test_what_was_answered_before_a_death_can_be_marked_as_its_own_and_by_no_other(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = killed_after_the_answer(bed, "blind", monkeypatch)
    bed.network.orders = ["lost_answer"]
    other = compose(bed, "blind")
    bed.run_stream()
    bed.pass_time(bed.clock.now() + timedelta(minutes=5))
    assert only(bed, message).status is only(bed, other).status is Status.UNCONFIRMED
    with pytest.raises(ConflictError, match="belongs to another delivery"):
        bed.system.operate.mark_published(other, ME, channel="blind", network_id="acc-blind-1")
    assert clean(bed)
    bed.system.operate.mark_published(message, ME, channel="blind", network_id="acc-blind-1")
    assert only(bed, message).status is Status.PUBLISHED
    assert clean(bed)
