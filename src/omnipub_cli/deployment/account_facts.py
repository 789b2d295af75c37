"""What stands in an account and region already, and what it lets functions have: asked before a deployment begins."""

from collections.abc import Sequence
from typing import Any, Protocol

from omnipub_cli.deployment.aws_clients import translated_errors

_NO_HUB = {"InvalidAccessException", "ResourceNotFoundException"}
"""What Security Hub answers where it is off."""


class AccountFacts(Protocol):
    """An account in one region."""

    def detectors(self) -> Sequence[str]:
        """The ids of GuardDuty's detectors; AWS allows one."""

    def hubs(self) -> Sequence[str]:
        """The ARN of Security Hub, if it is on."""

    def recorders(self) -> Sequence[str]:
        """The names of AWS Config's recorders; AWS allows one."""

    def concurrency(self) -> int:
        """How many runs of functions the account may have side by side."""

    def log_policies(self) -> Sequence[str]:
        """The names of CloudWatch Logs' resource policies; AWS allows ten."""


class AwsAccountFacts:
    """The same, asked through AWS' own clients; `client` makes one for a service."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def detectors(self) -> Sequence[str]:
        """The ids of GuardDuty's detectors."""
        with translated_errors("GuardDuty"):
            return list(self._client("guardduty").list_detectors().get("DetectorIds", ()))

    def hubs(self) -> Sequence[str]:
        """The ARN of Security Hub, if it is on."""
        from botocore.exceptions import ClientError

        with translated_errors("Security Hub"):
            try:
                return [self._client("securityhub").describe_hub()["HubArn"]]
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in _NO_HUB:
                    return []
                raise

    def recorders(self) -> Sequence[str]:
        """The names of AWS Config's recorders."""
        with translated_errors("AWS Config"):
            answer = self._client("config").describe_configuration_recorders()
        return [one["name"] for one in answer.get("ConfigurationRecorders", ())]

    def concurrency(self) -> int:
        """How many runs of functions the account may have side by side."""
        with translated_errors("Lambda"):
            return int(self._client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"])

    def log_policies(self) -> Sequence[str]:
        """The names of CloudWatch Logs' resource policies."""
        with translated_errors("CloudWatch Logs"):
            pages = self._client("logs").get_paginator("describe_resource_policies").paginate()
            return [one["policyName"] for page in pages for one in page.get("resourcePolicies", ())]
