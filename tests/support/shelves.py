"""A stream of several shards in memory, with sequence numbers as long as Kinesis' own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from omnipub.ports.stream import Pointer, StreamRecord
from omnipub.ports.stream_reader import Lag, Shard, StartPosition
from omnipub.services.stream.wire_format import pointer_to_text


@dataclass
class MemoryStreamReader:
    """The `StreamReader` port, and a `put` of one pointer."""

    now: Callable[[], datetime]
    names: Sequence[str] = ("shardId-000000000000", "shardId-000000000001")
    retention: timedelta = timedelta(hours=24)
    taken: int = 0
    gone: int = 0
    kept: list[StreamRecord] = field(default_factory=list)

    def put(self, pointer: Pointer, shard: int = 0) -> None:
        self.taken += 1
        record = StreamRecord(
            shard=self.names[shard],
            sequence=f"4966{self.taken:052d}",
            arrived_at=self.now(),
            partition_key=pointer.group,
            data=pointer_to_text(pointer),
        )
        self.kept.append(record)

    def trim(self) -> None:
        before = len(self.kept)
        self.kept = [one for one in self.kept if one.arrived_at >= self.now() - self.retention]
        self.gone += before - len(self.kept)

    def shards(self) -> Sequence[Shard]:
        return [Shard(name=name) for name in self.names]

    def page(self, shard: str, start: StartPosition, *, limit: int) -> Sequence[StreamRecord]:
        def wanted(one: StreamRecord) -> bool:
            if start.after:
                return int(one.sequence) > int(start.after)
            return int(one.sequence) >= int(start.sequence or 0)

        inside = [one for one in self.kept if one.shard == shard and wanted(one)]
        while start.at is not None and inside and inside[0].arrived_at < start.at:
            inside.pop(0)
        return inside[:limit]

    def gone_before(self) -> datetime | None:
        return self.now() - self.retention if self.gone else None

    def lag(self) -> Lag:
        return Lag(records=None, age=timedelta(0))
