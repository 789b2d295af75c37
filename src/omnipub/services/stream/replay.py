"""Replay records: say what would become of them, give them to the worker again, or put their pointers again.

The worker decides by the table, as it does for every record. A replay that repeats what is done ends there. A parked
record leaves the parking place when the worker, or the stream, has taken it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from omnipub.domain.delivery.decide import NextAct, next_step
from omnipub.errors import NotFoundError
from omnipub.hints import Action, Hint
from omnipub.ports.invoke import Judgement, WorkerInvoker
from omnipub.ports.parked import Parked
from omnipub.ports.stream import Pointer, Stream, StreamRecord
from omnipub.ports.stream_reader import StartPosition, StreamReader
from omnipub.ports.table import Item, Key
from omnipub.services.base import Base
from omnipub.services.protocol.gate import Gate
from omnipub.services.stream.records import StreamRecords
from omnipub.services.stream.wire_format import pointer_from_text
from omnipub.storage import keys
from omnipub.storage.items import delivery_of

BATCH = 100
"""Records of one batch at most, as the worker's trigger hands them over."""

FOREIGN = Judgement(verdict="unknown", why="not a pointer of ours")
NO_DELIVERY = Judgement(verdict="unknown", why="no such delivery")
REPEATED = Judgement(verdict="repeated", why="an earlier record names it")
PUT = Judgement(verdict="put", why="on the stream again")
NOT_PUT = Judgement(verdict="not_put", why="the stream did not take it")
STORAGE_FAILED = Judgement(verdict="storage_failed", why="our own storage failed; it is as it was")
WORKER_BROKE = Judgement(verdict="worker_broke", why="a mistake of ours; the log says which")
PUT_OFF = Judgement(verdict="put_off", why="the worker did not come to it")

UNDONE = frozenset(one.verdict for one in (NOT_PUT, STORAGE_FAILED, WORKER_BROKE, PUT_OFF))
"""Verdicts after which a parked record stays parked."""

_FORESEEN = {
    NextAct.SEND: "would_send",
    NextAct.WAIT: "would_send",
    NextAct.FIND_OUT: "would_find_out",
    NextAct.MISS: "would_miss",
}
FORESEEN = frozenset(_FORESEEN.values())
"""Verdicts of what the worker would act on."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A record to replay; `parked` is its id among the parked ones, or empty."""

    record: StreamRecord
    parked: str = ""

    @property
    def pointer(self) -> Pointer | None:
        """Where it points, or None if it is not ours."""
        return pointer_from_text(self.record.data)


@dataclass(frozen=True, kw_only=True)
class ReplayResult:
    """What became, or would become, of a record."""

    candidate: Candidate
    judged: Judgement


@dataclass(frozen=True, kw_only=True)
class Replay:
    """Replays."""

    base: Base
    stream: Stream
    reader: StreamReader
    parked: Parked
    gate: Gate

    @property
    def records(self) -> StreamRecords:
        """The stream's records."""
        return StreamRecords(reader=self.reader)

    def retained(self, start: StartPosition, *, until: datetime, shard: str = "") -> Iterator[Candidate]:
        """The records of a span of the stream."""
        return (Candidate(record=one) for one in self.records.span(start, until=until, shard=shard))

    def given_up(self, ids: Sequence[str] = ()) -> Iterator[Candidate]:
        """The parked records, or those named.

        Raises:
            NotFoundError: One of `ids` is not parked.
        """
        if not ids:
            return self._all_parked()
        found = self.parked.named(list(dict.fromkeys(ids)))
        missing = set(ids) - {one.id for one in found}
        if missing:
            raise NotFoundError(f"No record {min(missing)} is parked.", hint=Hint(action=Action.LIST_PARKED))
        return (Candidate(record=one.record, parked=one.id) for one in found)

    def foresee(self, candidates: Iterable[Candidate]) -> Iterator[ReplayResult]:
        """What the worker would do, by what the table says now; nothing is sent and nothing written."""
        acted: set[Key] = set()
        for batch in _chunks(candidates, BATCH):
            keys_of = [_key(one.pointer) for one in batch]
            items = self.base.table.batch_get(list({key for key in keys_of if key is not None}))
            now = self.base.clock.now()
            for one, key in zip(batch, keys_of, strict=True):
                judged = FOREIGN if key is None else _foreseen(items.get(key), key, now)
                if key is not None and judged.verdict in FORESEEN:
                    judged = REPEATED if key in acted else judged
                    acted.add(key)
                yield ReplayResult(candidate=one, judged=judged)

    def run(self, candidates: Iterable[Candidate], *, worker: WorkerInvoker, rate: int) -> Iterator[ReplayResult]:
        """Give the records to the worker, at most `rate` a second; what it did with each, batch by batch.

        Raises:
            GateClosedError: Nothing is sent from this table.
        """
        for batch in self._paced(candidates, rate):
            self.gate.check()
            verdicts: Mapping[str, Judgement] = {}
            ours = [one.record for one in batch if one.pointer is not None]
            if ours:
                verdicts = worker.invoke(ours)
            judged = [
                verdicts.get(one.record.sequence, PUT_OFF) if one.pointer is not None else FOREIGN for one in batch
            ]
            yield from self._settled(batch, judged)

    def reput(self, candidates: Iterable[Candidate], *, rate: int) -> Iterator[ReplayResult]:
        """Put the records' pointers on the stream again, at most `rate` a second, for the worker to come to.

        Raises:
            GateClosedError: Nothing is sent from this table.
        """
        for batch in self._paced(candidates, rate):
            self.gate.check()
            pointers = [replace(one.pointer, why="replay") if one.pointer else None for one in batch]
            lost = set(self.stream.put([pointer for pointer in pointers if pointer is not None]))
            judged = [FOREIGN if one is None else NOT_PUT if one in lost else PUT for one in pointers]
            yield from self._settled(batch, judged)

    def _settled(self, batch: Sequence[Candidate], judged: Sequence[Judgement]) -> Iterator[ReplayResult]:
        """The batch with its verdicts; what is done with is no longer parked."""
        replayed = [ReplayResult(candidate=one, judged=word) for one, word in zip(batch, judged, strict=True)]
        done = [one.candidate.parked for one in replayed if one.judged.verdict not in UNDONE]
        if any(done):
            self.parked.forget([id_ for id_ in done if id_])
        return iter(replayed)

    def _paced(self, candidates: Iterable[Candidate], rate: int) -> Iterator[Sequence[Candidate]]:
        began, done = self.base.clock.now(), 0
        for batch in _batches(candidates, min(BATCH, rate)):
            self.base.clock.sleep_until(began + timedelta(seconds=done / rate))
            yield batch
            done += len(batch)

    def _all_parked(self) -> Iterator[Candidate]:
        after = ""
        while page := self.parked.page(after=after, limit=BATCH):
            yield from (Candidate(record=one.record, parked=one.id) for one in page)
            after = page[-1].id


def worker_verdict(verdict: str, why: str) -> Judgement:
    """The worker's verdict as a replay tells it: what it let be is named by its reason."""
    return (
        Judgement(verdict=why.replace(" ", "_"), why=why)
        if verdict == "let_be"
        else Judgement(verdict=verdict, why=why)
    )


def _foreseen(item: Item | None, key: Key, now: datetime) -> Judgement:
    if item is None or keys.channel_of(key.sk) is None:
        return NO_DELIVERY
    step = next_step(delivery_of(item), now)
    return worker_verdict(_FORESEEN.get(step.act, step.act.value), step.why)


def _key(pointer: Pointer | None) -> Key | None:
    return Key(pointer.pk, pointer.sk) if pointer else None


def _batches(candidates: Iterable[Candidate], most: int) -> Iterator[Sequence[Candidate]]:
    """Batches of one shard, no two records of one about the same delivery: so that each has its own verdict."""
    batch: list[Candidate] = []
    named: set[Key | None] = set()
    for one in candidates:
        key = _key(one.pointer)
        if batch and (batch[0].record.shard != one.record.shard or (key is not None and key in named)):
            yield batch
            batch, named = [], set()
        batch.append(one)
        named.add(key)
        if len(batch) == most:
            yield batch
            batch, named = [], set()
    if batch:
        yield batch


def _chunks(candidates: Iterable[Candidate], most: int) -> Iterator[Sequence[Candidate]]:
    chunk: list[Candidate] = []
    for one in candidates:
        chunk.append(one)
        if len(chunk) == most:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
