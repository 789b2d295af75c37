"""The engines treat the handlers as Lambda's triggers do."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.sqlite_nudge import TRIES, SqliteNudge
from omnipub.adapters.sqlite_stream import SqliteStream, lane_of
from omnipub.errors import UnavailableError
from omnipub.onebox import consumer as consumer_file
from omnipub.onebox.consumer import FAILING_AT_MOST
from omnipub.onebox.engines import Engines
from omnipub.services.ports import DueSoon, Pointer
from omnipub.services.wire import pointer_from_text

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
def nudges(tmp_path: Path) -> Iterator[SqliteNudge]:
    made = SqliteNudge(tmp_path / "nudges.db")
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
def turning(stream: SqliteStream, nudges: SqliteNudge) -> Iterator[Callable[..., tuple[Recorder, Recorder]]]:
    started: list[Engines] = []

    def start(worker: Recorder, scheduler: Recorder) -> tuple[Recorder, Recorder]:
        engines = Engines(stream=stream, nudges=nudges, worker=worker, scheduler=scheduler, slots=SLOTS)
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


def test_what_was_handed_over_and_did_not_begin_before_a_stop_is_read_again(
    stream: SqliteStream, nudges: SqliteNudge, turning: Turning
) -> None:
    begun, released = threading.Event(), threading.Event()

    def hang(_: Mapping[str, Any]) -> Any:
        begun.set()
        released.wait(SOON)
        return {"batchItemFailures": []}

    first = Recorder()
    first.answers = [hang]
    stream.put([pointer(number) for number in range(1, 4)])
    stopping = Engines(stream=stream, nudges=nudges, worker=first, scheduler=Recorder(), slots=SLOTS)
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


def test_a_nudge_runs_once_and_is_gone(nudges: SqliteNudge, turning: Turning) -> None:
    _, scheduler = turning(Recorder(), Recorder())
    nudges.nudge([DueSoon(pointer=pointer(1), at=datetime.now(UTC))])
    until(lambda: len(scheduler.events) == 2)
    until(lambda: nudges.waiting(after=0) == [])
    assert len(scheduler.events) == 2


def test_a_nudge_that_never_ends_well_is_tried_three_times(nudges: SqliteNudge) -> None:
    nudges.nudge([DueSoon(pointer=pointer(1), at=datetime.now(UTC))])
    tries = 0
    while nudges.waiting(after=0):
        tries += 1
    assert tries == TRIES


def test_a_batch_that_fails_is_no_sign_that_storage_works_again(stream: SqliteStream, nudges: SqliteNudge) -> None:
    def refuse(*_: object) -> Any:
        raise UnavailableError("Locked.")

    worker = Recorder()
    worker.answers = [fail_from(1)]
    said: list[tuple[bool, int]] = []
    turning = Engines(
        stream=stream,
        nudges=nudges,
        worker=worker,
        scheduler=refuse,
        slots=SLOTS,
        say=lambda error: said.append((error is None, len(worker.events))),
    )
    turning.start()
    until(lambda: len(said) == 1)
    stream.put([pointer(1)])
    until(lambda: len(said) == 2)
    assert turning.stop(patience=timedelta(seconds=SOON))
    assert said == [(False, 0), (True, 2)]
