"""A client of the API over HTTP, as any program would be one."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipub.errors import OmnipubError, UnavailableError
from omnipub.strict_json import loads

TIMEOUT = 30


@dataclass(frozen=True, kw_only=True)
class Client:
    """Speaks to the API at `base`, which ends in its version."""

    base: str
    token: str

    def get(self, path: str) -> Any:
        """What is there, as JSON."""
        return self._call("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any], *, key: str) -> Any:
        """Create something; repeated with the same key it creates nothing."""
        return self._call("POST", path, json.dumps(body).encode(), {"Idempotency-Key": key})

    def _call(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Any:
        own_headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        return fetch(urllib.request.Request(self.base + path, data=data, headers=own_headers, method=method))  # noqa: S310  ours


def fetch(request: urllib.request.Request | str) -> Any:
    """The JSON that a request answers.

    Raises:
        UnavailableError: There is no answer.
        OmnipubError: The answer is a refusal; its own words.
    """
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310  addresses that we started ourselves
            return loads(answer.read(), lenient=True)
    except urllib.error.HTTPError as error:
        raise OmnipubError(f"The API answered {error.code}: {_detail(error)}") from error
    except OSError as error:
        raise UnavailableError(f"There is no answer: {error}.", hint="Look whether it still runs.") from error


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        problem = loads(error.read(), lenient=True)
        return " ".join([problem["detail"], *(one["detail"] for one in problem.get("errors", ()))])
    except (ValueError, KeyError, TypeError):
        return str(error.reason)
