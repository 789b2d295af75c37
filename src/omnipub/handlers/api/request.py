"""One request to the API: read once from the event that the handler was given, and never changed."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ApiRequest:
    """What API Gateway passed on (payload 2.0).

    Attributes:
        method: In capitals.
        path: As in the request line, without the query.
        query: By name; API Gateway joins repeated ones with a comma.
        headers: By lower-case name, joined likewise.
        body: The bytes that were sent.
        binary: Whether they were sent as something else than text.
        trace: API Gateway's id of the request.
        claims: Of the token that the authorizer verified; empty without one.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    binary: bool
    trace: str
    claims: Mapping[str, Any]


def request_of(event: Mapping[str, Any]) -> ApiRequest:
    """The request in an event."""
    context = event["requestContext"]
    text = event.get("body") or ""
    binary = bool(event.get("isBase64Encoded"))
    return ApiRequest(
        method=str(context["http"]["method"]).upper(),
        path=str(event["rawPath"]),
        query=MappingProxyType(dict(event.get("queryStringParameters") or {})),
        headers=MappingProxyType({name.lower(): value for name, value in (event.get("headers") or {}).items()}),
        body=base64.b64decode(text) if binary else text.encode(errors="surrogatepass"),
        binary=binary,
        trace=str(context.get("requestId", "")),
        claims=MappingProxyType(dict(((context.get("authorizer") or {}).get("jwt") or {}).get("claims") or {})),
    )
