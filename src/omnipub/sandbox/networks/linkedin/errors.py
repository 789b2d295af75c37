"""What LinkedIn says when it does not do what it was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, json_answer
from omnipub.sandbox.shapes import Problem, sentence


@dataclass(frozen=True)
class RestError:
    """One row: the HTTP status, the code, its number (0 = none), and what to say."""

    status: int
    code: str
    service_code: int
    message: str


ERRORS: Mapping[str, RestError] = MappingProxyType(
    {
        "argument": RestError(400, "ILLEGAL_ARGUMENT", 0, "An argument is wrong"),
        "version_absent": RestError(400, "VERSION_MISSING", 0, "The header Linkedin-Version must say YYYYMM"),
        "version_gone": RestError(426, "NONEXISTENT_VERSION", 0, "This version is not active"),
        "token": RestError(401, "INVALID_ACCESS_TOKEN", 65600, "The access token is absent or not valid"),
        "expired": RestError(401, "EXPIRED_ACCESS_TOKEN", 65602, "The access token has expired"),
        "access": RestError(403, "ACCESS_DENIED", 100, "This token may not do that"),
        "absent": RestError(404, "NOT_FOUND", 0, "There is nothing here"),
        "too_many": RestError(429, "TOO_MANY_REQUESTS", 101, "The day's limit of requests is reached"),
        "internal": RestError(500, "INTERNAL_SERVER_ERROR", 0, "Something went wrong inside"),
    }
)


def rest_error(name: str, detail: str = "") -> SandboxAnswer:
    """A row of ERRORS in LinkedIn's shape; none of them comes with Retry-After."""
    row = ERRORS[name]
    error: dict[str, object] = {
        "status": row.status,
        "code": row.code,
        "message": f"{row.message}{': ' if detail else ''}{detail}",
    }
    if row.service_code:
        error["serviceErrorCode"] = row.service_code
    return json_answer(error, status=row.status)


def refused(name: str, detail: str = "") -> RefusalError:
    """A row of ERRORS, ready to be raised."""
    return RefusalError(rest_error(name, detail))


_INPUT_CODES = {
    "missing": "MISSING_FIELD",
    "unknown": "UNKNOWN_FIELD",
    "type": "FIELD_TYPE",
    "value": "FIELD_VALUE",
}


def unprocessable(problems: Sequence[Problem]) -> RefusalError:
    """The body does not have the shape of its endpoint."""
    inputs = [
        {
            "code": _INPUT_CODES[problem.kind],
            "description": problem.sentence,
            "input": {"inputPath": {"fieldPath": problem.path}},
        }
        for problem in problems
    ]
    return RefusalError(_bad_request(sentence(list(problems)), inputs))


def duplicate_of(urn: str) -> RefusalError:
    """The detector found the same content; the message is the only place that names the earlier post."""
    inputs = [{"code": "DUPLICATE_POST", "description": "Duplicate post is detected"}]
    answer = _bad_request(f"Content is a duplicate of {urn}", inputs)
    return RefusalError(SandboxAnswer(status=answer.status, headers=answer.headers, body=answer.body, duplicate=True))


def _bad_request(message: str, inputs: Sequence[Mapping[str, object]]) -> SandboxAnswer:
    content = {
        "errorDetailType": "com.linkedin.common.error.BadRequest",
        "code": "UNPROCESSABLE_ENTITY",
        "message": message,
        "errorDetails": {"inputErrors": inputs},
        "status": 422,
    }
    return json_answer(content, status=422)
