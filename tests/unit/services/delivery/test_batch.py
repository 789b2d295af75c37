"""Which records of a batch are delivered, in which order, and what becomes of the rest."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from omnipub.errors import GateClosedError, UnavailableError
from omnipub.ports.stream import Pointer
from omnipub.services.delivery.batch import BatchPublisher
from omnipub.services.delivery.publish import ALONE, RecordVerdict
from support.world import START, TestBed

SECOND = timedelta(seconds=1)


class Deliverer:
    """Notes what it is given; a record whose name is in `does` does that."""

    def __init__(self, bed: TestBed, takes: timedelta = timedelta(0), **does: Any) -> None:
        self.bed, self.takes, self.does = bed, takes, does
        self.done: list[tuple[str, bool]] = []

    def one(self, pointer: Pointer, *, alone: bool) -> RecordVerdict:
        self.done.append((pointer.pk, alone))
        self.bed.clock.time += self.takes
        does = self.does.get(pointer.pk)
        if isinstance(does, Exception):
            raise does
        return RecordVerdict(pointer=pointer, verdict=does if does and not alone else "published")


def over(bed: TestBed, deliver: Deliverer) -> BatchPublisher:
    given: Any = deliver
    return replace(bed.system.batches, deliver=given)


def record(pk: str, at: datetime | None = START, group: str = "looked/1#ada", why: str = "due") -> Pointer:
    return Pointer(pk=pk, sk="CHANNEL#looked", group=group, why=why, trace="", at=at)


def test_an_account_goes_in_the_order_of_its_moments_and_each_record_once(bed: TestBed) -> None:
    deliver = Deliverer(bed)
    one, other, undated = record("c", START + SECOND), record("b"), record("a", None)
    assert over(bed, deliver).run([one, other, one, undated]) == {}
    assert deliver.done == [("a", False), ("b", False), ("c", False)]


def test_a_delivery_that_a_worker_died_with_comes_last_and_alone(bed: TestBed) -> None:
    deliver = Deliverer(bed, b=ALONE, a=ALONE)
    over(bed, deliver).run([record("b"), record("c"), record("a")])
    assert deliver.done == [("b", False), ("c", False), ("a", False), ("a", True), ("b", True)]


def test_one_that_there_was_no_time_for_is_the_first_of_its_next_batch(bed: TestBed) -> None:
    deliver = Deliverer(bed)
    over(bed, deliver).run([record("a"), record("b", why=ALONE), record("c", why=ALONE)])
    assert deliver.done == [("b", True), ("a", False), ("c", False)]


@pytest.mark.parametrize(("takes", "begun"), [(timedelta(0), 3), (SECOND, 2)])
def test_what_is_not_begun_in_time_is_put_again(bed: TestBed, takes: timedelta, begun: int) -> None:
    deliver = Deliverer(bed, takes)
    batch = replace(over(bed, deliver), budget=2 * SECOND)
    records = [record(name, START + number * SECOND) for number, name in enumerate("abc")]
    assert batch.run(records) == {}
    assert len(deliver.done) == begun
    assert [(pointer.pk, pointer.why) for _, pointer in bed.stream.records] == [("c", "postponed")][begun - 2 :]


def test_what_has_to_come_alone_says_so_when_it_is_put_again(bed: TestBed) -> None:
    deliver = Deliverer(bed, SECOND, a=ALONE)
    batch = replace(over(bed, deliver), budget=SECOND)
    batch.run([record("a"), record("b", START + SECOND)])
    assert sorted((pointer.pk, pointer.why) for _, pointer in bed.stream.records) == [("a", ALONE), ("b", "postponed")]


def test_each_record_ends_by_itself(bed: TestBed) -> None:
    failed = UnavailableError("Throttled.")
    deliver = Deliverer(bed, a=GateClosedError("A copy."), b=failed, c=KeyError("id"))
    records = [record(name) for name in "abcd"]
    assert over(bed, deliver).run(records) == {records[1]: failed}
    assert [pk for pk, _ in deliver.done] == ["a", "b", "c", "d"]
    assert [note["records"] for note in bed.journal.named("gate_closed")] == [1]
    assert [note["pk"] for note in bed.journal.named("worker_broke")] == ["c"]
    assert bed.stream.records == []


def test_where_nothing_is_left_the_stream_is_not_asked(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver = Deliverer(bed)
    monkeypatch.setattr(bed.stream, "put", None)
    assert over(bed, deliver).run([record("a")]) == {}
    assert deliver.done == [("a", False)]


def test_a_slow_network_takes_no_slot_of_another(bed: TestBed) -> None:
    lanes: dict[str, int] = {}

    class Noting:
        def work(self, given: Any, slots: int) -> None:
            lanes.update({name: len(tasks) for name, tasks in given.items()} | {"slots": slots})

    threads: Any = Noting()
    batch = replace(over(bed, Deliverer(bed)), threads=threads)
    batch.run([record("a"), record("b", group="looked/2#ada"), record("c", group="blind/1#ada"), record("d")])
    assert lanes == {"looked": 2, "blind": 1, "slots": batch.slots}


def test_behind_a_closed_gate_nothing_is_begun(bed: TestBed) -> None:
    bed.system.gate.shut("was imported from a file")
    deliver = Deliverer(bed)
    assert over(bed, deliver).run([record("a"), record("b")]) == {}
    assert deliver.done == []
    assert [note["records"] for note in bed.journal.named("gate_closed")] == [2]
