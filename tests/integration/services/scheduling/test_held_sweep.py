"""What is held without a reason is let go within the hour, whoever forgot it and however far an index was behind."""

from datetime import timedelta

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.ports.table import Delete, Page, Query
from omnipub.services.messages.read import Viewer
from omnipub.services.pauses.release import LAG
from omnipub.services.scheduling import held_sweep
from omnipub.services.scheduling.heartbeat import beat_of
from omnipub.services.scheduling.held_sweep import EVERY
from omnipub.storage import access, keys
from support.world import CHANNELS, OWNER, TestBed, WorkerKilledError


def held(bed: TestBed, count: int = 1) -> list[str]:
    """Messages that are held by a pause of everything, when no release is under way and a sweep is due."""
    bed.clock.advance(minutes=6)
    bed.system.dispatch.tick()
    bed.clock.advance(hours=1)
    bed.system.pauses.pause("everything", reason="Stop.", by="on-call")
    made = []
    for number in range(count):
        content = Content(text=f"number {number}")
        made.append(bed.system.compose.message(owner=OWNER, content=content, channels=["looked"]).id)
        bed.clock.advance(seconds=0.1)
    bed.run_stream()
    assert {status(bed, one) for one in made} == {Status.HELD}
    return made


def status(bed: TestBed, message: str) -> Status:
    shown = bed.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=OWNER, operator=True))
    (delivery,) = shown.deliveries
    return delivery.status


def forget_the_pause(bed: TestBed) -> None:
    """The pause is over, and nobody let go what it held."""
    for pause in bed.system.pauses.all():
        bed.system.world.table.transact([Delete(key=keys.pause(pause.scope))])


def ticks(bed: TestBed, count: int) -> None:
    for _ in range(count):
        bed.system.dispatch.tick()
        bed.clock.advance(minutes=1)


def test_what_an_index_showed_after_the_last_look_of_its_release_is_let_go_within_the_hour(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index is eight minutes behind at a resume; a release looks again for five."""
    (message,) = held(bed)
    bed.system.dispatch.tick()  # a sweep just before the resume
    real = bed.system.world.table.query
    blind_until = bed.clock.now() + timedelta(minutes=8)

    def behind(query: Query) -> Page:
        late = query.partition.startswith(keys.by_status(Status.HELD, 0)) and bed.clock.now() < blind_until
        return Page(items=(), cursor=None) if late else real(query)

    monkeypatch.setattr(bed.system.world.table, "query", behind)
    bed.system.pauses.resume("everything", send_late=True)
    bed.pass_time(bed.clock.now() + LAG + timedelta(minutes=5))
    assert not list(bed.system.world.table.query(access.releases()).items), "the release is over"
    assert status(bed, message) is Status.HELD
    bed.pass_time(bed.clock.now() + EVERY)
    assert status(bed, message) is Status.PUBLISHED


def test_what_is_held_with_a_reason_stays_held(bed: TestBed) -> None:
    (message,) = held(bed)
    ticks(bed, 130)
    assert status(bed, message) is Status.HELD
    bed.network.orders = ["auth"]
    bed.system.pauses.resume("everything", send_late=True)
    bed.pass_time(bed.clock.now() + timedelta(hours=2))
    assert status(bed, message) is Status.HELD, "its account needs its owner"
    bed.system.accounts.connect(owner=OWNER, channel="looked", account="acc-looked", token=Secret("fresh"))
    bed.pass_time(bed.clock.now() + timedelta(minutes=1))
    assert status(bed, message) is Status.PUBLISHED


def test_a_sweep_lets_go_in_due_order_at_the_networks_pace(bed: TestBed) -> None:
    messages = held(bed, 3)
    forget_the_pause(bed)
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert [status(bed, one) for one in messages] == [Status.PUBLISHED] * 3
    assert bed.network.texts() == ["number 0", "number 1", "number 2"]
    assert len({post["at"] for post in bed.network.posts}) == 3
    assert CHANNELS["looked"].pace > timedelta(0)


def test_what_is_past_its_window_is_missed_by_the_sweep(bed: TestBed) -> None:
    (message,) = held(bed)
    bed.clock.advance(seconds=bed.system.settings.missed_after + 60)
    forget_the_pause(bed)
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert status(bed, message) is Status.MISSED
    assert bed.network.posts == []


def test_a_tick_looks_through_a_bounded_number_and_the_next_one_goes_on_behind_them(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_sweep, "PAGES", 1)
    real = access.with_status
    monkeypatch.setattr(access, "with_status", lambda status, shard, **more: real(status, shard, **{"limit": 2} | more))
    messages = held(bed, 5)
    bed.system.dispatch.tick()
    began = bed.clock.now()
    assert beat_of(bed.system.world.table).sweeping_since == began, "held with a reason, and looked through in part"
    bed.clock.advance(minutes=1)
    bed.system.dispatch.tick()
    bed.clock.advance(minutes=1)
    bed.system.dispatch.tick()
    assert beat_of(bed.system.world.table).swept_at == began
    forget_the_pause(bed)
    bed.clock.time = began + EVERY - timedelta(seconds=1)
    bed.system.dispatch.tick()
    assert {status(bed, one) for one in messages} == {Status.HELD}, "a sweep an hour is enough"
    bed.pass_time(began + EVERY + timedelta(minutes=6))
    assert {status(bed, one) for one in messages} == {Status.PUBLISHED}


def test_a_sweep_that_dies_is_not_noted_as_done(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    (message,) = held(bed)
    forget_the_pause(bed)
    swept_at = beat_of(bed.system.world.table).swept_at
    assert swept_at is not None

    def die(*_: object, **__: object) -> None:
        raise WorkerKilledError

    with monkeypatch.context() as during:
        during.setattr(type(bed.system.dispatch.releases), "let_go", die)
        with pytest.raises(WorkerKilledError):
            bed.system.dispatch.tick()
    assert beat_of(bed.system.world.table).swept_at == swept_at
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert status(bed, message) is Status.PUBLISHED


def test_an_account_is_asked_for_once_however_much_it_holds(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    held(bed, 9)
    asked: list[object] = []
    real = type(bed.system.dispatch.releases).is_free

    def counted(self: object, delivery: object) -> bool:
        asked.append(delivery)
        return real(self, delivery)  # type: ignore[arg-type]

    monkeypatch.setattr(type(bed.system.dispatch.releases), "is_free", counted)
    bed.system.dispatch.tick()
    assert len(asked) == 1
