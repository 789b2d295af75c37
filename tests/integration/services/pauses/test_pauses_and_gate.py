"""It can be stopped, and a copy is not the original."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule
from omnipub.errors import GateClosedError, InvalidInputError, NotFoundError
from omnipub.services.delivery.publish import Publisher
from omnipub.services.pauses.pauses import Pauses
from omnipub.services.pauses.release import Releases
from omnipub.services.pauses.scopes import PAUSES_AT_ONCE, Pause
from omnipub.storage import keys
from support.world import OWNER, START, TestBed, WorkerKilledError, make_bed, only


def compose(bed: TestBed, channel: str = "looked", *, seconds: float = 30, text: str = "Hello") -> str:
    moment = bed.clock.now() + timedelta(seconds=seconds)
    schedule = Schedule(at=moment, local=moment.isoformat(), zone="UTC")
    return bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=[channel], schedule=schedule).id


@pytest.mark.parametrize("scope", ["everything", "channel:looked", "account:looked/acc-looked", f"owner:{OWNER}"])
def test_nothing_in_a_paused_scope_is_sent_and_it_says_why(bed: TestBed, scope: str) -> None:
    bed.system.pauses.pause(scope, reason="Crisis.", by="ops")
    message = compose(bed)
    bed.pass_time(START + timedelta(minutes=2))
    held = only(bed, message)
    assert held.status is Status.HELD
    assert held.tries_used == 0
    assert held.reason is not None
    assert "Crisis." in held.reason.sentence
    assert bed.network.posts == []
    assert [pause.scope for pause in bed.system.pauses.all()] == [scope]


@pytest.mark.parametrize("scope", ["everything", "channel:looked", "account:looked/acc-looked", f"owner:{OWNER}"])
@pytest.mark.parametrize("others", [PAUSES_AT_ONCE - 1, PAUSES_AT_ONCE])
def test_a_pause_holds_among_many(bed: TestBed, scope: str, others: int) -> None:
    for number in range(others):
        bed.system.pauses.pause(f"account:alone/{number}", reason="Another.", by="ops")
    bed.system.pauses.pause(scope, reason="Crisis.", by="ops")
    message = compose(bed)
    bed.pass_time(START + timedelta(minutes=2))
    held = only(bed, message)
    assert (held.status, bed.network.posts) == (Status.HELD, [])
    assert held.reason is not None
    assert "Crisis." in held.reason.sentence


@pytest.mark.parametrize("others", [PAUSES_AT_ONCE, PAUSES_AT_ONCE + 1])
def test_many_pauses_of_others_hold_nobody(bed: TestBed, others: int) -> None:
    for number in range(others):
        bed.system.pauses.pause(f"account:alone/{number}", reason="Another.", by="ops")
    message = compose(bed)
    bed.pass_time(START + timedelta(minutes=2))
    assert only(bed, message).status is Status.PUBLISHED


def test_another_scope_goes_on(bed: TestBed) -> None:
    bed.system.pauses.pause("channel:blind", reason="x", by="ops")
    message = compose(bed)
    bed.pass_time(START + timedelta(minutes=2))
    assert only(bed, message).status is Status.PUBLISHED


def test_resume_sends_what_became_late_in_due_order_and_spaced(bed: TestBed) -> None:
    bed.system.pauses.pause("everything", reason="x", by="ops")
    messages = [compose(bed, seconds=30 - number, text=f"number {number}") for number in range(4)]
    bed.pass_time(START + timedelta(minutes=10))
    waiting = bed.system.pauses.resume("everything", send_late=True)
    assert len(waiting.late) == 4
    moments = [only(bed, message).next_at for message in messages]
    assert all(moment is not None for moment in moments)
    assert len(set(moments)) == 4
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert bed.network.texts() == ["number 3", "number 2", "number 1", "number 0"]


def test_resume_may_miss_what_became_late(bed: TestBed) -> None:
    bed.system.pauses.pause("everything", reason="x", by="ops")
    late = compose(bed)
    bed.pass_time(START + timedelta(minutes=2))
    bed.system.pauses.resume("everything", send_late=False)
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert only(bed, late).status is Status.MISSED
    assert bed.network.posts == []


def why(bed: TestBed, message: str) -> str:
    reason = only(bed, message).reason
    return reason.sentence if reason else ""


def test_what_a_person_let_be_missed_says_who(bed: TestBed) -> None:
    bed.system.pauses.pause("channel:looked", reason="x", by="ops")
    held = compose(bed)
    bed.pass_time(START + timedelta(minutes=2))
    unmet = compose(bed)
    bed.clock.advance(minutes=2)
    assert [only(bed, one).status for one in (held, unmet)] == [Status.HELD, Status.SCHEDULED]
    bed.system.pauses.resume("channel:looked", send_late=False, by="ada")
    said = "It became late while channel:looked was paused; ada, who resumed it, let it be missed."
    assert [why(bed, one) for one in (held, unmet)] == [said, said]


def test_what_the_ticks_miss_for_whoever_resumed_says_so_too(bed: TestBed) -> None:
    bed.system.pauses.pause("everything", reason="x", by="ops")
    message = compose(bed)
    bed.pass_time(START + timedelta(minutes=10))  # connecting the accounts is long over
    with (
        patch.object(Releases, "carry_out", side_effect=WorkerKilledError),
        patch.object(Releases, "let_go", return_value=False),
        pytest.raises(WorkerKilledError),
    ):
        bed.system.pauses.resume("everything", send_late=False, by="ada")
    bed.pass_time(bed.clock.now() + timedelta(minutes=1))
    assert why(bed, message) == "It became late while everything was paused; whoever resumed it let it be missed."


def test_a_second_pause_keeps_holding_after_the_first_is_resumed(bed: TestBed) -> None:
    bed.system.pauses.pause("everything", reason="x", by="ops")
    bed.system.pauses.pause("channel:looked", reason="y", by="ops")
    message = compose(bed)
    bed.pass_time(START + timedelta(minutes=2))
    bed.system.pauses.resume("everything", send_late=True)
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert only(bed, message).status is Status.HELD
    assert bed.network.posts == []


def test_a_pause_while_a_try_is_ambiguous_stops_the_next_send(bed: TestBed) -> None:
    bed.network.orders = ["no_answer"]
    message = compose(bed, "keyed", seconds=1)
    bed.clock.advance(seconds=2)
    bed.pass_time(bed.clock.now() + timedelta(seconds=1))
    bed.system.pauses.pause("everything", reason="x", by="ops")
    bed.pass_time(bed.clock.now() + timedelta(minutes=5))
    assert bed.network.posts == []
    assert only(bed, message).status is Status.PUBLISHING


@pytest.mark.parametrize("scope", ["", "all", "channel:", "network:facebook", "owner"])
def test_a_scope_that_is_none_is_refused(bed: TestBed, scope: str) -> None:
    with pytest.raises(InvalidInputError, match="cannot be paused"):
        bed.system.pauses.pause(scope, reason="x", by="ops")


def test_what_waits_for_its_accounts_owner_is_neither_sent_nor_missed_by_a_resume(bed: TestBed) -> None:
    bed.network.orders = ["auth"]
    message = compose(bed, seconds=1)
    bed.clock.advance(seconds=2)
    bed.pass_time(bed.clock.now() + timedelta(minutes=1))
    bed.system.pauses.pause("everything", reason="x", by="ops")
    bed.system.pauses.resume("everything", send_late=False)
    assert only(bed, message).status is Status.HELD


def test_a_resume_that_dies_before_it_released_anything_is_finished_by_the_ticks(bed: TestBed) -> None:
    bed.system.pauses.pause("everything", reason="x", by="ops")
    message = compose(bed)
    bed.pass_time(START + timedelta(minutes=2))
    with patch.object(Releases, "carry_out", side_effect=WorkerKilledError), pytest.raises(WorkerKilledError):
        bed.system.pauses.resume("everything", send_late=True)
    assert only(bed, message).status is Status.HELD
    bed.pass_time(bed.clock.now() + timedelta(minutes=1))
    assert only(bed, message).status is Status.PUBLISHED


def test_a_release_is_looked_after_until_no_index_can_lag_behind_and_then_forgotten(bed: TestBed) -> None:
    bed.system.pauses.pause("everything", reason="x", by="ops")
    bed.system.pauses.resume("everything", send_late=True)
    release = keys.release("everything")
    bed.pass_time(bed.clock.now() + timedelta(minutes=4))
    assert bed.system.world.table.get(release) is not None
    bed.pass_time(bed.clock.now() + timedelta(minutes=3))
    assert bed.system.world.table.get(release) is None


def test_what_is_sent_late_on_purpose_has_a_window_again(bed: TestBed) -> None:
    bed.system.pauses.pause("everything", reason="x", by="ops")
    message = compose(bed, "blind")
    bed.pass_time(START + timedelta(minutes=2))
    bed.clock.advance(seconds=2 * 86_400)
    bed.system.pauses.resume("everything", send_late=True)
    not_after = only(bed, message).not_after
    assert not_after is not None
    assert not_after > bed.clock.now()
    bed.run_stream()
    assert only(bed, message).status is Status.PUBLISHED


def test_what_became_due_while_nothing_ran_is_missed_by_a_resume_that_says_so(bed: TestBed) -> None:
    message = compose(bed, seconds=30)
    bed.system.pauses.pause("everything", reason="x", by="ops")
    bed.clock.advance(seconds=60)  # no worker has met it, so it is not even held
    waiting = bed.system.pauses.resume("everything", send_late=False)
    assert [one.parent.id for one in waiting.late] == [message]
    bed.pass_time(bed.clock.now() + timedelta(minutes=3))
    assert only(bed, message).status is Status.MISSED
    assert bed.network.posts == []


def test_nothing_is_held_by_a_pause_that_was_lifted_while_the_worker_looked(bed: TestBed) -> None:
    bed.system.pauses.pause("everything", reason="x", by="ops")
    message = compose(bed)
    real = Pauses.of

    def of(pauses: Pauses, delivery: Delivery) -> Pause | None:
        found = real(pauses, delivery)
        if found is not None:
            bed.system.pauses.resume("everything", send_late=True)
        return found

    with patch.object(Pauses, "of", of):
        bed.pass_time(START + timedelta(minutes=2))
    assert only(bed, message).status is Status.PUBLISHED


def test_nothing_is_held_by_an_account_that_was_connected_again_while_the_worker_looked(bed: TestBed) -> None:
    connection = bed.system.accounts.find(OWNER, "blind")
    assert connection is not None
    bed.system.accounts.hold(connection, reason="It wants its owner.")
    message = compose(bed, "blind")
    real = Publisher._hold

    def hold(deliver: Publisher, *rest: Any) -> str:
        bed.system.accounts.connect(owner=OWNER, channel="blind", account="acc-blind", token=Secret("fresh"))
        return real(deliver, *rest)

    with patch.object(Publisher, "_hold", hold):
        bed.pass_time(START + timedelta(minutes=2))
    assert only(bed, message).status is Status.PUBLISHED


def test_what_is_not_paused_cannot_be_resumed(bed: TestBed) -> None:
    with pytest.raises(NotFoundError):
        bed.system.pauses.resume("everything", send_late=True)


def copied(bed: TestBed, tmp_path: Path) -> TestBed:
    """The table's files, copied to another place while the original goes on."""
    place = tmp_path / "copy"
    place.mkdir()
    for file in tmp_path.glob("table.db*"):
        shutil.copy(file, place / file.name)
    shutil.copy(tmp_path / "vault.key", place / "vault.key")
    (place / "vault.key").chmod(0o600)
    copy = make_bed(place)
    copy.network = bed.network
    object.__setattr__(copy.system.deliver.driver, "send", bed.network)
    copy.clock.time = bed.clock.now()
    copy.place.name = "elsewhere"
    return copy


def test_a_copy_sends_nothing_until_it_is_adopted(bed: TestBed, tmp_path: Path) -> None:
    bed.system.gate.enter()
    message = compose(bed, seconds=30)
    later = compose(bed, seconds=7200, text="later")
    copy = copied(bed, tmp_path)
    bed.pass_time(START + timedelta(minutes=2))  # the original sends
    copy.clock.time = bed.clock.now()
    with pytest.raises(GateClosedError, match="another place"):
        copy.system.dispatch.tick()
    with pytest.raises(GateClosedError):
        copy.system.gate.enter()
    pointer = copy.delay.named
    assert pointer == []
    doubts = copy.system.adoption.adopt().doubts
    assert [one.parent.id for one in doubts] == [message]
    assert only(copy, message).status is Status.UNCONFIRMED
    copy.pass_time(START + timedelta(hours=3))
    assert only(copy, later).status is Status.PUBLISHED
    assert bed.network.texts() == ["Hello", "later"]
    copy.close()


def test_a_worker_over_a_copy_lets_its_records_be(bed: TestBed, tmp_path: Path) -> None:
    bed.system.gate.enter()
    bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=["looked"])
    records = bed.stream.take()
    assert records
    copy = copied(bed, tmp_path)
    copy.clock.advance(seconds=5)
    assert copy.system.batches.run(records) == {}
    assert bed.network.posts == []
    assert [note["records"] for note in copy.journal.named("gate_closed")] == [len(records)]
    copy.close()


def test_an_older_state_restored_in_place_is_noticed(bed: TestBed) -> None:
    bed.system.gate.enter()
    bed.place.known += 1  # it ran once more here, with a newer state of the table
    with pytest.raises(GateClosedError, match="older"):
        bed.system.gate.check()
    bed.system.adoption.adopt()
    bed.system.gate.check()


def test_the_original_enters_again_and_again(bed: TestBed) -> None:
    for _ in range(3):
        bed.system.gate.enter()
    assert bed.place.known == 3


def test_a_crash_between_table_and_note_does_not_lock_the_original_out(bed: TestBed) -> None:
    bed.system.gate.enter()
    bed.place.known -= 1
    bed.system.gate.enter()
    assert bed.place.known == 2
