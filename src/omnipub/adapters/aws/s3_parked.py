"""Records given up on, in S3.

They come from the stream's trigger, from runs of the sender, and from the delay queue.

Lambda writes an object for each batch that the trigger discards. It does so too for each call of the sender that
failed for good. The consumer of the delay queue writes one for each message (`s3_parking`). Each holds the whole
event, so its records outlive the stream's retention. A record's id is its object's name and a number. For the
trigger's records that is their sequence number, else their place.
"""

import base64
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.adapters.aws.retries import tries
from omnipub.adapters.aws.s3_parking import PREFIX as DELAY_PREFIX
from omnipub.domain.timestamps import EPOCH, from_text
from omnipub.errors import UnavailableError
from omnipub.ports.parked import ParkedRecord
from omnipub.ports.stream import StreamRecord
from omnipub.strict_json import loads

PREFIX = "aws/lambda/"
"""What Lambda puts before the trigger's id, the shard and the moment."""

SENDER_PREFIX = "aws/lambda/async/"
"""What Lambda puts before the name of a function that was called asynchronously, and the moment."""

DELAY, SENDER, WORKER = "delay", "sender", "worker"
"""The functions that give up on records; of the first two also the name of what stands for a shard."""

_PREFIXES = (PREFIX, DELAY_PREFIX)
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_RACED = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}

Parked = dict[str, Any]
"""What an object holds."""


class S3Parked:
    """The `Parked` port over the bucket of what was given up on."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    def count(self) -> int:
        """How many there are; reads every object."""
        return sum(self.counts().values())

    def counts(self) -> Mapping[str, int]:
        """Function → how many it gave up on; reads every object."""
        counted = dict.fromkeys((WORKER, DELAY, SENDER), 0)
        for name in self._names(""):
            counted[_function(name)] += len(self._records(name))
        return counted

    def page(self, *, after: str = "", limit: int) -> Sequence[ParkedRecord]:
        """Those behind `after`: shard by shard, batches in the order in which they were given up."""
        object_name, _, number = after.rpartition(":")
        found: list[ParkedRecord] = []
        if object_name:
            found += [one for one in self._records(object_name) if int(one.record.sequence) > int(number)]
        for name in self._names(object_name):
            if len(found) >= limit:
                break
            found += self._records(name)
        return found[:limit]

    def named(self, ids: Sequence[str]) -> Sequence[ParkedRecord]:
        """Those of `ids` that are there."""
        objects = {name for name, _, _ in (one.rpartition(":") for one in ids) if name.startswith(_PREFIXES)}
        there = {one.id: one for name in objects for one in self._records(name)}
        return [there[one] for one in ids if one in there]

    def forget(self, ids: Sequence[str]) -> None:
        """Remove them: an object goes with its last record."""
        numbers: dict[str, set[str]] = defaultdict(set)
        for one in ids:
            name, _, number = one.rpartition(":")
            if name.startswith(_PREFIXES):
                numbers[name].add(number)
        for name, gone in numbers.items():
            self._forget(name, gone)

    def _forget(self, name: str, gone: set[str]) -> None:
        for _ in tries():
            parked, tag = self._parked(name)
            there = {one.record.sequence for one in _records(name, parked)} if parked else set()
            left = None if there <= gone else _without(name, parked, gone)
            if there.isdisjoint(gone) or self._replaced(name, left, tag):
                return
        raise UnavailableError(f"{name} is changed by many at once.", hint="Try again in a moment.")

    def _replaced(self, name: str, left: Parked | None, tag: str) -> bool:
        """Write what is left of an object, if anything, unless somebody else did meanwhile; whether it was written."""
        try:
            with translated(self._what):
                client = self._clients.of("s3")
                if left is None:
                    client.delete_object(Bucket=self._bucket, Key=name)
                    return True
                body = json.dumps(left).encode()
                client.put_object(Bucket=self._bucket, Key=name, Body=body, ContentType="application/json", IfMatch=tag)
        except ClientError as error:
            if code_of(error) not in _RACED:
                raise
            return False
        return True

    def _names(self, after: str) -> Iterator[str]:
        for prefix in _PREFIXES:
            if prefix > after or after.startswith(prefix):
                yield from self._names_of(prefix, after)

    def _names_of(self, prefix: str, after: str) -> Iterator[str]:
        parameters: dict[str, Any] = {"StartAfter": after} if after else {}
        while True:
            with translated(self._what):
                answer = self._clients.of("s3").list_objects_v2(Bucket=self._bucket, Prefix=prefix, **parameters)
            yield from (one["Key"] for one in answer.get("Contents", []))
            if not answer.get("NextContinuationToken"):
                return
            parameters = {"ContinuationToken": answer["NextContinuationToken"]}

    def _parked(self, name: str) -> tuple[Parked, str]:
        """An object's content and its tag; nothing if it is not there or none of these."""
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
        parked, _ = self._parked(name)
        return _records(name, parked) if parked else []

    @property
    def _what(self) -> str:
        return f"The bucket {self._bucket}"


def _function(name: str) -> str:
    """The function whose records an object holds."""
    if name.startswith(DELAY_PREFIX):
        return DELAY
    return SENDER if name.startswith(SENDER_PREFIX) else WORKER


def _records(name: str, parked: Parked) -> list[ParkedRecord]:
    match _function(name):
        case "delay":
            return _of_delay(name, parked)
        case "sender":
            return _of_sender(name, parked)
        case _:
            return [_of_trigger(name, parked, one) for one in _events(parked)]


def _without(name: str, parked: Parked, gone: set[str]) -> Parked:
    """What is left of an object; places that stay keep their numbers."""
    match _function(name):
        case "delay":
            left = [None if str(place) in gone else one for place, one in enumerate(_delayed(parked))]
            return parked | {"body": json.dumps({"due": left})}
        case "sender":
            left = [None if str(place) in gone else one for place, one in enumerate(_pointers(parked))]
            return parked | {"requestPayload": parked["requestPayload"] | {"pointers": left}}
        case _:
            kept = [one for one in _events(parked) if one["kinesis"]["sequenceNumber"] not in gone]
            return parked | {"payload": json.dumps({"Records": kept})}


def _events(parked: Parked) -> list[dict[str, Any]]:
    """The records of the event that a batch was; none if only its description was kept."""
    return list(loads(parked.get("payload", "{}"), lenient=True).get("Records", []))


def _of_trigger(name: str, parked: Parked, event: Mapping[str, Any]) -> ParkedRecord:
    kinesis = event["kinesis"]
    sequence = str(kinesis["sequenceNumber"])
    record = StreamRecord(
        shard=str(parked["KinesisBatchInfo"]["shardId"]),
        sequence=sequence,
        arrived_at=datetime.fromtimestamp(float(kinesis["approximateArrivalTimestamp"]), UTC),
        partition_key=str(kinesis["partitionKey"]),
        data=base64.b64decode(kinesis["data"]).decode(errors="replace"),
    )
    context = parked["requestContext"]
    return ParkedRecord(
        id=f"{name}:{sequence}",
        record=record,
        parked_at=from_text(str(parked["timestamp"])),
        tries=int(context["approximateInvokeCount"]),
        # AWS documents the first word alone; its other reason to discard a batch is the age.
        why="retries_exhausted" if context["condition"] == "RetryAttemptsExhausted" else "record_age_exceeded",
    )


def _delayed(parked: Parked) -> list[Any]:
    """The pointers of a message; the whole body where it is none of ours, so that people see it."""
    body = parked.get("body")
    try:
        return list(loads(str(body), lenient=True)["due"])
    except (ValueError, KeyError, TypeError):
        return [body]


def _of_delay(name: str, parked: Parked) -> list[ParkedRecord]:
    if "parked_at" not in parked:
        return []
    at = EPOCH + timedelta(milliseconds=int(parked["sent_ms"]))
    return [
        ParkedRecord(
            id=f"{name}:{place}",
            record=_record(DELAY, place, at, one),
            parked_at=from_text(str(parked["parked_at"])),
            tries=int(parked["tries"]),
            why="retries_exhausted",
        )
        for place, one in enumerate(_delayed(parked))
        if one is not None
    ]


def _pointers(parked: Parked) -> list[Any]:
    payload = parked.get("requestPayload")
    found = payload.get("pointers") if isinstance(payload, dict) else None
    return found if isinstance(found, list) else []


def _of_sender(name: str, parked: Parked) -> list[ParkedRecord]:
    pointers = _pointers(parked)
    if not pointers:
        return []
    context, at = parked["requestContext"], from_text(str(parked["timestamp"]))
    why = "record_age_exceeded" if context["condition"] == "EventAgeExceeded" else "retries_exhausted"
    return [
        ParkedRecord(
            id=f"{name}:{place}",
            record=_record(SENDER, place, at, one),
            parked_at=at,
            tries=int(context["approximateInvokeCount"]),
            why=why,
        )
        for place, one in enumerate(pointers)
        if one is not None
    ]


def _record(function: str, place: int, at: datetime, pointer: Any) -> StreamRecord:
    """A pointer that was no record of the stream when it was given up on, as one."""
    group = pointer.get("group", "") if isinstance(pointer, dict) else ""
    data = pointer if isinstance(pointer, str) else json.dumps(pointer)
    return StreamRecord(shard=function, sequence=str(place), arrived_at=at, partition_key=str(group), data=data)
