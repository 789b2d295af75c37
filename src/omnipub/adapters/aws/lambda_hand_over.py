"""The hand-over to the function `sender`: an asynchronous invocation, which carries keys alone."""

from collections.abc import Iterator, Mapping, Sequence

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.errors import OmnipubError
from omnipub.log_events import LogEvent
from omnipub.ports.journal import Journal
from omnipub.ports.stream import Pointer
from omnipub.services.stream.wire_format import handed_to_text

BYTES = 200_000
"""Of a payload at most; Lambda has taken 256 KB of an asynchronous call for longest."""


class LambdaHandOver:
    """The `HandOver` port over asynchronous calls: Lambda keeps each until the sender has a place for it.

    Args:
        clients: Of this process.
        function: Name or ARN of the function `sender`.
        journal: Told what Lambda did not take, and why.
    """

    def __init__(self, clients: Clients, function: str, journal: Journal) -> None:
        self._clients = clients
        self._function = function
        self._journal = journal

    def hand_over(self, accounts: Mapping[str, Sequence[Pointer]]) -> Sequence[Pointer]:
        """Call the sender with all of these, in one run if the payload is small enough; those not taken."""
        left: list[Pointer] = []
        for portion in _portions([one for pointers in accounts.values() for one in pointers]):
            try:
                with translated(f"The function {self._function}"):
                    self._clients.of("lambda").invoke(
                        FunctionName=self._function,
                        InvocationType="Event",
                        Payload=handed_to_text(portion).encode(),
                    )
            except (OmnipubError, ClientError) as error:
                why = error.message if isinstance(error, OmnipubError) else code_of(error)
                self._journal.note(LogEvent.HAND_OVER_FAILED, records=len(portion), error=why)
                left += portion
        return left


def _portions(pointers: Sequence[Pointer]) -> Iterator[list[Pointer]]:
    portion: list[Pointer] = []
    size = 0
    for pointer in pointers:
        length = len(handed_to_text([pointer]))  # as long in bytes: what is no ASCII is escaped
        if portion and size + length > BYTES:
            yield portion
            portion, size = [], 0
        portion.append(pointer)
        size += length
    if portion:
        yield portion
