"""Problem details (RFC 9457): one table from error type to HTTP status and title."""

from collections.abc import Mapping
from typing import Any

from omnipub.errors import (
    ConfigurationError,
    ConflictError,
    InvalidInputError,
    KeyReusedError,
    NotFoundError,
    OmnipubError,
    UnavailableError,
)
from omnipub.handlers.api.hint_sentences import links_of, worded
from omnipub.handlers.api.principal import NobodyError
from omnipub.handlers.api.response import ApiResponse
from omnipub.hints import Advice, parts

CONTENT_TYPE = "application/problem+json"

DETAILS_AT_MOST = 50
"""How many problems one answer names; the next answer names further ones."""

FIELD_AT_MOST = 200
"""Characters of a field's name, which may be a key that somebody made up."""

STATUSES: tuple[tuple[type[OmnipubError], int, str], ...] = (
    (InvalidInputError, 400, "The request cannot be accepted"),
    (NobodyError, 401, "Not signed in"),
    (NotFoundError, 404, "Not found"),
    (KeyReusedError, 422, "The Idempotency-Key was used for another request"),
    (ConflictError, 409, "The request contradicts what is there"),
    (UnavailableError, 503, "Storage does not answer; try again with the same Idempotency-Key"),
    (ConfigurationError, 500, "The service is not set up correctly"),
    (OmnipubError, 500, "The request failed"),
)


def problem(error: OmnipubError) -> ApiResponse:
    """The answer to a request that failed with one of our errors."""
    status, title = next((status, title) for kind, status, title in STATUSES if isinstance(error, kind))
    details = [
        {"field": field[:FIELD_AT_MOST], "detail": sentence}
        for field, sentence in getattr(error, "problems", ())[:DETAILS_AT_MOST]
    ]
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, NobodyError) else {}
    return answer(status, title, error.message, hint=error.hints, errors=details, headers=headers)


def answer(
    status: int,
    title: str,
    detail: str,
    *,
    hint: Advice = "",
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ApiResponse:
    """One problem document; `type` is `about:blank`, so the status says what kind it is."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    hints = parts(hint)
    if hints:
        body["hint"] = worded(hints)
    if links := links_of(hints):
        body["links"] = links
    if errors:
        body["errors"] = errors
    return ApiResponse(status=status, content_type=CONTENT_TYPE, body=body, headers=headers or {})
