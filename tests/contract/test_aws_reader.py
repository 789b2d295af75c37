"""Reading Kinesis, and what Lambda parked in S3: as `test_stream_reader` and `test_parked` have it of one machine.

There the clock is a test's; here records arrive when they do, and an emulator trims nothing.
"""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from omnipub.adapters.aws.kinesis import KinesisStream
from omnipub.adapters.aws.kinesis_reader import KinesisReader
from omnipub.adapters.aws.s3_parked import PREFIX, S3Parked
from omnipub.errors import ConfigurationError, InvalidInputError, UnavailableError
from omnipub.ports.stream import Pointer
from omnipub.ports.stream_reader import StartPosition
from omnipub.services.stream.records import StreamRecords
from omnipub.services.stream.wire_format import pointer_from_text, pointer_to_text
from support.aws import Cloud
from support.faulty_botocore import break_into
from support.world import ListJournal

WORKER = "omnipub-worker"


def pointer(number: int, group: str = "facebook/1") -> Pointer:
    return Pointer(pk=f"MSG#{number}", sk="CHANNEL#facebook", group=group, why="due", trace="t")


class Kept:
    """A stream that is put to and read."""

    def __init__(self, cloud: Cloud, shards: int) -> None:
        self.cloud = cloud
        self.name = cloud.stream(shards)
        self.stream = KinesisStream(cloud.clients, self.name, ListJournal(), pause=lambda _: None)
        self.reader = KinesisReader(cloud.clients, self.name, worker=WORKER)

    def put(self, *numbers: int) -> None:
        assert not self.stream.put([pointer(number) for number in numbers])

    @property
    def shard(self) -> str:
        return self.reader.shards()[0].name

    def numbers(self, start: StartPosition | None = None, *, limit: int = 100) -> list[int]:
        page = self.reader.page(self.shard, start or StartPosition(), limit=limit)
        return [int(one.pk.partition("#")[2]) for record in page if (one := pointer_from_text(record.data))]


@pytest.fixture
def kept(emulated: Cloud) -> Kept:
    return Kept(emulated, 1)


def test_a_record_says_where_it_stands_when_it_came_and_what_was_put(kept: Kept) -> None:
    before = datetime.now(UTC)
    kept.put(1)
    (record,) = kept.reader.page(kept.shard, StartPosition(), limit=10)
    assert (record.shard, record.partition_key) == (kept.shard, "facebook/1")
    assert abs(record.arrived_at - before) < timedelta(minutes=1)
    assert record.arrived_at.tzinfo is UTC
    assert record.sequence.isdigit()
    assert pointer_from_text(record.data) == pointer(1)


def test_reading_begins_where_it_is_told_to(kept: Kept) -> None:
    kept.put(1, 2, 3)
    first, middle, last = kept.reader.page(kept.shard, StartPosition(), limit=10)
    assert kept.numbers(limit=2) == [1, 2]
    assert kept.numbers(StartPosition(sequence=middle.sequence)) == [2, 3]
    assert kept.numbers(StartPosition(after=middle.sequence)) == [3]
    assert kept.numbers(StartPosition(after=last.sequence)) == []
    assert kept.numbers(StartPosition(at=first.arrived_at - timedelta(minutes=1))) == [1, 2, 3]
    assert kept.numbers(StartPosition(at=last.arrived_at + timedelta(minutes=10))) == []


def test_pages_that_go_on_after_the_last_sequence_give_everything_once(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.put(*range(1, 8))
    faulty = break_into(monkeypatch, kept.cloud.clients, "kinesis", {"GetShardIterator"})
    found, start = [], StartPosition()
    while page := kept.reader.page(kept.shard, start, limit=3):
        found += page
        start = StartPosition(after=page[-1].sequence)
    assert [pointer_from_text(one.data) for one in found] == [pointer(number) for number in range(1, 8)]
    assert len(faulty.made()) == 1  # five reads a second are all there are
    sequences = [int(one.sequence) for one in found]
    assert sequences == sorted(set(sequences))
    kept.put(8)
    assert kept.numbers(start) == [8]


def test_an_iterator_that_has_expired_is_asked_for_anew(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.put(1, 2)
    (first,) = kept.reader.page(kept.shard, StartPosition(), limit=1)
    faulty = break_into(monkeypatch, kept.cloud.clients, "kinesis", {"GetRecords"}, "code ExpiredIteratorException")
    assert kept.numbers(StartPosition(after=first.sequence)) == [2]
    assert len(faulty.made()) == 2


def test_a_page_is_not_empty_while_there_are_records_however_often_kinesis_answers_with_none(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.put(1)
    client, empty = kept.cloud.clients.of("kinesis"), [5000, 2000]
    real = client.get_records

    def reluctant(**asked: Any) -> Any:
        if not empty:
            return real(**asked)
        return {"Records": [], "NextShardIterator": asked["ShardIterator"], "MillisBehindLatest": empty.pop()}

    monkeypatch.setattr(client, "get_records", reluctant)
    assert kept.numbers() == [1]
    assert not empty


@pytest.mark.parametrize("name", ["shardId-000000000009", "no shard at all"])
def test_another_shards_name_reads_nothing(kept: Kept, name: str) -> None:
    kept.put(1)
    assert list(kept.reader.page(name, StartPosition(), limit=10)) == []


def test_what_is_no_sequence_is_refused(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    break_into(monkeypatch, kept.cloud.clients, "kinesis", {"GetShardIterator"}, "code InvalidArgumentException")
    with pytest.raises(InvalidInputError, match="'2' is no sequence number"):
        kept.reader.page(kept.shard, StartPosition(sequence="2"), limit=1)


def test_all_shards_are_read(emulated: Cloud) -> None:
    kept = Kept(emulated, 4)
    assert not kept.stream.put([pointer(number, f"facebook/{number}") for number in range(40)])
    names = [one.name for one in kept.reader.shards()]
    assert names == [f"shardId-00000000000{number}" for number in range(4)]
    span = StreamRecords(reader=kept.reader).span(StartPosition(), until=datetime.now(UTC) + timedelta(minutes=1))
    assert sorted(int(one.pk[4:]) for record in span if (one := pointer_from_text(record.data))) == list(range(40))


def test_a_young_stream_has_lost_nothing_and_an_old_one_says_from_when(emulated: Cloud, kept: Kept) -> None:
    assert kept.reader.retention == timedelta(hours=24)
    assert kept.reader.gone_before() is None
    later = datetime.now(UTC) + timedelta(days=3)
    assert KinesisReader(emulated.clients, kept.name, worker=WORKER, now=lambda: later).gone_before() == (
        later - timedelta(hours=24)
    )


def test_without_a_word_from_the_worker_the_lag_is_that_of_the_oldest_recent_record(kept: Kept) -> None:
    assert kept.reader.lag().age == timedelta(0)
    kept.put(1, 2)
    (record,) = kept.reader.page(kept.shard, StartPosition(), limit=1)
    later = record.arrived_at + timedelta(seconds=90)
    reader = KinesisReader(kept.cloud.clients, kept.name, worker=WORKER, now=lambda: later)
    lag = reader.lag()
    assert (lag.records, lag.age) == (None, timedelta(seconds=90))


def test_the_lag_is_what_the_worker_said_last(emulated: Cloud, kept: Kept) -> None:
    now = datetime.now(UTC)
    emulated.clients.of("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "IteratorAge",
                "Dimensions": [{"Name": "FunctionName", "Value": f"{WORKER}-{kept.name}"}],
                "Timestamp": now - timedelta(minutes=ago),
                "Value": value,
                "Unit": "Milliseconds",
            }
            for ago, value in ((4, 99_000.0), (2, 1500.0))
        ],
    )
    kept.put(1)
    reader = KinesisReader(emulated.clients, kept.name, worker=f"{WORKER}-{kept.name}")
    assert reader.lag().age == timedelta(milliseconds=1500)


def test_a_reader_of_no_stream_says_so(emulated: Cloud) -> None:
    with pytest.raises(ConfigurationError, match="omnipub-none does not exist"):
        KinesisReader(emulated.clients, "omnipub-none", worker=WORKER).shards()


@pytest.mark.parametrize("fault", ["throttle", "unreachable"])
def test_a_stream_that_does_not_answer_is_unavailable(kept: Kept, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    shard = kept.shard
    break_into(monkeypatch, kept.cloud.clients, "kinesis", {"GetRecords"}, *[fault] * 10)
    with pytest.raises(UnavailableError):
        kept.reader.page(shard, StartPosition(), limit=1)


class Bucket:
    """A bucket that Lambda parks batches in, as its documentation shows them."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.name = cloud.bucket()
        self.parked = S3Parked(cloud.clients, self.name)

    def park(self, numbers: Sequence[int], *, minute: int, condition: str = "RetryAttemptsExhausted") -> str:
        name = (
            f"{PREFIX}5c4b7b0a-0000-4000-8000-000000000000/shardId-000000000000/2026/11/23/"
            f"2026-11-23T09.{minute:02d}.00-0b0e5a3e-0000-4000-8000-{minute:012d}"
        )
        event = {"Records": [_record(number) for number in numbers]}
        body = {
            "requestContext": {
                "requestId": "c9b8fa9f-5a7f-4000-8000-0c604cde93a5",
                "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:omnipub-worker",
                "condition": condition,
                "approximateInvokeCount": 11,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": f"2026-11-23T09:{minute:02d}:06.021Z",
            "KinesisBatchInfo": {
                "shardId": "shardId-000000000000",
                "startSequenceNumber": _sequence(numbers[0]),
                "endSequenceNumber": _sequence(numbers[-1]),
                "approximateArrivalOfFirstRecord": "2026-11-23T09:00:00.000Z",
                "approximateArrivalOfLastRecord": "2026-11-23T09:00:00.000Z",
                "batchSize": len(numbers),
                "streamArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/omnipub",
            },
            "payload": json.dumps(event),
        }
        self.write(name, json.dumps(body).encode())
        return name

    def write(self, name: str, body: bytes) -> None:
        self.cloud.clients.of("s3").put_object(Bucket=self.name, Key=name, Body=body)

    def objects(self) -> list[str]:
        listed = self.cloud.clients.of("s3").list_objects_v2(Bucket=self.name)
        return [one["Key"] for one in listed.get("Contents", [])]

    def numbers(self, **page: Any) -> list[int]:
        found = [pointer_from_text(one.record.data) for one in self.parked.page(**page)]
        return [int(one.pk[4:]) for one in found if one]


def _sequence(number: int) -> str:
    return f"4959033849{number:046d}"


def _record(number: int) -> dict[str, Any]:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "facebook/1",
            "sequenceNumber": _sequence(number),
            "data": base64.b64encode(pointer_to_text(pointer(number)).encode()).decode(),
            "approximateArrivalTimestamp": 1795424400.5,
        },
        "eventSource": "aws:kinesis",
        "eventID": f"shardId-000000000000:{_sequence(number)}",
    }


@pytest.fixture
def bucket(emulated: Cloud) -> Bucket:
    return Bucket(emulated)


def test_a_parked_record_is_whole(bucket: Bucket) -> None:
    name = bucket.park([1], minute=1)
    (kept,) = bucket.parked.page(limit=10)
    assert (kept.id, kept.tries, kept.why) == (f"{name}:{_sequence(1)}", 11, "retries_exhausted")
    assert kept.parked_at == datetime(2026, 11, 23, 9, 1, 6, 21_000, UTC)
    assert kept.record.arrived_at == datetime.fromtimestamp(1795424400.5, UTC)
    assert (kept.record.shard, kept.record.partition_key) == ("shardId-000000000000", "facebook/1")
    assert kept.record.sequence == _sequence(1)
    assert pointer_from_text(kept.record.data) == pointer(1)


def test_a_batch_that_became_too_old_says_so(bucket: Bucket) -> None:
    bucket.park([1], minute=1, condition="MaximumRecordAgeExceeded")
    (kept,) = bucket.parked.page(limit=1)
    assert kept.why == "record_age_exceeded"


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_give_every_parked_record_once_in_their_order(bucket: Bucket, limit: int) -> None:
    bucket.park([1, 2, 3], minute=1)
    bucket.park([4], minute=2)
    bucket.park([5, 6], minute=10)
    assert bucket.parked.count() == 6
    found, after = [], ""
    while page := bucket.parked.page(after=after, limit=limit):
        assert len(page) <= limit
        found += [pointer_from_text(one.record.data) for one in page]
        after = page[-1].id
    assert found == [pointer(number) for number in range(1, 7)]


def test_pages_go_on_behind_an_object_that_was_forgotten_meanwhile(bucket: Bucket) -> None:
    bucket.park([1], minute=1)
    bucket.park([2], minute=2)
    (first,) = bucket.parked.page(limit=1)
    bucket.parked.forget([first.id])
    assert bucket.numbers(after=first.id, limit=5) == [2]


def test_those_named_come_as_they_are_named_and_unknown_ones_are_left_out(bucket: Bucket) -> None:
    bucket.park([1, 2], minute=1)
    bucket.park([3], minute=2)
    ids = [one.id for one in bucket.parked.page(limit=3)]
    unknown = [f"{ids[0]}9", "999", "no number", f"{PREFIX}none:1", ""]
    assert [one.id for one in bucket.parked.named([ids[2], *unknown, ids[0]])] == [ids[2], ids[0]]


def test_what_is_forgotten_is_gone_and_the_rest_stays(bucket: Bucket) -> None:
    bucket.park([1, 2, 3], minute=1)
    bucket.park([4], minute=2)
    first, second, third, fourth = (one.id for one in bucket.parked.page(limit=9))
    bucket.parked.forget([first, third, fourth, "no number", f"{PREFIX}none:1"])
    bucket.parked.forget([first])
    assert [one.id for one in bucket.parked.page(limit=9)] == [second]
    assert bucket.parked.count() == len(bucket.objects()) == 1
    bucket.parked.forget([second])
    assert bucket.objects() == []


def test_what_another_forgets_meanwhile_stays_forgotten(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.park([1, 2, 3], minute=1)
    first, second, third = (one.id for one in bucket.parked.page(limit=9))
    real = S3Parked._replaced

    def overtaken(self: S3Parked, *arguments: Any) -> bool:
        monkeypatch.setattr(S3Parked, "_replaced", real)
        S3Parked(bucket.cloud.clients, bucket.name).forget([second])
        return real(self, *arguments)

    monkeypatch.setattr(S3Parked, "_replaced", overtaken)
    bucket.parked.forget([first])
    assert [one.id for one in bucket.parked.page(limit=9)] == [third]


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b"{}", b'{"requestContext": {}}'])
def test_what_lambda_did_not_write_is_no_parked_record(bucket: Bucket, body: bytes) -> None:
    bucket.write(f"{PREFIX}foreign", body)
    bucket.write("media/other", b"x")
    assert bucket.parked.count() == 0
    assert list(bucket.parked.page(limit=9)) == []
