"""HTTP requests to the networks, and the three ways one can fail."""

from collections.abc import Callable
from typing import Protocol

from omnipub.domain.conversation import Request, Response
from omnipub.errors import OmnipubError


class NotSentError(OmnipubError):
    """A request failed before any byte of it was written."""


class UnreachableError(NotSentError):
    """Nobody was there to take the request: no address, no connection, or no encryption that can be trusted."""


class NoAnswerError(OmnipubError):
    """A request was written, at least in part, and its answer is missing."""


class HttpSender(Protocol):
    """One HTTP request: no redirects, and no second time, unless it is repeatable and its kept connection had ended."""

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        """Send and wait for the answer.

        Raises:
            NotSentError: DNS, connect or TLS failed, the address is not allowed, or media cannot be read.
            NoAnswerError: Anything later.
        """
        ...
