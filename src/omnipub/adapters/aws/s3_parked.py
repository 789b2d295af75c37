"""Records given up on, in S3: Lambda writes an object for each batch that its trigger discards.

The object holds the whole event that the worker was called with, so its records outlive the stream's
retention. A record's id is its object's name and its sequence number.
"""

import base64
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.adapters.aws.retries import tries
from omnipub.domain.timestamps import from_text
from omnipub.errors import UnavailableError
from omnipub.ports.parked import ParkedRecord
from omnipub.ports.stream import StreamRecord
from omnipub.strict_json import loads

PREFIX = "aws/lambda/"
"""What Lambda puts before the trigger's id, the shard and the moment."""

_ABSENT = {"404", "NoSuchKey", "NotFound"}
_RACED = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}


class S3Parked:
    """The `Parked` port over the bucket that is the trigger's destination on failure."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    def count(self) -> int:
        """How many there are; reads every object."""
        return sum(len(_events(self._batch(name)[0])) for name in self._names(""))

    def page(self, *, after: str = "", limit: int) -> Sequence[ParkedRecord]:
        """Those behind `after`: shard by shard, batches in the order in which they were given up."""
        object_name, _, sequence = after.rpartition(":")
        found: list[ParkedRecord] = []
        if object_name:
            found += [one for one in self._records(object_name) if int(one.record.sequence) > int(sequence)]
        for name in self._names(object_name):
            if len(found) >= limit:
                break
            found += self._records(name)
        return found[:limit]

    def named(self, ids: Sequence[str]) -> Sequence[ParkedRecord]:
        """Those of `ids` that are there."""
        objects = {name for name, _, _ in (one.rpartition(":") for one in ids) if name.startswith(PREFIX)}
        there = {one.id: one for name in objects for one in self._records(name)}
        return [there[one] for one in ids if one in there]

    def forget(self, ids: Sequence[str]) -> None:
        """Remove them: an object goes with its last record."""
        sequences: dict[str, set[str]] = defaultdict(set)
        for one in ids:
            name, _, sequence = one.rpartition(":")
            if name.startswith(PREFIX):
                sequences[name].add(sequence)
        for name, gone in sequences.items():
            self._forget(name, gone)

    def _forget(self, name: str, gone: set[str]) -> None:
        for _ in tries():
            batch, tag = self._batch(name)
            left = [one for one in _events(batch) if one["kinesis"]["sequenceNumber"] not in gone]
            if not batch or len(left) == len(_events(batch)) or self._replaced(name, batch, left, tag):
                return
        raise UnavailableError(f"{name} is changed by many at once.", hint="Try again in a moment.")

    def _replaced(self, name: str, batch: dict[str, Any], left: Sequence[Any], tag: str) -> bool:
        """Write what is left of a batch unless somebody else did meanwhile; whether it was written."""
        try:
            with translated(self._what):
                client = self._clients.of("s3")
                if not left:
                    client.delete_object(Bucket=self._bucket, Key=name)
                    return True
                body = json.dumps(batch | {"payload": json.dumps({"Records": list(left)})}).encode()
                client.put_object(Bucket=self._bucket, Key=name, Body=body, ContentType="application/json", IfMatch=tag)
        except ClientError as error:
            if code_of(error) not in _RACED:
                raise
            return False
        return True

    def _names(self, after: str) -> Iterator[str]:
        asked: dict[str, Any] = {"StartAfter": after} if after else {}
        while True:
            with translated(self._what):
                answer = self._clients.of("s3").list_objects_v2(Bucket=self._bucket, Prefix=PREFIX, **asked)
            yield from (one["Key"] for one in answer.get("Contents", []))
            if not answer.get("NextContinuationToken"):
                return
            asked = {"ContinuationToken": answer["NextContinuationToken"]}

    def _batch(self, name: str) -> tuple[dict[str, Any], str]:
        """An object's content and its tag; nothing if it is not there or none of Lambda's."""
        try:
            with translated(self._what):
                found = self._clients.of("s3").get_object(Bucket=self._bucket, Key=name)
                with found["Body"] as body:
                    read = loads(body.read(), lenient=True)
        except ClientError as error:
            if code_of(error) not in _ABSENT:
                raise
            return {}, ""
        except ValueError:
            return {}, ""
        return (read if isinstance(read, dict) else {}), str(found["ETag"])

    def _records(self, name: str) -> list[ParkedRecord]:
        batch, _ = self._batch(name)
        return [_parked(name, batch, one) for one in _events(batch)]

    @property
    def _what(self) -> str:
        return f"The bucket {self._bucket}"


def _events(batch: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records of the event that a batch was; none if only its description was kept."""
    return list(loads(batch.get("payload", "{}"), lenient=True).get("Records", []))


def _parked(name: str, batch: Mapping[str, Any], event: Mapping[str, Any]) -> ParkedRecord:
    kinesis, context = event["kinesis"], batch["requestContext"]
    sequence = str(kinesis["sequenceNumber"])
    record = StreamRecord(
        shard=str(batch["KinesisBatchInfo"]["shardId"]),
        sequence=sequence,
        arrived_at=datetime.fromtimestamp(float(kinesis["approximateArrivalTimestamp"]), UTC),
        partition_key=str(kinesis["partitionKey"]),
        data=base64.b64decode(kinesis["data"]).decode(errors="replace"),
    )
    return ParkedRecord(
        id=f"{name}:{sequence}",
        record=record,
        parked_at=from_text(str(batch["timestamp"])),
        tries=int(context["approximateInvokeCount"]),
        # AWS documents the first word alone; its other reason to discard a batch is the age.
        why="retries_exhausted" if context["condition"] == "RetryAttemptsExhausted" else "record_age_exceeded",
    )
