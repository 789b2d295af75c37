"""The stream in SQLite as people and replays read it: one shard, and every record until its retention ends."""

import re
import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from omnipub.adapters.local.sqlite.database import Database
from omnipub.domain.timestamps import EPOCH, milliseconds
from omnipub.errors import InvalidInputError
from omnipub.hints import Action, Hint
from omnipub.ports.stream import StreamRecord
from omnipub.ports.stream_reader import Lag, Shard, StartPosition

SHARD = "shardId-000000000000"
"""The only shard; the lanes within it are the consumer's."""

RETENTION_MS = 24 * 60 * 60 * 1000
"""How long a record is kept: Kinesis' default."""

KINESIS_PREFIX = "4959033849"
"""What a sequence number of this machine begins with in Kinesis' form, as events and logs have it."""

_BEHIND = (
    "SELECT count(*) AS records, min(arrived_ms) AS oldest FROM records WHERE lane = ? AND sequence > "
    "coalesce((SELECT sequence FROM checkpoints WHERE lane = ?), 0)"
)

_KINESIS_DIGITS = 56
_GREATEST = 2**63 - 1


class SqliteStreamReader:
    """The `StreamReader` port."""

    retention = timedelta(milliseconds=RETENTION_MS)

    def __init__(self, database: Database, *, now_ms: Callable[[], int], lanes: Collection[int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._lanes = lanes

    def shards(self) -> Sequence[Shard]:
        """The shard."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT count(*) AS records, min(arrived_ms) AS oldest, max(arrived_ms) AS newest FROM records"
            ).fetchone()
        empty = not row["records"]
        return [
            Shard(
                name=SHARD,
                records=row["records"],
                oldest_at=None if empty else moment_of(row["oldest"]),
                newest_at=None if empty else moment_of(row["newest"]),
            )
        ]

    def page(self, shard: str, start: StartPosition, *, limit: int) -> Sequence[StreamRecord]:
        """The next records, by sequence."""
        if shard != SHARD:
            return []
        first, values = _first(start)
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT sequence, partition_key, data, arrived_ms FROM records "  # noqa: S608  `first` is one of ours
                f"WHERE sequence >= {first} ORDER BY sequence LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [record_of(row) for row in rows]

    def gone_before(self) -> datetime | None:
        """The end of what was ever pruned, unless the oldest record is the first one ever."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT sequence, arrived_ms FROM records ORDER BY sequence LIMIT 1").fetchone()
        if row is None or row["sequence"] == 1:
            return None
        return moment_of(min(row["arrived_ms"], self._now_ms() - RETENTION_MS))

    def lag(self) -> Lag:
        """What lies behind the checkpoints of its lanes: as much is read as there is of that."""
        with self._database.reading() as connection:
            behind = [connection.execute(_BEHIND, (lane, lane)).fetchone() for lane in self._lanes]
        oldest = min((row["oldest"] for row in behind if row["records"]), default=None)
        if oldest is None:
            return Lag(records=0, age=timedelta(0))
        age = timedelta(milliseconds=max(0, self._now_ms() - oldest))
        return Lag(records=sum(row["records"] for row in behind), age=age)


def record_of(row: sqlite3.Row) -> StreamRecord:
    """The record in a row."""
    return StreamRecord(
        shard=SHARD,
        sequence=str(row["sequence"]),
        arrived_at=moment_of(row["arrived_ms"]),
        partition_key=row["partition_key"],
        data=row["data"],
    )


def moment_of(stamp: int) -> datetime:
    """The moment of a time stamp in milliseconds."""
    return EPOCH + timedelta(milliseconds=stamp)


def _sequence(number: str) -> int:
    """A sequence as a person gives it.

    It is short, as this machine shows it, or in Kinesis' form, as logs have it.

    Raises:
        InvalidInputError: It is none.
    """
    if not re.fullmatch(r"[0-9]{1,129}", number):
        raise InvalidInputError(
            f"'{number}' is no sequence number.", hint=("It is digits.", Hint(action=Action.TAIL_STREAM))
        )
    kinesis = len(number) == _KINESIS_DIGITS
    return min(int(number.removeprefix(KINESIS_PREFIX) if kinesis else number), _GREATEST)


def _first(start: StartPosition) -> tuple[str, tuple[int, ...]]:
    """The first sequence as an expression, and the values in it."""
    if start.after:
        return "? + 1", (min(_sequence(start.after), _GREATEST - 1),)
    if start.sequence:
        return "?", (_sequence(start.sequence),)
    if start.at is not None:
        return (
            "coalesce((SELECT min(sequence) FROM records WHERE arrived_ms >= ?), ?)",
            (milliseconds(start.at - EPOCH), _GREATEST),
        )
    return "0", ()
