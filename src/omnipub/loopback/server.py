"""A server on 127.0.0.1: a thread for each connection, up to a limit; further ones are refused."""

import queue
import socket
import sys
import threading
import traceback
from contextlib import suppress
from socketserver import TCPServer
from typing import Any

from omnipub.loopback.connection import ClientConnection, ServerOptions
from omnipub.loopback.exchange import PROBLEM, problem

HOST = "127.0.0.1"
RETRY_SECONDS = 1

_WAITING = 64
"""Connections that wait to be told that there is no room; more are closed without a word."""

_BUSY = problem(503, "Too many connections", "Every thread is at work; try again.").body

_TURNED_AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: %s\r\nRetry-After: %d\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n%s" % (PROBLEM.encode(), RETRY_SECONDS, len(_BUSY), _BUSY)
)


class LoopbackServer(TCPServer):
    """Serves until it is shut down.

    Attributes:
        url: Where it listens.
    """

    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(self, port: int, *, connections: int) -> None:
        """Listen on `port`, 0 for any; nothing is served yet.

        Raises:
            OSError: The port is taken.
        """
        self._free = threading.BoundedSemaphore(connections)
        self._surplus: queue.Queue[socket.socket | None] = queue.Queue(_WAITING)
        super().__init__((HOST, port), ClientConnection)  # type: ignore[arg-type]  # connections are made below
        self.server_port = int(self.server_address[1])
        self.url = f"http://{HOST}:{self.server_port}"
        threading.Thread(target=self._turn_away, daemon=True).start()

    def manner(self) -> ServerOptions:
        """What is done with requests."""
        raise NotImplementedError

    def broke(self, error: Exception) -> None:
        """Say which mistake of ours a request met, in one line."""
        *_, last = traceback.extract_tb(error.__traceback__)
        sys.stderr.write(f"{type(error).__name__} at {last.filename}:{last.lineno}\n")

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base class's signature
        """Say what a connection met that did not even get a thread; a traceback helps nobody who uses this."""
        error = sys.exception()
        if isinstance(error, Exception):
            self.broke(error)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        if not self._free.acquire(blocking=False):
            try:
                self._surplus.put_nowait(request)
            except queue.Full:
                self.shutdown_request(request)
            return
        try:
            threading.Thread(target=self._serve, args=(request, client_address), daemon=True).start()
        except RuntimeError:  # the machine has no thread left
            self._free.release()
            self.shutdown_request(request)

    def server_close(self) -> None:
        """Let go of the port."""
        super().server_close()
        with suppress(queue.Empty):
            while (request := self._surplus.get_nowait()) is not None:
                self.shutdown_request(request)
        self._surplus.put(None)

    def _serve(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        try:
            request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ClientConnection(request, client_address[0], self.manner()).serve()
        except OSError:
            pass  # the client has gone
        finally:
            self._free.release()
            self.shutdown_request(request)

    def _turn_away(self) -> None:
        """Tell those for whom there is no thread; one after the other, each within a second."""
        while (request := self._surplus.get()) is not None:
            try:
                request.settimeout(RETRY_SECONDS)
                request.recv(65_536)  # closing over unread bytes would take the answer from the client
                request.sendall(_TURNED_AWAY)
            except OSError:
                pass  # it has not waited
            finally:
                self.shutdown_request(request)
