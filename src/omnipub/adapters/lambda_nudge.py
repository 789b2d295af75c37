"""Nudges as asynchronous invocations of the scheduler's function."""

from collections.abc import Iterator, Sequence

from botocore.exceptions import ClientError

from omnipub.adapters.aws import Clients
from omnipub.adapters.aws_errors import code_of, translated
from omnipub.errors import OmnipubError
from omnipub.services.ports import DueSoon, Journal
from omnipub.services.wire import nudge_to_text

PAYLOAD_BYTES = 256 * 1024
"""The most that every region takes of an asynchronous invocation."""


class LambdaNudge:
    """The `Nudge` port over Lambda; a nudge that is lost costs punctuality, so it is noted and nothing more.

    Args:
        clients: Of this process.
        function: The scheduler's name or ARN.
        journal: Told of what was lost, and why.
    """

    def __init__(self, clients: Clients, function: str, journal: Journal) -> None:
        self._clients = clients
        self._function = function
        self._journal = journal

    def close(self) -> None:
        """Close the connections."""
        self._clients.close()

    def nudge(self, due: Sequence[DueSoon]) -> None:
        """Invoke the scheduler for these; the next tick finds what is lost."""
        left = len(due)
        try:
            for count, payload in _payloads(due):
                with translated(f"The function {self._function}"):
                    self._clients.of("lambda").invoke(
                        FunctionName=self._function, InvocationType="Event", Payload=payload
                    )
                left -= count
        except OmnipubError as error:
            self._journal.note("nudge_lost", deliveries=left, error=error.message)
        except ClientError as error:
            self._journal.note("nudge_lost", deliveries=left, error=code_of(error))


def _payloads(due: Sequence[DueSoon]) -> Iterator[tuple[int, bytes]]:
    """How many deliveries, and their payload; halves until it fits."""
    payload = nudge_to_text(due).encode()
    if len(payload) <= PAYLOAD_BYTES or len(due) == 1:
        if due:
            yield len(due), payload
        return
    middle = len(due) // 2
    yield from _payloads(due[:middle])
    yield from _payloads(due[middle:])
