"""An account whose network is silent or busy rests for everybody, and who died with a worker works alone."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from omnipub.domain.circuit_breaker import REST, STRAINS_TO_TRIP
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.services.messages.read import Viewer
from support.world import OWNER, START, TestBed, WorkerKilledError


def compose(bed: TestBed, channel: str, text: str) -> str:
    return bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=[channel]).id


def only(bed: TestBed, message: str) -> Delivery:
    (found,) = bed.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=OWNER)).deliveries
    return found


def composed(bed: TestBed, count: int) -> list[str]:
    """Messages for now, one after the other."""
    made = []
    for number in range(count):
        made.append(compose(bed, "looked", f"number {number:02}"))
        bed.clock.advance(seconds=0.01)
    return made


def turn(bed: TestBed, message: str) -> datetime:
    """When a delivery that waits may go on."""
    delivery = only(bed, message)
    assert delivery.status is Status.SCHEDULED
    assert delivery.next_at is not None
    return delivery.next_at


@pytest.mark.parametrize("trouble", ["refuse_connection", "throttle"])
def test_after_tries_in_a_row_that_nobody_takes_the_account_is_left_alone(bed: TestBed, trouble: str) -> None:
    bed.network.wait = 1
    bed.network.orders = [trouble] * STRAINS_TO_TRIP
    messages = [compose(bed, "looked", f"number {number}") for number in range(20)]
    bed.run_stream()
    assert bed.network.orders == [], "the network was asked so often"
    assert len(bed.network.tokens) == STRAINS_TO_TRIP, "and then no more"
    (breaker,) = bed.system.circuit_breakers.all()
    assert breaker.is_open(bed.clock.now())
    assert all(only(bed, one).status is Status.SCHEDULED for one in messages)
    assert "rests until" in (only(bed, messages[-1]).reason or pytest.fail("no reason")).sentence


def test_what_waits_gets_its_turn_in_its_order_at_the_networks_pace_and_the_breaker_is_forgotten(bed: TestBed) -> None:
    bed.network.orders = ["refuse_connection"] * STRAINS_TO_TRIP
    messages = composed(bed, 12)
    bed.run_stream()
    turns = [turn(bed, one) for one in messages[STRAINS_TO_TRIP:]]
    pace = bed.system.channels["looked"].pace
    assert len(turns) > 2
    assert all(later - earlier == pace for earlier, later in pairwise(turns))
    bed.pass_time(START + timedelta(minutes=4))
    assert len(bed.network.texts()) == 12
    assert list(bed.system.circuit_breakers.all()) == []


def test_other_accounts_of_the_network_go_on(bed: TestBed) -> None:
    bed.network.orders = ["refuse_connection"] * STRAINS_TO_TRIP
    for number in range(5):
        compose(bed, "looked", f"number {number}")
    bed.run_stream()
    other = compose(bed, "blind", "elsewhere")
    bed.run_stream()
    assert only(bed, other).status is Status.PUBLISHED


def test_what_comes_while_others_wait_does_not_overtake_them(bed: TestBed) -> None:
    bed.network.orders = ["refuse_connection"] * STRAINS_TO_TRIP
    messages = composed(bed, 60)
    bed.run_stream()
    bed.clock.advance(seconds=REST.wait(1, chance=1).total_seconds())
    assert not any(breaker.is_open(bed.clock.now()) for breaker in bed.system.circuit_breakers.all())
    new = compose(bed, "looked", "the new one")
    bed.run_stream()
    assert turn(bed, new) > max(turn(bed, one) for one in messages[STRAINS_TO_TRIP:])
    bed.pass_time(bed.clock.now() + timedelta(minutes=5))
    assert len(bed.network.posts) == 61


def test_an_outage_of_an_hour_costs_no_post_its_tries(bed: TestBed) -> None:
    """Whoever finds out whether the network is back again must not pay for it."""
    began = bed.clock.now()
    messages = [compose(bed, "looked", f"number {number}") for number in range(10)]
    bed.network.orders = ["refuse_connection"] * 10_000
    bed.run_stream()
    bed.pass_time(began + timedelta(hours=1))
    asked = 10_000 - len(bed.network.orders)
    assert asked < 40, "the network is not hammered"
    bed.network.orders = []
    bed.pass_time(began + timedelta(hours=1, minutes=8))
    assert all(only(bed, one).status is Status.PUBLISHED for one in messages)
    assert len(bed.network.posts) == 10


def test_an_answer_in_between_starts_the_count_anew(bed: TestBed) -> None:
    bed.network.orders = ["refuse_connection", "refuse_connection", "ok", "refuse_connection", "refuse_connection"]
    messages = [compose(bed, "looked", f"number {number}") for number in range(6)]
    bed.run_stream()
    bed.pass_time(START + timedelta(minutes=5))
    assert all(only(bed, one).status is Status.PUBLISHED for one in messages)
    assert bed.journal.named("account_rests") == []


def test_a_storage_that_fails_while_the_breaker_learns_costs_no_outcome(bed: TestBed) -> None:
    bed.network.orders = ["refuse_connection"]
    message = compose(bed, "looked", "Hello")
    failing = bed.system.circuit_breakers.base.table
    real = failing.get

    def get(key: object) -> object:
        from omnipub.errors import UnavailableError

        if str(key).count("BREAKER") and bed.network.tokens:
            raise UnavailableError("Throttled.")
        return real(key)  # type: ignore[arg-type]

    failing.get = get  # type: ignore[method-assign,assignment]
    bed.run_stream()
    delivery = only(bed, message)
    assert (delivery.status, delivery.tries_used) == (Status.SCHEDULED, 1)
    assert bed.journal.named("account_not_marked")


def test_what_killed_a_worker_is_done_last_and_alone(bed: TestBed) -> None:
    bed.network.orders = ["die_before"]
    deadly = compose(bed, "looked", "deadly")
    records = bed.stream.take()
    with pytest.raises(WorkerKilledError):
        bed.system.batches.run(records)
    bed.clock.advance(seconds=bed.system.settings.lease.total_seconds() + 120)
    others = [compose(bed, "blind", f"other {number}") for number in range(3)]
    for _ in range(2):  # a look each, at least 30 s apart
        bed.system.batches.run(records)
        bed.clock.advance(seconds=40)
    order: list[str] = []
    real = bed.system.deliver.base.table.get

    def get(key: object) -> object:
        name = str(key)
        order.extend(one for one in [deadly, *others] if one in name and "CHANNEL" in name)
        return real(key)  # type: ignore[arg-type]

    bed.system.deliver.base.table.get = get  # type: ignore[method-assign,assignment]
    bed.system.batches.run(bed.stream.take())
    assert only(bed, deadly).status is Status.PUBLISHED
    assert all(only(bed, one).status is Status.PUBLISHED for one in others)
    # Read once with the rest and let be; all others are over before it is read again to be sent.
    again = [place for place, one in enumerate(order) if one == deadly][1]
    assert max(place for place, one in enumerate(order) if one in others) < again


def test_what_killed_a_worker_does_not_starve_behind_a_backlog_that_fills_every_batch(bed: TestBed) -> None:
    bed.network.orders = ["die_before"]
    deadly = compose(bed, "keyed", "deadly")
    records = bed.stream.take()
    with pytest.raises(WorkerKilledError):
        bed.system.batches.run(records)
    bed.clock.advance(seconds=bed.system.settings.lease.total_seconds() + 120)
    bed.network.takes = timedelta(seconds=10)  # three of these fill a batch's budget
    backlog = [compose(bed, "blind", f"other {number}") for number in range(20)]
    waiting = [*records, *bed.stream.take()]
    for _ in range(2):
        bed.system.batches.run(waiting)
        waiting = bed.stream.take()
    assert only(bed, deadly).status is Status.PUBLISHED
    out = [only(bed, one).status is Status.PUBLISHED for one in backlog]
    assert 0 < sum(out) < len(backlog)
