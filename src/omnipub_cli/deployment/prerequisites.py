"""What must be there before anything is deployed, looked at in the order in which it is put right."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from omnipub.errors import ConfigurationError, OmnipubError
from omnipub_cli.deployment.checkout import Checkout
from omnipub_cli.deployment.errors import MissingError
from omnipub_cli.deployment.family import regions_of
from omnipub_cli.deployment.ports import Caller, Stacks
from omnipub_cli.deployment.standing import DONE, Ground, ground

BOOTSTRAP = "CDKToolkit"
LEAST_NODE = 22
_PACKAGES = "uv sync --inexact --all-extras --group cdk"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; `next` is what to type if it is missing."""

    name: str
    ok: bool
    what: str
    next: str = ""


@dataclass(frozen=True, kw_only=True)
class Premises:
    """Where findings come from.

    Attributes:
        node: Finds node; None if there is none that CDK runs on.
        caller: Asks AWS whose credentials these are.
        stacks: CloudFormation of a region.
    """

    checkout: Checkout
    node: Callable[[], Path | None]
    caller: Callable[[], Caller]
    stacks: Callable[[str], Stacks]
    has_packages: Callable[[], bool]


def findings(premises: Premises, *, stage: str, region: str) -> tuple[Sequence[Finding], Caller | None]:
    """All findings, and whose account it is; after the first one that asks AWS in vain, AWS is asked no more."""
    here = [_packages(premises), _node(premises), _cdk(premises.checkout)]
    try:
        caller = premises.caller()
    except OmnipubError as error:
        return [*here, _missing("credentials", error)], None
    here.append(Finding(name="credentials", ok=True, what=f"{caller.arn}, account {caller.account}"))
    here.append(Finding(name="region", ok=True, what=f"stage {stage} lives in {region}"))
    return [*here, *(_bootstrap(premises, one, caller) for one in regions_of(region))], caller


def require(found: Sequence[Finding]) -> None:
    """Go on only if nothing is missing.

    Raises:
        MissingError: Something is; the first remedy is the hint.
    """
    missing = [one for one in found if not one.ok]
    if missing:
        raise MissingError(
            missing[0].what,
            hint=missing[0].next,
            problems=[(one.name, f"{one.what} {one.next}".strip()) for one in missing[1:]],
        )


def has_packages() -> bool:
    """Whether CDK's Python packages are installed."""
    return find_spec("aws_cdk") is not None


def node_of(checkout: Checkout, environment: Mapping[str, str] | None = None) -> Callable[[], Path | None]:
    """The search for node, by the rules of the command that starts CDK."""
    return lambda: checkout.module("launch").find_node(os.environ if environment is None else environment)


def _packages(premises: Premises) -> Finding:
    if premises.has_packages():
        return Finding(name="packages", ok=True, what=f"aws-cdk-lib on Python {platform.python_version()}")
    return Finding(
        name="packages",
        ok=False,
        what="CDK's Python packages are not installed here.",
        next=f"Install them: {_PACKAGES}",
    )


def _node(premises: Premises) -> Finding:
    found = premises.node()
    if found:
        return Finding(name="node", ok=True, what=str(found))
    return Finding(
        name="node",
        ok=False,
        what=f"CDK needs node {LEAST_NODE} or newer, and there is none.",
        next=f"It comes with CDK's packages: {_PACKAGES}",
    )


def _cdk(checkout: Checkout) -> Finding:
    try:
        pinned = checkout.pinned_cdk
    except ConfigurationError as error:
        return _missing("cdk", error)
    there = checkout.installed_cdk
    return Finding(name="cdk", ok=True, what=f"{pinned}{'' if there == pinned else ', will be installed into cdk/'}")


def _bootstrap(premises: Premises, region: str, caller: Caller) -> Finding:
    name = f"bootstrap {region}"
    again = f"Prepare the region: (cd cdk && uv run cdk bootstrap aws://{caller.account}/{region})"
    try:
        stack = premises.stacks(region).find(BOOTSTRAP)
    except OmnipubError as error:
        return _missing(name, error)
    if ground(stack) is Ground.ABSENT or stack is None:
        return Finding(
            name=name, ok=False, what=f"Region {region} is not prepared for CDK: it has no {BOOTSTRAP}.", next=again
        )
    if stack.status not in DONE | {"UPDATE_ROLLBACK_COMPLETE"}:
        return Finding(name=name, ok=False, what=f"{BOOTSTRAP} in {region} is {stack.status}.", next=again)
    return Finding(name=name, ok=True, what=f"{BOOTSTRAP}, version {stack.outputs.get('BootstrapVersion', 'unknown')}")


def _missing(name: str, error: OmnipubError) -> Finding:
    return Finding(name=name, ok=False, what=error.message, next=error.hint)
