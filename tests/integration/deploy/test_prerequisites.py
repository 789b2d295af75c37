"""What must be there first: looked at in both regions, and said with the command that brings it."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from omnipub.config import Mode
from omnipub.errors import ConfigurationError, UnavailableError
from omnipub_cli.deployment.checkout import Checkout
from omnipub_cli.deployment.errors import MissingError
from omnipub_cli.deployment.liveness import StageLiveness
from omnipub_cli.deployment.ports import Caller
from omnipub_cli.deployment.prerequisites import PrerequisiteSources, Standing, findings, node_of, require, typed
from omnipub_cli.deployment.regions import clearer

from .fakes import ACCOUNT, CALLER, Clock, FakeFacts, FakeStacks

ROOT = Path(__file__).parents[3]


def premises(*regions: str, caller: Callable[[], Caller] = lambda: CALLER, **more: Any) -> PrerequisiteSources:
    def stacks(region: str) -> FakeStacks:
        made = FakeStacks(clock=Clock())
        if region in regions:
            made.there("CDKToolkit", outputs={"BootstrapVersion": "33"})
        return made

    values = {
        "checkout": Checkout(root=ROOT),
        "node": lambda: Path("/node"),
        "has_packages": lambda: True,
        "facts": lambda _: FakeFacts(),
    }
    return PrerequisiteSources(caller=caller, stacks=stacks, **(values | more))


def named(found: Any) -> dict[str, bool]:
    return {one.name: one.standing is not Standing.MISSING for one in found}


def test_both_regions_must_be_prepared_for_cdk() -> None:
    found, caller = findings(premises("eu-central-1"), stage="dev", region="eu-central-1")
    assert caller == CALLER
    assert named(found)["bootstrap eu-central-1"]
    assert not named(found)["bootstrap us-east-1"]
    with pytest.raises(MissingError) as missing:
        require(found)
    assert missing.value.hint.endswith(f"cdk bootstrap aws://{ACCOUNT}/us-east-1")


def test_a_stage_in_cloudfronts_own_region_needs_one_preparation() -> None:
    found, _ = findings(premises("us-east-1"), stage="dev", region="us-east-1")
    assert [name for name in named(found) if name.startswith("bootstrap")] == ["bootstrap us-east-1"]
    require(found)


def test_a_preparation_that_failed_is_none() -> None:
    def stacks(_: str) -> FakeStacks:
        made = FakeStacks(clock=Clock())
        made.there("CDKToolkit", status="ROLLBACK_COMPLETE")
        return made

    one = PrerequisiteSources(
        checkout=Checkout(root=ROOT),
        node=lambda: None,
        caller=lambda: CALLER,
        stacks=stacks,
        has_packages=lambda: True,
        facts=lambda _: FakeFacts(),
    )
    found, _ = findings(one, stage="dev", region="us-east-1")
    assert found[-1].what == "CDKToolkit in us-east-1 is ROLLBACK_COMPLETE."
    assert found[-1].standing is Standing.MISSING


def test_without_credentials_aws_is_asked_nothing_more() -> None:
    def caller() -> Caller:
        raise ConfigurationError("The credentials for AWS have expired.", hint="Sign in again: aws sso login")

    found, who = findings(premises(caller=caller), stage="dev", region="us-east-1")
    assert who is None
    assert list(named(found)) == ["packages", "node", "cdk", "python", "credentials"]
    with pytest.raises(MissingError, match="have expired") as missing:
        require(found)
    assert missing.value.hint == "Sign in again: aws sso login"


def test_a_python_of_lambdas_version_must_be_there_before_anything_is_synthesised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "python3.13"
    put(other, says="cpython 3.12.4")
    monkeypatch.setenv("OMNIPUB_BUNDLE_PYTHON", str(other))
    found, _ = findings(premises("us-east-1"), stage="dev", region="us-east-1")
    (one,) = (one for one in found if one.name == "python")
    assert one.standing is Standing.MISSING
    assert one.what.startswith(f"OMNIPUB_BUNDLE_PYTHON names {other}, which is not a CPython 3.13;")
    assert one.next.endswith("unset OMNIPUB_BUNDLE_PYTHON")
    put(tmp_path / "right", says="cpython 3.13.5")
    monkeypatch.setenv("OMNIPUB_BUNDLE_PYTHON", str(tmp_path / "right"))
    found, _ = findings(premises("us-east-1"), stage="dev", region="us-east-1")
    assert named(found)["python"]


def test_what_an_account_may_have_is_asked_and_what_may_not_be_asked_is_doubtful() -> None:
    def standing(facts: FakeFacts) -> dict[str, str]:
        found, _ = findings(premises("us-east-1", facts=lambda _: facts), stage="dev", region="us-east-1")
        return {one.name: one.standing.value for one in found if one.name in {"concurrency", "log policies"}}

    assert standing(FakeFacts()) == {"concurrency": "ok", "log policies": "ok"}
    full = [f"policy-{one}" for one in range(10)]
    assert standing(FakeFacts(runs=10, policies=full)) == {"concurrency": "doubtful", "log policies": "doubtful"}
    assert standing(FakeFacts(policies=[*full[1:], "AWSLogDeliveryWrite20150319"]))["log policies"] == "ok"
    refused = FakeFacts(refuse={"concurrency", "log_policies"})
    assert standing(refused) == {"concurrency": "doubtful", "log policies": "doubtful"}


def test_an_old_node_on_the_path_is_named_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = tmp_path / "node"
    checkout = Checkout(root=ROOT)
    monkeypatch.setattr("omnipub_cli.deployment.checkout.Checkout.module", without_packages(Checkout.module))
    search = node_of(checkout, {"PATH": str(tmp_path)})
    assert search() is None
    put(node, says="v22.1.0")
    assert search() == node
    put(node, says="v20.20.2")
    with pytest.raises(ConfigurationError, match=f"22 or newer, and {node} is v20.20.2") as old:
        search()
    assert "sync --inexact --all-extras --group cdk" in old.value.hint
    found, _ = findings(premises("us-east-1", node=search), stage="dev", region="us-east-1")
    assert not named(found)["node"]


def test_a_node_that_the_environment_names_must_be_one(tmp_path: Path) -> None:
    node = tmp_path / "mine"
    search = node_of(Checkout(root=ROOT), {"JSII_NODE": str(node)})
    with pytest.raises(ConfigurationError, match="which JSII_NODE names, is no node") as wrong:
        search()
    assert wrong.value.hint.endswith("unset JSII_NODE")
    put(node, says="v24.1.0")
    assert search() == node


def put(node: Path, *, says: str) -> None:
    """A node that says this of itself."""
    node.write_text(f"#!/bin/sh\necho {says}\n")
    node.chmod(0o755)


def test_what_is_installed_beside_this_python_is_named_as_it_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    put(tools / "uv", says="uv")
    monkeypatch.setattr("sys.executable", str(tools / "python"))
    monkeypatch.chdir(tmp_path)
    assert typed("uv") == ".venv/bin/uv"
    assert typed("cdk") == "cdk"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert typed("uv") == str(tools / "uv")
    monkeypatch.setenv("PATH", str(tools))
    assert typed("uv") == "uv"


def test_a_mistyped_region_is_told_apart_from_a_network_that_is_down() -> None:
    down = UnavailableError("CloudFormation does not answer: EndpointConnectionError.", hint="Try again in a moment.")
    assert clearer(down, "us-east-1") is down
    mistyped = clearer(down, "us-esat-1")
    assert mistyped.message == "Nothing answers in region 'us-esat-1', and no region of that name is known."
    assert "--region us-east-1" in mistyped.hint
    refused = ConfigurationError("No.")
    assert clearer(refused, "us-esat-1") is refused


def without_packages(original: Any) -> Any:
    """The starter of CDK on a machine without node as a Python package."""

    def module(self: Checkout, name: str) -> Any:
        found = original(self, name)
        found.packaged_node = lambda: None
        return found

    return module


@pytest.mark.parametrize(
    ("stage", "mode", "sandbox", "why"),
    [
        ("prod", Mode.SANDBOX, "http://127.0.0.1:1", "Nothing is posted in production."),
        ("staging", Mode.LIVE, "", "Stage staging is live: what is posted there can be seen by others."),
        ("dev", Mode.SANDBOX, "", "Stage dev has no sandbox; its next deployment brings one."),
        ("dev", Mode.SANDBOX, "http://127.0.0.1:1", ""),
    ],
)
def test_a_post_is_tried_only_where_nobody_else_sees_it(stage: str, mode: Mode, sandbox: str, why: str) -> None:
    system: Any = SimpleNamespace(settings=SimpleNamespace(stage=stage, mode=mode, sandbox_url=sandbox))
    assert StageLiveness(system, pytest.fail).why_no_post == why
