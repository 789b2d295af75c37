"""The stacks, each synthesised once: prod, dev, prod elsewhere with everything on, dev elsewhere without guards."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "cdk"))

EVERYTHING = {
    "region": "eu-central-1",
    "domain": "publish.example.com",
    "certificate": "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    "google_client_id": "google-client",
    "linkedin_client_id": "linkedin-client",
    "mail_identity": "example.com",
    "text_messages": "true",
    "security_hub": "true",
    "config_recorder": "true",
    "alarm_email": "operator@example.com",
    "origin_secret_version": "01234567-89ab-cdef-0123-456789abcdef",
}


@dataclass(frozen=True, kw_only=True)
class Synthesised:
    """Templates by the stack's id, and the folder they are in."""

    folder: Path
    stacks: Mapping[str, dict[str, Any]]

    def of(self, stack: str, kind: str) -> list[dict[str, Any]]:
        """The properties of all resources of a type in a stack."""
        resources = self.stacks[f"Omnichannel{stack}Stack"]["Resources"].values()
        return [one.get("Properties", {}) for one in resources if one["Type"] == kind]

    def only(self, stack: str, kind: str) -> dict[str, Any]:
        """The properties of the one resource of a type in a stack."""
        (found,) = self.of(stack, kind)
        return found

    def function(self, name: str) -> dict[str, Any]:
        """The properties of the function `omnipub-STAGE-name`."""
        (found,) = (one for _, _, one in self.all("AWS::Lambda::Function") if one["FunctionName"].endswith(f"-{name}"))
        return found

    def all(self, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Stack, logical id and properties of all resources of a type."""
        for stack, template in self.stacks.items():
            for name, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield stack, name, resource.get("Properties", {})


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, str]], Synthesised]:
    """Synthesises a stage, with a tiny folder for the functions' code."""
    if find_spec("aws_cdk") is None:
        pytest.skip("the stacks' packages are not installed: uv sync --inexact --group cdk")
    from omnipub_cdk import launch

    node = launch.find_node(os.environ)
    if node is None:
        pytest.skip(f"no node of version {launch.LEAST_NODE} or newer")
    # Importing aws_cdk starts node, which reads these once. The templates are validated by the same rules in Python.
    os.environ["JSII_NODE"] = str(node)
    os.environ["CDK_VALIDATION"] = "false"
    from aws_cdk import App
    from aws_cdk import aws_lambda as lambda_

    import app
    from omnipub_cdk import stages

    code = tmp_path_factory.mktemp("code")
    (code / "nothing.py").write_text("")
    flags = json.loads((ROOT / "cdk" / "cdk.json").read_text())["context"]

    def synthesise(context: Mapping[str, str]) -> Synthesised:
        folder = tmp_path_factory.mktemp("cdk.out")
        made = App(outdir=str(folder), context=flags | dict(context))
        app.compose(
            made,
            stages.stage_of(made.node.try_get_context),
            code_of=lambda _function, _architecture: lambda_.Code.from_asset(str(code)),
        )
        made.synth()
        templates = sorted(folder.glob("*.template.json"))
        return Synthesised(
            folder=folder,
            stacks={path.name.removesuffix(".template.json"): json.loads(path.read_text()) for path in templates},
        )

    return synthesise


@pytest.fixture(scope="session")
def prod(synthesise: Callable[[Mapping[str, str]], Synthesised]) -> Synthesised:
    return synthesise({"stage": "prod"})


@pytest.fixture(scope="session")
def dev(synthesise: Callable[[Mapping[str, str]], Synthesised]) -> Synthesised:
    return synthesise({})


@pytest.fixture(scope="session")
def far(synthesise: Callable[[Mapping[str, str]], Synthesised]) -> Synthesised:
    return synthesise({"stage": "prod", **EVERYTHING})


@pytest.fixture(scope="session")
def bare(synthesise: Callable[[Mapping[str, str]], Synthesised]) -> Synthesised:
    return synthesise({"region": "eu-central-1", "firewall": "false"})
