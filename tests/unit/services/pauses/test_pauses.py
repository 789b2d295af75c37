"""What waits behind a pause, and what becomes of it when somebody resumes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.errors import NotFoundError
from omnipub.services.pauses import pauses as module
from omnipub.services.pauses.pauses import Pauses
from omnipub.services.pauses.release import Releases
from omnipub.storage import keys
from omnipub.storage.items import delivery_item
from support.rows import now_of, stand
from support.world import OWNER, START, TestBed, WorkerKilledError

TICK = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
NOW = START + 10 * MINUTE


@pytest.fixture
def pauses(bed: TestBed) -> Pauses:
    bed.clock.time = NOW
    return bed.system.pauses


def held(bed: TestBed, number: int = 1, **changes: Any) -> Delivery:
    return stand(bed, number, **({"status": Status.HELD} | changes))


def ids(deliveries: tuple[Delivery, ...]) -> list[str]:
    return [one.parent.id for one in deliveries]


def test_what_is_due_by_now_is_late_and_the_rest_is_in_time(bed: TestBed, pauses: Pauses) -> None:
    undated = held(bed, 1, due_at=None)
    later = held(bed, 2, due_at=NOW + TICK)
    just = held(bed, 3, due_at=NOW)
    first = held(bed, 4, due_at=START)
    waiting = pauses.waiting("everything")
    assert ids(waiting.late) == ids((first, just))
    assert ids(waiting.in_time) == ids((undated, later))


def test_what_waits_for_its_accounts_owner_does_not_wait_for_the_pause(bed: TestBed, pauses: Pauses) -> None:
    connection = bed.system.accounts.find(OWNER, "looked")
    assert connection is not None
    bed.system.accounts.hold(connection, reason="It wants its owner.")
    held(bed, 1)
    other = held(bed, 2, channel="blind")
    assert ids(pauses.waiting("everything").late) == ids((other,))


def test_what_no_worker_has_met_yet_waits_too_but_for_what_has_been_tried(bed: TestBed, pauses: Pauses) -> None:
    unmet = stand(bed, 1, next_at=NOW)
    stand(bed, 2, attempts=1)
    stand(bed, 3, channel="blind")
    stand(bed, 4, next_at=NOW + TICK, due_at=NOW + TICK)
    assert ids(pauses.waiting("channel:looked").late) == ids((unmet,))


def test_what_only_a_lagging_index_calls_scheduled_does_not_wait(
    bed: TestBed, pauses: Pauses, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = delivery_item(replace(stand(bed), status=Status.CANCELLED), lambda _: 0)
    monkeypatch.setattr(module, "stored_items", lambda *_: iter([cancelled]))
    assert pauses.waiting("everything").late == ()


def resumed_and_killed(pauses: Pauses, monkeypatch: pytest.MonkeyPatch, *, send_late: bool) -> None:
    """Resume everything; the process ends before it carries out what it began."""

    def killed(*_: object, **__: object) -> None:
        raise WorkerKilledError

    monkeypatch.setattr(Releases, "carry_out", killed)
    with pytest.raises(WorkerKilledError):
        pauses.resume("everything", send_late=send_late, by="ada")


def test_what_is_to_be_missed_is_missed_while_the_pause_still_stands(
    bed: TestBed, pauses: Pauses, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses.pause("everything", reason="x", by="ops")
    one, unmet = held(bed, 1), stand(bed, 2)
    resumed_and_killed(pauses, monkeypatch, send_late=False)
    assert [now_of(bed, each).status for each in (one, unmet)] == [Status.MISSED, Status.MISSED]


def test_what_is_sent_late_is_still_held_while_the_pause_stands_and_only_the_unmet_gets_its_window(
    bed: TestBed, pauses: Pauses, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses.pause("everything", reason="x", by="ops")
    one, unmet = held(bed, 1), stand(bed, 2, not_after=NOW - MINUTE)
    resumed_and_killed(pauses, monkeypatch, send_late=True)
    assert now_of(bed, one) == one
    there = now_of(bed, unmet)
    assert (there.status, there.not_after) == (Status.SCHEDULED, NOW + bed.system.releases.window)


@pytest.mark.parametrize(("send_late", "status"), [(False, Status.SCHEDULED), (True, Status.SCHEDULED)])
def test_what_another_pause_holds_too_is_neither_missed_nor_sent(
    bed: TestBed,
    pauses: Pauses,
    send_late: bool,  # noqa: FBT001
    status: Status,
) -> None:
    for scope in ("everything", "channel:looked"):
        pauses.pause(scope, reason="x", by="ops")
    unmet = stand(bed)
    pauses.resume("everything", send_late=send_late)
    assert (now_of(bed, unmet).status, now_of(bed, unmet).version) == (status, unmet.version)


@pytest.mark.parametrize(
    ("by", "who"), [("ada", "ada, who resumed it, let it be missed."), ("", "whoever resumed it let it be missed.")]
)
def test_what_is_missed_says_who_let_it_be_so_if_that_is_known(bed: TestBed, pauses: Pauses, by: str, who: str) -> None:
    pauses.pause("everything", reason="x", by="ops")
    unmet = stand(bed)
    pauses.resume("everything", send_late=False, by=by)
    reason = now_of(bed, unmet).reason
    assert reason is not None
    assert reason.sentence == f"It became late while everything was paused; {who}"


def test_a_resume_of_what_is_not_paused_begins_no_release(bed: TestBed, pauses: Pauses) -> None:
    with pytest.raises(NotFoundError, match="channel:looked is not paused"):
        pauses.resume("channel:looked", send_late=True)
    assert bed.system.world.table.get(keys.release("channel:looked")) is None


def test_a_pause_of_omnipubs_own_leaves_the_reason_of_one_that_stands(bed: TestBed, pauses: Pauses) -> None:
    pauses.pause("channel:looked", reason="Crisis.", by="ops")
    pauses.pause_unless_paused("channel:looked", reason="The network refuses us.")
    assert [pause.reason for pause in pauses.all()] == ["Crisis."]
    assert len(bed.journal.named("paused")) == 1


def test_a_pause_of_omnipubs_own_stops_what_nothing_stops_yet(bed: TestBed, pauses: Pauses) -> None:
    pauses.pause_unless_paused("channel:looked", reason="The network refuses us.")
    assert [(pause.scope, pause.reason) for pause in pauses.all()] == [("channel:looked", "The network refuses us.")]
    assert len(bed.journal.named("paused")) == 1
