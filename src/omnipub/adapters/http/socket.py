"""A socket under one deadline, which knows whether anything was written.

Rules of this module:
1. A wire is one request long. It is touched from its first attempt to write, and answered from the first byte that it
   reads.
2. No read or write waits beyond the deadline, and nobody else sets a time-out.
3. It never closes the socket.
"""

import io
import socket
from time import monotonic
from typing import Any


class Deadline:
    """A moment after which nothing waits any more."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """The seconds that remain.

        Raises:
            TimeoutError: None do.
        """
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class DeadlineSocket:
    """A socket as http.client uses it: each read and write gets what remains until the deadline, no more.

    A socket's own time-out begins anew with every byte, so it never stops someone who sends one now and then.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._socket = sock
        self._deadline = deadline
        self.touched = False
        self.answered = False

    def sendall(self, data: bytes) -> None:
        """Write everything."""
        rest = memoryview(data)
        while rest:
            self._socket.settimeout(self._deadline.left())
            self.touched = True
            rest = rest[self._socket.send(rest) :]

    def receive_into(self, buffer: Any) -> int:
        """Read what is there."""
        self._socket.settimeout(self._deadline.left())
        count = self._socket.recv_into(buffer)
        self.answered = self.answered or count > 0
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What answers are read from."""
        return io.BufferedReader(_Reader(self))

    def settimeout(self, _seconds: object) -> None:
        """Nothing: the deadline decides."""

    def close(self) -> None:
        """Nothing: http.client closes as soon as it has the headers, when the body is still to be read."""


class _Reader(io.RawIOBase):
    """The reading side of a wire."""

    def __init__(self, wire: DeadlineSocket) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.receive_into(buffer)
