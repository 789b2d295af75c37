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
from omnipub.onebox.engines import Engines
from omnipub.services.ports import DueSoon, Pointer

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
