"""Log lines of functions, through boto3: what CloudWatch has of a span, and what arrives."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from omnipub.strict_json import loads
from omnipub_cli.deployment.aws_clients import translated_errors

WHAT = "CloudWatch's logs"

_NO_EXTRA_FIELDS = {
    *("level", "log_level", "message", "errorType", "errorMessage"),
    *("timestamp", "service", "location", "function_name", "function_arn"),
}
"""Fields that are shown elsewhere, or tell nobody anything."""


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """A line; `fields` is what it says in JSON, empty if it is plain text."""

    id: str
    at: datetime
    function: str
    text: str
    fields: Mapping[str, Any]

    @property
    def level(self) -> str:
        """INFO, ERROR …; "" of a line that says none. Lambda has a name of its own for that of an exception."""
        return str(self.fields.get("level") or self.fields.get("log_level") or "")

    @property
    def message(self) -> str:
        """What happened: the line's own word for it, an exception's, or all of it."""
        raised = ": ".join(str(self.fields[name]) for name in ("errorType", "errorMessage") if self.fields.get(name))
        return str(self.fields.get("message") or self.fields.get("type") or raised or self.text)

    @property
    def details(self) -> Mapping[str, str]:
        """The other fields as text."""
        return {
            name: _text(value)
            for name, value in self.fields.items()
            if name not in _NO_EXTRA_FIELDS and value not in (None, "")
        }


class LogLines:
    """The log groups of a region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def of(self, function: str, group: str, *, since: datetime, pattern: str, most: int) -> Sequence[LogEntry]:
        """The newest lines of a function that arrived since then, the oldest first; `most` of them."""
        found = list(self._pages(function, group, since=since, pattern=pattern))
        return sorted(found, key=lambda one: one.at)[-most:]  # those of one moment stay as they were told

    def _pages(self, function: str, group: str, *, since: datetime, pattern: str) -> Iterator[LogEntry]:
        asked_for = {"logGroupName": group, "startTime": int(since.timestamp() * 1000)}
        token: dict[str, str] = {}
        while True:
            with translated_errors(WHAT):
                answer = self._client.filter_log_events(
                    **asked_for, **({"filterPattern": pattern} if pattern else {}), **token
                )
            for one in answer.get("events", ()):
                yield _entry(function, one)
            if not answer.get("nextToken"):
                return
            token = {"nextToken": answer["nextToken"]}


def _entry(function: str, event: Mapping[str, Any]) -> LogEntry:
    text = str(event.get("message", "")).rstrip()
    try:
        fields = loads(text, lenient=True)
    except ValueError:
        fields = {}
    return LogEntry(
        id=str(event.get("eventId") or f"{event['timestamp']}-{sha256(text.encode()).hexdigest()[:16]}"),
        at=datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
        function=function,
        text=text,
        fields=fields if isinstance(fields, dict) else {},
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
