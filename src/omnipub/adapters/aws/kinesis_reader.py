"""The stream in Kinesis as people and replays read it, beside the worker and without a checkpoint.

Each shard gives five reads a second to all who share it, the worker among them. So a page is one call where the one
before it says how to go on.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.errors import InvalidInputError
from omnipub.hints import Action, Hint
from omnipub.ports.stream import StreamRecord
from omnipub.ports.stream_reader import Lag, Shard, StartPosition

LOOKED_BACK = timedelta(minutes=5)
"""How old the worker's last word about its lag may be."""

_MOST = 10_000
_ABSENT = "ResourceNotFoundException"
_EXPIRED = "ExpiredIteratorException"
_WRONG = {"InvalidArgumentException", "ValidationException"}


class KinesisReader:
    """The `StreamReader` port over Kinesis.

    Args:
        clients: Of this process.
        name: The stream's name.
        worker: The worker's function, which reports how far behind it is.
        now: The present moment.
    """

    def __init__(
        self,
        clients: Clients,
        name: str,
        *,
        worker: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clients = clients
        self._name = name
        self._worker = worker
        self._now = now
        self._going_on: dict[tuple[str, str], str] = {}

    @cached_property
    def retention(self) -> timedelta:
        """How long a record is kept."""
        return timedelta(hours=self._summary()["RetentionPeriodHours"])

    def shards(self) -> Sequence[Shard]:
        """All shards, by name; Kinesis does not tell what is in them."""
        found: list[str] = []
        parameters: dict[str, Any] = {"StreamName": self._name}
        while True:
            answer = self._call("list_shards", **parameters)
            found += [one["ShardId"] for one in answer["Shards"]]
            if not answer.get("NextToken"):
                return [Shard(name=one) for one in sorted(found)]
            parameters = {"NextToken": answer["NextToken"]}

    def page(self, shard: str, start: StartPosition, *, limit: int) -> Sequence[StreamRecord]:
        """The next records; Kinesis may answer with none where there are more, so it is asked until it catches up."""
        iterator = self._going_on.pop((shard, start.after), "") or self._iterator(shard, start)
        while iterator:
            try:
                answer = self._call("get_records", ShardIterator=iterator, Limit=min(limit, _MOST))
            except ClientError as error:
                if code_of(error) != _EXPIRED:
                    raise
                iterator = self._iterator(shard, start)
                continue
            records = [_record(one, shard) for one in answer["Records"]]
            iterator = answer.get("NextShardIterator") or ""
            if records:
                self._going_on = {(shard, records[-1].sequence): iterator} if iterator else {}
                return records
            if not answer.get("MillisBehindLatest"):
                return []
        return []

    def gone_before(self) -> datetime | None:
        """The end of retention, unless the stream is younger than that."""
        end = self._now() - self.retention
        created: datetime = self._summary()["StreamCreationTimestamp"]
        return end if created < end else None

    def lag(self) -> Lag:
        """The age that the worker last reported, else that of the oldest record which it should have reported."""
        now = self._now()
        with translated(f"The function {self._worker}"):
            answer = self._clients.of("cloudwatch").get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName="IteratorAge",
                Dimensions=[{"Name": "FunctionName", "Value": self._worker}],
                StartTime=now - LOOKED_BACK,
                EndTime=now,
                Period=60,
                Statistics=["Maximum"],
            )
        reported = sorted(answer["Datapoints"], key=lambda one: one["Timestamp"])
        if reported:
            return Lag(records=None, age=timedelta(milliseconds=float(reported[-1]["Maximum"])))
        pages = [self.page(one.name, StartPosition(at=now - LOOKED_BACK), limit=1) for one in self.shards()]
        ages = [now - page[0].arrived_at for page in pages if page]
        return Lag(records=None, age=max([*ages, timedelta(0)]))

    def _iterator(self, shard: str, start: StartPosition) -> str:
        """Where to read from; empty if nothing can be there."""
        try:
            answer = self._call("get_shard_iterator", StreamName=self._name, ShardId=shard, **_position(start))
        except ClientError as error:
            if code_of(error) not in _WRONG:
                raise
            if start.sequence or start.after:
                raise InvalidInputError(
                    f"'{start.sequence or start.after}' is no sequence number of {shard}.",
                    hint=Hint(action=Action.TAIL_STREAM),
                ) from error
            return ""  # a moment that is still to come, or a shard's name that cannot be one
        return str(answer["ShardIterator"]) if answer else ""

    def _call(self, operation: str, **parameters: Any) -> Any:
        """Ask Kinesis; nothing if there is no such shard."""
        with translated(f"The stream {self._name}"):
            try:
                return getattr(self._clients.of("kinesis"), operation)(**parameters)
            except ClientError as error:
                if code_of(error) == _ABSENT and "ShardId" in parameters and self._has_no(parameters["ShardId"]):
                    return None
                raise

    def _has_no(self, shard: str) -> bool:
        return shard not in {one.name for one in self.shards()}

    def _summary(self) -> Any:
        return self._call("describe_stream_summary", StreamName=self._name)["StreamDescriptionSummary"]


def _position(start: StartPosition) -> dict[str, Any]:
    if start.after:
        return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": start.after}
    if start.sequence:
        return {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": start.sequence}
    if start.at is not None:
        return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": start.at}
    return {"ShardIteratorType": "TRIM_HORIZON"}


def _record(record: dict[str, Any], shard: str) -> StreamRecord:
    return StreamRecord(
        shard=shard,
        sequence=record["SequenceNumber"],
        arrived_at=record["ApproximateArrivalTimestamp"].astimezone(UTC),
        partition_key=record["PartitionKey"],
        data=record["Data"].decode(errors="replace"),
    )
