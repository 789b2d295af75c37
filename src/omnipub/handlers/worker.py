"""Lambda `worker`: hands a Kinesis batch over to the sender; where there is none, as on one machine, it delivers.

Only a failing hand-over, or our own storage failing, is a batch failure: then Kinesis sends the lowest failed record
and all after it again. A record that cannot be read, or a network that fails, never holds the shard.
"""

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from omnipub.handlers.process import system
from omnipub.log_events import LogEvent
from omnipub.ports.stream import Pointer
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
        failures = _failures(over, list(pointers.values()))
        failed = [sequence for sequence, pointer in pointers.items() if pointer in failures]
        return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in failed]}

    return handle


def _failures(over: System, pointers: Sequence[Pointer]) -> Collection[Pointer]:
    """Hand pointers over or deliver them; those that are to come again."""
    if over.world.hand_over is not None:
        return set(over.fan_out.run(pointers))
    failures = over.batches.run(pointers)
    for pointer, error in failures.items():
        over.world.journal.note(LogEvent.RECORD_FAILED, pk=pointer.pk, sk=pointer.sk, error=error.message)
    return failures.keys()


def handler(event: Event, context: object) -> Answer:
    """Lambda's entry."""
    return build(system())(event, context)
