"""When an account rests, who waits for which slot, and when its row goes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.circuit_breaker import NO_ANSWER, STRAINS_TO_TRIP, CircuitBreaker
from omnipub.domain.delivery.decide import resting
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.ports.table import ConditionFailedError
from omnipub.services.delivery.circuit_breaker import REREADS, CircuitBreakers
from omnipub.storage import keys
from omnipub.storage.items import breaker_item
from support.rows import stand
from support.world import START, TestBed

SECOND = timedelta(seconds=1)
TICK = timedelta(milliseconds=1)
SILENT = Outcome(ended=TryEnd.AMBIGUOUS, code=NO_ANSWER, sentence="No answer came in time.")
OUT = Outcome(ended=TryEnd.PUBLISHED, network_id="1")
BROKEN = Outcome(ended=TryEnd.AMBIGUOUS, code="500", sentence="It broke.")
KEY = keys.breaker("looked", "acc-looked")


@pytest.fixture
def breakers(bed: TestBed) -> CircuitBreakers:
    return bed.system.circuit_breakers


@pytest.fixture
def delivery(bed: TestBed) -> Delivery:
    return stand(bed)


def row(bed: TestBed, **changes: Any) -> CircuitBreaker:
    given = {"network": "looked", "account": "acc-looked", "version": 4, "write_id": "w"} | changes
    breaker = CircuitBreaker(**given)
    bed.system.world.table.put(breaker_item(breaker))
    return breaker


def there(bed: TestBed) -> dict[str, Any] | None:
    item = bed.system.world.table.get(KEY)
    return dict(item) if item else None


def test_an_account_without_a_row_works(bed: TestBed, breakers: CircuitBreakers, delivery: Delivery) -> None:
    none = breakers.of(delivery)
    assert none == CircuitBreaker(network="looked", account="acc-looked")
    assert breakers.wait(none, delivery) is None
    assert there(bed) is None
    assert list(breakers.all()) == []


def test_a_row_is_read_as_it_stands(bed: TestBed, breakers: CircuitBreakers, delivery: Delivery) -> None:
    stored = row(bed, strains=2)
    assert (breakers.of(delivery), list(breakers.all())) == (stored, [stored])


def test_a_row_that_was_read_before_counts_as_it_was_then(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery
) -> None:
    read = bed.system.deliver.contents.together(delivery)
    row(bed, strains=2)
    assert (breakers.of(delivery, read).strains, breakers.of(delivery).strains) == (0, 2)


# Who waits.


@pytest.mark.parametrize(("ahead", "waits"), [(TICK, True), (timedelta(0), False), (-TICK, False)])
def test_who_comes_while_the_account_rests_waits_for_a_slot_behind_it(
    bed: TestBed,
    breakers: CircuitBreakers,
    delivery: Delivery,
    ahead: timedelta,
    waits: bool,  # noqa: FBT001
) -> None:
    pace, until = breakers.channels["looked"].pace, START + ahead
    slot = breakers.wait(row(bed, strains=3, open_until=until, sentence="Busy."), delivery)
    assert (slot is not None) is waits
    if slot:
        assert slot.at == until + pace
        assert slot.sentence == "Its account rests until 2026-11-23T09:00:00.001Z: Busy."
        found = there(bed)
        assert found is not None
        assert found["version"] == 5


@pytest.mark.parametrize("queue", [TICK, timedelta(0)])
def test_who_comes_while_others_wait_waits_behind_them_unless_it_is_its_turn(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery, queue: timedelta
) -> None:
    pace = breakers.channels["looked"].pace
    breaker = row(bed, next_slot=START + queue)
    slot = breakers.wait(breaker, delivery)
    assert (slot.at if slot else None) == (START + queue + pace if queue else None)
    if slot:
        assert slot.sentence.startswith("It waits for its turn")
    mine = resting(delivery, START, sentence="x", now=START)
    assert breakers.wait(breaker, mine) is None


def test_who_waits_behind_a_rest_that_is_over_is_told_of_the_queue(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery
) -> None:
    over = row(bed, open_until=START - SECOND, next_slot=START + SECOND, sentence="Busy.")
    slot = breakers.wait(over, delivery)
    assert slot is not None
    assert slot.sentence.startswith("It waits for its turn")


def test_a_slot_that_somebody_took_meanwhile_is_not_given_twice(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery
) -> None:
    pace = breakers.channels["looked"].pace
    read = row(bed, next_slot=START + SECOND)
    row(bed, next_slot=START + 5 * SECOND, version=5, write_id="somebody else's")
    slot = breakers.wait(read, delivery)
    assert slot is not None
    assert slot.at == START + 5 * SECOND + pace


def loses_every_race(monkeypatch: pytest.MonkeyPatch) -> list[CircuitBreaker]:
    tried: list[CircuitBreaker] = []

    def lost(_: CircuitBreakers, before: CircuitBreaker, __: CircuitBreaker) -> None:
        tried.append(before)
        raise ConditionFailedError([0])

    monkeypatch.setattr(CircuitBreakers, "_write", lost)
    return tried


def test_who_loses_every_race_takes_the_end_of_the_queue_as_it_is(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = loses_every_race(monkeypatch)
    slot = breakers.wait(row(bed, next_slot=START + SECOND), delivery)
    assert slot is not None
    assert slot.at == START + SECOND + breakers.channels["looked"].pace
    assert len(tried) == REREADS


# What a try teaches.


@pytest.mark.parametrize("strains", [0, STRAINS_TO_TRIP - 2, STRAINS_TO_TRIP - 1])
def test_strains_in_a_row_trip_it(bed: TestBed, breakers: CircuitBreakers, delivery: Delivery, strains: int) -> None:
    before = row(bed, strains=strains) if strains else breakers.of(delivery)
    until = breakers.learn(before, delivery, SILENT)
    trips = strains == STRAINS_TO_TRIP - 1
    assert (until is not None) is trips
    after = breakers.of(delivery)
    assert (after.strains, after.open_until, after.version) == (strains + 1, until, before.version + 1)
    assert len(bed.journal.named("account_rests")) == trips


def test_an_account_that_rests_already_is_told_of_once(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery
) -> None:
    before = row(bed, strains=STRAINS_TO_TRIP, open_until=START + SECOND, next_slot=START + SECOND)
    assert breakers.learn(before, delivery, SILENT) is not None
    assert bed.journal.named("account_rests") == []


@pytest.mark.parametrize("outcome", [OUT, BROKEN])
def test_of_an_account_that_works_and_goes_on_working_nothing_is_written(
    bed: TestBed,
    breakers: CircuitBreakers,
    delivery: Delivery,
    outcome: Outcome,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = loses_every_race(monkeypatch)
    assert breakers.learn(breakers.of(delivery), delivery, outcome) is None
    assert (tried, there(bed)) == ([], None)


def test_an_answer_closes_it_and_its_row_goes(bed: TestBed, breakers: CircuitBreakers, delivery: Delivery) -> None:
    before = row(bed, strains=2)
    assert breakers.learn(before, delivery, OUT) is None
    assert there(bed) is None


def test_a_server_error_neither_strains_nor_closes_it(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery
) -> None:
    before = row(bed, strains=2)
    assert breakers.learn(before, delivery, BROKEN) is None
    assert breakers.of(delivery) == before


def test_a_row_that_is_gone_by_then_is_not_taken_away_again(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = CircuitBreaker(network="looked", account="acc-looked", strains=1, version=4)
    monkeypatch.setattr(bed.system.world.table, "transact", None)
    assert breakers.learn(gone, delivery, OUT) is None


def test_while_somebody_waits_its_row_stays(bed: TestBed, breakers: CircuitBreakers, delivery: Delivery) -> None:
    before = row(bed, strains=2, next_slot=START + SECOND)
    assert breakers.learn(before, delivery, OUT) is None
    after = breakers.of(delivery)
    assert (after.strains, after.next_slot, after.version) == (0, START + SECOND, 5)


def test_what_changes_nothing_is_not_written(bed: TestBed, breakers: CircuitBreakers, delivery: Delivery) -> None:
    before = row(bed, next_slot=START + SECOND)
    breakers.learn(before, delivery, OUT)
    assert breakers.of(delivery) == before


def test_a_row_that_somebody_strained_meanwhile_is_not_taken_away(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = row(bed, strains=2)
    real, raced = CircuitBreakers._write, []

    def write(self: CircuitBreakers, old: CircuitBreaker, new: CircuitBreaker) -> None:
        if not raced:
            raced.append(row(bed, strains=3, version=5, write_id="somebody else's"))
        real(self, old, new)
        raced.append(new)

    monkeypatch.setattr(CircuitBreakers, "_write", write)
    assert breakers.learn(before, delivery, OUT) is None
    assert [one.version for one in raced] == [5, 5]  # the second look saw the new row, and closed that
    assert there(bed) is None


def test_who_loses_every_race_learns_nothing(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = loses_every_race(monkeypatch)
    assert breakers.learn(row(bed, strains=2), delivery, SILENT) is None
    assert len(tried) == REREADS
    assert bed.journal.named("account_rests") == []


def test_a_row_that_another_has_begun_is_read_before_it_is_counted_up(
    bed: TestBed, breakers: CircuitBreakers, delivery: Delivery
) -> None:
    none = breakers.of(delivery)
    row(bed, strains=1, version=1)
    breakers.learn(none, delivery, SILENT)
    assert breakers.of(delivery).strains == 2
    assert breakers.of(replace(delivery, account="another")).strains == 0
