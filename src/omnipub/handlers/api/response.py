"""What the API answers, and its form for API Gateway."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class ApiResponse:
    """One answer; `body` is written as JSON."""

    status: int = 200
    body: Any
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_event(self) -> dict[str, Any]:
        """The answer as API Gateway takes it. Half a character, which UTF-8 cannot carry, becomes a question mark."""
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return {
            "statusCode": self.status,
            "headers": {"Content-Type": self.content_type, **self.headers},
            "body": text.encode(errors="replace").decode(),
            "isBase64Encoded": False,
        }
