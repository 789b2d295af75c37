"""The handlers as Lambda runs them, over DynamoDB, Kinesis, KMS and S3 of an emulator, with the sandbox as network.

The system is the one that `handlers.process` makes from the environment; what Lambda and EventBridge would do
between the functions is done here by hand, with records as Kinesis hands them out.
"""

import base64
import json
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.dynamodb.table import DynamoTable
from omnipub.adapters.aws.place import AwsPlace
from omnipub.adapters.aws.s3_parked import S3Parked
from omnipub.config import Mode, Settings, to_environment
from omnipub.errors import GateClosedError
from omnipub.handlers import delay_consumer, process, scheduler, worker
from omnipub.handlers.api import app
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.aws_events import IncomingRequest, LambdaContext, delayed_event, gateway_event, tick_event
from omnipub.onebox.sandbox_process import connect_all, control
from omnipub.ports.stream_reader import StartPosition
from omnipub.ports.table import Put
from omnipub.sandbox.http_server import SandboxServer
from omnipub.services.stream.replay import PUT
from omnipub.storage import keys
from omnipub.wiring.assemble import System
from omnipub.wiring.aws import on_aws, replay_on_aws, settle
from support.aws import Cloud
from support.faulty_botocore import break_into

pytestmark = pytest.mark.ministack

ALL = ["bluesky", "facebook", "linkedin", "telegram", "webhook"]
CONTEXT = LambdaContext(function_name="omnipub")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[str]:
    server = SandboxServer(tmp_path / "sandbox")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)
    thread.start()
    yield server.url
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(over_ministack: Cloud, sandbox: str) -> Settings:
    return Settings(
        stage="test",
        mode=Mode.SANDBOX,
        sandbox_url=sandbox,
        table=over_ministack.table(),
        stream=over_ministack.stream(shards=2),
        queue=over_ministack.queue(),
        bucket=over_ministack.bucket(),
        parked=over_ministack.bucket(),
        key=over_ministack.key(),
        function="omnipub-scheduler",
    )


@pytest.fixture
def system(settings: Settings, over_ministack: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """The system of a Lambda environment of that stage."""
    for name, value in to_environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("OMNIPUB_DATA")
    monkeypatch.setenv("AWS_ENDPOINT_URL", over_ministack.url)
    for cached in (process.system, process.clients):
        cached.cache_clear()
    made = process.system()
    connect_all(made, settings.sandbox_url)
    yield made
    made.close()
    for cached in (process.system, process.clients):
        cached.cache_clear()


@dataclass
class Trigger:
    """What Lambda's event source mapping does: hands each shard's next records to the worker."""

    cloud: Cloud
    stream: str
    positions: dict[str, str] = field(default_factory=dict)

    def events(self) -> list[dict[str, Any]]:
        """An event per shard for what has come since."""
        kinesis = self.cloud.clients.of("kinesis")
        batches = []
        for shard in kinesis.list_shards(StreamName=self.stream)["Shards"]:
            name = shard["ShardId"]
            position = self.positions.get(name)
            start = (
                {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": position}
                if position
                else {"ShardIteratorType": "TRIM_HORIZON"}
            )
            iterator = kinesis.get_shard_iterator(StreamName=self.stream, ShardId=name, **start)["ShardIterator"]
            records = kinesis.get_records(ShardIterator=iterator)["Records"]
            if records:
                self.positions[name] = records[-1]["SequenceNumber"]
                batches.append({"Records": [_event_record(one, name) for one in records]})
        return batches


def _event_record(record: dict[str, Any], shard: str) -> dict[str, Any]:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
    }


@pytest.fixture
def trigger(over_ministack: Cloud, settings: Settings) -> Trigger:
    return Trigger(cloud=over_ministack, stream=settings.stream)


def call(method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    sent = {"host": "x", "content-type": "image/png" if isinstance(body, bytes) else "application/json"}
    incoming = IncomingRequest(
        method=method, target=f"/api/v1{path}", headers=sent | (headers or {}), body=raw, source="127.0.0.1"
    )
    answer = app.handler(gateway_event(incoming, {"sub": LOCAL_OWNER}), CONTEXT)
    return answer["statusCode"], json.loads(answer["body"])


def statuses(message: str) -> dict[str, str]:
    _, shown = call("GET", f"/messages/{message}")
    return {one["channel"]: one["status"] for one in shown["deliveries"]}


def posts(sandbox: str) -> list[dict[str, Any]]:
    return list(control(sandbox, "posts")["posts"])


def work(events: list[dict[str, Any]]) -> None:
    for event in events:
        assert worker.handler(event, CONTEXT) == {"batchItemFailures": []}


def pixel() -> bytes:
    """A PNG of one grey pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\x00\x80")) + chunk(b"IEND", b"")


@pytest.mark.usefixtures("system")
def test_a_message_is_composed_delivered_and_out_exactly_once_on_every_channel(trigger: Trigger, sandbox: str) -> None:
    status, kept = call("POST", "/media", pixel())
    assert status == 201
    body = {"text": "We shipped it", "channels": ALL, "media": [{"key": kept["key"], "alt": "A grey pixel"}]}
    status, made = call("POST", "/messages", body, {"idempotency-key": "k-1"})
    assert status == 201
    assert call("POST", "/messages", body, {"idempotency-key": "k-1"})[1]["id"] == made["id"]
    events = trigger.events()
    assert sum(len(event["Records"]) for event in events) == len(ALL)
    work(events)
    assert statuses(made["id"]) == dict.fromkeys(ALL, "published")
    work(events)  # Kinesis hands records out at least once
    work(trigger.events())
    found = posts(sandbox)
    assert sorted(one["network"] for one in found) == ALL


@pytest.mark.usefixtures("system")
def test_what_is_due_in_a_moment_is_on_the_stream_at_once_and_out_at_its_moment(trigger: Trigger, sandbox: str) -> None:
    at = datetime.now(UTC) + timedelta(seconds=2)
    status, made = call(
        "POST", "/messages", {"text": "Soon", "channels": ["facebook"], "schedule": {"at": at.isoformat()}}
    )
    assert status == 201
    (event,) = trigger.events()
    assert statuses(made["id"]) == {"facebook": "scheduled"}
    work([event])
    assert datetime.now(UTC) >= at
    assert statuses(made["id"]) == {"facebook": "published"}
    report = scheduler.handler(tick_event(datetime.now(UTC)), CONTEXT)
    assert report == {"due": 0, "overdue": 0, "looks": 0, "lost": 0}
    work([event])  # Kinesis delivers at least once
    (post,) = posts(sandbox)
    assert post["text"] == "Soon"
    assert call("GET", "/health")[1]["status"] == "ok"


@pytest.mark.usefixtures("system")
def test_workers_that_get_the_same_records_at_once_send_once(trigger: Trigger, sandbox: str) -> None:
    ids = [
        call("POST", "/messages", {"text": f"Message {number}", "channels": ["facebook", "linkedin"]})[1]["id"]
        for number in range(5)
    ]
    events = trigger.events()
    _race([lambda: work(events) for _ in range(4)])
    work(events)
    assert {status for one in ids for status in statuses(one).values()} == {"published"}
    texts = sorted(one["text"] for one in posts(sandbox))
    assert texts == sorted(2 * [f"Message {number}" for number in range(5)])


@pytest.mark.parametrize("fault", ["lost", "error_after", "throttle", "conflict"])
def test_while_dynamodb_has_a_bad_day_nothing_is_lost_and_nothing_out_twice(
    system: System, trigger: Trigger, sandbox: str, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    writes = {"PutItem", "TransactWriteItems"}
    clients = _clients(system)
    faulty = break_into(monkeypatch, clients, "dynamodb", writes, *[fault, "ok"] * 50)
    status, made = call("POST", "/messages", {"text": "A bad day", "channels": ["facebook", "bluesky"]})
    assert status == 201
    events = trigger.events()
    work(events)
    assert len(faulty.made()) > 8
    assert faulty.made().count(fault) >= 4
    faulty.orders.clear()
    work(events)
    assert statuses(made["id"]) == {"facebook": "published", "bluesky": "published"}
    assert sorted(one["network"] for one in posts(sandbox)) == ["bluesky", "facebook"]


@pytest.mark.parametrize("faults", [["unreachable"] * 100, ["nothing"] * 100])
def test_what_kinesis_does_not_take_the_scheduler_puts_again(
    system: System, trigger: Trigger, sandbox: str, monkeypatch: pytest.MonkeyPatch, faults: list[str]
) -> None:
    faulty = break_into(monkeypatch, _clients(system), "kinesis", {"PutRecords"}, *faults)
    status, made = call("POST", "/messages", {"text": "Found again", "channels": ["facebook"]})
    assert status == 201
    assert trigger.events() == []
    faulty.orders.clear()
    report = scheduler.handler(tick_event(datetime.now(UTC)), CONTEXT)
    assert (report["due"], report["lost"]) == (1, 0)
    work(trigger.events())
    assert statuses(made["id"]) == {"facebook": "published"}
    assert len(posts(sandbox)) == 1


def test_a_batch_that_dynamodb_fails_comes_again_and_is_out_once(
    system: System, trigger: Trigger, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, made = call("POST", "/messages", {"text": "Again", "channels": ["facebook"]})
    (event,) = trigger.events()
    faulty = break_into(monkeypatch, _clients(system), "dynamodb", {"PutItem", "TransactWriteItems"}, *["error"] * 99)
    (record,) = event["Records"]
    assert worker.handler(event, CONTEXT) == {
        "batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]
    }
    assert posts(sandbox) == []
    faulty.orders.clear()
    work([event])
    assert statuses(made["id"]) == {"facebook": "published"}
    assert len(posts(sandbox)) == 1


def test_what_was_parked_is_replayed_from_its_bucket_and_out_once(
    system: System, over_ministack: Cloud, trigger: Trigger, sandbox: str
) -> None:
    _, made = call("POST", "/messages", {"text": "Parked", "channels": ["facebook"]})
    (event,) = trigger.events()
    bucket = over_ministack.bucket()
    over_ministack.clients.of("s3").put_object(
        Bucket=bucket,
        Key="aws/lambda/5c4b7b0a/shardId-000000000000/2026/11/23/2026-11-23T09.00.00-1",
        Body=json.dumps(
            {
                "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 11},
                "timestamp": "2026-11-23T09:00:06.021Z",
                "KinesisBatchInfo": {"shardId": "shardId-000000000000"},
                "payload": json.dumps(event),
            }
        ).encode(),
    )
    replay = replay_on_aws(system, over_ministack.clients, worker="omnipub-worker", parked=bucket)
    assert [one.judged.verdict for one in replay.foresee(replay.given_up())] == ["would_send"]
    assert [one.judged for one in replay.reput(replay.given_up(), rate=100)] == [PUT]
    assert replay.parked.count() == 0
    kept = list(replay.retained(StartPosition(), until=datetime.now(UTC)))
    assert len(kept) == 2
    work([event, *trigger.events()])
    assert statuses(made["id"]) == {"facebook": "published"}
    assert len(posts(sandbox)) == 1
    assert "would_send" not in {one.judged.verdict for one in replay.foresee(kept)}


def _clients(system: System) -> Clients:
    table = system.world.table
    assert isinstance(table, DynamoTable)
    return table._clients


@pytest.mark.usefixtures("system")
def test_what_is_due_in_a_minute_waits_in_the_delay_queue_and_its_consumer_puts_it_at_once(
    over_ministack: Cloud, settings: Settings, trigger: Trigger
) -> None:
    at = datetime.now(UTC) + timedelta(seconds=4)
    _, made = call("POST", "/messages", {"text": "Soon", "channels": ["facebook"], "schedule": {"at": at.isoformat()}})
    assert trigger.events() == []
    (message,) = _received(over_ministack, settings.queue)
    assert datetime.now(UTC) <= at - settings.lead + timedelta(seconds=1.5)
    (record,) = delayed_event([message["Body"]])["Records"]
    assert delay_consumer.handler({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}
    assert delay_consumer.handler({"Records": [record | {"body": "not ours"}]}, CONTEXT) == {"batchItemFailures": []}
    assert S3Parked(over_ministack.clients, settings.parked).counts()["delay"] == 1
    work(trigger.events())
    assert datetime.now(UTC) >= at
    assert statuses(made["id"]) == {"facebook": "published"}


def _received(cloud: Cloud, queue: str) -> list[dict[str, Any]]:
    """The messages of a queue, once there are some."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = cloud.clients.of("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
        if found:
            return list(found)
    raise AssertionError("no message became visible")


def test_a_token_lies_sealed_by_kms_in_the_table(system: System) -> None:
    (connection, *_) = system.accounts.of(LOCAL_OWNER)
    assert connection.sealed.startswith("kms2.")


def test_a_copy_of_the_table_sends_nothing(
    system: System, settings: Settings, over_ministack: Cloud, trigger: Trigger, sandbox: str
) -> None:
    call("POST", "/messages", {"text": "Once only", "channels": ["facebook"]})
    name = over_ministack.table()
    original, copy = system.world.table, DynamoTable(over_ministack.clients, name)
    copy.write_many([Put(item=item) for item in original.everything(limit=1000).items])
    other = on_aws(replace(settings, table=name), over_ministack.clients)
    settle(other)
    with pytest.raises(GateClosedError, match="belongs to another place"):
        other.gate.check()
    (event,) = trigger.events()
    assert worker.build(other)(event, CONTEXT) == {"batchItemFailures": []}
    assert posts(sandbox) == []
    work([event])
    assert len(posts(sandbox)) == 1


def test_functions_that_start_at_once_leave_one_gate(settings: Settings, over_ministack: Cloud) -> None:
    systems = [on_aws(settings, over_ministack.clients) for _ in range(4)]
    _race([lambda one=one: settle(one) for one in systems])  # type: ignore[misc]
    for one in systems:
        one.gate.check()
        settle(one)
    gate = systems[0].world.table.get(keys.gate())
    assert gate is not None
    # what a seat has read counts for a minute, so a new one is asked
    place = AwsPlace(over_ministack.clients, table=settings.table, bucket=settings.bucket)
    evidence = place.evidence(gate["identity"])
    assert evidence is not None
    assert evidence.epoch == gate["epoch"] >= 1


def _race(tasks: list[Callable[[], None]]) -> None:
    failed: list[BaseException] = []

    def run(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:  # noqa: BLE001  told below
            failed.append(error)

    threads = [threading.Thread(target=run, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
