"""HTTP: one request, one answer; all that leaves for a network leaves here.

Rules of this module:
1. Nothing is sent twice that must not be: there are no redirects and no proxies. Each request has a connection of its
   own, since a kept one may have been closed meanwhile. A request whose repeat is harmless may name whose kept
   connection it goes over. If that breaks off before any byte of an answer, the request goes once more within the same
   deadline. It goes over a fresh connection, and counts as written whatever becomes of that.
2. `NotSentError` means that no byte of the request was written. The socket knows that, not the type of an
   exception. Whatever happens before its first write is "not sent", everything later "no answer".
3. Every wait ends at the request's deadline, however slowly the other side drips. Only looking up a name
   and making the connection can overrun it; nothing is written then.
4. Errors name a host at most: never a path, a query, a header or a body.
"""

import logging
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse

from omnipub.adapters.http.body import BODY_BYTES, parsed, written
from omnipub.adapters.http.connection_pool import ConnectionPool, PooledConnection
from omnipub.adapters.http.socket import Deadline, DeadlineSocket
from omnipub.adapters.http.ssrf_guard import Destination, Resolve, SsrfGuard, resolved, target_of
from omnipub.domain.conversation import Request, Response
from omnipub.ports.http import NoAnswerError, NotSentError, UnreachableError

# Its warning about malformed headers would put the whole URL into our logs (rule 4).
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


_TOO_LATE = (TimeoutError, ReadTimeoutError)


class _StaleError(NoAnswerError):
    """A kept connection ended before any byte of an answer came."""


@dataclass(frozen=True)
class _PreparedRequest:
    """A request as it is written, and until when."""

    request: Request
    target: Destination
    body: bytes | None
    headers: dict[str, str]
    deadline: Deadline

    @property
    def key(self) -> tuple[str, str, bool]:
        """Whose connection it may go over: the account's, to this origin, judged as this request is."""
        return self.request.kept_for, self.target.origin, self.request.user_given


class HttpClient:
    """Fills the port `Send`.

    Args:
        allowed_origins: As the `SsrfGuard` takes them.
        only_allowed: Likewise.
        resolve: Likewise; by default what the system knows.
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
        self._guard = SsrfGuard(allowed_origins=allowed_origins, only_allowed=only_allowed, resolve=resolve or resolved)
        self._given = tls
        self._kept = ConnectionPool()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made at the first request: reading the roots of trust takes 20 ms, and most functions send nothing."""
        return self._given or ssl.create_default_context()

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        """Send once and wait for the whole answer, at most `total_timeout` seconds in all.

        Raises:
            UnreachableError: Nothing was written: nobody could be reached, or not with trusted encryption.
            NotSentError: Nothing was written: the address is not allowed, or the request cannot be put together.
            NoAnswerError: Something was written, and the answer is missing or incomplete.
        """
        deadline = Deadline(request.total_timeout)
        target = target_of(request.url)
        self._guard.check(target, user_given=request.user_given)
        prepared = _PreparedRequest(request, target, *written(request, target, media), deadline)
        kept = self._kept.take(prepared.key) if request.kept_for else None
        if kept is None:
            return self._exchange(self._connected(prepared), prepared)
        try:
            return self._exchange(kept, prepared)
        except _StaleError as stale:
            try:
                return self._exchange(self._connected(prepared), prepared)
            except NotSentError:
                raise NoAnswerError(str(stale)) from stale  # the first one may have been read

    def close(self) -> None:
        """Close the connections that wait for another request."""
        self._kept.close()

    def _exchange(self, line: PooledConnection, prepared: "_PreparedRequest") -> Response:
        connection, request = line.connection, prepared.request
        wire = DeadlineSocket(line.socket, prepared.deadline)
        connection.sock = wire  # what http.client uses of a socket
        is_kept = False
        try:
            with suppress(BrokenPipeError):  # whoever refuses a body before having read it all may say why
                connection.request(
                    request.method,
                    prepared.target.path,
                    body=prepared.body,
                    headers=prepared.headers,
                    preload_content=False,
                )
            answer = connection.getresponse()
            response = _read(answer)
            is_kept = bool(request.kept_for) and answer.closed and connection.sock is not None
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            if not wire.touched:
                # Without the cause: its text may quote the header or the URL that could not be written.
                raise NotSentError(f"The request to {prepared.target.host} cannot be written as HTTP.") from None
            failure = _no_answer(error, prepared.target, request)
            if line.was_used and not wire.answered and not isinstance(error, _TOO_LATE):
                raise _StaleError(failure) from error
            raise NoAnswerError(failure) from error
        finally:
            if is_kept:
                self._kept.keep(prepared.key, line)
            else:
                line.hang_up()
        return response

    def _connected(self, prepared: "_PreparedRequest") -> PooledConnection:
        """A connection to the first address that takes one; nothing has been written to it."""
        target, request, deadline = prepared.target, prepared.request, prepared.deadline
        refusal: Exception | None = None
        for address in self._guard.addresses(target, user_given=request.user_given):
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
            connection.auto_open = 0  # it never connects again by itself
            return PooledConnection(connection, connection.sock)
        raise UnreachableError(f"{target.host} {_refusal(refusal)}.") from refusal

    def _connection(self, target: Destination, address: str, timeout: float) -> HTTPConnection:
        if target.scheme == "http":
            return HTTPConnection(address, target.port, timeout=timeout)
        return HTTPSConnection(
            address, target.port, timeout=timeout, server_hostname=target.host, ssl_context=self._tls
        )


def _read(answer: BaseHTTPResponse) -> Response:
    data = answer.read(BODY_BYTES + 1)
    return Response(
        status=answer.status,
        headers={name.lower(): value for name, value in answer.headers.items()},
        body=parsed(data),
    )


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


def _no_answer(error: Exception, target: Destination, request: Request) -> str:
    if isinstance(error, _TOO_LATE):
        return f"{target.host} gave no complete answer within {request.total_timeout:g} seconds."
    return f"{target.host} broke off the connection before its answer was complete."
