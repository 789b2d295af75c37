"""HTTP: one request, one connection of its own, one answer. All that leaves for a network leaves here.

Rules of this room:
1. Nothing is sent twice: no retries, no redirects, no proxies, and no connection that was used before,
   since only a fresh one cannot turn out to have been closed while the request was under way.
2. `NotSentError` means that no byte of the request was written. The wire keeps that book, not the type
   of an exception: whatever happens before its first write is "not sent", everything later "no answer".
3. Every wait ends at the request's deadline, however slowly the other side drips. Only looking up a name
   and making the connection can overrun it; nothing is written then.
4. Errors name a host at most: never a path, a query, a header or a body.
"""

import io
import ipaddress
import json
import logging
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException
from time import monotonic
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationParseError, NewConnectionError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util import parse_url

from omnipub.domain.conversation import Request, Response, Secret
from omnipub.names import SERVICE
from omnipub.services.ports import NoAnswerError, NotSentError

BODY_BYTES = 1024 * 1024
"""Of an answer, more is not read; what is cut off is no JSON any more and reaches the channel as text."""

USER_PORTS = frozenset({443, 8443})
"""Where a user-given address may lead. Elsewhere other protocols listen, and the difference between
"refused" and "timed out" would let a user scan a stranger's ports from our address."""

Resolve = Callable[[str, int], Sequence[str]]
"""Host and port → addresses as text, best first; raises OSError or ValueError."""

# Its warning about malformed headers would put the whole URL into our logs (rule 4).
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class HttpSend:
    """Fills the port `Send`.

    Args:
        allowed_origins: `scheme://host:port` of places that need neither https nor a public address,
            that is, the sandbox's.
        only_allowed: Refuse every other place. So a sandbox stage can never reach a live network.
        resolve: How names become addresses.
        tls: What certificates are trusted; by default what the system trusts.
    """

    def __init__(
        self,
        *,
        allowed_origins: Iterable[str] = (),
        only_allowed: bool = False,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = frozenset(_target(url).origin for url in allowed_origins)
        self._only_allowed = only_allowed
        self._resolve = resolve or resolved
        self._tls = tls or ssl.create_default_context()

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        """Send once and wait for the whole answer, at most `total_timeout` seconds in all.

        Raises:
            NotSentError: Nothing was written: the address is not allowed or cannot be reached, there is no
                trusted encryption, or the request cannot be put together.
            NoAnswerError: Something was written, and the answer is missing or incomplete.
        """
        deadline = _Deadline(request.total_timeout)
        target = _target(request.url)
        self._check(target, request)
        body, headers = _written(request, target, media)
        connection, wire = self._connected(target, request, deadline)
        try:
            with suppress(BrokenPipeError):  # whoever refuses a body before having read it all may say why
                connection.request(request.method, target.path, body=body, headers=headers, preload_content=False)
            return _read(connection.getresponse())
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            if not wire.touched:
                # Without the cause: its text may quote the header or the URL that could not be written.
                raise NotSentError(f"The request to {target.host} cannot be written as HTTP.") from None
            raise NoAnswerError(_no_answer(error, target, request)) from error
        finally:
            wire.hang_up()

    def _check(self, target: "_Target", request: Request) -> None:
        if target.origin in self._allowed:
            return
        if self._only_allowed:
            raise NotSentError(f"This is a sandbox: it sends nothing to {target.host}.")
        if target.scheme != "https":
            raise NotSentError(f"{target.host} is addressed without encryption; only https is allowed.")
        if request.user_given and target.port not in USER_PORTS:
            ports = " and ".join(str(port) for port in sorted(USER_PORTS))
            raise NotSentError(f"{target.host} is addressed on port {target.port}; only {ports} are allowed.")

    def _connected(self, target: "_Target", request: Request, deadline: "_Deadline") -> tuple[HTTPConnection, "_Wire"]:
        """A connection to the first address that takes one; nothing has been written to it."""
        refusal: Exception | None = None
        for address in self._addresses(target, request):
            connection: HTTPConnection | None = None
            try:
                connection = self._connection(target, address, min(request.connect_timeout, deadline.left()))
                connection.connect()
                deadline.left()
            except (HTTPError, HTTPException, OSError, ValueError) as error:
                refusal = error
                if connection is not None:
                    connection.close()
                continue
            if connection.sock is None:
                raise AssertionError("a connection that is made has a socket")
            wire = _Wire(connection.sock, deadline)
            connection.sock = wire  # what http.client uses of a socket
            return connection, wire
        raise NotSentError(f"{target.host} {_refusal(refusal)}.") from refusal

    def _addresses(self, target: "_Target", request: Request) -> Sequence[str]:
        """Where the host is; of a user-given one, only what is public.

        The connection goes to an address that was judged here, never to a name that could mean another
        address a moment later.
        """
        try:
            found = self._resolve(target.host, target.port)
        except (OSError, ValueError) as error:
            raise NotSentError(f"The name {target.host} leads to no address.") from error
        if not request.user_given or target.origin in self._allowed:
            return found
        public = [address for address in found if is_public(address)]
        if not public:
            raise NotSentError(f"{target.host} is not an address on the public internet.")
        return public

    def _connection(self, target: "_Target", address: str, timeout: float) -> HTTPConnection:
        if target.scheme == "http":
            return HTTPConnection(address, target.port, timeout=timeout)
        return HTTPSConnection(
            address, target.port, timeout=timeout, server_hostname=target.host, ssl_context=self._tls
        )


@dataclass(frozen=True, kw_only=True)
class _Target:
    """Where a URL leads; `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


_DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


def _target(url: str) -> _Target:
    try:
        parsed = parse_url(url)
    except LocationParseError:
        raise NotSentError("This is not a web address; names in other scripts are written as xn--….") from None
    if parsed.scheme is None or parsed.scheme not in _DEFAULT_PORTS or not parsed.host:
        raise NotSentError("This is not a web address: it must begin with https:// and a host.")
    if parsed.auth is not None:
        raise NotSentError(f"The address of {parsed.host} has a user name or password in it, which is not allowed.")
    return _Target(
        scheme=parsed.scheme,
        host=parsed.host.strip("[]"),
        port=_DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port,
        path=parsed.request_uri,
    )


# --- Addresses


def resolved(host: str, port: int) -> Sequence[str]:
    """The host's addresses as the system knows them, in its order of preference."""
    return list(dict.fromkeys(str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


_NOT_FOR_US = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's machine agent: metadata under a public address
        "192.0.0.0/24",  # protocol assignments, Oracle's metadata among them; Python 3.11 knows only a part
        "192.88.99.0/24",  # relays of 6to4
        "2002::/16",  # 6to4: an IPv4 address of any kind inside
        "3fff::/20",  # documentation, newer than Python 3.11
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an address, and the IPv4 address inside it if there is one, belongs to the public internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local or address.scope_id is not None:
            return False
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_unspecified)
        and not any(address in network for network in _NOT_FOR_US if network.version == address.version)
    )


# --- What is written


def _written(request: Request, target: _Target, media: Callable[[str], bytes]) -> tuple[bytes | None, dict[str, str]]:
    """Body and headers, complete before a connection is made."""
    try:
        body, content_type = _body(request, media)
    except Exception as error:
        # Media come from a store of whatever kind. Nothing has been sent, whatever went wrong there.
        raise NotSentError(f"The request to {target.host} could not be put together.") from error
    headers = {
        "Host": target.host if ":" not in target.host else f"[{target.host}]",
        "User-Agent": SERVICE,
        "Accept": "application/json",
        "Connection": "close",
    }
    if target.port != _DEFAULT_PORTS[target.scheme]:
        headers["Host"] = target.authority
    if content_type and "content-type" not in {name.lower() for name in request.headers}:
        headers["Content-Type"] = content_type
    return body, headers | {name: _revealed(value) for name, value in request.headers.items()}


def _body(request: Request, media: Callable[[str], bytes]) -> tuple[bytes | None, str]:
    if request.form is not None:
        return _multipart(request, media)
    if request.media is not None:
        return media(request.media.key), request.media.content_type
    if request.raw is not None:
        return request.raw, ""
    if request.json is not None:
        text = json.dumps(request.json, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode(), "application/json"
    return None, ""


def _multipart(request: Request, media: Callable[[str], bytes]) -> tuple[bytes, str]:
    """A form and perhaps a file; the boundary comes from the content, so the same form is the same bytes."""
    parts = [
        f'Content-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{_revealed(value)}'.encode()
        for name, value in (request.form or {}).items()
    ]
    if request.media is not None:
        suffix = request.media.content_type.partition("/")[2]
        head = (
            f'Content-Disposition: form-data; name="{_quoted(request.media.field)}"; filename="image.{suffix}"\r\n'
            f"Content-Type: {request.media.content_type}\r\n\r\n"
        )
        parts.append(head.encode() + media(request.media.key))
    boundary = sha256(b"\0".join(parts)).hexdigest()[:40].encode()
    lines = [line for part in parts for line in (b"--" + boundary, part)]
    return b"\r\n".join([*lines, b"--" + boundary + b"--", b""]), f"multipart/form-data; boundary={boundary.decode()}"


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _revealed(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


# --- The wire


class _Deadline:
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


class _Wire:
    """A socket as http.client uses it: each read and write gets what remains until the deadline, no more.

    A socket's own time-out begins anew with every byte, so it never stops someone who sends one now and then.
    """

    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._socket = sock
        self._deadline = deadline
        self.touched = False

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
        return self._socket.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What answers are read from."""
        return io.BufferedReader(_Reader(self))

    def settimeout(self, _seconds: object) -> None:
        """Nothing: the deadline decides."""

    def close(self) -> None:
        """Nothing: http.client closes as soon as it has the headers, when the body is still to be read."""

    def hang_up(self) -> None:
        """Close the socket."""
        self._socket.close()


class _Reader(io.RawIOBase):
    """The reading side of a wire."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.receive_into(buffer)


# --- What comes back


def _read(answer: BaseHTTPResponse) -> Response:
    data = answer.read(BODY_BYTES + 1)
    return Response(
        status=answer.status,
        headers={name.lower(): value for name, value in answer.headers.items()},
        body=_parsed(data),
    )


def _parsed(data: bytes) -> Any:
    """JSON, whatever the content type says (Graph calls its JSON JavaScript), else text."""
    if len(data) > BODY_BYTES:
        return data[:BODY_BYTES].decode(errors="replace")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode(errors="replace")


def _refusal(error: Exception | None) -> str:
    match error:
        case NewConnectionError():  # before the next: urllib3 derives it from time-outs
            return "could not be reached"
        case ConnectTimeoutError() | TimeoutError():
            return "did not take a connection in time"
        case ssl.SSLCertVerificationError():
            return "shows a certificate that is not valid for it"
        case ssl.SSLError():
            return "did not agree on an encrypted connection"
        case _:
            return "could not be reached"


def _no_answer(error: Exception, target: _Target, request: Request) -> str:
    if isinstance(error, TimeoutError | ReadTimeoutError):
        return f"{target.host} gave no complete answer within {request.total_timeout:g} seconds."
    return f"{target.host} broke off the connection before its answer was complete."
