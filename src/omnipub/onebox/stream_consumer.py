"""Reads the stream on one machine, and passes each account's records on without waiting for a network.

Rules of this file:
1. A lane is read on behind what was handed over, not behind its checkpoint. So nobody's send holds up a lane.
2. The checkpoint follows what is done, in order: after a crash the rest is read again and meets the claims.
3. The checkpoint is never more than `BEHIND_AT_MOST` records behind. What it passes by for that, a tick finds after a
   crash: the table is the truth.
4. A record that our own storage fails on comes again by itself, for about a minute. Then it is parked.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from omnipub.adapters.local.sqlite.stream import LANES, SqliteStream, StoredRecord
from omnipub.adapters.system.worker_pool import WorkerPool
from omnipub.domain.timestamps import milliseconds
from omnipub.errors import OmnipubError
from omnipub.onebox.aws_events import LambdaContext, kinesis_event
from omnipub.onebox.storage_alert import StorageAlert

if TYPE_CHECKING:
    from omnipub.ports.hand_over import HandOver

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]

Given = tuple[int, StoredRecord]
"""What is handed over: a record, and the lane that it was read from."""

BATCH = 100
BEHIND_AT_MOST = 1_000
CHECKPOINT_SECONDS = 0.1

NOTE_SECONDS = 10.0
"""How often it is written down that the pool is full."""

FAILURES_AT_MOST = 15
"""A record is parked after as many failed runs beyond the first: with the pauses between them about a minute."""

FAILING_AT_MOST = timedelta(hours=1)
"""A record that failed and is older is parked: Lambda's MaximumRecordAgeInSeconds. A first run it always gets."""

LONGEST_PAUSE = 5.0


class ReadProgress:
    """How far a lane is: what was read and is not done yet, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read = 0
        self._under_way: dict[int, int] = {}
        self.read_to: int | None = None
        self._written: int | None = None

    def reads(self, records: Sequence[StoredRecord]) -> None:
        """Take in what was read next."""
        with self._lock:
            for record in records:
                self._read += 1
                self._under_way[record.sequence] = self._read
            self.read_to = records[-1].sequence
            while self._read - next(iter(self._under_way.values()), self._read) > BEHIND_AT_MOST:
                del self._under_way[next(iter(self._under_way))]

    def ends(self, sequence: int) -> None:
        """A record is done, or parked."""
        with self._lock:
            self._under_way.pop(sequence, None)

    def to_write(self) -> int | None:
        """Up to where everything is done, if that is not written yet."""
        with self._lock:
            done = next(iter(self._under_way)) - 1 if self._under_way else self.read_to
            return done if done != self._written else None

    def written(self, sequence: int) -> None:
        """The checkpoint stands there now."""
        self._written = sequence


class StreamConsumer:
    """Threads that read the lanes, and the pool that calls the worker with one account's records.

    Args:
        stream: What is read.
        worker: The worker's handler; it is called with a genuine event of one record.
        pool: What its records are handed over to.
        trouble: Told when the stream's storage refuses, and when it works again.
    """

    def __init__(
        self, *, stream: SqliteStream, worker: Handler, pool: WorkerPool[Given], trouble: StorageAlert
    ) -> None:
        self._stream = stream
        self._worker = worker
        self._trouble = trouble
        self._stopped = threading.Event()
        self._progress = [ReadProgress() for _ in range(LANES)]
        self._failures: dict[int, int] = {}
        self._pool = pool
        self._hand_over: HandOver[Given] = pool
        self._threads = [threading.Thread(target=self._read, args=(lane,), daemon=True) for lane in range(LANES)]
        self._threads.append(threading.Thread(target=self._keep_checkpoints, daemon=True))

    def start(self) -> None:
        """Start reading."""
        self._pool.start(self._work)
        for thread in self._threads:
            thread.start()

    def stop(self, *, deadline: float) -> bool:
        """Stop reading and wait until `deadline` for what is under way; whether all of it has ended.

        What was handed over and has not begun is read again after the next start.
        """
        self._stopped.set()
        self._stream.wake()
        ended = self._pool.stop(deadline=deadline)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._checkpoint()
        return ended and not any(thread.is_alive() for thread in self._threads)

    def _read(self, lane: int) -> None:
        progress = self._progress[lane]
        while not self._stopped.is_set():
            try:
                generation = self._stream.generation
                batch = self._stream.batch(lane, limit=BATCH, after=progress.read_to)
            except OmnipubError as error:
                self._trouble.met(error)
                self._stopped.wait(1)
                continue
            if batch:
                progress.reads(batch)
                self._give(lane, batch)
            elif not self._stopped.is_set():
                self._stream.wait(generation, 10)

    def _give(self, lane: int, batch: Sequence[StoredRecord]) -> None:
        account = attrgetter("partition_key")
        for name, records in groupby(sorted(batch, key=account), key=account):  # sorted keeps each account's order
            left: Sequence[Given] = [(lane, record) for record in records]
            while (left := self._hand_over.hand_over({name: left})) and not self._stopped.wait(CHECKPOINT_SECONDS):
                pass

    def _work(self, given: Given) -> float | None:
        """Run the worker with a record; after how many seconds it comes again, or None if that is over."""
        lane, record = given
        if not self._fails(record):
            self._progress[lane].ends(record.sequence)
            self._failures.pop(record.sequence, None)
            self._trouble.over()
            return None
        failures = self._failures[record.sequence] = self._failures.get(record.sequence, 0) + 1
        why = _given_up(record, failures)
        if why and not self._stopped.is_set():
            try:
                self._stream.park([record], tries=failures, why=why)
            except OmnipubError as error:
                self._trouble.met(error)
                return 1.0
            del self._failures[record.sequence]
            self._progress[lane].ends(record.sequence)
            return None
        return float(min(LONGEST_PAUSE, 0.1 * 2**failures))

    def _fails(self, record: StoredRecord) -> bool:
        try:
            answer = self._worker(kinesis_event([record]), LambdaContext(function_name="omnipub-worker"))
        except Exception:  # noqa: BLE001  Lambda takes an exception for a failed batch
            return True
        return bool(answer["batchItemFailures"])

    def _keep_checkpoints(self) -> None:
        noted = 0.0
        while not self._stopped.wait(CHECKPOINT_SECONDS):
            self._checkpoint()
            if self._pool.is_full and time.monotonic() - noted >= NOTE_SECONDS:
                noted = time.monotonic()
                with suppress(OmnipubError):  # said for people; what storage refuses is told elsewhere
                    self._stream.note_full()

    def _checkpoint(self) -> None:
        reached = {lane: one.to_write() for lane, one in enumerate(self._progress)}
        done = {lane: sequence for lane, sequence in reached.items() if sequence is not None}
        if not done:
            return
        try:
            self._stream.checkpoint(done)
        except OmnipubError as error:
            self._trouble.met(error)
            self._stopped.wait(1)
            return
        for lane, sequence in done.items():
            self._progress[lane].written(sequence)


def _given_up(record: StoredRecord, failures: int) -> str:
    """Why a record that failed is parked, in Lambda's words; empty if it is tried again."""
    if failures > FAILURES_AT_MOST:
        return "retries_exhausted"
    age = time.time_ns() // 1_000_000 - record.arrived_ms
    return "record_age_exceeded" if age > milliseconds(FAILING_AT_MOST) else ""
