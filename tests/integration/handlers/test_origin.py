"""Requests that did not come through CloudFront are turned away, and a rotation turns nobody away."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from omnipub.adapters.aws.origin_secret import KNOWN_SECONDS, LEAST_SECONDS, OriginSecret
from omnipub.handlers.api.origin import turned_away
from omnipub.names import ORIGIN_HEADER


class SecretsManager:
    """Two labels of one secret, as Secrets Manager keeps them; also stands for the process's clients."""

    def __init__(self, current: str) -> None:
        self.values = {"AWSCURRENT": current}
        self.calls = 0
        self.silent = False

    def of(self, service: str) -> "SecretsManager":
        assert service == "secretsmanager"
        return self

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> dict[str, Any]:  # noqa: N803  AWS' names
        assert SecretId == "arn:secret"
        self.calls += 1
        if self.silent:
            raise EndpointConnectionError(endpoint_url="https://secretsmanager.example")
        if VersionStage not in self.values:
            said = {"Error": {"Code": "ResourceNotFoundException", "Message": "no value for the staging label"}}
            raise ClientError(said, "GetSecretValue")
        return {"SecretString": self.values[VersionStage]}

    def rotate(self, value: str) -> None:
        self.values = {"AWSCURRENT": value, "AWSPREVIOUS": self.values["AWSCURRENT"]}


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def kept() -> SecretsManager:
    return SecretsManager("first")


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def secret(kept: SecretsManager, seconds: Seconds) -> OriginSecret:
    return OriginSecret(kept, "arn:secret", monotonic=seconds)  # type: ignore[arg-type]  # stands for the clients


def status(secret: OriginSecret, headers: dict[str, str] | None) -> int | None:
    refusal = turned_away({} if headers is None else {"headers": headers}, secret)
    return refusal and refusal["statusCode"]


@pytest.mark.parametrize(
    "headers", [None, {}, {ORIGIN_HEADER: ""}, {ORIGIN_HEADER: "guessed"}, {ORIGIN_HEADER: "firs"}]
)
def test_a_request_without_the_secret_is_turned_away(secret: OriginSecret, headers: dict[str, str] | None) -> None:
    assert status(secret, headers) == 403


def test_the_refusal_says_nothing_of_the_secret(secret: OriginSecret) -> None:
    refusal = turned_away({"headers": {ORIGIN_HEADER: "guessed"}}, secret)
    assert "first" not in str(refusal)
    assert "guessed" not in str(refusal)


def test_cloudfront_is_let_in_however_the_header_is_written(secret: OriginSecret) -> None:
    assert status(secret, {ORIGIN_HEADER: "first"}) is None
    assert status(secret, {ORIGIN_HEADER.title(): "first"}) is None


def test_while_it_is_rotated_both_values_are_accepted(
    secret: OriginSecret, kept: SecretsManager, seconds: Seconds
) -> None:
    assert status(secret, {ORIGIN_HEADER: "first"}) is None
    kept.rotate("second")
    seconds.now += LEAST_SECONDS
    assert status(secret, {ORIGIN_HEADER: "second"}) is None, "learnt without waiting for the old one to age"
    assert status(secret, {ORIGIN_HEADER: "first"}) is None
    kept.rotate("third")
    seconds.now += KNOWN_SECONDS
    assert status(secret, {ORIGIN_HEADER: "first"}) == 403


def test_who_guesses_does_not_make_us_ask_again_and_again(secret: OriginSecret, kept: SecretsManager) -> None:
    for number in range(50):
        assert status(secret, {ORIGIN_HEADER: f"guess {number}"}) == 403
    assert kept.calls == 2, "each label once"


def test_while_secrets_manager_is_silent_the_answer_is_to_try_again(secret: OriginSecret, kept: SecretsManager) -> None:
    kept.silent = True
    assert status(secret, {ORIGIN_HEADER: "first"}) == 503
    kept.silent = False
    assert status(secret, {ORIGIN_HEADER: "first"}) is None
