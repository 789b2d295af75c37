"""What turns on one machine while AWS turns it elsewhere: the stream's trigger, the clock's, and the nudges'."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from omnipub.adapters.sqlite_nudge import SqliteNudge
from omnipub.adapters.sqlite_stream import LANES, Record, SqliteStream
from omnipub.errors import OmnipubError
from omnipub.onebox.events import Context, kinesis_event, sequence_of, tick_event

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]

BATCH = 100
POLL_SECONDS = 0.1
"""How soon what another process put is noticed."""

TICK_EVERY = timedelta(minutes=1)
FAILURES_AT_MOST = 10
"""After as many failed runs in a row a batch is let go: the table knows what is due."""

PRUNE_EVERY = 60


class Engines:
    """Threads that call the worker and the scheduler with genuine events until they are stopped."""

    def __init__(self, *, stream: SqliteStream, nudges: SqliteNudge, worker: Handler, scheduler: Handler) -> None:
        self._stream = stream
        self._nudges = nudges
        self._worker = worker
        self._scheduler = scheduler
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._waiting: list[threading.Thread] = []

    def start(self) -> None:
        """Start turning."""
        for lane in range(LANES):
            self._spawn(self._read_lane, lane)
        self._spawn(self._watch)
        self._spawn(self._tick_each_minute)

    def stop(self, *, patience: timedelta) -> bool:
        """Stop, waiting for what is being sent; whether everything had ended in time."""
        self._stopped.set()
        self._stream.wake()
        deadline = datetime.now(UTC) + patience
        for thread in [*self._threads, *self._waiting]:
            thread.join(max(0.0, (deadline - datetime.now(UTC)).total_seconds()))
        return not any(thread.is_alive() for thread in [*self._threads, *self._waiting])

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _read_lane(self, lane: int) -> None:
        failures = 0
        while not self._stopped.is_set():
            try:
                generation = self._stream.generation
                batch = self._stream.batch(lane, limit=BATCH)
                if not batch:
                    if not self._stopped.is_set():
                        self._stream.wait(generation, 10)
                    continue
                done = self._run_worker(batch)
                failures = 0 if done == batch[-1].sequence else failures + 1
                if failures > FAILURES_AT_MOST:
                    done, failures = batch[-1].sequence, 0
                self._stream.checkpoint(lane, done)
            except OmnipubError:
                failures += 1
            if failures:
                self._stopped.wait(min(5.0, 0.1 * 2**failures))

    def _run_worker(self, batch: Sequence[Record]) -> int:
        """Run the worker; up to which sequence the batch is done, as Lambda would checkpoint it."""
        try:
            answer = self._worker(kinesis_event(batch), Context(function_name="omnipub-worker"))
        except Exception:  # noqa: BLE001  Lambda takes an exception for a failed batch
            return batch[0].sequence - 1
        failed = [sequence_of(one["itemIdentifier"]) for one in answer["batchItemFailures"]]
        return min(failed) - 1 if failed else batch[-1].sequence

    def _watch(self) -> None:
        """Notice what other processes put, and start the invocations that nudges asked for."""
        seen = last = rounds = 0
        while not self._stopped.wait(POLL_SECONDS):
            try:
                newest = self._stream.last_sequence()
                if newest != seen:
                    seen = newest
                    self._stream.wake()
                for number, payload in self._nudges.waiting(after=last):
                    last = number
                    self._invoke(payload, number)
                rounds += 1
                if rounds % int(PRUNE_EVERY / POLL_SECONDS) == 0:
                    self._stream.prune()
            except OmnipubError:
                self._stopped.wait(1)

    def _tick_each_minute(self) -> None:
        due = datetime.now(UTC)
        while not self._stopped.is_set():
            self._invoke(tick_event(due))
            due = max(due + TICK_EVERY, datetime.now(UTC))
            self._stopped.wait(max(0.0, (due - datetime.now(UTC)).total_seconds()))

    def _invoke(self, event: Mapping[str, Any], nudge: int | None = None) -> None:
        """Run the scheduler beside everything else: it waits inside its run, and runs may overlap."""

        def run() -> None:
            try:
                self._scheduler(event, Context(function_name="omnipub-scheduler"))
                if nudge is not None:
                    self._nudges.done(nudge)
            except OmnipubError:
                return  # as on Lambda: the next tick finds what this one did not put

        thread = threading.Thread(target=run, daemon=True)
        self._waiting = [one for one in self._waiting if one.is_alive()] + [thread]
        thread.start()
