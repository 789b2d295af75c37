"""The delay queue in SQS: messages of many pointers that become visible a lead before their moment."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.adapters.aws.retries import Pause, tries
from omnipub.errors import OmnipubError
from omnipub.log_events import LogEvent
from omnipub.ports.clock import Clock
from omnipub.ports.delay import DueSoon
from omnipub.ports.journal import Journal
from omnipub.services.stream.wire_format import delayed_to_text

LONGEST_SECONDS = 900
"""The longest delay that SQS takes."""

PACK = 100
"""Pointers of one message at most, all of one second."""

MESSAGES = 10
BYTES = 256 * 1024
"""Messages of one call, and bytes of their bodies."""


@dataclass(frozen=True, kw_only=True)
class _Message:
    """A message to be sent: its pointers, its body, and the whole seconds until it becomes visible."""

    due: Sequence[DueSoon]
    body: str
    seconds: int


class SqsDelay:
    """The `Delay` port over a standard queue of SQS.

    Args:
        clients: Of this process.
        queue: The queue's address.
        lead: How long before its moment a pointer becomes visible, cut to whole seconds towards the past.
        clock: By which delays are reckoned.
        journal: Told what SQS did not take, and why.
        pause: How it waits between tries.
    """

    def __init__(
        self,
        clients: Clients,
        queue: str,
        *,
        lead: timedelta,
        clock: Clock,
        journal: Journal,
        pause: Pause = time.sleep,
    ) -> None:
        self._clients = clients
        self._queue = queue
        self._lead = lead
        self._clock = clock
        self._journal = journal
        self._pause = pause

    def put(self, due: Sequence[DueSoon]) -> Sequence[DueSoon]:
        """Send messages for these; the pointers of those that were not taken."""
        refused: list[DueSoon] = []
        batches = list(_batches(list(self._messages(due))))
        for number, batch in enumerate(batches):
            try:
                refused += self._send(batch)
            except (OmnipubError, ClientError) as error:
                # The table is the truth and the ticks find them; waiting for each batch would cost more.
                left = [one for rest in batches[number:] for message in rest for one in message.due]
                why = error.message if isinstance(error, OmnipubError) else code_of(error)
                self._journal.note(LogEvent.DELAY_LOST, deliveries=len(left), error=why)
                return [*refused, *left]
        return refused

    def _messages(self, due: Sequence[DueSoon]) -> Iterator[_Message]:
        border = self._clock.now() + self._lead
        waits = sorted(((_seconds(one.at - border), one) for one in due), key=lambda wait: wait[0])
        for seconds, group in groupby(waits, key=lambda wait: wait[0]):
            pointers = [one for _, one in group]
            for start in range(0, len(pointers), PACK):
                pack = pointers[start : start + PACK]
                yield _Message(due=pack, body=delayed_to_text(pack), seconds=seconds)

    def _send(self, batch: Sequence[_Message]) -> Sequence[DueSoon]:
        left: Mapping[str, _Message] = {str(number): message for number, message in enumerate(batch)}
        code = ""
        for _ in tries(self._pause):
            with translated(f"The queue {self._queue}"):
                answer = self._clients.of("sqs").send_message_batch(
                    QueueUrl=self._queue, Entries=[_entry(name, one) for name, one in left.items()]
                )
            failed = answer.get("Failed", [])
            left = {one["Id"]: left[one["Id"]] for one in failed}
            if not left:
                return ()
            code = str(failed[0]["Code"])
            if any(one.get("SenderFault") for one in failed):
                break  # it would be refused again
        refused = [one for message in left.values() for one in message.due]
        self._journal.note(LogEvent.DELAY_LOST, deliveries=len(refused), error=code)
        return refused


def _seconds(span: timedelta) -> int:
    """Whole seconds of a wait; a longer one than SQS takes ends early, and whoever is woken hands it back."""
    return max(0, min(LONGEST_SECONDS, span // timedelta(seconds=1)))


def _entry(name: str, message: _Message) -> dict[str, Any]:
    return {"Id": name, "MessageBody": message.body, "DelaySeconds": message.seconds}


def _batches(messages: Sequence[_Message]) -> Iterator[list[_Message]]:
    batch: list[_Message] = []
    size = 0
    for message in messages:
        length = len(message.body.encode())
        if batch and (len(batch) == MESSAGES or size + length > BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        yield batch
