"""A delay by asynchronous invocations of the scheduler's function, which waits inside its run."""

from collections.abc import Iterator, Sequence

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.errors import OmnipubError
from omnipub.log_events import LogEvent
from omnipub.ports.delay import DueSoon
from omnipub.ports.journal import Journal
from omnipub.services.stream.wire_format import nudge_to_text

PAYLOAD_BYTES = 256 * 1024
"""The most that every region takes of an asynchronous invocation."""


class LambdaDelay:
    """The `Delay` port over Lambda: one invocation, a nudge, for all that is put together.

    Args:
        clients: Of this process.
        function: The scheduler's name or ARN.
        journal: Told of what was not taken, and why.
    """

    def __init__(self, clients: Clients, function: str, journal: Journal) -> None:
        self._clients = clients
        self._function = function
        self._journal = journal

    def close(self) -> None:
        """Close the connections."""
        self._clients.close()

    def put(self, due: Sequence[DueSoon]) -> Sequence[DueSoon]:
        """Invoke the scheduler for these; those whose invocation was not taken."""
        taken = 0
        try:
            for count, payload in _payloads(due):
                with translated(f"The function {self._function}"):
                    self._clients.of("lambda").invoke(
                        FunctionName=self._function, InvocationType="Event", Payload=payload
                    )
                taken += count
        except OmnipubError as error:
            self._journal.note(LogEvent.NUDGE_LOST, deliveries=len(due) - taken, error=error.message)
        except ClientError as error:
            self._journal.note(LogEvent.NUDGE_LOST, deliveries=len(due) - taken, error=code_of(error))
        return due[taken:]


def _payloads(due: Sequence[DueSoon]) -> Iterator[tuple[int, bytes]]:
    """How many deliveries, and their payload, in their order; halves until it fits."""
    payload = nudge_to_text(due).encode()
    if len(payload) <= PAYLOAD_BYTES or len(due) == 1:
        if due:
            yield len(due), payload
        return
    middle = len(due) // 2
    yield from _payloads(due[:middle])
    yield from _payloads(due[middle:])
