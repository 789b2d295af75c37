"""What Telegram's Bot API says when it does not do what it was asked."""

from collections.abc import Mapping
from types import MappingProxyType

from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, json_answer

NETWORK = "telegram"

# The code is the HTTP status as well. An unknown token is 401; one of another form leads nowhere: 404.
ERRORS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "request": (400, "Bad Request: "),
        "token": (401, "Unauthorized"),
        "outside": (403, "Forbidden: bot is not a member of the channel chat"),
        "absent": (404, "Not Found"),
        "too_large": (413, "Request Entity Too Large"),
        "too_many": (429, "Too Many Requests: retry after "),
        "internal": (500, "Internal Server Error"),
    }
)


def bot_error(name: str, detail: str = "", *, parameters: Mapping[str, int] | None = None) -> SandboxAnswer:
    """A row of ERRORS in Telegram's shape."""
    code, description = ERRORS[name]
    error: dict[str, object] = {"ok": False, "error_code": code, "description": f"{description}{detail}"}
    return json_answer(error | ({"parameters": dict(parameters)} if parameters else {}), status=code)


def refused(name: str, detail: str = "") -> RefusalError:
    """A row of ERRORS, ready to be raised."""
    return RefusalError(bot_error(name, detail))


def throttled(wait_seconds: int) -> SandboxAnswer:
    """The wait stands in the description, and once more as a number."""
    return bot_error("too_many", str(wait_seconds), parameters={"retry_after": wait_seconds})
