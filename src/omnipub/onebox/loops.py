"""The loops that stand in for Kinesis, EventBridge Scheduler and SQS on one machine."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from omnipub.adapters.local.sqlite.stream import SqliteStream
from omnipub.adapters.system.worker_pool import WorkerPool
from omnipub.errors import OmnipubError, UnavailableError
from omnipub.onebox.aws_events import LambdaContext, tick_event
from omnipub.onebox.delay_timer import DelayTimer
from omnipub.onebox.storage_alert import Say, StorageAlert
from omnipub.onebox.stream_consumer import Given, Handler, StreamConsumer
from omnipub.onebox.tick_timer import TickTimer

POLL_SECONDS = 0.1
"""How soon what another process put is noticed."""

BEAT_SECONDS = 0.5
"""How soon a tick that is due is noticed, also after the machine slept."""

PRUNE_EVERY = 60


class Loops:
    """Threads that call the worker and the scheduler with genuine events until they are stopped."""

    def __init__(
        self,
        *,
        stream: SqliteStream,
        timer: DelayTimer,
        worker: Handler,
        scheduler: Handler,
        pool: WorkerPool[Given],
        tick_timer: TickTimer | None = None,
        say: Say = lambda _: None,
    ) -> None:
        self._stream = stream
        self._timer = timer
        self._scheduler = scheduler
        self._metronome = tick_timer or TickTimer(lambda: datetime.now(UTC))
        self._say = say
        self._trouble = StorageAlert(self._report)
        self._consumer = StreamConsumer(stream=stream, worker=worker, pool=pool, trouble=self._trouble)
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._waiting: list[threading.Thread] = []

    def start(self) -> None:
        """Start turning."""
        self._consumer.start()
        self._spawn(self._watch)
        self._spawn(self._wake_at_moments)
        self._spawn(self._tick_each_minute)

    def stop(self, *, patience: timedelta) -> bool:
        """Stop, waiting for what is being sent; whether everything had ended in time."""
        self._stopped.set()
        self._timer.wake()
        deadline = time.monotonic() + patience.total_seconds()
        ended = self._consumer.stop(deadline=deadline)
        for thread in [*self._threads, *self._waiting]:
            thread.join(max(0.0, deadline - time.monotonic()))
        return ended and not any(thread.is_alive() for thread in [*self._threads, *self._waiting])

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _watch(self) -> None:
        """Notice what other processes put."""
        last_seen = rounds = 0
        while not self._stopped.wait(POLL_SECONDS):
            try:
                newest = self._stream.last_sequence()
                if newest != last_seen:
                    last_seen = newest
                    self._stream.wake()
                rounds += 1
                if rounds % int(PRUNE_EVERY / POLL_SECONDS) == 0:
                    self._stream.prune()
            except OmnipubError as error:
                self._trouble.met(error)
                self._stopped.wait(1)

    def _wake_at_moments(self) -> None:
        while not self._stopped.is_set():
            try:
                self._timer.wait(self._timer.hand_over())
            except OmnipubError as error:
                if isinstance(error, UnavailableError):
                    self._trouble.met(error)
                self._stopped.wait(1)

    def _tick_each_minute(self) -> None:
        while not self._stopped.is_set():
            due = self._metronome.beat()
            if due is not None:
                self._invoke(tick_event(due))
            self._stopped.wait(BEAT_SECONDS)

    def _report(self, trouble: OmnipubError | None) -> None:
        """What could not be written while storage was in trouble, only a tick finds again."""
        if trouble is None:
            self._metronome.at_once()
        self._say(trouble)

    def _invoke(self, event: Mapping[str, Any]) -> None:
        """Run a tick beside everything else: it may take long, and ticks may overlap."""

        def run() -> None:
            try:
                self._scheduler(event, LambdaContext(function_name="omnipub-scheduler"))
                self._trouble.over()
            except UnavailableError as error:
                self._trouble.met(error)  # as on Lambda: the next tick finds what this one did not put
            except OmnipubError:
                return  # likewise, and no trouble of our storage

        thread = threading.Thread(target=run, daemon=True)
        self._waiting = [one for one in self._waiting if one.is_alive()] + [thread]
        thread.start()
