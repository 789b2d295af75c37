"""Replays meet the claim: what is out stays out once, what is parked goes out once, and each record has its verdict."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.local.sqlite.delay import SqliteDelay
from omnipub.adapters.local.sqlite.stream import LANES, SqliteStream
from omnipub.adapters.local.sqlite.stream_reader import RETENTION_MS
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.adapters.system.worker_pool import WorkerPool
from omnipub.domain.message import Content
from omnipub.domain.timestamps import EPOCH, Schedule, milliseconds
from omnipub.errors import GateClosedError, NotFoundError, UnavailableError
from omnipub.handlers import worker
from omnipub.onebox import loops, stream_consumer
from omnipub.onebox.aws_events import LambdaContext, kinesis_event
from omnipub.onebox.delay_timer import DelayTimer
from omnipub.onebox.worker_invoke import HandlerWorker
from omnipub.ports.stream import Pointer
from omnipub.ports.stream_reader import StartPosition
from omnipub.ports.table import Item, Key
from omnipub.services.stream.replay import Candidate, Replay, ReplayResult
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from omnipub.wiring.assemble import System, assemble
from omnipub.wiring.local import replay_of
from support.world import CHANNELS, OWNER, FakeClock, TestBed, make_bed

RATE = 1000


class Failing(SqliteTable):
    """A table that fails on the partition it is told to."""

    broken = ""

    def get(self, key: Key) -> Item | None:
        if self.broken and key.pk == self.broken:
            raise UnavailableError("Throttled.")
        return super().get(key)


@dataclass
class Streaming:
    """The fake world with a stream that keeps its records."""

    bed: TestBed
    stream: SqliteStream
    system: System
    table: Failing

    @property
    def clock(self) -> FakeClock:
        return self.bed.clock

    @property
    def replay(self) -> Replay:
        return replay_of(self.system)

    def compose(self, *texts: str, channels: tuple[str, ...] = ("looked",), **more: Any) -> list[str]:
        return [
            self.system.compose.message(owner=OWNER, content=Content(text=text), channels=list(channels), **more).id
            for text in texts
        ]

    def work(self) -> None:
        """Let the worker read everything, as its trigger does."""
        handle = worker.build(self.system)
        for lane in range(LANES):
            while batch := self.stream.batch(lane, limit=100):
                assert handle(kinesis_event(batch), LambdaContext(function_name="w")) == {"batchItemFailures": []}
                self.stream.checkpoint({lane: batch[-1].sequence})

    def park(self) -> list[str]:
        """Give up everything that is not read yet."""
        for lane in range(LANES):
            if batch := self.stream.batch(lane, limit=100):
                self.stream.park(batch, tries=11, why="retries_exhausted")
                self.stream.checkpoint({lane: batch[-1].sequence})
        return [one.id for one in self.stream.parked.page(limit=100)]

    def everything(self) -> Iterator[Candidate]:
        self.clock.advance(milliseconds=1)
        return self.replay.retained(StartPosition(), until=self.clock.now())

    def run(self, candidates: Iterator[Candidate], *, rate: int = RATE) -> list[ReplayResult]:
        return list(self.replay.run(candidates, worker=HandlerWorker(self.system), rate=rate))

    def requests(self) -> tuple[int, int]:
        """What reached the network: tries to publish, and looks."""
        return len(self.bed.network.tokens), self.bed.network.looks

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Everything that is written anywhere."""
        with self.table._database.reading() as table, self.stream._database.reading() as stream:
            return [
                *(tuple(row) for row in table.execute("SELECT * FROM items ORDER BY pk, sk")),
                *(tuple(row) for row in stream.execute("SELECT * FROM records")),
                *(tuple(row) for row in stream.execute("SELECT * FROM parked")),
                *(tuple(row) for row in stream.execute("SELECT * FROM checkpoints")),
            ]


@pytest.fixture
def streaming(tmp_path: Path) -> Iterator[Streaming]:
    table = Failing(tmp_path / "table.db")
    bed = make_bed(tmp_path, table=table)
    stream = SqliteStream(tmp_path / "stream.db", now_ms=lambda: milliseconds(bed.clock.now() - EPOCH))
    system = assemble(bed.system.settings, replace(bed.system.world, stream=stream), CHANNELS)
    yield Streaming(bed, stream, system, table)
    system.close()


def verdicts(replayed: list[ReplayResult]) -> list[str]:
    return [one.judged.verdict for one in replayed]


def test_replaying_the_whole_stream_of_what_is_published_sends_nothing(streaming: Streaming) -> None:
    streaming.compose("one", "two", "three", channels=tuple(CHANNELS))
    streaming.work()
    assert len(streaming.bed.network.posts) == 9
    before = streaming.requests()
    replayed = streaming.run(streaming.everything())
    assert verdicts(replayed) == ["already_published"] * 9
    assert streaming.requests() == before
    assert len(streaming.bed.network.posts) == 9


def test_a_replay_that_is_replayed_sends_what_was_due_once(streaming: Streaming) -> None:
    streaming.compose("one", "two")
    assert verdicts(streaming.run(streaming.everything())) == ["published", "published"]
    assert verdicts(streaming.run(streaming.everything())) == ["already_published", "already_published"]
    streaming.work()
    assert streaming.bed.network.texts() == ["one", "two"]


def test_records_of_one_delivery_each_get_their_own_verdict(streaming: Streaming) -> None:
    streaming.compose("one")
    streaming.system.run_now.run(dry_run=False)
    streaming.system.run_now.run(dry_run=False)
    replayed = streaming.run(streaming.everything())
    assert verdicts(replayed) == ["published", "already_published", "already_published"]
    assert streaming.bed.network.texts() == ["one"]


def test_parked_records_are_delivered_once_and_leave_the_parking_place(streaming: Streaming) -> None:
    streaming.compose("one", "two")
    streaming.park()
    assert streaming.stream.parked.count() == 2
    assert verdicts(streaming.run(streaming.replay.given_up())) == ["published", "published"]
    assert streaming.stream.parked.count() == 0
    streaming.run(streaming.everything())
    assert streaming.bed.network.texts() == ["one", "two"]


def test_a_parked_record_that_the_table_has_had_sent_meanwhile_is_only_removed(streaming: Streaming) -> None:
    streaming.compose("one")
    streaming.park()
    streaming.system.run_now.run(dry_run=False)
    streaming.work()
    assert verdicts(streaming.run(streaming.replay.given_up())) == ["already_published"]
    assert streaming.stream.parked.count() == 0
    assert streaming.bed.network.texts() == ["one"]


def test_only_the_parked_records_that_are_named_are_replayed(streaming: Streaming) -> None:
    streaming.compose("one", "two", "three")
    ids = streaming.park()
    streaming.run(streaming.replay.given_up([ids[1], ids[1]]))
    assert streaming.bed.network.texts() == ["two"]
    assert [one.id for one in streaming.stream.parked.page(limit=9)] == [ids[0], ids[2]]


def test_a_name_that_is_not_parked_is_an_error_before_anything_is_done(streaming: Streaming) -> None:
    streaming.compose("one")
    (id_,) = streaming.park()
    with pytest.raises(NotFoundError, match="No record 99 is parked"):
        streaming.replay.given_up([id_, "99"])


def test_what_our_storage_fails_on_stays_parked_and_the_rest_goes_out(streaming: Streaming) -> None:
    ids = streaming.compose("one", "two", "three")
    parked = streaming.park()
    streaming.table.broken = f"MSG#{ids[1]}"
    replayed = streaming.run(streaming.replay.given_up())
    assert verdicts(replayed) == ["published", "storage_failed", "published"]
    assert [one.id for one in streaming.stream.parked.page(limit=9)] == [parked[1]]
    streaming.table.broken = ""
    assert verdicts(streaming.run(streaming.replay.given_up())) == ["published"]
    assert sorted(streaming.bed.network.texts()) == ["one", "three", "two"]
    assert streaming.stream.parked.count() == 0


def test_what_the_trigger_gave_up_while_storage_failed_goes_out_once_by_a_replay(
    streaming: Streaming, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_consumer, "FAILURES_AT_MOST", 1)
    (id_,) = streaming.compose("one")
    streaming.table.broken = f"MSG#{id_}"
    delay = SqliteDelay(tmp_path / "delay.db")
    turning = loops.Loops(
        stream=streaming.stream,
        timer=DelayTimer(delay, lambda *_: {}, now=lambda: datetime.now(UTC)),
        worker=worker.build(streaming.system),
        scheduler=lambda *_: {},
        pool=WorkerPool(slots=4),
    )
    turning.start()
    deadline = time.monotonic() + 10
    while not streaming.stream.parked.count():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    assert turning.stop(patience=timedelta(seconds=10))
    delay.close()
    assert streaming.bed.network.posts == []
    streaming.table.broken = ""
    assert verdicts(streaming.run(streaming.replay.given_up())) == ["published"]
    assert (streaming.bed.network.texts(), streaming.stream.parked.count()) == (["one"], 0)


def test_what_a_mistake_of_ours_breaks_on_stays_parked(streaming: Streaming, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, delivery: Any, *read: Any) -> Any:  # noqa: ARG001  a method's signature
        raise RuntimeError

    streaming.compose("one")
    streaming.park()
    monkeypatch.setattr(type(streaming.system.deliver.contents), "of", broken)
    assert verdicts(streaming.run(streaming.replay.given_up())) == ["worker_broke"]
    assert streaming.stream.parked.count() == 1


def test_what_the_worker_does_not_come_to_stays_parked(streaming: Streaming) -> None:
    streaming.compose("one", "two", "three")
    streaming.park()
    streaming.bed.network.takes = timedelta(seconds=25)
    assert verdicts(streaming.run(streaming.replay.given_up())) == ["published", "published", "put_off"]
    assert streaming.stream.parked.count() == 1


def test_what_an_outcome_becomes_is_the_verdict(streaming: Streaming) -> None:
    streaming.compose("one", "two", "three")
    streaming.bed.network.orders = ["reject", "throttle", "ok"]
    assert verdicts(streaming.run(streaming.everything())) == ["failed", "scheduled", "published"]


def test_foreseeing_says_what_would_become_of_each_and_writes_and_sends_nothing(streaming: Streaming) -> None:
    (published,) = streaming.compose("published")
    streaming.work()
    cancelled, waiting, later = streaming.compose("cancelled", "waiting", "later")
    parents = {one: keys.parent_of(f"MSG#{one}") for one in (cancelled, later)}
    viewer = _viewer()
    streaming.system.operate.cancel(parents[cancelled], viewer, channels=[])
    at = streaming.clock.now() + timedelta(hours=1)
    streaming.system.operate.edit(parents[later], viewer, schedule=Schedule(at=at, local="", zone="UTC"))
    streaming.system.run_now.run([keys.parent_of(f"MSG#{waiting}")], dry_run=False)
    streaming.stream.put([Pointer(pk="MSG#none", sk="CHANNEL#looked", group="looked/1", why="due")])
    _put_foreign(streaming.stream)
    candidates = list(streaming.everything())
    before, sent = streaming.snapshot(), streaming.requests()
    foreseen = list(streaming.replay.foresee(candidates))
    assert {one.candidate.pointer.pk[-26:]: one.judged.verdict for one in foreseen[:3] if one.candidate.pointer} == {
        published: "already_published",
        cancelled: "already_cancelled",
        waiting: "would_send",
    }
    assert verdicts(foreseen)[3:] == ["not_due_yet", "repeated", "unknown", "unknown"]
    assert (streaming.snapshot(), streaming.requests()) == (before, sent)


def test_what_is_foreseen_is_what_then_happens(streaming: Streaming) -> None:
    streaming.compose("one", "two")
    streaming.work()
    streaming.compose("three")
    candidates = list(streaming.everything())
    assert verdicts(list(streaming.replay.foresee(candidates))) == ["already_published"] * 2 + ["would_send"]
    assert verdicts(streaming.run(iter(candidates))) == ["already_published"] * 2 + ["published"]


def test_a_delivery_whose_worker_died_would_be_found_out(streaming: Streaming) -> None:
    streaming.compose("one")
    streaming.bed.network.orders = ["lost_answer"]
    streaming.work()
    streaming.clock.advance(minutes=10)
    assert verdicts(list(streaming.replay.foresee(streaming.everything()))) == ["would_find_out"]


def test_what_is_overdue_past_its_window_would_be_missed(streaming: Streaming) -> None:
    streaming.compose("one")
    streaming.clock.advance(days=2)
    assert verdicts(list(streaming.replay.foresee(streaming.everything()))) == ["would_miss"]


def test_a_foreign_record_is_unknown_and_does_not_stop_the_replay(streaming: Streaming) -> None:
    _put_foreign(streaming.stream)
    streaming.compose("one")
    assert verdicts(streaming.run(streaming.everything())) == ["unknown", "published"]


def test_putting_again_leaves_the_sending_to_the_worker_and_says_why(streaming: Streaming) -> None:
    streaming.compose("one", "two")
    streaming.park()
    assert verdicts(list(streaming.replay.reput(streaming.replay.given_up(), rate=RATE))) == ["put", "put"]
    assert streaming.stream.parked.count() == 0
    assert streaming.bed.network.posts == []
    assert [one.pointer.why for one in streaming.everything() if one.pointer] == ["now", "now", "replay", "replay"]
    streaming.work()
    assert streaming.bed.network.texts() == ["one", "two"]


def test_what_the_stream_does_not_take_stays_parked(streaming: Streaming) -> None:
    streaming.compose("one")
    streaming.park()
    with streaming.stream._database.writing() as connection:
        connection.execute("ALTER TABLE records RENAME TO elsewhere")
    assert verdicts(list(streaming.replay.reput(streaming.replay.given_up(), rate=RATE))) == ["not_put"]
    assert streaming.stream.parked.count() == 1


def test_putting_the_whole_stream_again_ends(streaming: Streaming) -> None:
    streaming.compose("one", "two")
    assert len(list(streaming.replay.reput(streaming.everything(), rate=RATE))) == 2


def test_the_rate_spaces_the_records(streaming: Streaming) -> None:
    streaming.compose(*(f"text {number}" for number in range(10)))
    began = streaming.clock.now()
    going = streaming.replay.reput(streaming.everything(), rate=2)
    assert [(streaming.clock.now() - began) // timedelta(seconds=1) for _ in going] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_a_span_has_a_beginning_and_an_end_that_is_excluded(streaming: Streaming) -> None:
    began = streaming.clock.now()
    for number in range(4):
        streaming.compose(f"text {number}")
        streaming.clock.advance(minutes=5)
    five = timedelta(minutes=5)
    found = streaming.replay.retained(StartPosition(at=began + five), until=began + 3 * five)
    assert [one.record.arrived_at for one in found] == [began + five, began + 2 * five]


def test_where_the_gate_is_closed_nothing_is_replayed(streaming: Streaming) -> None:
    streaming.compose("one")
    streaming.park()
    streaming.table.put(plain_item(keys.gate(), identity="elsewhere", epoch=1, version=1))
    for again in (
        lambda: streaming.run(streaming.replay.given_up()),
        lambda: list(streaming.replay.reput(streaming.replay.given_up(), rate=RATE)),
    ):
        with pytest.raises(GateClosedError):
            again()
    assert streaming.stream.parked.count() == 1
    assert streaming.bed.network.posts == []


def test_beyond_retention_the_stream_says_what_is_gone_and_the_table_still_knows(streaming: Streaming) -> None:
    began = streaming.clock.now()
    streaming.bed.network.orders = ["refuse_connection"]
    streaming.compose("one", window=timedelta(days=2))
    streaming.work()
    streaming.clock.advance(milliseconds=RETENTION_MS + 1)
    streaming.compose("two", channels=("keyed",))
    streaming.stream.prune()
    records = streaming.replay.records
    gone = records.gone_from(StartPosition(at=began), "")
    assert gone is not None
    assert gone > began
    assert records.gone_from(StartPosition(at=gone), "") is None
    assert [one.dispatched for one in streaming.system.run_now.run(dry_run=False).rows] == [True, True]


def _viewer() -> Any:
    from omnipub.services.messages.read import Viewer

    return Viewer(owner=OWNER)


def _put_foreign(stream: SqliteStream) -> None:
    with stream._database.writing() as connection:
        connection.execute(
            "INSERT INTO records (lane, partition_key, data, arrived_ms) VALUES (0, 'x', 'not ours', ?)",
            (stream._now_ms(),),
        )
