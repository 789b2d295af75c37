"""One connection: requests in, replies out, each within its time, until either side ends it.

From the first byte on, whatever cannot be understood is answered with a problem or ends the connection.
"""

import select
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

import h11

from omnipub.loopback.exchange import ONCE, EndRequestError, Head, Reply, problem, refusal

HEAD_BYTES = 32 * 1024
IDLE_SECONDS = 60.0
"""How long a connection may wait for its next request."""

REQUEST_SECONDS = 30.0
"""From the first byte of a request until the last one of its body."""

LINGER_SECONDS = 1.0
"""How long what a refused client still sends is thrown away, so that it sees why."""

_PIECE = 64 * 1024
_LINGER_NOT = struct.pack("ii", 1, 0)  # on, zero seconds: closing sends RST instead of FIN

_TITLES = {400: "Malformed request", 408: "Too slow", 431: "The head is too large", 501: "Not supported"}


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """What one server does with requests.

    Attributes:
        name: For the header Server.
        most_bytes: Of a body.
        judge: The refusal of a request, by its head; asked before anything of the body is read.
        answer: The reply to a request with its body, or None to end the connection without one.
        broke: Told of a mistake of ours.
    """

    name: str
    most_bytes: int
    judge: Callable[[Head], Reply | None]
    answer: Callable[[Head, bytes, "ClientConnection"], Reply | None]
    broke: Callable[[Exception], None]


class _GoneError(Exception):
    """The client has hung up, or says nothing more."""


class ClientConnection:
    """Serves one socket; the caller closes it afterwards."""

    def __init__(self, sock: socket.socket, source: str, manner: ServerOptions) -> None:
        self._socket = sock
        self._source = source
        self._manner = manner
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        self._seen = b""
        self._deadline = 0.0
        self._method = ""

    def serve(self) -> None:
        """Answer requests until the connection ends."""
        with suppress(_GoneError, ConnectionError, TimeoutError):
            while self._one():
                self._seen = bytes(self._wire.trailing_data[0])
                self._wire.start_next_cycle()

    def wait_for_client_to_leave(self, seconds: float) -> None:
        """Return when the client has hung up, or after `seconds`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            readable, _, _ = select.select([self._socket], [], [], left)
            try:
                if readable and not self._socket.recv(1, socket.MSG_PEEK):
                    return
            except OSError:
                return
            if readable:
                time.sleep(min(left, 0.05))  # the client has sent ahead, so it is still there

    def reset(self) -> None:
        """End the connection as a machine does that knows nothing of it."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._socket.close()

    def _one(self) -> bool:
        """Answer one request; whether another one may follow on this connection."""
        try:
            reply = self._answered()
        except EndRequestError as refused:
            reply = refused.reply
        except h11.RemoteProtocolError as error:
            reply = self._misunderstood(error)
        except TimeoutError:
            reply = problem(408, _TITLES[408], f"A request has {REQUEST_SECONDS:g} seconds to arrive.")
        except (_GoneError, ConnectionError):
            raise
        except Exception as error:  # noqa: BLE001  the edge: a caller gets a problem, never a stack trace
            self._manner.broke(error)
            reply = problem(500, "The request failed", "omnipub made a mistake.")
        if reply is None:
            return False
        whole = self._wire.their_state is h11.DONE
        self._send(reply, closing=not whole)
        if not whole:
            self._linger()
        return self._wire.our_state is h11.DONE

    def _answered(self) -> Reply | None:
        head = self._head()
        refused = _repeated(self._seen) or _misdirected(head) or self._manner.judge(head)
        if refused is not None:
            return refused
        body = self._body(head)
        return body if isinstance(body, Reply) else self._manner.answer(head, body, self)

    def _head(self) -> Head:
        self._deadline = time.monotonic() + (REQUEST_SECONDS if self._seen else IDLE_SECONDS)
        event = self._wire.next_event()
        while event is h11.NEED_DATA:
            began = bool(self._seen)
            try:
                self._seen += self._receive()
            except TimeoutError:
                if not began:
                    raise _GoneError from None
                raise
            if not began:
                self._deadline = time.monotonic() + REQUEST_SECONDS
            event = self._wire.next_event()
        if not isinstance(event, h11.Request):
            raise _GoneError
        headers: dict[str, str] = {}
        for raw_name, raw_value in event.headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        if event.http_version not in {b"1.0", b"1.1"}:
            raise refusal(505, "Not this version", "Speak HTTP/1.1.")
        self._method = event.method.decode("latin-1").upper()
        path, _, query = event.target.decode("latin-1").partition("?")
        return Head(method=self._method, path=path, query=query, headers=headers, source=self._source)

    def _body(self, head: Head) -> bytes | Reply:
        """The body, or the refusal of one that is too large."""
        too_large = problem(413, "The body is too large", f"At most {self._manner.most_bytes:,} bytes are allowed.")
        if int(head.headers.get("content-length", "0")) > self._manner.most_bytes:
            return too_large
        if self._wire.they_are_waiting_for_100_continue:
            self._socket.sendall(self._wire.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        parts: list[bytes] = []
        length = 0
        while not isinstance(event := self._wire.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                self._receive()
            elif isinstance(event, h11.Data):
                length += len(event.data)
                if length > self._manner.most_bytes:
                    return too_large
                parts.append(bytes(event.data))
            else:
                raise _GoneError
        return b"".join(parts)

    def _receive(self) -> bytes:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        data = self._socket.recv(_PIECE)
        self._wire.receive_data(data)
        return data

    def _misunderstood(self, error: h11.RemoteProtocolError) -> Reply | None:
        if self._wire.our_state not in {h11.IDLE, h11.SEND_RESPONSE} or not self._seen:
            raise _GoneError from error
        status = error.error_status_hint
        if status == 431 and b"\n" not in self._seen:  # noqa: PLR2004  not even its first line has ended
            return problem(414, "The address is too long", f"A request line has at most {HEAD_BYTES:,} bytes.")
        return problem(status, _TITLES.get(status, _TITLES[400]), "This is not HTTP/1.1 as RFC 9112 has it.")

    def _send(self, reply: Reply, *, closing: bool) -> None:
        headers = {"Server": self._manner.name, "Date": formatdate(usegmt=True), **reply.headers}
        if reply.status != 204:  # noqa: PLR2004  No Content has no length either
            headers["Content-Length"] = str(len(reply.body))
        if closing:
            headers["Connection"] = "close"
        status, reason = reply.status, _reason(reply.status)
        events: list[h11.Event] = [h11.Response(status_code=status, reason=reason, headers=list(headers.items()))]
        if self._method != "HEAD" and reply.body:
            events.append(h11.Data(data=reply.body))
        events.append(h11.EndOfMessage())
        self._socket.settimeout(REQUEST_SECONDS)
        self._socket.sendall(b"".join(self._wire.send(event) or b"" for event in events))

    def _linger(self) -> None:
        """Throw away what still comes: closing over unread bytes would take our answer from the client."""
        end = time.monotonic() + LINGER_SECONDS
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            while (left := end - time.monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv(_PIECE):
                    return


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""


def _repeated(received: bytes) -> Reply | None:
    """The refusal of a head in which a header stands twice that must stand once; `received` begins with the head."""
    lines = received.replace(b"\r\n", b"\n").partition(b"\n\n")[0].split(b"\n")[1:]
    names = [line.partition(b":")[0].strip().lower().decode("latin-1") for line in lines]
    twice = next((name for name in ONCE if names.count(name) > 1), None)
    if twice is not None:
        return problem(400, "A header stands twice", f"{twice.title()} may stand once.")
    if {"content-length", "transfer-encoding"} <= set(names):
        return problem(400, "Two lengths", "Send Content-Length or Transfer-Encoding, not both.")
    return None


def _misdirected(head: Head) -> Reply | None:
    """The refusal of a target that is no path of this server: another server's address, or an authority."""
    if head.path.startswith("/") and "#" not in head.path + head.query:
        return None
    return problem(400, "Malformed address", "The request line names a path that begins with /, without a fragment.")
