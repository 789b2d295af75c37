"""Lambda `delay`: what messages of the delay queue name goes onto the stream, at once.

A message comes again a few times if our own storage fails, or if neither stream nor queue takes it. Then it is parked
whole, for people; a tick has put again by then what it names.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from omnipub.config import from_environment
from omnipub.errors import GateClosedError, OmnipubError
from omnipub.handlers.process import clients, system
from omnipub.log_events import LogEvent
from omnipub.ports.delay import DueSoon
from omnipub.services.stream.wire_format import delayed_from
from omnipub.wiring.assemble import System

if TYPE_CHECKING:
    from omnipub.adapters.aws.s3_parking import S3Parking

RECEIVES = 3
"""A message that has failed so often is parked."""

Message = Mapping[str, Any]
Park = Callable[[Message], None]


def build(over: System, park: Park | None = None) -> Callable[[Mapping[str, Any], object], dict[str, Any]]:
    """The handler over a system.

    Args:
        over: The system.
        park: Keeps a message that is given up on; without it, as on one machine, nothing is given up on.
    """

    def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001  Lambda passes a context
        messages: Sequence[Message] = event["Records"]
        named = {one["messageId"]: delayed_from(one["body"]) for one in messages}
        foreign = {name for name, due in named.items() if due is None}
        for name in foreign:
            over.world.journal.note(LogEvent.FOREIGN_RECORD, sequence=name)
        ours = {name: due for name, due in named.items() if due is not None}
        if park is None:
            failed = _unput(over, ours)
        else:
            failed = _failed(over, ours)
            given_up = foreign | {one["messageId"] for one in messages if _receives(one) >= RECEIVES} & failed
            failed -= given_up
            failed |= _unparked(over, [one for one in messages if one["messageId"] in given_up], park)
        return {"batchItemFailures": [{"itemIdentifier": name} for name in named if name in failed]}

    return handle


def _unput(over: System, named: Mapping[str, Sequence[DueSoon]]) -> set[str]:
    """The messages of which something was not put.

    Raises:
        OmnipubError: Our own storage failed.
    """
    try:
        left = set(over.wake.put([one for due in named.values() for one in due]))
    except GateClosedError as error:
        # Acknowledged: after an adoption the ticks find what is still to be sent.
        over.world.journal.note(LogEvent.GATE_CLOSED, why=error.message)
        return set()
    return {name for name, due in named.items() if not left.isdisjoint(due)}


def _failed(over: System, named: Mapping[str, Sequence[DueSoon]]) -> set[str]:
    """The messages of which something was not put; all of them if our own storage failed."""
    try:
        return _unput(over, named)
    except OmnipubError as error:
        over.world.journal.note(LogEvent.WAKE_FAILED, messages=len(named), error=error.message)
        return set(named)


def _unparked(over: System, messages: Sequence[Message], park: Park) -> set[str]:
    """Park messages; the names of those that could not be."""
    left = set()
    for message in messages:
        name = message["messageId"]
        try:
            park(message)
        except OmnipubError as error:
            over.world.journal.note(LogEvent.WAKE_FAILED, messages=1, error=error.message)
            left.add(name)
        else:
            over.world.journal.note(LogEvent.DELAY_PARKED, message_id=name)
    return left


def _receives(message: Message) -> int:
    return int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))


@cache
def _parking() -> "S3Parking":
    from omnipub.adapters.aws.s3_parking import S3Parking

    return S3Parking(clients(), from_environment(os.environ).parked, system().world.clock)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Lambda's entry."""
    return build(system(), lambda message: _parking().park(message))(event, context)
