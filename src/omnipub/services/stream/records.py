"""Read the stream's records: a span of them in order, the newest of them, and what arrives meanwhile."""

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipub.errors import InvalidInputError
from omnipub.ports.stream import StreamRecord
from omnipub.ports.stream_reader import StartPosition, StreamReader

PAGE = 1000

SKEW = timedelta(minutes=1)
"""Arrival times are approximate: a record may stand this much behind one that says it is younger."""


@dataclass(frozen=True, kw_only=True)
class StreamRecords:
    """Reads the records of a stream, shard by shard."""

    reader: StreamReader

    def span(self, start: StartPosition, *, until: datetime, shard: str = "") -> Iterator[StreamRecord]:
        """The records from `start` that arrived before `until`, of one shard or of one after the other.

        `until` must not lie ahead: what the reading itself causes would be read too.
        """
        for name in [shard] if shard else [one.name for one in self.reader.shards()]:
            for record in self._of(name, start):
                if record.arrived_at >= until + SKEW:
                    break
                if record.arrived_at < until:
                    yield record

    def newest(self, start: StartPosition, *, count: int) -> tuple[Sequence[StreamRecord], Mapping[str, StartPosition]]:
        """The newest `count` records from `start` on, the oldest of them first, and where each shard goes on."""
        found, ends = [], {}
        for shard in self.reader.shards():
            kept: deque[StreamRecord] = deque(maxlen=count)
            end = start
            for record in self._of(shard.name, start):
                kept.append(record)
                end = StartPosition(after=record.sequence)
            found.append(kept)
            ends[shard.name] = end
        return list(_by_arrival(found))[-count:], ends

    def fresh(self, ends: Mapping[str, StartPosition]) -> tuple[Sequence[StreamRecord], Mapping[str, StartPosition]]:
        """What has arrived behind `ends`, and the new ends; a shard that is new is read from its beginning."""
        found, after = [], dict(ends)
        for shard in self.reader.shards():
            page = self.reader.page(shard.name, ends.get(shard.name, StartPosition()), limit=PAGE)
            found.append(page)
            if page:
                after[shard.name] = StartPosition(after=page[-1].sequence)
        return list(_by_arrival(found)), after

    def place(self, text: str) -> tuple[str, StartPosition]:
        """The shard and the start that `SEQUENCE` or `SHARD:SEQUENCE` names.

        Raises:
            InvalidInputError: It names none, or the shard must be said.
        """
        named, _, sequence = text.rpartition(":")
        shards = [one.name for one in self.reader.shards()]
        if not (sequence.isascii() and sequence.isdigit()):
            raise InvalidInputError(f"'{text}' is no sequence number.", hint="It is digits, as the stream shows them.")
        if named and named not in shards:
            raise InvalidInputError(f"There is no shard '{named}'.", hint=f"There are: {', '.join(shards)}.")
        if not named and len(shards) > 1:
            raise InvalidInputError(
                "The stream has several shards, each with its own sequence.", hint=f"Say {shards[0]}:{sequence}."
            )
        return named or shards[0], StartPosition(sequence=sequence)

    def gone_from(self, start: StartPosition, shard: str = "") -> datetime | None:
        """Before which moment records that `start` asked for may be gone; None if it asked for none of those."""
        gone = self.reader.gone_before()
        if gone is None:
            return None
        if start.at is not None:
            return gone if start.at < gone else None
        if not start.sequence:
            return gone
        first, oldest = (self.reader.page(shard, one, limit=1) for one in (start, StartPosition()))
        return gone if first and first == oldest and first[0].sequence != start.sequence else None

    def _of(self, shard: str, start: StartPosition) -> Iterator[StreamRecord]:
        while page := self.reader.page(shard, start, limit=PAGE):
            yield from page
            start = StartPosition(after=page[-1].sequence)


def _by_arrival(found: Sequence[Sequence[StreamRecord]] | Sequence[deque[StreamRecord]]) -> Iterator[StreamRecord]:
    return heapq.merge(*found, key=lambda one: one.arrived_at)
