"""Lambda's word about omnipub's functions, through botocore."""

from collections.abc import Mapping
from typing import Any

from omnipub_cli.deployment.cloud import asked

NAMES = ("api", "worker", "scheduler")
"""omnipub's functions."""


class Functions:
    """The functions of a region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def variables(self, function: str) -> Mapping[str, str]:
        """The environment a function runs in."""
        return dict(self._told(function).get("Environment", {}).get("Variables", {}))

    def log_group(self, function: str) -> str:
        """Where its lines are."""
        return str(self._told(function).get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}")

    def _told(self, function: str) -> Any:
        with asked(f"The function {function}"):
            return self._client.get_function_configuration(FunctionName=function)
