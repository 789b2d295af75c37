"""The stream in Kinesis: what it does not take is tried again a few times, then handed back."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import translated
from omnipub.adapters.aws.retries import Pause, tries
from omnipub.errors import OmnipubError
from omnipub.log_events import LogEvent
from omnipub.ports.journal import Journal
from omnipub.ports.stream import Pointer
from omnipub.services.stream.wire_format import pointer_to_text

RECORDS = 500
BYTES = 5 * 1024 * 1024
"""Records of one call, and bytes of their data and partition keys."""

KEY_CHARACTERS = 256


class KinesisStream:
    """The `Stream` port over Kinesis.

    Args:
        clients: Of this process.
        name: The stream's name.
        journal: Told what Kinesis refused, and why.
        pause: How it waits between tries.
    """

    def __init__(self, clients: Clients, name: str, journal: Journal, *, pause: Pause = time.sleep) -> None:
        self._clients = clients
        self._name = name
        self._journal = journal
        self._pause = pause

    def put(self, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        """Put pointers; those that were not taken, in their order."""
        lost: list[Pointer] = []
        portions = list(_portions(pointers))
        for number, portion in enumerate(portions):
            try:
                lost += self._put(portion)
            except (OmnipubError, ClientError) as error:
                # The table is the truth and the scheduler finds them; waiting for each portion would cost more.
                left = [one for rest in portions[number:] for one in rest]
                self._journal.note(LogEvent.STREAM_FAILED, records=len(left), error=str(error))
                return [*lost, *left]
        return lost

    def _put(self, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        left, code = pointers, ""
        for _ in tries(self._pause):
            with translated(f"The stream {self._name}"):
                answer = self._clients.of("kinesis").put_records(
                    StreamName=self._name, Records=[_record(one) for one in left]
                )
            answers = list(zip(left, answer["Records"], strict=True))
            left = [pointer for pointer, entry in answers if entry.get("ErrorCode")]
            if not left:
                return ()
            code = next(entry["ErrorCode"] for _, entry in answers if entry.get("ErrorCode"))
        self._journal.note(LogEvent.STREAM_REFUSED, records=len(left), error=code)
        return left


def partition_key(pointer: Pointer) -> str:
    """What keeps a pointer in order with its group: the group's name, or its digest where that is too long."""
    name = pointer.group or pointer.pk
    return name if len(name) <= KEY_CHARACTERS else hashlib.sha256(name.encode()).hexdigest()


def _record(pointer: Pointer) -> dict[str, Any]:
    return {"Data": pointer_to_text(pointer).encode(), "PartitionKey": partition_key(pointer)}


def _portions(pointers: Sequence[Pointer]) -> Iterator[list[Pointer]]:
    portion: list[Pointer] = []
    size = 0
    for pointer in pointers:
        record = _record(pointer)
        length = len(record["Data"]) + len(record["PartitionKey"].encode())
        if portion and (len(portion) == RECORDS or size + length > BYTES):
            yield portion
            portion, size = [], 0
        portion.append(pointer)
        size += length
    if portion:
        yield portion
