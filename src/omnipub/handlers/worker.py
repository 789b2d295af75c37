"""Lambda `worker`: a Kinesis batch to deliveries.

Only our own storage failing is a batch failure: then Kinesis sends the lowest failed record and all after
it again. A record that cannot be read, or a network that fails, never holds the shard.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from omnipub.handlers.process import system
from omnipub.log_events import LogEvent
from omnipub.services.stream.wire_format import pointer_from_text
from omnipub.wiring.assemble import System

Event = Mapping[str, Any]
Answer = dict[str, Any]


def build(over: System) -> Callable[[Event, object], Answer]:
    """The handler over a system."""

    def handle(event: Event, context: object) -> Answer:  # noqa: ARG001  Lambda passes a context
        pointers = {}
        for record in event["Records"]:
            pointer = pointer_from_text(base64.b64decode(record["kinesis"]["data"]))
            sequence = record["kinesis"]["sequenceNumber"]
            if pointer is None:
                over.world.journal.note(LogEvent.FOREIGN_RECORD, sequence=sequence)
                continue
            pointers[sequence] = pointer
        failures = over.batches.run(list(pointers.values()))
        for pointer, error in failures.items():
            over.world.journal.note(LogEvent.RECORD_FAILED, pk=pointer.pk, sk=pointer.sk, error=error.message)
        failed = [sequence for sequence, pointer in pointers.items() if pointer in failures]
        return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in failed]}

    return handle


def handler(event: Event, context: object) -> Answer:
    """Lambda's entry."""
    return build(system())(event, context)
