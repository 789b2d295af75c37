"""HTTP of a stage in sandbox mode: every request goes to the stage's function `sandbox`, and none leaves AWS.

Only who may invoke the function reaches it, so it needs no address of its own and no secret.
"""

import json
from collections.abc import Callable
from math import ceil

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)

from omnipub.adapters.aws import sandbox_events
from omnipub.adapters.aws.clients import Clients, RetryPolicy
from omnipub.adapters.aws.errors import code_of
from omnipub.adapters.aws.sandbox_events import SandboxCall
from omnipub.adapters.http.body import parsed, written
from omnipub.adapters.http.ssrf_guard import target_of
from omnipub.domain.conversation import Request, Response
from omnipub.names import SANDBOX_ADDRESS
from omnipub.ports.http import NoAnswerError, NotSentError, UnreachableError
from omnipub.strict_json import loads

_ORIGIN = target_of(SANDBOX_ADDRESS).origin

MOST_BYTES = 6 * 1024 * 1024
"""Of an event with which a function is invoked and answered."""

_NOT_BEGUN = frozenset({"TooManyRequestsException", "ResourceNotFoundException", "AccessDeniedException"})
"""Refusals after which the function has surely not run."""


class SandboxClient:
    """Fills the port `HttpSender`.

    Args:
        clients: Of this process.
        function: Name or ARN of the function `sandbox`.
    """

    def __init__(self, clients: Clients, function: str) -> None:
        self._clients = clients
        self._function = function

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        """Invoke the function once with the request.

        Raises:
            UnreachableError: Lambda cannot be reached.
            NotSentError: It leads elsewhere, is too large for an event, or the function may not or cannot be invoked.
            NoAnswerError: Anything later.
        """
        target = target_of(request.url)
        if target.origin != _ORIGIN:
            raise NotSentError(f"{target.host} was not asked: a stage in sandbox mode sends to its own sandbox alone.")
        body, headers = written(request, target, media)
        call = SandboxCall(method=request.method, target=target.path, headers=headers, body=body or b"")
        event = json.dumps(sandbox_events.to_event(call)).encode()
        if len(event) > MOST_BYTES:
            raise NotSentError("The request is too large for a stage's sandbox, which takes some 4 MB.")
        answer = self._invoke(request, event)
        try:
            reply = sandbox_events.reply_from_event(loads(answer, lenient=True))
        except (ValueError, KeyError, TypeError) as error:
            raise NoAnswerError("The stage's sandbox broke: its log says why.") from error
        names = {name.lower(): value for name, value in reply.headers.items()}
        return Response(status=reply.status, headers=names, body=parsed(reply.body))

    def _invoke(self, request: Request, event: bytes) -> bytes:
        policy = RetryPolicy(connecting=ceil(request.connect_timeout), reading=ceil(request.total_timeout), attempts=1)
        try:
            answer = self._clients.of("lambda", policy).invoke(FunctionName=self._function, Payload=event)
            return bytes(answer["Payload"].read())
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            raise UnreachableError("Lambda cannot be reached.") from error
        except NoCredentialsError as error:
            raise NotSentError("There are no credentials to invoke the stage's sandbox with.") from error
        except ClientError as error:
            if code_of(error) in _NOT_BEGUN:
                raise NotSentError(f"The stage's sandbox was not asked: {code_of(error)}.") from error
            raise NoAnswerError(f"The stage's sandbox did not answer: {code_of(error)}.") from error
        except BotoCoreError as error:
            raise NoAnswerError("The stage's sandbox did not answer.") from error
