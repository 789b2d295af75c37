"""After its tick the scheduler of a stage on AWS tells what needs a person; a failure of that fails no tick."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.config import Settings
from omnipub.domain.message import Content
from omnipub.domain.notice import Notice
from omnipub.errors import GateClosedError, UnavailableError
from omnipub.handlers import scheduler
from omnipub.onebox.aws_events import LambdaContext, tick_event
from omnipub.ports.table import Key, Query, Write
from omnipub.wiring.assemble import assemble
from omnipub_cli.deployment.cost.figures import value
from support.world import CHANNELS, OWNER, TestBed, make_bed

CONTEXT = LambdaContext(function_name="test")
ON_AWS = {"table": "t", "stream": "s", "queue": "q", "bucket": "b", "key": "k", "function": "f", "topic": "arn"}


@dataclass
class FakeTopic:
    taken: list[Notice] = field(default_factory=list)
    failing: Exception | None = None

    def targets(self) -> tuple[str, ...]:
        return ("topic",)

    def send(self, target: str, notice: Notice) -> None:
        assert target == "topic"
        if self.failing is not None:
            raise self.failing
        self.taken.append(notice)


@pytest.fixture
def topic() -> FakeTopic:
    return FakeTopic()


@pytest.fixture
def bed(tmp_path: Path, topic: FakeTopic) -> Iterator[TestBed]:
    made = make_bed(tmp_path)
    world = replace(made.system.world, notifier=topic)
    made.system = assemble(Settings(stage="prod", **ON_AWS), world, CHANNELS)  # type: ignore[arg-type]
    made.system.gate.enter()
    yield made
    made.close()


def tick(bed: TestBed) -> dict[str, Any]:
    return scheduler.build(bed.system)(tick_event(bed.clock.now()), CONTEXT)


def fail_one(bed: TestBed) -> None:
    bed.network.orders = ["reject"]
    bed.system.compose.message(owner=OWNER, content=Content(text="Refused"), channels=["looked"])
    bed.run_stream()


def test_a_tick_is_followed_by_what_needs_a_person(bed: TestBed, topic: FakeTopic) -> None:
    fail_one(bed)
    assert set(tick(bed)) == {"due", "overdue", "looks", "lost"}
    (notice,) = topic.taken
    assert (notice.kind, notice.origin) == ("failed", "prod, sandbox")
    assert notice.next == "The list shows what needs somebody."
    bed.clock.advance(minutes=1)
    tick(bed)
    assert len(topic.taken) == 1


def test_what_alarms_tell_is_left_to_them(bed: TestBed, topic: FakeTopic) -> None:
    bed.network.orders = ["no_answer"]
    bed.system.compose.message(owner=OWNER, content=Content(text="Who knows"), channels=["blind"])
    bed.run_stream()
    tick(bed)
    assert topic.taken == []


def test_a_topic_that_fails_does_not_fail_the_tick_and_is_tried_again(bed: TestBed, topic: FakeTopic) -> None:
    fail_one(bed)
    topic.failing = UnavailableError("SNS did not take the request: Throttling.")
    assert tick(bed)["lost"] == 0
    assert bed.journal.named("notice_failed")
    topic.failing = None
    bed.clock.advance(minutes=2)
    tick(bed)
    assert [one.kind for one in topic.taken] == ["failed"]


def test_storage_that_fails_after_the_tick_does_not_fail_it(
    bed: TestBed, topic: FakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_one(bed)

    def fail(*_: object, **__: object) -> Any:
        raise UnavailableError("The table did not take the request.")

    monkeypatch.setattr(bed.system.backlog.__class__, "of", fail)
    assert tick(bed)["lost"] == 0
    assert topic.taken == []
    assert bed.journal.named("notice_failed")


def test_a_mistake_of_ours_in_a_check_does_not_fail_the_tick(
    bed: TestBed, topic: FakeTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise KeyError("somebody's words")

    monkeypatch.setattr(bed.system.backlog.__class__, "of", fail)
    assert tick(bed)["lost"] == 0
    assert topic.taken == []
    assert [one["why"] for one in bed.journal.named("notice_failed")] == ["KeyError, a mistake of ours"]


def test_a_table_that_is_a_copy_is_the_alarms_matter(bed: TestBed, topic: FakeTopic) -> None:
    bed.place.name = "elsewhere"
    bed.clock.advance(minutes=5)
    with pytest.raises(GateClosedError):
        tick(bed)
    assert topic.taken == []


def test_a_tick_on_which_nothing_happens_costs_what_the_bill_says(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick(bed)
    bed.clock.advance(minutes=1)
    read: list[float] = []
    written: list[Write] = []
    table = bed.system.world.table
    get, query, transact = table.get, table.query, table.transact

    def counted_query(asked: Query) -> Any:
        read.append(0.5 if asked.index else 1)  # an index is read as it was a moment ago
        return query(asked)

    def counted_get(key: Key) -> Any:
        read.append(1)
        return get(key)

    def counted_write(writes: Sequence[Write]) -> None:
        written.extend(writes)
        transact(writes)

    monkeypatch.setattr(table, "query", counted_query)
    monkeypatch.setattr(table, "get", counted_get)
    monkeypatch.setattr(table, "transact", counted_write)
    tick(bed)
    assert value("reads.tick") - 1 <= sum(read) <= value("reads.tick")
    assert len(written) == value("writes.tick")


def test_on_one_machine_the_tick_tells_nobody_as_a_loop_of_its_own_does(tmp_path: Path) -> None:
    bed = make_bed(tmp_path)
    topic = FakeTopic()
    bed.system = assemble(bed.system.settings, replace(bed.system.world, notifier=topic), CHANNELS)
    bed.system.gate.enter()
    fail_one(bed)
    tick(bed)
    assert topic.taken == []
    bed.close()


def test_telling_takes_no_longer_than_its_share_of_the_run() -> None:
    assert timedelta(seconds=1) <= scheduler.TELLING <= timedelta(seconds=10)
