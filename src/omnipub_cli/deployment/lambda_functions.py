"""What Lambda reports of omnipub's functions, through boto3."""

from typing import Any

from omnipub_cli.deployment.aws_clients import translated_errors

NAMES = ("api", "worker", "sender", "scheduler", "delay", "sandbox")
"""omnipub's functions; only a stage in sandbox mode has a sandbox."""


class Functions:
    """The functions of a region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def log_group(self, function: str) -> str:
        """Where its lines are."""
        with translated_errors(f"The function {function}"):
            answer = self._client.get_function_configuration(FunctionName=function)
        return str(answer.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}")
