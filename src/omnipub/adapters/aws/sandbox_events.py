"""A request to the function `sandbox` and its answer, as events: what HTTP says, with bodies in Base64."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_REQUEST = "sandbox_request"


@dataclass(frozen=True, kw_only=True)
class SandboxCall:
    """One request.

    Attributes:
        method: In capitals.
        target: Path and query, encoded as in a request line.
        headers: By name.
        body: The bytes that would be sent.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class SandboxReply:
    """One answer: the same as over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def to_event(call: SandboxCall) -> dict[str, Any]:
    """The event with which the function is invoked."""
    inner = {
        "method": call.method,
        "target": call.target,
        "headers": dict(call.headers),
        "body": base64.b64encode(call.body).decode(),
    }
    return {_REQUEST: inner}


def is_call(event: Mapping[str, Any]) -> bool:
    """Whether an event is such a request; else it is API Gateway's."""
    return _REQUEST in event


def from_event(event: Mapping[str, Any]) -> SandboxCall:
    """The request in an event."""
    inner = event[_REQUEST]
    return SandboxCall(
        method=inner["method"],
        target=inner["target"],
        headers=inner["headers"],
        body=base64.b64decode(inner["body"]),
    )


def reply_to_event(reply: SandboxReply) -> dict[str, Any]:
    """What the function returns."""
    return {
        "status": reply.status,
        "headers": dict(reply.headers),
        "body": base64.b64encode(reply.body).decode(),
    }


def reply_from_event(answer: Mapping[str, Any]) -> SandboxReply:
    """The answer that the function returned.

    Raises:
        KeyError: It is none.
        ValueError: Likewise.
    """
    return SandboxReply(
        status=int(answer["status"]), headers=answer["headers"], body=base64.b64decode(answer["body"], validate=True)
    )
