"""What a request's head says and what it gets back, as plain data."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

PROBLEM = "application/problem+json"

ONCE = (
    *("authorization", "content-length", "content-type", "expect", "host", "idempotency-key", "origin"),
    *("sec-fetch-site", "transfer-encoding"),
)
"""Headers that may stand once: of two, who reads the first sees another request than who reads the last."""

_NOT_ENCODED = re.compile("%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, kw_only=True)
class Head:
    """A request without its body.

    Attributes:
        method: In capitals.
        path: As it was sent, percent-encoded.
        query: As it was sent, without the question mark.
        headers: By lower-case name; values of a name that came several times are joined with a comma.
        source: The address it came from.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    source: str


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a request gets back."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class EndRequestError(Exception):
    """Ends a request with `reply`."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def problem(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> Reply:
    """A refusal as an RFC 9457 problem."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    return Reply(status=status, headers={"Content-Type": PROBLEM, **(headers or {})}, body=body)


def refusal(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> EndRequestError:
    """The error that ends a request with a problem."""
    return EndRequestError(problem(status, title, detail, headers))


def decoded(text: str) -> str:
    """Percent-decoded text.

    Raises:
        RefusalError: It is not percent-encoded UTF-8.
    """
    try:
        if not _NOT_ENCODED.search(text):
            return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        pass
    raise refusal(400, "Malformed address", "After each % stand two hexadecimal digits, and together they are UTF-8.")


def pairs_of(query: str) -> list[tuple[str, str]]:
    """Names and values of a query, decoded, in order.

    Raises:
        RefusalError: As `decoded` does.
    """
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(decoded(name.replace("+", " ")), decoded(value.replace("+", " "))) for name, _, value in parts]
