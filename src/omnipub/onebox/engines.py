"""What turns on one machine while AWS turns it elsewhere: the stream's trigger, the clock's, and the nudges'."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from omnipub.adapters.sqlite_nudge import SqliteNudge
from omnipub.adapters.sqlite_stream import LANES, Record, SqliteStream
from omnipub.domain.moments import milliseconds
from omnipub.errors import OmnipubError, UnavailableError
from omnipub.onebox.events import Context, kinesis_event, sequence_of, tick_event
from omnipub.onebox.metronome import Metronome
from omnipub.onebox.trouble import Say, Trouble

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]

BATCH = 100
POLL_SECONDS = 0.1
"""How soon what another process put is noticed."""

BEAT_SECONDS = 0.5
"""How soon a tick that is due is noticed, also after the machine slept."""

FAILURES_AT_MOST = 10
"""After as many failed runs beyond the first what is left of a batch is parked: Lambda's MaximumRetryAttempts."""

FAILING_AT_MOST = timedelta(hours=1)
"""A failed batch with an older record is parked: Lambda's MaximumRecordAgeInSeconds. A first run it always gets."""

PRUNE_EVERY = 60


class Engines:
    """Threads that call the worker and the scheduler with genuine events until they are stopped."""

    def __init__(
        self,
        *,
        stream: SqliteStream,
        nudges: SqliteNudge,
        worker: Handler,
        scheduler: Handler,
        metronome: Metronome | None = None,
        say: Say = lambda _: None,
    ) -> None:
        self._stream = stream
        self._nudges = nudges
        self._worker = worker
        self._scheduler = scheduler
        self._metronome = metronome or Metronome(lambda: datetime.now(UTC))
        self._say = say
        self._trouble = Trouble(self._heard)
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
        deadline = time.monotonic() + patience.total_seconds()
        for thread in [*self._threads, *self._waiting]:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in [*self._threads, *self._waiting])

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _read_lane(self, lane: int) -> None:
        failures = 0
        left: Sequence[Record] = ()  # as on Lambda, a batch that is tried again does not grow
        while not self._stopped.is_set():
            try:
                generation = self._stream.generation
                batch = left or self._stream.batch(lane, limit=BATCH)
                if not batch:
                    if not self._stopped.is_set():
                        self._stream.wait(generation, 10)
                    continue
                done = self._run_worker(batch)
                left = [one for one in batch if one.sequence > done]
                failures = failures + 1 if left else 0
                given_up = _given_up(left, failures)
                if given_up and not self._stopped.is_set():
                    self._stream.park(lane, left, tries=failures, why=given_up)
                    left, failures = (), 0
                else:
                    self._stream.checkpoint(lane, done)
                if done == batch[-1].sequence:  # a batch that failed is no sign that storage works
                    self._trouble.over()
            except OmnipubError as error:
                self._trouble.met(error)
                self._stopped.wait(1)  # the stream's own trouble is no try of the batch
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
            except OmnipubError as error:
                self._trouble.met(error)
                self._stopped.wait(1)

    def _tick_each_minute(self) -> None:
        while not self._stopped.is_set():
            due = self._metronome.beat()
            if due is not None:
                self._invoke(tick_event(due))
            self._stopped.wait(BEAT_SECONDS)

    def _heard(self, trouble: OmnipubError | None) -> None:
        """What could not be written while storage was in trouble, only a tick finds again."""
        if trouble is None:
            self._metronome.at_once()
        self._say(trouble)

    def _invoke(self, event: Mapping[str, Any], nudge: int | None = None) -> None:
        """Run the scheduler beside everything else: it waits inside its run, and runs may overlap."""

        def run() -> None:
            try:
                self._scheduler(event, Context(function_name="omnipub-scheduler"))
                if nudge is not None:
                    self._nudges.done(nudge)
                self._trouble.over()
            except UnavailableError as error:
                self._trouble.met(error)  # as on Lambda: the next tick finds what this one did not put
            except OmnipubError:
                return  # likewise, and no trouble of our storage

        thread = threading.Thread(target=run, daemon=True)
        self._waiting = [one for one in self._waiting if one.is_alive()] + [thread]
        thread.start()


def _given_up(left: Sequence[Record], failures: int) -> str:
    """Why what is left of a batch is parked, in Lambda's words; empty if it is tried again."""
    if not left:
        return ""
    if failures > FAILURES_AT_MOST:
        return "retries_exhausted"
    oldest = min(one.arrived_ms for one in left)
    return "record_age_exceeded" if time.time_ns() // 1_000_000 - oldest > milliseconds(FAILING_AT_MOST) else ""
