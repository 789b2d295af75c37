"""Whether the request that publishes may still leave, whatever happened since its claim."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, Lease
from omnipub.domain.delivery.outcome import CALLED_OFF, CLAIM_LOST, NOT_READ, PAUSED, WINDOW_OVER, TryEnd
from omnipub.errors import UnavailableError
from omnipub.ports.table import Delete
from omnipub.services.delivery.preflight import FRESH, Preflight
from omnipub.services.protocol.store import DeliveryStore
from omnipub.storage import keys
from omnipub.storage.items import delivery_item
from support.rows import stand
from support.world import START, TestBed

TICK = timedelta(milliseconds=1)
LEASE = Lease(claim_id="mine", attempt=1, started_at=START, until=START + timedelta(minutes=1), sends=True)


@pytest.fixture
def stops(bed: TestBed) -> Preflight:
    bed.clock.time = START + FRESH + TICK  # what the claim rests on is read again
    return bed.system.deliver.stops


def claimed(bed: TestBed, **changes: Any) -> Delivery:
    given = {"status": Status.PUBLISHING, "attempts": 1, "lease": LEASE, "next_at": LEASE.until} | changes
    return stand(bed, **given)


def written(bed: TestBed, claim: Delivery, **changes: Any) -> None:
    bed.system.world.table.put(delivery_item(replace(claim, version=claim.version + 1, **changes), lambda _: 0))


def code(stops: Preflight, claim: Delivery) -> str | None:
    stop = stops.of(claim)
    if stop is None:
        return None
    assert stop.ended is TryEnd.NOT_SENT
    assert stop.sentence
    return stop.code


def test_a_claim_that_stands_may_send(bed: TestBed, stops: Preflight) -> None:
    assert code(stops, claimed(bed)) is None


@pytest.mark.parametrize("lease", [None, replace(LEASE, claim_id="another's")])
def test_a_claim_that_somebody_has_gone_on_from_may_not(bed: TestBed, stops: Preflight, lease: Lease | None) -> None:
    claim = claimed(bed)
    written(bed, claim, lease=lease)
    assert code(stops, claim) == CLAIM_LOST


def test_a_claim_whose_delivery_is_gone_may_not(bed: TestBed, stops: Preflight) -> None:
    claim = claimed(bed)
    bed.system.world.table.transact([Delete(key=keys.delivery(claim.parent, claim.channel))])
    assert code(stops, claim) == CLAIM_LOST


def test_what_was_called_off_may_not(bed: TestBed, stops: Preflight) -> None:
    claim = claimed(bed)
    written(bed, claim, cancel_asked="No!")
    assert code(stops, claim) == CALLED_OFF


def test_what_was_paused_may_not_and_a_lost_claim_weighs_more(bed: TestBed, stops: Preflight) -> None:
    claim = claimed(bed)
    bed.system.pauses.pause("channel:looked", reason="Crisis.", by="ops")
    assert code(stops, claim) == PAUSED
    written(bed, claim, lease=None)
    assert code(stops, claim) == CLAIM_LOST


def test_what_cannot_be_read_may_not(bed: TestBed, stops: Preflight, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = claimed(bed)

    def unavailable(*_: object) -> None:
        raise UnavailableError("Throttled.")

    monkeypatch.setattr(DeliveryStore, "read", unavailable)
    assert code(stops, claim) == NOT_READ


@pytest.mark.parametrize(
    ("over", "stopped"), [(-TICK, WINDOW_OVER), (timedelta(0), None), (TICK, None)], ids=["over", "at it", "open"]
)
@pytest.mark.parametrize("fresh", [True, False])
def test_what_is_past_its_window_may_not_even_right_after_its_claim(
    bed: TestBed, stops: Preflight, over: timedelta, stopped: str | None, *, fresh: bool
) -> None:
    now = START if fresh else bed.clock.now()
    bed.clock.time = now
    assert code(stops, claimed(bed, not_after=now + over)) == stopped


@pytest.mark.parametrize(
    ("age", "attempts", "read"),
    [(FRESH, 1, False), (FRESH + TICK, 1, True), (timedelta(0), 1, False), (timedelta(0), 2, True)],
)
def test_only_a_first_claim_of_this_very_second_is_not_read_again(
    bed: TestBed,
    stops: Preflight,
    age: timedelta,
    attempts: int,
    read: bool,  # noqa: FBT001
) -> None:
    bed.clock.time = START + age
    claim = claimed(bed, attempts=attempts)
    written(bed, claim, lease=None)
    assert code(stops, claim) == (CLAIM_LOST if read else None)
