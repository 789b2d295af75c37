"""The worker and the scheduler as Lambda calls them: genuine events, partial failures, foreign records."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.local.sqlite.stream import StoredRecord
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.domain.ids import Parent
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule
from omnipub.errors import GateClosedError, UnavailableError
from omnipub.handlers import delay_consumer, scheduler, worker
from omnipub.onebox.aws_events import (
    LambdaContext,
    delayed_event,
    kinesis_event,
    sequence_number,
    sequence_of,
    tick_event,
)
from omnipub.ports.stream import Pointer
from omnipub.ports.table import Item, Key
from omnipub.services.stream.wire_format import (
    delayed_to_text,
    pointer_to_text,
    report_from,
    run_now_to_text,
)
from support.world import OWNER, START, TestBed, make_bed

CONTEXT = LambdaContext(function_name="test")


def event(pointers: Sequence[Pointer]) -> dict[str, Any]:
    return kinesis_event(
        [
            StoredRecord(sequence=number, partition_key=one.group, data=pointer_to_text(one), arrived_ms=0)
            for number, one in enumerate(pointers, 1)
        ]
    )


def compose(bed: TestBed, *texts: str) -> list[Pointer]:
    for text in texts:
        bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=["looked"])
    return bed.stream.take()


def schedule(bed: TestBed, text: str, at: datetime) -> None:
    wanted = Schedule(at=at, local="", zone="UTC")
    bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=["looked"], schedule=wanted)


def test_a_batch_is_published_and_acknowledged(bed: TestBed) -> None:
    answer = worker.build(bed.system)(event(compose(bed, "one", "two")), CONTEXT)
    assert answer == {"batchItemFailures": []}
    assert bed.network.texts() == ["one", "two"]


def test_only_records_our_storage_failed_on_are_failures(tmp_path: Path) -> None:
    class Failing(SqliteTable):
        broken = ""

        def get(self, key: Key) -> Item | None:
            if self.broken and key.pk == self.broken:
                raise UnavailableError("Throttled.")
            return super().get(key)

    table = Failing(tmp_path / "table.db")
    bed = make_bed(tmp_path, table=table)
    pointers = compose(bed, "one", "two", "three")
    table.broken = pointers[1].pk
    bed.network.orders = ["reject"]
    answer = worker.build(bed.system)(event(pointers), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": sequence_number(2)}]}
    table.broken = ""
    assert worker.build(bed.system)(event(pointers), CONTEXT) == {"batchItemFailures": []}
    assert bed.network.texts() == ["three", "two"]
    bed.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\xff not ours",
        b"[" * 100_000,
        b'{"pk":' * 100_000,
        b"9" * 5_000,
        b"NaN",
        b'{"pk": "\\ud800", "sk": "CHANNEL#looked", "group": "looked/1"}',
        b'{"pk": "", "sk": "", "group": ""}',
        b'{"pk": "MSG#1", "sk": ["x"]}',
    ],
    ids=lambda data: data[:12].decode(errors="replace"),
)
def test_a_record_that_is_no_pointer_does_not_stop_the_shard(bed: TestBed, data: bytes) -> None:
    batch = event(compose(bed, "one"))
    foreign = {"kinesis": {"data": base64.b64encode(data).decode(), "sequenceNumber": sequence_number(9)}}
    batch["Records"].insert(0, foreign)
    assert worker.build(bed.system)(batch, CONTEXT) == {"batchItemFailures": []}
    assert bed.network.texts() == ["one"]
    assert bed.journal.named("foreign_record")


def test_a_mistake_of_ours_in_one_record_does_not_stop_the_others(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointers = compose(bed, "one", "two")
    real = bed.system.deliver.contents.of

    def broken(self: object, delivery: Any, *read: Any) -> Any:  # noqa: ARG001  a method's signature
        if delivery.parent.id in pointers[0].pk:
            raise RuntimeError
        return real(delivery, *read)

    monkeypatch.setattr(type(bed.system.deliver.contents), "of", broken)
    assert worker.build(bed.system)(event(pointers), CONTEXT) == {"batchItemFailures": []}
    assert bed.network.texts() == ["two"]
    assert bed.journal.named("worker_broke")


def test_a_tick_puts_what_is_due_and_writes_the_heartbeat(bed: TestBed) -> None:
    bed.stream.losing = True
    compose(bed, "one")
    bed.stream.losing = False
    report = scheduler.build(bed.system)(tick_event(START), CONTEXT)
    assert report == {"due": 1, "overdue": 0, "looks": 0, "lost": 0}
    assert bed.system.dispatch.last_beat() == START


def delayed(bed: TestBed) -> dict[str, Any]:
    return delayed_event([delayed_to_text([one]) for one in bed.delay.take(START + timedelta(hours=1))])


def test_a_message_of_the_delay_queue_puts_what_it_names_at_once(bed: TestBed) -> None:
    at = START + timedelta(seconds=20)
    schedule(bed, "one", at)
    schedule(bed, "two", at)
    woken = delayed(bed)
    assert len(woken["Records"]) == 2
    assert delay_consumer.build(bed.system)(woken, CONTEXT) == {"batchItemFailures": []}
    assert [(when, one.at) for when, one in bed.stream.records] == [(START, at)] * 2


def test_of_the_delay_queue_only_messages_fail_of_which_something_was_not_put(bed: TestBed) -> None:
    at = START + timedelta(seconds=20)
    schedule(bed, "one", at)
    schedule(bed, "two", at)
    one, two = bed.delay.take(at)
    foreign = ["[" * 100_000, "{}", '{"due": [{}]}', '{"due": 3}']
    event = delayed_event([*foreign, delayed_to_text([one]), delayed_to_text([two])])
    bed.delay.refusing = True
    put = bed.stream.put
    bed.stream.put = lambda pointers: [p for p in pointers if p == two.pointer] or put(pointers)  # type: ignore[method-assign]
    answer = delay_consumer.build(bed.system)(event, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][-1]["messageId"]}]}
    assert len(bed.journal.named("foreign_record")) == len(foreign)


def test_a_message_that_fails_again_and_again_is_parked_whole_and_one_that_is_not_ours_at_once(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule(bed, "one", START + timedelta(seconds=20))
    event = delayed_event(["not ours", delayed_to_text(bed.delay.take(START + timedelta(hours=1)))])
    foreign, ours = event["Records"]
    parked: list[Any] = []
    handle = delay_consumer.build(bed.system, parked.append)
    monkeypatch.setattr(bed.stream, "put", unavailable)
    for receives in range(1, delay_consumer.RECEIVES):
        ours["attributes"]["ApproximateReceiveCount"] = str(receives)
        parked.clear()
        assert handle(event, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": ours["messageId"]}]}
        assert parked == [foreign]
    ours["attributes"]["ApproximateReceiveCount"] = str(delay_consumer.RECEIVES)
    parked.clear()
    assert handle(event, CONTEXT) == {"batchItemFailures": []}
    assert parked == [foreign, ours]
    assert bed.journal.named("delay_parked")[-1] == {"message_id": ours["messageId"]}


def test_what_cannot_be_parked_comes_again(bed: TestBed) -> None:
    event = delayed_event(["not ours"])
    (record,) = event["Records"]
    assert delay_consumer.build(bed.system, unavailable)(event, CONTEXT) == {
        "batchItemFailures": [{"itemIdentifier": record["messageId"]}]
    }


def test_on_one_machine_a_storage_that_fails_is_told_to_whoever_gave_the_message(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule(bed, "one", START + timedelta(seconds=20))
    monkeypatch.setattr(bed.stream, "put", unavailable)
    with pytest.raises(UnavailableError):
        delay_consumer.build(bed.system)(delayed(bed), CONTEXT)


def test_of_a_table_that_is_a_copy_the_delay_queue_puts_nothing(bed: TestBed) -> None:
    schedule(bed, "one", START + timedelta(seconds=20))
    bed.system.gate.enter()
    bed.place.name = "elsewhere"
    assert delay_consumer.build(bed.system)(delayed(bed), CONTEXT) == {"batchItemFailures": []}
    assert bed.stream.records == []
    assert bed.journal.named("gate_closed")


def unavailable(*_: object) -> None:
    raise UnavailableError("Throttled.")


def test_a_tick_over_a_table_that_is_a_copy_fails_and_says_why_in_the_log(bed: TestBed) -> None:
    bed.system.gate.enter()
    bed.place.name = "elsewhere"
    with pytest.raises(GateClosedError):
        scheduler.build(bed.system)(tick_event(START), None)
    (facts,) = bed.journal.named("gate_closed")
    assert "belongs to another place" in facts["why"]


def test_a_run_now_puts_what_is_due_and_answers_with_what_it_did(bed: TestBed) -> None:
    bed.stream.losing = True
    one, other = (
        Parent(kind=made.kind, id=made.id)
        for text in ("one", "two")
        for made in [bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=["looked"])]
    )
    bed.stream.losing = False
    handle = scheduler.build(bed.system)
    named = report_from(handle(json.loads(run_now_to_text([one])), CONTEXT))
    assert [(row.pk, row.dispatched) for row in named.rows] == [(f"MSG#{one.id}", True)]
    (pointer,) = bed.stream.take()
    assert (pointer.why, pointer.trace) == ("now", CONTEXT.aws_request_id)
    everything = report_from(handle(json.loads(run_now_to_text([])), CONTEXT))
    assert {row.pk for row in everything.rows} == {f"MSG#{one.id}", f"MSG#{other.id}"}
    assert bed.journal.named("run_now") == [
        {"dispatched": 1, "skipped": 0, "lost": 0},
        {"dispatched": 2, "skipped": 0, "lost": 0},
    ]


def test_a_run_now_over_a_table_that_is_a_copy_fails_and_says_why_in_the_log(bed: TestBed) -> None:
    bed.system.gate.enter()
    bed.place.name = "elsewhere"
    with pytest.raises(GateClosedError):
        scheduler.build(bed.system)(json.loads(run_now_to_text([])), CONTEXT)
    assert bed.journal.named("gate_closed")


def test_an_event_that_is_none_of_these_is_refused(bed: TestBed) -> None:
    with pytest.raises(ValueError, match=r"omnipub\.tick.*not 'aws\.something'$"):
        scheduler.build(bed.system)({"source": "aws.something"}, CONTEXT)


def test_sequence_numbers_are_kinesis_like_and_reversible() -> None:
    numbers = [sequence_number(one) for one in (1, 9, 10, 123_456)]
    assert numbers == sorted(numbers)
    assert [sequence_of(one) for one in numbers] == [1, 9, 10, 123_456]
    assert all(len(one) == 56 for one in numbers)
