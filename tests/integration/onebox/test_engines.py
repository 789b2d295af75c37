"""The engines treat the handlers as Lambda's triggers do."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.sqlite_nudge import TRIES, SqliteNudge
from omnipub.adapters.sqlite_stream import SqliteStream
from omnipub.errors import UnavailableError
from omnipub.onebox import engines as engines_file
from omnipub.onebox.engines import FAILING_AT_MOST, Engines
from omnipub.services.ports import DueSoon, Pointer
from omnipub.services.wire import pointer_from_text

SOON = 10.0


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


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def turning(stream: SqliteStream, nudges: SqliteNudge) -> Iterator[Callable[..., tuple[Recorder, Recorder]]]:
    started: list[Engines] = []

    def start(worker: Recorder, scheduler: Recorder) -> tuple[Recorder, Recorder]:
        engines = Engines(stream=stream, nudges=nudges, worker=worker, scheduler=scheduler)
        engines.start()
        started.append(engines)
        return worker, scheduler

    yield start
    for engines in started:
        assert engines.stop(patience=timedelta(seconds=SOON))


Turning = Callable[[Recorder, Recorder], tuple[Recorder, Recorder]]


def test_everything_after_the_lowest_failure_comes_again(stream: SqliteStream, turning: Turning) -> None:
    worker = Recorder()
    worker.answers = [
        lambda event: {
            "batchItemFailures": [
                {"itemIdentifier": event["Records"][number]["kinesis"]["sequenceNumber"]} for number in (3, 1)
            ]
        }
    ]
    stream.put([pointer(number) for number in range(1, 6)])
    turning(worker, Recorder())
    until(lambda: len(worker.events) == 2)
    assert worker.numbers() == [["1", "2", "3", "4", "5"], ["2", "3", "4", "5"]]


def test_a_worker_that_dies_gets_the_whole_batch_again(stream: SqliteStream, turning: Turning) -> None:
    def die(_: Mapping[str, Any]) -> None:
        raise RuntimeError

    worker = Recorder()
    worker.answers = [die]
    stream.put([pointer(1), pointer(2)])
    turning(worker, Recorder())
    until(lambda: len(worker.events) == 2)
    assert worker.numbers() == [["1", "2"], ["1", "2"]]


def fail_from(number: int) -> Callable[[Mapping[str, Any]], Any]:
    """The answer of a worker whose storage fails on the record put as `number`, and on no other."""

    def answer(event: Mapping[str, Any]) -> Any:
        sequences = [one["kinesis"]["sequenceNumber"] for one in event["Records"]]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in sequences if int(one[-9:]) == number]}

    return answer


def parked(stream: SqliteStream) -> list[Pointer | None]:
    return [pointer_from_text(one.record.data) for one in stream.parked.page(limit=100)]


def test_a_batch_that_keeps_failing_is_parked_whole_from_its_lowest_failure_on_and_what_follows_is_read(
    stream: SqliteStream, turning: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines_file, "FAILURES_AT_MOST", 1)
    worker = Recorder()
    worker.answers = [fail_from(2)] * 2
    stream.put([pointer(number) for number in range(1, 4)])
    turning(worker, Recorder())
    until(lambda: stream.parked.count() == 2)
    assert worker.numbers() == [["1", "2", "3"], ["2", "3"]]
    assert parked(stream) == [pointer(2), pointer(3)]
    assert [(one.tries, one.why) for one in stream.parked.page(limit=9)] == [(2, "retries_exhausted")] * 2
    stream.put([pointer(4)])
    until(lambda: len(worker.events) == 3)
    assert worker.numbers()[2] == ["4"]


def test_a_batch_that_is_tried_again_does_not_grow(
    stream: SqliteStream, turning: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines_file, "FAILURES_AT_MOST", 2)

    def put_and_fail(event: Mapping[str, Any]) -> Any:
        stream.put([pointer(len(worker.events) + 1)])
        return fail_from(1)(event)

    worker = Recorder()
    worker.answers = [put_and_fail] * 3
    stream.put([pointer(1)])
    turning(worker, Recorder())
    until(lambda: len(worker.events) == 4)
    assert worker.numbers() == [["1"], ["1"], ["1"], ["2", "3", "4"]]
    assert parked(stream) == [pointer(1)]


def test_a_worker_that_keeps_dying_has_its_batch_parked(
    stream: SqliteStream, turning: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: Mapping[str, Any]) -> None:
        raise RuntimeError

    monkeypatch.setattr(engines_file, "FAILURES_AT_MOST", 1)
    worker = Recorder()
    worker.answers = [die] * 2
    stream.put([pointer(1), pointer(2)])
    turning(worker, Recorder())
    until(lambda: stream.parked.count() == 2)
    assert parked(stream) == [pointer(1), pointer(2)]


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
    until(lambda: stream.reader.lag().records == 0)
    assert len(worker.events) == 1
    assert [one.why for one in stream.parked.page(limit=9)] == why


def test_what_cannot_be_parked_is_not_passed_by(
    stream: SqliteStream, turning: Turning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines_file, "FAILURES_AT_MOST", 0)
    with stream._database.writing() as connection:
        connection.execute("ALTER TABLE parked RENAME TO elsewhere")
    worker = Recorder()
    worker.answers = [fail_from(1)] * 2
    stream.put([pointer(1)])
    turning(worker, Recorder())
    until(lambda: len(worker.events) == 3)
    assert worker.numbers() == [["1"]] * 3
    until(lambda: stream.reader.lag().records == 0)


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
        say=lambda error: said.append((error is None, len(worker.events))),
    )
    turning.start()
    until(lambda: len(said) == 1)
    stream.put([pointer(1)])
    until(lambda: len(said) == 2)
    assert turning.stop(patience=timedelta(seconds=SOON))
    assert said == [(False, 0), (True, 2)]
