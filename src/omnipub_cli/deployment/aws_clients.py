"""An operator's access to AWS: one boto3 session for a profile, its clients, and AWS' errors in omnipub's words."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from omnipub.errors import ConfigurationError, ConflictError
from omnipub_cli.deployment.errors import DeploymentFailedError

if TYPE_CHECKING:
    from omnipub.adapters.aws.clients import Clients

BeforeCall = Callable[..., None]
"""A handler of botocore's event `before-call`."""

_GLOBAL = "us-east-1"


class OperatorSession:
    """The session of whoever works at this terminal; all clients of a command share it, and so sign in once."""

    def __init__(self, profile: str = "") -> None:
        """Nothing is asked of AWS yet.

        Args:
            profile: The profile that was typed; "" leaves the choice to AWS_PROFILE and what else boto3 looks at.

        Raises:
            ConfigurationError: boto3 is not installed.
        """
        if find_spec("boto3") is None:
            raise ConfigurationError(
                "The packages that talk to AWS are not installed here.",
                hint="Install them: uv sync --inexact --extra aws --extra cli",
            )
        self.profile = profile
        self._session: Any = None
        self._regions: dict[str, Clients] = {}
        self._lock = threading.RLock()

    @property
    def boto(self) -> Any:
        """The boto3 session, made at its first use.

        Raises:
            ConfigurationError: There is no such profile.
        """
        from botocore.exceptions import ProfileNotFound

        with self._lock:
            if self._session is None:
                import boto3

                try:
                    self._session = boto3.Session(profile_name=self.profile or None)
                except ProfileNotFound as error:
                    raise _no_profile(error) from error
            return self._session

    @property
    def region(self) -> str | None:
        """The region that the environment or the profile names.

        Raises:
            ConfigurationError: There is no such profile.
        """
        named = self.boto.region_name
        return str(named) if named else None

    def client(self, service: str, region: str = _GLOBAL) -> Any:
        """A client of a service in a region.

        Raises:
            ConfigurationError: There is no such region or profile, or there are no credentials.
        """
        from botocore.exceptions import InvalidRegionError

        if region not in self._regions:
            self._regions[region] = self.clients(region)
        try:
            return self._regions[region].of(service)
        except InvalidRegionError as error:
            raise ConfigurationError(
                f"'{region}' is no name of a region.", hint="Name one like eu-central-1: --region eu-central-1"
            ) from error

    def clients(self, region: str, *, before_call: BeforeCall | None = None) -> "Clients":
        """The clients of a region as omnipub's adapters use them; `before_call` runs before each of their calls."""
        from omnipub.adapters.aws.clients import Clients

        def create(service: str, **options: Any) -> Any:
            with self._lock:  # boto3's sessions are not for several threads, their clients are
                client = self.boto.client(service, **options)
            if before_call is not None:
                client.meta.events.register("before-call", before_call)
            return client

        return Clients(region=region, create=create)

    def close(self) -> None:
        """Close the connections of the clients that `client` made."""
        for clients in self._regions.values():
            clients.close()


def _no_profile(error: Any) -> ConfigurationError:
    from botocore.session import Session

    profile = error.kwargs["profile"]
    profiles = sorted(Session().available_profiles)
    hint = f"There are: {', '.join(profiles)}." if profiles else f"Make it: aws configure sso --profile {profile}"
    return ConfigurationError(f"AWS' configuration has no profile '{profile}'.", hint=hint)


@contextmanager
def translated_errors(what: str) -> Iterator[None]:
    """Turn AWS' errors of the body into omnipub's; `what` names what was asked for it, e.g. `CloudFormation`."""
    from botocore.exceptions import ClientError, NoAuthTokenError, SSOError, TokenRetrievalError

    from omnipub.adapters.aws.errors import translated

    try:
        with translated(what):
            yield
    except ConfigurationError as error:
        cause = error.__cause__
        if isinstance(cause, NoAuthTokenError | SSOError | TokenRetrievalError):
            raise ConfigurationError(
                f"The sign-in at AWS IAM Identity Center has expired, or there was none: {str(cause).rstrip('.')}.",
                hint="Sign in: aws sso login",
            ) from error
        if isinstance(cause, ClientError) and "expired" in str(cause).lower():
            raise ConfigurationError(
                "The credentials for AWS have expired.", hint="Sign in again: aws sso login, and type it once more."
            ) from error
        raise
    except ClientError as error:
        raise _refused(error, what) from error


def _refused(error: Any, what: str) -> DeploymentFailedError | ConflictError:
    answer = error.response.get("Error", {})
    message = str(answer.get("Message", "")).strip() or str(answer.get("Code", ""))
    if "_IN_PROGRESS" in message:
        return ConflictError(f"{what} is busy with that already: {message}", hint="See what goes on: omnipub status")
    return DeploymentFailedError(
        f"{what} refused: {message.rstrip('.')}.", hint="Set OMNIPUB_DEBUG=1 to see the whole answer."
    )
