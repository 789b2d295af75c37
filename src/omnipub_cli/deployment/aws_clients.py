"""Clients of AWS for deployments: one set per region, made when they are used; AWS' errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from omnipub.errors import ConfigurationError, ConflictError
from omnipub_cli.deployment.errors import DeploymentFailedError

if TYPE_CHECKING:
    from omnipub.adapters.aws.clients import Clients

_GLOBAL = "us-east-1"


class Cloud:
    """The account that the terminal's credentials belong to."""

    def __init__(self) -> None:
        """Nothing is asked of AWS yet.

        Raises:
            ConfigurationError: botocore is not installed.
        """
        if find_spec("botocore") is None:
            raise ConfigurationError(
                "The packages that talk to AWS are not installed here.",
                hint="Install them: uv sync --inexact --extra aws --extra cli",
            )
        self._regions: dict[str, Clients] = {}

    def client(self, service: str, region: str = _GLOBAL) -> Any:
        """A client of a service in a region.

        Raises:
            ConfigurationError: There is no such region, or no credentials.
        """
        from botocore.exceptions import InvalidRegionError

        from omnipub.adapters.aws.clients import Clients

        if region not in self._regions:
            self._regions[region] = Clients(region=region)
        try:
            return self._regions[region].of(service)
        except InvalidRegionError as error:
            raise ConfigurationError(
                f"'{region}' is no name of a region.", hint="Name one like eu-central-1: --region eu-central-1"
            ) from error

    def close(self) -> None:
        """Close all connections."""
        for clients in self._regions.values():
            clients.close()


@contextmanager
def asked(what: str) -> Iterator[None]:
    """Turn AWS' errors of the body into ours; `what` names what was asked for it, e.g. `CloudFormation`."""
    from botocore.exceptions import ClientError

    from omnipub.adapters.aws.errors import translated

    try:
        with translated(what):
            yield
    except ConfigurationError as error:
        if isinstance(error.__cause__, ClientError) and "expired" in str(error.__cause__).lower():
            raise ConfigurationError(
                "The credentials for AWS have expired.", hint="Sign in again: aws sso login, and type it once more."
            ) from error
        raise
    except ClientError as error:
        raise _refused(error, what) from error


def _refused(error: Any, what: str) -> DeploymentFailedError | ConflictError:
    told = error.response.get("Error", {})
    message = str(told.get("Message", "")).strip() or str(told.get("Code", ""))
    if "_IN_PROGRESS" in message:
        return ConflictError(f"{what} is busy with that already: {message}", hint="See what goes on: omnipub status")
    return DeploymentFailedError(
        f"{what} refused: {message.rstrip('.')}.", hint="Set OMNIPUB_DEBUG=1 to see the whole answer."
    )
