"""Errors of AWS and botocore: one table from error code to our error and what to do.

An answer that is missing, late or a 5xx means UnavailableError: a write may or may not have happened. A code
that stands nowhere here is a mistake of ours and stays what it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from botocore.exceptions import (
    ChecksumError,
    ClientError,
    ConnectionError,  # noqa: A004  botocore's own, of connections that could not be made
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoAuthTokenError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from omnipub.errors import ConfigurationError, InvalidInputError, OmnipubError, UnavailableError

_ABSENT = ("{what} does not exist in this account and region.", "Deploy the stage, or check its name and AWS_REGION.")
_FORBIDDEN = ("AWS does not allow this for {what}: {message}", "Give the role or user that permission.")
_STRANGER = ("AWS does not accept these credentials: {message}", "Sign in again: aws sso login, or aws configure")
_LATER = ("{what} did not take the request: {code}.", "Try again in a moment.")

TABLE: dict[str, tuple[type[OmnipubError], tuple[str, str]]] = {
    "ResourceNotFoundException": (ConfigurationError, _ABSENT),
    "NotFoundException": (ConfigurationError, _ABSENT),
    "AWS.SimpleQueueService.NonExistentQueue": (ConfigurationError, _ABSENT),
    "QueueDoesNotExist": (ConfigurationError, _ABSENT),
    "NoSuchBucket": (ConfigurationError, _ABSENT),
    "AccessDenied": (ConfigurationError, _FORBIDDEN),
    "AccessDeniedException": (ConfigurationError, _FORBIDDEN),
    "KMSAccessDeniedException": (ConfigurationError, _FORBIDDEN),
    "ExpiredToken": (ConfigurationError, _STRANGER),
    "ExpiredTokenException": (ConfigurationError, _STRANGER),
    "InvalidAccessKeyId": (ConfigurationError, _STRANGER),
    "InvalidClientTokenId": (ConfigurationError, _STRANGER),
    "InvalidSignatureException": (ConfigurationError, _STRANGER),
    "SignatureDoesNotMatch": (ConfigurationError, _STRANGER),
    "UnrecognizedClientException": (ConfigurationError, _STRANGER),
    "DisabledException": (UnavailableError, ("{what} is disabled.", "Enable it: aws kms enable-key --key-id {thing}")),
    "KMSInvalidStateException": (
        UnavailableError,
        (
            "{what} cannot be used now: {message}",
            "If it is waiting to be deleted: aws kms cancel-key-deletion --key-id {thing}",
        ),
    ),
}
"""Error code → our error, its sentence, and what to do. `{thing}` is the last word of what was asked, its name."""

THROTTLED = {
    "KMSThrottlingException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
"""Codes with an HTTP status below 500 that mean the same as one above it."""

_SIGN_IN = "Sign in: aws sso login, or aws configure"
_WITHOUT_CREDENTIALS = (
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
_SILENT = (
    ChecksumError,
    ConnectionError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ResponseParserError,
)
_REFUSING = {"ValidationException", "TransactionCanceledException"}
_TOO_LARGE = ("size has exceeded", "size exceeded", "too large")


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn AWS' errors of the body into ours; `what` names the thing that was asked, e.g. `The table omnipub-dev`."""
    try:
        yield
    except ClientError as error:
        ours = error_for(error, what)
        if ours is None:
            raise
        raise ours from error
    except _WITHOUT_CREDENTIALS as error:
        unknown = isinstance(error, ProfileNotFound)
        raise ConfigurationError(
            f"There are no credentials for AWS: {str(error).rstrip('.')}.",
            hint="See which there are: aws configure list-profiles" if unknown else _SIGN_IN,
        ) from error
    except NoRegionError as error:
        raise ConfigurationError("No AWS region is chosen.", hint="Set AWS_DEFAULT_REGION, e.g. eu-west-1.") from error
    except _SILENT as error:
        raise UnavailableError(
            f"{what} does not answer: {type(error).__name__}.", hint="Try again in a moment."
        ) from error


def error_for(error: ClientError, what: str) -> OmnipubError | None:
    """Our error for an answer of AWS, or None if that is a mistake of ours."""
    answer, code = error.response, code_of(error)
    # A cancelled transaction says why for each of its writes.
    reasons = [answer.get("Error", {}), *answer.get("CancellationReasons", ())]
    message = " ".join(str(one["Message"]) for one in reasons if one.get("Message"))
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    kind, (sentence, hint) = TABLE.get(code, (UnavailableError, _LATER))
    if code in TABLE or code in THROTTLED or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        thing = what.rpartition(" ")[2]
        return kind(sentence.format(what=what, code=code, message=message), hint=hint.format(thing=thing))
    if status == HTTPStatus.FORBIDDEN:
        return ConfigurationError(_FORBIDDEN[0].format(what=what, message=message or code), hint=_FORBIDDEN[1])
    if code in _REFUSING and any(words in message.lower() for words in _TOO_LARGE):
        return InvalidInputError(f"This is larger than {what} takes: {message}", hint="Make it shorter.")
    return None


def code_of(error: ClientError) -> str:
    """The code by which AWS names what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))
