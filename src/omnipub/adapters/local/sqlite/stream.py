"""The stream in SQLite: what Kinesis does, on one machine.

Records keep their order within a partition key, and stay until retention ends. They are read in batches per lane
(Kinesis' parallelisation factor). A reader that dies before its checkpoint reads them again. The queue's write is a
transaction of its own, not the table's. So one machine is no stronger than AWS.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omnipub.adapters.local.sqlite import parked
from omnipub.adapters.local.sqlite.database import Database
from omnipub.adapters.local.sqlite.parked import SqliteParked
from omnipub.adapters.local.sqlite.stream_reader import RETENTION_MS, SqliteStreamReader
from omnipub.errors import UnavailableError
from omnipub.ports.stream import Pointer
from omnipub.services.stream.wire_format import pointer_to_text

LANES = 10
"""Batches of one shard that are worked on side by side."""

_CHECKPOINT = (
    "INSERT INTO checkpoints (lane, sequence) VALUES (?, ?) "
    "ON CONFLICT (lane) DO UPDATE SET sequence = max(sequence, excluded.sequence)"
)

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS records (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    lane INTEGER NOT NULL,
    partition_key TEXT NOT NULL,
    data TEXT NOT NULL,
    arrived_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS by_lane ON records (lane, sequence);
CREATE INDEX IF NOT EXISTS by_arrival ON records (arrived_ms);
CREATE TABLE IF NOT EXISTS checkpoints (lane INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS fullness (only INTEGER PRIMARY KEY CHECK (only = 1), seen_ms INTEGER NOT NULL);
{parked.SCHEMA}
"""


@dataclass(frozen=True, kw_only=True)
class StoredRecord:
    """A record as Kinesis would hand it over."""

    sequence: int
    partition_key: str
    data: str
    arrived_ms: int


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class SqliteStream:
    """The `Stream` port, and the worker's side of it.

    Attributes:
        reader: The records as people and replays read them, consumed or not.
        parked: The records that were given up on.
    """

    def __init__(self, path: Path, *, now_ms: Callable[[], int] = _wall_ms) -> None:
        self._database = Database(path, _SCHEMA, expendable=True)
        self._now_ms = now_ms
        self.reader = SqliteStreamReader(self._database, now_ms=now_ms, lanes=range(LANES))
        self.parked = SqliteParked(self._database)
        self._changed = threading.Condition()
        self.generation = 0
        """Goes up with each put of this process and each wake; a reader notes it before it reads."""

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def put(self, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        """Put pointers; all of them or none are taken."""
        now = self._now_ms()
        rows = [(lane_of(one.group), one.group, pointer_to_text(one), now) for one in pointers]
        try:
            with self._database.writing() as connection:
                connection.executemany(
                    "INSERT INTO records (lane, partition_key, data, arrived_ms) VALUES (?, ?, ?, ?)", rows
                )
        except UnavailableError:
            return pointers
        self.wake()
        return ()

    def wait(self, generation: int, seconds: float) -> None:
        """Return when anything has changed since `generation`, or after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: self.generation != generation, seconds)

    def wake(self) -> None:
        """End every `wait`, also those that are about to begin."""
        with self._changed:
            self.generation += 1
            self._changed.notify_all()

    def batch(self, lane: int, *, limit: int, after: int | None = None) -> list[StoredRecord]:
        """The lane's next records after its checkpoint, or behind the sequence number `after`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT sequence, partition_key, data, arrived_ms FROM records WHERE lane = ? AND sequence > "
                "coalesce(?, (SELECT sequence FROM checkpoints WHERE lane = ?), 0) ORDER BY sequence LIMIT ?",
                (lane, after, lane, limit),
            ).fetchall()
        return [
            StoredRecord(
                sequence=row["sequence"],
                partition_key=row["partition_key"],
                data=row["data"],
                arrived_ms=row["arrived_ms"],
            )
            for row in rows
        ]

    def checkpoint(self, done: Mapping[int, int]) -> None:
        """Each lane of `done` has done with everything up to its sequence number; written in one transaction."""
        with self._database.writing() as connection:
            connection.executemany(_CHECKPOINT, list(done.items()))

    def park(self, records: Sequence[StoredRecord], *, tries: int, why: str) -> None:
        """Give records up: kept whole until somebody replays them. No checkpoint moves."""
        now = self._now_ms()
        rows = [(one.sequence, one.partition_key, one.data, one.arrived_ms, now, tries, why) for one in records]
        with self._database.writing() as connection:
            connection.executemany(parked.KEEP, rows)

    def note_full(self) -> None:
        """Write down that as much is under way at this moment as may be, for whoever looks from outside."""
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO fullness VALUES (1, ?)", (self._now_ms(),))

    def full_ms_ago(self) -> int | None:
        """How long ago that was written down last, in milliseconds; None if it never was."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT seen_ms FROM fullness").fetchone()
        return None if row is None else max(0, self._now_ms() - int(row[0]))

    def last_sequence(self) -> int:
        """The newest record's sequence number; it changes with every put, by whichever process."""
        with self._database.reading() as connection:
            return int(connection.execute("SELECT coalesce(max(sequence), 0) FROM records").fetchone()[0])

    def iterator_age_ms(self) -> int:
        """How long the oldest unread record has been waiting, in milliseconds; 0 if all are read."""
        oldest = [records[0].arrived_ms for lane in range(LANES) if (records := self.batch(lane, limit=1))]
        return max(0, self._now_ms() - min(oldest)) if oldest else 0

    def prune(self) -> None:
        """Forget what is older than retention, read or not, as Kinesis does."""
        with self._database.writing() as connection:
            oldest = self._now_ms() - RETENTION_MS
            connection.execute(
                "DELETE FROM records WHERE arrived_ms < ? AND sequence < (SELECT max(sequence) FROM records)", (oldest,)
            )


def lane_of(partition_key: str) -> int:
    """The lane of a partition key; records of one key never run side by side."""
    return int.from_bytes(hashlib.sha256(partition_key.encode()).digest()[:4], "big") % LANES
