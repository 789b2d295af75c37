"""An operator's session: whose credentials it uses, and what is said where it cannot sign in."""

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from omnipub.errors import ConfigurationError
from omnipub_cli.deployment.account import AwsAccount
from omnipub_cli.deployment.aws_clients import OperatorSession
from omnipub_cli.framework.context import Call

CONFIG = """
[profile work]
region = eu-north-1
aws_access_key_id = AKIAWORK
aws_secret_access_key = secret

[profile nowhere]
aws_access_key_id = AKIANOWHERE
aws_secret_access_key = secret

[profile team]
region = eu-north-1
sso_session = company
sso_account_id = 123456789012
sso_role_name = Operator

[sso-session company]
sso_region = eu-north-1
sso_start_url = https://company.example.com/start
sso_registration_scopes = sso:account:access
"""
LIST = ("messages", "list", "--stage", "dev", "--region", "eu-north-1")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A terminal with these profiles and with keys in its environment."""
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(CONFIG)
    return tmp_path


def key_of(session: OperatorSession) -> str:
    return str(session.boto.get_credentials().access_key)


def test_a_profile_wins_over_keys_of_the_environment_and_changes_no_variable() -> None:
    before = dict(os.environ)
    assert key_of(OperatorSession("work")) == "AKIAWORK"
    assert key_of(OperatorSession()) == "AKIAENVIRONMENT"
    assert dict(os.environ) == before


@mock_aws
def test_the_account_is_asked_as_that_profile() -> None:
    account = AwsAccount("work")
    caller = account.caller()
    assert caller.account == "123456789012"
    assert caller.arn.startswith("arn:aws:sts::123456789012:")
    account.close()


def test_the_region_is_the_profiles_unless_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (OperatorSession("work").region, OperatorSession("nowhere").region) == ("eu-north-1", None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    assert OperatorSession("nowhere").region == "us-west-2"


def test_all_regions_share_one_session_and_a_client_is_made_once() -> None:
    session = OperatorSession("work")
    assert session.boto is session.boto
    one, other = session.client("sts", "eu-north-1"), session.client("sts", "us-east-1")
    assert session.client("sts", "eu-north-1") is one
    assert (one.meta.region_name, other.meta.region_name) == ("eu-north-1", "us-east-1")
    session.close()


def test_an_emulator_is_named_by_the_usual_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    session = OperatorSession("work")
    assert session.client("dynamodb", "eu-north-1").meta.endpoint_url == "http://127.0.0.1:9"
    assert session.clients("eu-north-1").of("kinesis").meta.endpoint_url == "http://127.0.0.1:9"


@mock_aws
def test_what_hears_of_calls_hears_of_those_clients_alone() -> None:
    heard: list[str] = []
    session = OperatorSession("work")
    watched = session.clients("eu-north-1", before_call=lambda *, model, **_: heard.append(model.name)).of("dynamodb")
    watched.list_tables()
    session.client("dynamodb", "eu-north-1").list_tables()
    session.clients("eu-north-1").of("dynamodb").list_tables()
    assert heard == ["ListTables"]


@pytest.mark.parametrize("variable", [False, True])
def test_a_profile_that_is_not_there_is_told_with_those_that_are(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, *, variable: bool
) -> None:
    if variable:
        monkeypatch.setenv("AWS_PROFILE", "wrk")
    ran = run(*LIST, *([] if variable else ["--profile", "wrk"]))
    assert (ran.code, ran.out) == (6, "")
    assert ran.err == (
        "configuration: AWS' configuration has no profile 'wrk'.\nhint: There are: nowhere, team, work.\n"
    )


def test_without_any_profile_it_says_how_one_is_made(run: Callable[..., Any], home: Path) -> None:
    (home / ".aws" / "config").unlink()
    ran = run(*LIST, "--profile", "wrk")
    assert (ran.code, ran.err.splitlines()[-1]) == (6, "hint: Make it: aws configure sso --profile wrk")


@pytest.mark.parametrize("expired", [False, True])
def test_who_is_not_signed_in_is_told_the_command_with_the_profile(
    run: Callable[..., Any], home: Path, *, expired: bool
) -> None:
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    if expired:
        token = {
            "accessToken": "x",
            "startUrl": "https://company.example.com/start",
            "region": "eu-north-1",
            "expiresAt": datetime(2020, 1, 1, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        name = hashlib.sha1(b"company", usedforsecurity=False).hexdigest()
        (cache / f"{name}.json").write_text(json.dumps(token))
    ran = run(*LIST, "--profile", "team")
    assert (ran.code, ran.out) == (6, "")
    sentence, hint = ran.err.splitlines()
    assert sentence.startswith("configuration: The sign-in at AWS IAM Identity Center has expired, or there was none: ")
    assert hint == "hint: Sign in: aws sso login --profile team"


def test_the_profile_of_the_environment_is_named_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "my team")
    assert Call().placed("Sign in: aws sso login, or aws configure") == (
        "Sign in: aws sso login --profile 'my team', or aws configure"
    )


def test_a_profiles_region_must_be_a_name_of_a_region(run: Callable[..., Any], home: Path) -> None:
    config = home / ".aws" / "config"
    config.write_text(config.read_text().replace("region = eu-north-1\naws_access", "region = north\naws_access"))
    ran = run("messages", "list", "--stage", "dev", "--profile", "work")
    assert (ran.code, "'north' is no name of a region" in ran.err) == (2, True)


def test_without_boto3_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnipub_cli.deployment.aws_clients.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError) as missing:
        OperatorSession()
    assert "uv sync --inexact --extra aws" in missing.value.hint
