"""What Facebook's Graph says when it does not do what it was asked."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, json_answer

NETWORK = "facebook"
VERSION = "v26.0"


@dataclass(frozen=True)
class GraphError:
    """One row: the HTTP status, Graph's code and subcode (0 = none), is_transient, and what to say."""

    status: int
    code: int
    subcode: int
    transient: bool
    message: str


# Graph answers 400 for a bad token too: clients tell errors apart by code, not by status.
ERRORS: Mapping[str, GraphError] = MappingProxyType(
    {
        "parameter": GraphError(400, 100, 0, False, "A parameter is wrong"),
        "object": GraphError(400, 100, 33, False, "There is no such object, or this token cannot see it"),
        "picture": GraphError(400, 100, 1366046, False, "A photo must be a JPG, PNG or GIF of less than 4 MB"),
        "path": GraphError(400, 2500, 0, False, "This path leads nowhere"),
        "token": GraphError(400, 190, 0, False, "The access token is absent or not valid"),
        "expired": GraphError(400, 190, 463, False, "The access token's session has expired"),
        "permission": GraphError(403, 200, 0, False, "This token belongs to another page"),
        "throttled": GraphError(400, 32, 0, True, "The page's request limit is reached"),
        "blocked": GraphError(400, 368, 1346003, False, "This content was found abusive, or the page is blocked"),
        "duplicate": GraphError(400, 506, 0, False, "Duplicate status message"),
        "unavailable": GraphError(500, 2, 0, True, "The service is unavailable for a moment"),
    }
)


def graph_error(name: str, detail: str = "", *, headers: Mapping[str, str] | None = None) -> SandboxAnswer:
    """A row of ERRORS in Graph's shape."""
    row = ERRORS[name]
    error: dict[str, object] = {
        "message": f"(#{row.code}) {row.message}{': ' if detail else ''}{detail}",
        "type": "OAuthException",
        "code": row.code,
        "is_transient": row.transient,
        "error_user_title": row.message,
        "error_user_msg": detail or row.message,
        "fbtrace_id": "A" + secrets.token_urlsafe(16),
    }
    if row.subcode:
        error["error_subcode"] = row.subcode
    return json_answer({"error": error}, status=row.status, headers=headers)


def refused(name: str, detail: str = "") -> RefusalError:
    """A row of ERRORS, ready to be raised."""
    answer = graph_error(name, detail)
    duplicate = name == "duplicate"
    return RefusalError(
        SandboxAnswer(status=answer.status, headers=answer.headers, body=answer.body, duplicate=duplicate)
    )


def throttled(page: str, wait_seconds: int) -> SandboxAnswer:
    """Graph's throttling: the code in the body, the wait in whole minutes in a header keyed by page."""
    usage = {
        "type": "pages",
        "call_count": 100,
        "total_cputime": 25,
        "total_time": 25,
        "estimated_time_to_regain_access": -(-wait_seconds // 60),
    }
    return graph_error("throttled", headers={"X-Business-Use-Case-Usage": json.dumps({page: [usage]})})
