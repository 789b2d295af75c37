"""What Bluesky's data server says when it does not do what it was asked."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, json_answer

NETWORK = "bluesky"


@dataclass(frozen=True)
class XrpcError:
    """One row: the HTTP status, the error's name, and what to say."""

    status: int
    name: str
    message: str


# A session that is over is a 400, unlike a missing or a wrong one.
ERRORS: Mapping[str, XrpcError] = MappingProxyType(
    {
        "request": XrpcError(400, "InvalidRequest", ""),
        "swap": XrpcError(400, "InvalidSwap", "Record was at"),
        "blob": XrpcError(400, "BlobNotFound", "Could not find blob:"),
        "mime_type": XrpcError(400, "InvalidMimeType", ""),
        "size": XrpcError(400, "InvalidSize", "Referenced Size does not match stored blob:"),
        "expired": XrpcError(400, "ExpiredToken", "Token has expired"),
        "token": XrpcError(400, "InvalidToken", "Token could not be verified"),
        "unsigned": XrpcError(401, "AuthMissing", "Authentication Required"),
        "password": XrpcError(401, "AuthenticationRequired", "Invalid identifier or password"),
        "repo": XrpcError(401, "AuthenticationRequired", "Authentication Required"),
        "too_large": XrpcError(413, "PayloadTooLarge", "request entity too large"),
        "too_many": XrpcError(429, "RateLimitExceeded", "Rate Limit Exceeded"),
        "internal": XrpcError(500, "InternalServerError", "Internal Server Error"),
        "absent": XrpcError(501, "MethodNotImplemented", "Method Not Implemented"),
    }
)


def xrpc_error(name: str, detail: str = "", *, headers: Mapping[str, str] | None = None) -> SandboxAnswer:
    """A row of ERRORS in the shape of XRPC."""
    row = ERRORS[name]
    message = " ".join(part for part in (row.message, detail) if part)
    return json_answer({"error": row.name, "message": message}, status=row.status, headers=headers)


def refused(name: str, detail: str = "") -> RefusalError:
    """A row of ERRORS, ready to be raised."""
    return RefusalError(xrpc_error(name, detail))


def throttled(wait_seconds: int) -> SandboxAnswer:
    """The limit that was reached, and when it begins anew, in both ways that there are to say it."""
    headers = {
        "RateLimit-Limit": "30",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": str(int(time.time()) + wait_seconds),
        "RateLimit-Policy": "30;w=300",
        "Retry-After": str(wait_seconds),
    }
    return xrpc_error("too_many", headers=headers)
