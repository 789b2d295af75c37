"""One HTTP exchange as plain data: what a client sent, what it gets back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from omnipub.loopback.exchange import decoded
from omnipub.sandbox.forms import Form, read_form
from omnipub.strict_json import loads


@dataclass(frozen=True, kw_only=True)
class SandboxRequest:
    """What a client sent.

    Attributes:
        method: In capitals.
        path: The path's segments, percent-decoded one by one so that an encoded slash stays inside its own.
        query: Percent-decoded; of a repeated name the last value.
        headers: By lower-case name.
        body: The raw bytes; signatures are computed over them.
        base_url: This server's own address, for links in answers.
    """

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = ""

    @cached_property
    def form(self) -> Form:
        """The body's fields and files, whatever its content type."""
        return read_form(self.headers.get("content-type", ""), self.body)

    @cached_property
    def bearer(self) -> str:
        """The token of the Authorization header, or nothing."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def json(self) -> object:
        """The body as JSON.

        Raises:
            ValueError: It is not JSON in UTF-8.
        """
        return loads(self.body)


@dataclass(frozen=True, kw_only=True)
class SandboxAnswer:
    """What the client gets back; `duplicate` marks a refusal because the same content is already out."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    duplicate: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the request took effect."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the edges of HTTP's "successful"


class RefusalError(Exception):
    """Ends a request early with `answer`."""

    def __init__(self, answer: SandboxAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_answer(content: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> SandboxAnswer:
    """`content` as a JSON body."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return SandboxAnswer(status=status, headers={"Content-Type": "application/json"} | dict(headers or {}), body=body)


def segments(path: str) -> tuple[str, ...]:
    """The segments of an encoded path, decoded one by one."""
    return tuple(decoded(segment) for segment in path.lstrip("/").split("/"))
