"""The gate over evidence as on one machine: what an older state lacks, and what ends with a process."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Event, Status, legal_events
from omnipub.domain.delivery.model import Delivery, Lease
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.errors import ConflictError, GateClosedError, UnavailableError
from omnipub.ports.place import ClaimRecord
from omnipub.services.protocol.gate import ClosedReason, Gate
from omnipub.storage import keys
from omnipub.storage.items import delivery_item, delivery_of
from support.places import SharedPlace, SharedState
from support.world import OWNER, START, TestBed, WorkerKilledError, make_bed


@pytest.fixture
def place(tmp_path: Path) -> TestBed:
    made = make_bed(tmp_path, place=SharedPlace())
    made.system.gate.enter()
    return made


def again(bed: TestBed, path: Path) -> TestBed:
    """The next process on the same table and shelf, at the same moment."""
    bed.system.close()
    made = make_bed(path, place=SharedPlace(bed.place.shelf))
    made.place.ran = True
    made.clock.time, made.network = bed.clock.now(), bed.network
    bed.network.clock = made.clock
    object.__setattr__(made.system.deliver.driver, "send", bed.network)
    return made


def compose(bed: TestBed, channel: str = "blind", text: str = "Hello") -> str:
    return bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=[channel]).id


def there(bed: TestBed, message: str, channel: str = "blind") -> Delivery:
    item = bed.system.world.table.get(keys.delivery(Parent(kind=ParentKind.MESSAGE, id=message), channel))
    assert item is not None
    return delivery_of(item)


def copied(path: Path) -> Path:
    target = path / "copy"
    target.mkdir()
    for file in path.glob("table.db*"):
        shutil.copy(file, target / file.name)
    return target


def put_back(copy: Path, path: Path) -> None:
    for file in path.glob("table.db*"):
        file.unlink()
    for file in copy.iterdir():
        shutil.copy(file, path / file.name)


def test_each_claim_is_written_down_before_its_first_request(place: TestBed) -> None:
    seen: list[list[ClaimRecord]] = []
    real = place.network.send

    def send(*arguments: Any) -> Any:
        seen.append([one for _, _, one in place.place.shelf.claims])
        return real(*arguments)

    place.network.send = send  # type: ignore[method-assign]
    message = compose(place)
    place.run_stream()
    key = keys.delivery(Parent(kind=ParentKind.MESSAGE, id=message), "blind")
    ((one,),) = seen
    assert (one.pk, one.sk, one.attempt) == (*key, 1)
    assert there(place, message).status is Status.PUBLISHED


def test_what_cannot_be_written_down_is_not_sent_and_uses_no_try(place: TestBed) -> None:
    place.place.shelf.broken = True
    message = compose(place)
    place.run_stream()
    waits = there(place, message)
    assert (waits.status, waits.tries_used, place.network.posts) == (Status.SCHEDULED, 0, [])
    assert waits.reason is not None
    assert "nothing was sent" in waits.reason.sentence
    with pytest.raises(UnavailableError):
        place.system.dispatch.tick()
    place.place.shelf.broken = False
    place.pass_time(place.clock.now() + timedelta(minutes=3))
    assert place.network.texts() == ["Hello"]


def test_a_claim_that_the_table_lacks_closes_the_gate_at_the_same_epoch(place: TestBed, tmp_path: Path) -> None:
    copy = copied(tmp_path)
    message = compose(place)
    place.run_stream()
    place.system.close()
    put_back(copy, tmp_path)
    after = again(place, tmp_path)
    assert after.system.gate.why_closed() is ClosedReason.LACKS
    with pytest.raises(GateClosedError, match="lacks what was sent"):
        after.system.gate.enter()
    adopted = after.system.adoption.adopt()
    assert adopted.unknown == [f"MSG#{message}/CHANNEL#blind"]
    after.close()
    last = again(after, tmp_path)
    last.system.gate.enter()
    last.pass_time(last.clock.now() + timedelta(minutes=3))
    assert last.network.texts() == ["Hello"]
    last.close()


@pytest.mark.parametrize("status", [one for one in Status if Event.DOUBT in legal_events(one)])
def test_what_the_evidence_names_is_in_doubt_wherever_the_copy_has_it(
    place: TestBed, status: Status, tmp_path: Path
) -> None:
    message = compose(place)
    ahead = place.clock.now() + timedelta(days=9)
    before = replace(there(place, message), status=status, due_at=ahead, next_at=ahead)
    if status is Status.PUBLISHING:
        lease = Lease(claim_id="x", attempt=0, started_at=START, until=START + timedelta(seconds=70), sends=True)
        before = replace(before, lease=lease)
    place.system.world.table.put(delivery_item(before, lambda _: 0))
    key = keys.delivery(before.parent, "blind")
    place.place.claimed(ClaimRecord(pk=key.pk, sk=key.sk, attempt=1, claim_id="lost"))
    after = again(place, tmp_path)
    adopted = after.system.adoption.adopt()
    assert [one.status for one in adopted.doubts] == [Status.UNCONFIRMED]
    doubt = there(after, message)
    assert (doubt.status, doubt.may_be_out) == (Status.UNCONFIRMED, True)
    after.close()


def test_a_crash_between_table_and_evidence_does_not_lock_the_original_out(
    place: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        with monkeypatch.context() as crashing:
            crashing.setattr(SharedPlace, "remember", _dies)
            with pytest.raises(WorkerKilledError):
                place.system.gate.move()
        place = again(place, tmp_path)
        place.system.gate.enter()
    place.close()


def _dies(*_: Any) -> None:
    raise WorkerKilledError


def test_the_epoch_moves_with_each_tick(place: TestBed) -> None:
    def epochs() -> tuple[int, int]:
        item = place.system.world.table.get(keys.gate())
        assert item is not None
        return item["epoch"], place.place.shelf.epochs[item["identity"]]

    before = epochs()
    place.system.dispatch.tick()
    assert epochs() == (before[0] + 1, before[1] + 1)
    place.close()


def test_a_tick_that_moves_the_epoch_while_somebody_checks_closes_nothing(
    place: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_bed(tmp_path, place=SharedPlace(place.place.shelf))
    real = SharedPlace.evidence

    def evidence(self: SharedPlace, identity: str) -> Any:
        if self is other.place:
            place.system.gate.move()
        return real(self, identity)

    monkeypatch.setattr(SharedPlace, "evidence", evidence)
    other.system.gate.check()
    other.close()
    place.close()


def test_evidence_that_is_older_than_the_table_is_none(place: TestBed, tmp_path: Path) -> None:
    shelf = place.place.shelf
    kept = dict(shelf.epochs)
    place.system.dispatch.tick()
    place.system.dispatch.tick()
    shelf.epochs = kept
    after = again(place, tmp_path)
    assert after.system.gate.why_closed() is ClosedReason.STALE
    assert after.system.adoption.adopt(same=True).doubts == []
    after.system.gate.check()
    after.close()


def test_same_puts_claims_alone_in_doubt(place: TestBed, tmp_path: Path) -> None:
    place.network.orders = ["die_after"]
    claimed, due = compose(place, "keyed"), compose(place, text="Due")
    (first, *_rest) = place.stream.take()
    with pytest.raises(WorkerKilledError):
        place.system.batches.run([first])
    place.place.shelf.epochs.clear()
    after = again(place, tmp_path)
    assert after.system.gate.why_closed() is ClosedReason.UNKNOWN
    adopted = after.system.adoption.adopt(same=True)
    assert [one.parent.id for one in adopted.doubts] == [claimed]
    assert there(after, due).status is Status.SCHEDULED
    with pytest.raises(ConflictError):
        Gate.enter(make_bed(tmp_path, place=SharedPlace(SharedState())).system.gate)
    after.close()


@pytest.mark.parametrize(("channel", "sooner"), [("keyed", True), ("looked", False)])
def test_what_a_dead_process_had_claimed_is_taken_up_at_once(
    place: TestBed, channel: str, *, sooner: bool, tmp_path: Path
) -> None:
    """Sent again under its key at once; looked for when the settle time after the death is over."""
    place.network.known_keys = True
    place.network.orders = ["die_after"]
    message = compose(place, channel)
    with pytest.raises(WorkerKilledError):
        place.run_stream()
    lease = there(place, message, channel).lease
    assert lease is not None
    assert lease.boot == 1
    after = again(place, tmp_path)
    died = after.clock.advance(seconds=1)
    after.system.gate.enter()
    cut = there(after, message, channel)
    assert cut.lease is not None
    assert (cut.lease.until, cut.next_at) == (died, died)
    after.system.dispatch.tick()
    after.run_stream()
    if sooner:
        assert there(after, message, channel).status is Status.PUBLISHED
    else:
        looks = there(after, message, channel)
        assert looks.next_at is not None
        assert after.network.looks == 0
        assert timedelta(seconds=10) < looks.next_at - died < timedelta(seconds=11)
    after.pass_time(died + timedelta(minutes=3))
    assert there(after, message, channel).status is Status.PUBLISHED
    assert after.network.texts() == ["Hello"]
    after.close()


@pytest.mark.parametrize(
    ("boot", "started", "is_cut"),
    [(1, -5, True), (0, -5, False), (2, -5, False), (1, 5, False), (1, -80, False)],
    ids=["dead", "joined", "ours", "clock set back", "over"],
)
def test_only_a_lease_of_an_earlier_boot_is_cut(
    place: TestBed, boot: int, started: int, *, is_cut: bool, tmp_path: Path
) -> None:
    message = compose(place, "keyed")
    began = place.clock.now() + timedelta(seconds=started)
    lease = Lease(claim_id="x", attempt=1, started_at=began, until=began + timedelta(seconds=70), sends=True, boot=boot)
    before = replace(there(place, message, "keyed"), status=Status.PUBLISHING, attempts=1, lease=lease)
    place.system.world.table.put(delivery_item(replace(before, next_at=lease.until), lambda _: 0))
    after = again(place, tmp_path)
    after.system.gate.enter()
    cut = there(after, message, "keyed").lease
    assert cut is not None
    assert (cut.until < lease.until) is is_cut
    after.close()
