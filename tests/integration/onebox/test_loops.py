"""The engines treat the handlers as Lambda's triggers do."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.local.sqlite.delay import SqliteDelay
from omnipub.adapters.local.sqlite.stream import SqliteStream, lane_of
from omnipub.adapters.system.worker_pool import WorkerPool
from omnipub.domain.timestamps import moment
from omnipub.errors import UnavailableError
from omnipub.onebox import stream_consumer as consumer_file
from omnipub.onebox.delay_timer import DelayTimer
from omnipub.onebox.loops import Loops
from omnipub.onebox.stream_consumer import FAILING_AT_MOST, Given
from omnipub.ports.delay import DueSoon
from omnipub.ports.stream import Pointer
from omnipub.services.stream.wire_format import delayed_from, pointer_from_text

SOON = 10.0
SLOTS = 32


class Recorder:
    """A handler that keeps what it was called with and answers as it is told."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.answers: list[Callable[[Mapping[str, Any]], Any]] = []
        self.lock = threading.Lock()

    def __call__(self, event: Mapping[str, Any], _: object) -> dict[str, Any]:
        with self.lock:
            self.events.append(event)
            answer = self.answers.pop(0) if self.answers else lambda _: {"batchItemFailures": []}
        answered: dict[str, Any] = answer(event)
        return answered

    def numbers(self) -> list[list[str]]:
        return [[one["kinesis"]["sequenceNumber"][-1] for one in event["Records"]] for event in self.events]


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[SqliteStream]:
    made = SqliteStream(tmp_path / "stream.db")
    yield made
    made.close()


@pytest.fixture
def delay(tmp_path: Path) -> Iterator[SqliteDelay]:
    made = SqliteDelay(tmp_path / "delay.db")
    yield made
    made.close()


def pointer(number: int) -> Pointer:
    return Pointer(pk=f"MSG#{number}", sk="CHANNEL#facebook", group="facebook/1", why="due")


def groups_of_one_lane(count: int) -> list[str]:
    groups = [f"facebook/{number}" for number in range(1000)]
    return [group for group in groups if lane_of(group) == lane_of(groups[0])][:count]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def turning(stream: SqliteStream, delay: SqliteDelay) -> Iterator[Callable[..., tuple[Recorder, Recorder]]]:
    started: list[Loops] = []

    def start(worker: Recorder, scheduler: Recorder) -> tuple[Recorder, Recorder]:
        engines = Loops(
            stream=stream,
            timer=DelayTimer(delay, scheduler, now=lambda: datetime.now(UTC)),
            worker=worker,
            scheduler=scheduler,
            pool=WorkerPool(slots=SLOTS),
        )
        engines.start()
        started.append(engines)
        return worker, scheduler

    yield start
    for engines in started:
        assert engines.stop(patience=timedelta(seconds=SOON))


Turning = Callable[[Recorder, Recorder], tuple[Recorder, Recorder]]


def fail_from(number: int) -> Callable[[Mapping[str, Any]], Any]:
    """The answer of a worker whose storage fails on the record put as `number`, and on no other."""

    def answer(event: Mapping[str, Any]) -> Any:
        sequences = [one["kinesis"]["sequenceNumber"] for one in event["Records"]]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in sequences if int(one[-9:]) == number]}

    return answer


def die(_: Mapping[str, Any]) -> None:
    raise RuntimeError


def parked(stream: SqliteStream) -> list[Pointer | None]:
    return [pointer_from_text(one.record.data) for one in stream.parked.page(limit=100)]


def read(stream: SqliteStream) -> Callable[[], bool]:
    return lambda: stream.reader.lag().records == 0


@pytest.mark.parametrize("trouble", [fail_from(2), die])
def test_a_record_that_fails_comes_again_by_itself_and_those_behind_it_do_not_wait(
    stream: SqliteStream, turning: Turning, trouble: Callable[[Mapping[str, Any]], Any]
) -> None:
    worker = Recorder()
    worker.answers = [fail_from(0), trouble]
    stream.put([pointer(number) for number in range(1, 5)])
    turning(worker, Recorder())
    until(read(stream))
    assert worker.numbers() == [["1"], ["2"], ["3"], ["4"], ["2"]]
    assert stream.parked.count() == 0


def test_a_record_that_keeps_failing_is_parked_alone_and_what_follows_is_read(
    stream: SqliteStream, turning: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_file, "FAILURES_AT_MOST", 1)
    worker = Recorder()
    worker.answers = [fail_from(0), fail_from(2), fail_from(0), die]
    stream.put([pointer(number) for number in range(1, 4)])
    turning(worker, Recorder())
    until(read(stream))
    assert worker.numbers() == [["1"], ["2"], ["3"], ["2"]]
    assert parked(stream) == [pointer(2)]
    assert [(one.tries, one.why) for one in stream.parked.page(limit=9)] == [(2, "retries_exhausted")]
    stream.put([pointer(4)])
    until(lambda: len(worker.events) == 5)
    assert worker.numbers()[4] == ["4"]


def test_a_record_whose_account_hangs_holds_up_no_other_account_of_its_lane(
    stream: SqliteStream, turning: Turning
) -> None:
    hanging, others = groups_of_one_lane(12)[0], groups_of_one_lane(12)[1:]
    released = threading.Event()

    def hang(_: Mapping[str, Any]) -> Any:
        released.wait(SOON)
        return {"batchItemFailures": []}

    worker = Recorder()
    worker.answers = [hang]
    stream.put([replace(pointer(1), group=hanging)])
    turning(worker, Recorder())
    until(lambda: len(worker.events) == 1)
    stream.put([replace(pointer(2), group=hanging), *(replace(pointer(3), group=group) for group in others)])
    until(lambda: len(worker.events) == 1 + len(others))
    accounts = [one["kinesis"]["partitionKey"] for event in worker.events for one in event["Records"]]
    assert sorted(accounts) == sorted([hanging, *others])
    assert stream.reader.lag().records == 2 + len(others), "the checkpoint passed by what is under way"
    released.set()
    until(read(stream))
    assert len(worker.events) == 2 + len(others)


def test_a_pool_that_is_full_is_written_down(stream: SqliteStream, delay: SqliteDelay) -> None:
    released = threading.Event()

    def hang(_: Mapping[str, Any]) -> Any:
        released.wait(SOON)
        return {"batchItemFailures": []}

    worker = Recorder()
    worker.answers = [hang]
    pool: WorkerPool[Given] = WorkerPool(slots=SLOTS, total=1)
    timer = DelayTimer(delay, Recorder(), now=lambda: datetime.now(UTC))
    engines = Loops(stream=stream, timer=timer, worker=worker, scheduler=Recorder(), pool=pool)
    engines.start()
    assert stream.full_ms_ago() is None
    stream.put([pointer(1)])
    until(lambda: stream.full_ms_ago() is not None)
    released.set()
    assert engines.stop(patience=timedelta(seconds=SOON))


def test_what_was_handed_over_and_did_not_begin_before_a_stop_is_read_again(
    stream: SqliteStream, delay: SqliteDelay, turning: Turning
) -> None:
    begun, released = threading.Event(), threading.Event()

    def hang(_: Mapping[str, Any]) -> Any:
        begun.set()
        released.wait(SOON)
        return {"batchItemFailures": []}

    first = Recorder()
    first.answers = [hang]
    stream.put([pointer(number) for number in range(1, 4)])
    timer = DelayTimer(delay, Recorder(), now=lambda: datetime.now(UTC))
    stopping = Loops(stream=stream, timer=timer, worker=first, scheduler=Recorder(), pool=WorkerPool(slots=SLOTS))
    stopping.start()
    assert begun.wait(SOON)
    threading.Timer(0.2, released.set).start()
    assert stopping.stop(patience=timedelta(seconds=SOON))
    assert first.numbers() == [["1"]]
    worker, _ = turning(Recorder(), Recorder())
    until(read(stream))
    assert worker.numbers() == [["2"], ["3"]]


def test_the_checkpoint_never_falls_far_behind_what_was_read(
    stream: SqliteStream, turning: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_file, "BEHIND_AT_MOST", 2)
    one, other = groups_of_one_lane(2)
    released = threading.Event()

    def hang(_: Mapping[str, Any]) -> Any:
        released.wait(SOON)
        return {"batchItemFailures": []}

    worker = Recorder()
    worker.answers = [hang]
    stream.put([replace(pointer(1), group=one)])
    turning(worker, Recorder())
    until(lambda: len(worker.events) == 1)
    for number in range(2, 6):
        stream.put([replace(pointer(number), group=other)])
    until(read(stream))
    released.set()


@pytest.mark.parametrize(("fails", "why"), [(True, ["record_age_exceeded"]), (False, [])])
def test_an_old_record_is_parked_if_it_fails_and_is_always_tried_once(
    tmp_path: Path, turning: Turning, stream: SqliteStream, *, fails: bool, why: list[str]
) -> None:
    age = FAILING_AT_MOST + timedelta(minutes=1)
    long_ago = SqliteStream(tmp_path / "stream.db", now_ms=lambda: int((time.time() - age.total_seconds()) * 1000))
    long_ago.put([pointer(1)])
    long_ago.close()
    worker = Recorder()
    worker.answers = [fail_from(1 if fails else 9)]
    turning(worker, Recorder())
    until(read(stream))
    assert len(worker.events) == 1
    assert [one.why for one in stream.parked.page(limit=9)] == why


def test_what_cannot_be_parked_is_not_passed_by(
    stream: SqliteStream, turning: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_file, "FAILURES_AT_MOST", 0)
    with stream._database.writing() as connection:
        connection.execute("ALTER TABLE parked RENAME TO elsewhere")
    worker = Recorder()
    worker.answers = [fail_from(1)] * 2
    stream.put([pointer(1)])
    turning(worker, Recorder())
    until(lambda: len(worker.events) == 3)
    assert worker.numbers() == [["1"]] * 3
    until(read(stream))


def test_what_another_process_puts_is_read_as_well(turning: Turning, tmp_path: Path) -> None:
    worker, _ = turning(Recorder(), Recorder())
    other = SqliteStream(tmp_path / "stream.db")
    other.put([pointer(1)])
    other.close()
    until(lambda: len(worker.events) == 1)


def test_a_tick_comes_at_once_and_is_an_event_of_the_scheduler(turning: Turning) -> None:
    _, scheduler = turning(Recorder(), Recorder())
    until(lambda: len(scheduler.events) == 1)
    assert scheduler.events[0]["source"] == "omnipub.tick"
    assert scheduler.events[0]["execution_id"]


def soon(number: int, **ahead: float) -> DueSoon:
    return at_moment(number, moment(datetime.now(UTC) + timedelta(**ahead)))


def at_moment(number: int, at: datetime) -> DueSoon:
    return DueSoon(pointer=replace(pointer(number), at=at), at=at)


def delayed(scheduler: Recorder) -> list[list[DueSoon]]:
    """What the scheduler was given by the delay queue, message by message."""
    bodies = [record["body"] for event in scheduler.events for record in event.get("Records", ())]
    return [delayed_from(body) or [] for body in bodies]


def test_what_waits_for_a_moment_is_handed_over_at_that_moment_once_and_is_gone(
    delay: SqliteDelay, turning: Turning
) -> None:
    _, scheduler = turning(Recorder(), Recorder())
    later, sooner = soon(1, milliseconds=400), soon(2, milliseconds=200)
    for _ in range(2):
        delay.put([later, sooner])  # the API puts it, and a tick again
    until(lambda: len(delayed(scheduler)) == 2)
    assert datetime.now(UTC) >= later.at
    until(lambda: delay.next_at() is None)
    assert delayed(scheduler) == [[sooner], [later]]


def test_what_another_process_puts_waits_as_well(delay: SqliteDelay, turning: Turning, tmp_path: Path) -> None:
    _, scheduler = turning(Recorder(), Recorder())
    other = SqliteDelay(tmp_path / "delay.db")
    named = soon(1)
    other.put([named])
    other.close()
    until(lambda: delayed(scheduler) == [[named]])
    until(lambda: delay.next_at() is None)


def test_five_hundred_moments_need_no_thread_each_and_what_is_due_together_comes_together(
    delay: SqliteDelay, turning: Turning
) -> None:
    _, scheduler = turning(Recorder(), Recorder())
    until(lambda: len(scheduler.events) == 1)  # the first tick
    threads = threading.active_count()
    far = [soon(number, seconds=100 + number / 10) for number in range(500)]
    delay.put(far)
    at = moment(datetime.now(UTC) + timedelta(milliseconds=300))
    together = [at_moment(1000 + number, at) for number in range(250)]
    delay.put(together)
    until(lambda: sum(map(len, delayed(scheduler))) == 250)
    assert threading.active_count() <= threads
    assert [len(message) for message in delayed(scheduler)] == [100, 100, 50]
    assert [one for message in delayed(scheduler) for one in message] == together
    assert len([event for event in scheduler.events if "Records" in event]) == 1
    until(lambda: delay.next_at() == far[0].at)


def test_what_the_scheduler_could_not_put_is_given_to_it_again(delay: SqliteDelay, turning: Turning) -> None:
    scheduler = Recorder()

    def refuse(_: Mapping[str, Any]) -> Any:
        raise UnavailableError("Locked.")

    def fail(event: Mapping[str, Any]) -> Any:
        return {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in event["Records"]]}

    _, _ = turning(Recorder(), scheduler)
    until(lambda: len(scheduler.events) == 1)  # the first tick
    scheduler.answers = [refuse, fail]
    named = soon(1)
    delay.put([named])
    until(lambda: len(delayed(scheduler)) == 3)
    assert delayed(scheduler) == [[named]] * 3
    until(lambda: delay.next_at() is None)


def test_what_waits_is_still_there_after_a_restart(delay: SqliteDelay, tmp_path: Path) -> None:
    named = soon(1, seconds=60)
    delay.put([named])
    delay.close()
    again = SqliteDelay(tmp_path / "delay.db")
    (message,) = again.until(named.at)
    assert delayed_from(message.body) == [named]
    assert again.until(named.at - timedelta(milliseconds=1)) == []
    again.close()


def test_what_is_put_again_while_it_is_handed_over_is_not_forgotten_with_it(delay: SqliteDelay) -> None:
    named = soon(1)
    delay.put([named])
    taken = delay.until(named.at)
    delay.put([named])  # the stream refused it, so it goes to the queue anew
    delay.done(taken)
    assert [delayed_from(one.body) for one in delay.until(named.at)] == [[named]]


def test_a_batch_that_fails_is_no_sign_that_storage_works_again(stream: SqliteStream, delay: SqliteDelay) -> None:
    def refuse(*_: object) -> Any:
        raise UnavailableError("Locked.")

    worker = Recorder()
    worker.answers = [fail_from(1)]
    said: list[tuple[bool, int]] = []
    turning = Loops(
        stream=stream,
        timer=DelayTimer(delay, refuse, now=lambda: datetime.now(UTC)),
        worker=worker,
        scheduler=refuse,
        pool=WorkerPool(slots=SLOTS),
        say=lambda error: said.append((error is None, len(worker.events))),
    )
    turning.start()
    until(lambda: len(said) == 1)
    stream.put([pointer(1)])
    until(lambda: len(said) == 2)
    assert turning.stop(patience=timedelta(seconds=SOON))
    assert said == [(False, 0), (True, 2)]
