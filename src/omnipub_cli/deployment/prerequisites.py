"""What must be there before anything is deployed, looked at in the order in which it is put right."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from omnipub.errors import ConfigurationError, OmnipubError
from omnipub_cli.deployment.account_facts import AccountFacts
from omnipub_cli.deployment.checkout import Checkout
from omnipub_cli.deployment.errors import MissingError
from omnipub_cli.deployment.ports import Caller, Stacks
from omnipub_cli.deployment.regions import clearer
from omnipub_cli.deployment.stack_state import DONE, StackReadiness, ground
from omnipub_cli.deployment.stacks import regions_of

BOOTSTRAP = "CDKToolkit"
LEAST_NODE = 22
ENOUGH_RUNS = 100
"""Runs of functions side by side with which a stage gets along. New accounts have 10, the usual figure is 1,000."""

_MORE_RUNS = (
    "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 "
    "--desired-value 1000"
)

LOG_POLICIES = 10
"""Resource policies of CloudWatch Logs that an account may have in a region."""

_DELIVERY = "AWSLogDelivery"
"""What the names of the policies begin with that AWS makes for delivered logs."""

_PACKAGES = "sync --inexact --all-extras --group cdk"


class Standing(StrEnum):
    """Whether a deployment can begin, as far as one thing goes."""

    OK = "ok"
    DOUBTFUL = "doubtful"
    """It can begin, and may fail or work badly for this."""
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Prerequisite:
    """One thing that was checked; `next` is what to type if it is not as it should be."""

    name: str
    what: str
    standing: Standing = Standing.OK
    next: str = ""


@dataclass(frozen=True, kw_only=True)
class PrerequisiteSources:
    """Where findings come from.

    Attributes:
        node: Finds node; None if there is none, ConfigurationError if there is one that CDK does not run on.
        caller: Asks AWS whose credentials these are.
        stacks: CloudFormation of a region.
        facts: What an account has and may have in a region.
    """

    checkout: Checkout
    node: Callable[[], Path | None]
    caller: Callable[[], Caller]
    stacks: Callable[[str], Stacks]
    has_packages: Callable[[], bool]
    facts: Callable[[str], AccountFacts]


def findings(premises: PrerequisiteSources, *, stage: str, region: str) -> tuple[Sequence[Prerequisite], Caller | None]:
    """All findings, and whose account it is.

    After the first question that AWS does not answer, AWS is asked no more.
    """
    here = [_packages(premises), _node(premises), _cdk(premises.checkout), _interpreter(premises.checkout)]
    try:
        caller = premises.caller()
    except OmnipubError as error:
        return [*here, _missing("credentials", error)], None
    here.append(Prerequisite(name="credentials", what=f"{caller.arn}, account {caller.account}"))
    here.append(Prerequisite(name="region", what=f"stage {stage} lives in {region}"))
    here += [_bootstrap(premises, one, caller) for one in regions_of(region)]
    if all(one.standing is not Standing.MISSING for one in here):
        facts = premises.facts(region)
        here += [*_concurrency(facts, region), *_log_policies(facts, region)]
    return here, caller


def require(found: Sequence[Prerequisite]) -> None:
    """Go on only if nothing is missing.

    Raises:
        MissingError: Something is; the first remedy is the hint.
    """
    missing = [one for one in found if one.standing is Standing.MISSING]
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
    """Find node by the rules of the command that starts CDK, and ask for its version."""

    def search() -> Path | None:
        variables = os.environ if environment is None else environment
        found: Path | None = checkout.module("launch").find_node(variables)
        passed_over = shutil.which("node", path=variables.get("PATH"))
        node = found or (Path(passed_over) if passed_over else None)
        if node is None:
            return None
        number = _major(version := _version(node))
        if number >= LEAST_NODE:
            return node
        verdict = f"is {version}" if number else "is no node"
        if variables.get("JSII_NODE"):
            raise ConfigurationError(
                f"CDK needs node {LEAST_NODE} or newer, and {node}, which JSII_NODE names, {verdict}.",
                hint="Let omnipub look for one itself: unset JSII_NODE",
            )
        raise ConfigurationError(
            f"CDK needs node {LEAST_NODE} or newer, and {node} {verdict}.",
            hint=f"A newer one comes with CDK's packages: {typed('uv')} {_PACKAGES}",
        )

    return search


def typed(tool: str) -> str:
    """How a tool that is installed beside this Python is typed here: `uv`, or `.venv/bin/uv`."""
    beside = Path(sys.executable).with_name(tool)
    if not beside.exists() or shutil.which(tool) == str(beside):
        return tool
    return str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside)


def _version(node: Path) -> str:
    try:
        return subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603  it was looked for by this name
    except OSError:
        return ""


def _major(version: str) -> int:
    number = version.removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _packages(premises: PrerequisiteSources) -> Prerequisite:
    if premises.has_packages():
        return Prerequisite(name="packages", what=f"aws-cdk-lib on Python {platform.python_version()}")
    return Prerequisite(
        name="packages",
        standing=Standing.MISSING,
        what="CDK's Python packages are not installed here.",
        next=f"Install them: {typed('uv')} {_PACKAGES}",
    )


def _node(premises: PrerequisiteSources) -> Prerequisite:
    try:
        found = premises.node()
    except ConfigurationError as error:
        return _missing("node", error)
    if found:
        return Prerequisite(name="node", what=str(found))
    return Prerequisite(
        name="node",
        standing=Standing.MISSING,
        what=f"CDK needs node {LEAST_NODE} or newer, and there is none.",
        next=f"It comes with CDK's packages: {typed('uv')} {_PACKAGES}",
    )


def _cdk(checkout: Checkout) -> Prerequisite:
    try:
        pinned = checkout.pinned_cdk
    except ConfigurationError as error:
        return _missing("cdk", error)
    there = checkout.installed_cdk
    return Prerequisite(name="cdk", what=f"{pinned}{'' if there == pinned else ', will be installed into cdk/'}")


def _interpreter(checkout: Checkout) -> Prerequisite:
    """Bundles hold bytecode of the runtime's version: without such a Python nothing can be synthesised."""
    runtime = checkout.module("runtime_python")
    found = runtime.find_interpreter(os.environ)
    if found:
        return Prerequisite(name="python", what=f"{found.version} at {found.path}, which compiles for Lambda")
    named = os.environ.get(runtime.VARIABLE)
    install = f"Install one: {typed('uv')} python install {runtime.PYTHON}"
    return Prerequisite(
        name="python",
        standing=Standing.MISSING,
        what=runtime.missing(os.environ),
        next=f"Let omnipub look for one itself: unset {runtime.VARIABLE}" if named else install,
    )


def _concurrency(facts: AccountFacts, region: str) -> Sequence[Prerequisite]:
    """New accounts may have ten runs side by side; then a burst of one function refuses the others theirs."""
    try:
        limit = facts.concurrency()
    except OmnipubError as error:
        return [_doubtful("concurrency", error)]
    if limit >= ENOUGH_RUNS:
        return [Prerequisite(name="concurrency", what=f"{limit} runs of functions side by side")]
    return [
        Prerequisite(
            name="concurrency",
            standing=Standing.DOUBTFUL,
            what=f"Functions of this account may have {limit} runs side by side. A burst of posts wants more; "
            "what is refused comes later.",
            next=f"Ask for more: {_MORE_RUNS} --region {region}",
        )
    ]


def _log_policies(facts: AccountFacts, region: str) -> Sequence[Prerequisite]:
    """Access log and firewall write by a resource policy that AWS makes once.

    An account has room for ten of them.
    """
    try:
        names = facts.log_policies()
    except OmnipubError as error:
        return [_doubtful("log policies", error)]
    if len(names) < LOG_POLICIES or any(name.startswith(_DELIVERY) for name in names):
        return [Prerequisite(name="log policies", what=f"{len(names)} of {LOG_POLICIES} resource policies of logs")]
    return [
        Prerequisite(
            name="log policies",
            standing=Standing.DOUBTFUL,
            what=f"All {LOG_POLICIES} resource policies of CloudWatch Logs are taken in {region}; the API's access log "
            "needs one more.",
            next=f"Delete one that nobody needs; see them: aws logs describe-resource-policies --region {region}",
        )
    ]


def _doubtful(name: str, error: OmnipubError) -> Prerequisite:
    return Prerequisite(name=name, standing=Standing.DOUBTFUL, what=f"It cannot be asked: {error.message}")


def _bootstrap(premises: PrerequisiteSources, region: str, caller: Caller) -> Prerequisite:
    name = f"bootstrap {region}"
    again = f"Prepare the region: {_cdk_typed()} bootstrap aws://{caller.account}/{region}"
    try:
        stack = premises.stacks(region).find(BOOTSTRAP)
    except OmnipubError as error:
        return _missing(name, clearer(error, region))
    if ground(stack) is StackReadiness.ABSENT or stack is None:
        return Prerequisite(
            name=name,
            standing=Standing.MISSING,
            what=f"Region {region} is not prepared for CDK: it has no {BOOTSTRAP}.",
            next=again,
        )
    if stack.status not in DONE | {"UPDATE_ROLLBACK_COMPLETE"}:
        return Prerequisite(
            name=name, standing=Standing.MISSING, what=f"{BOOTSTRAP} in {region} is {stack.status}.", next=again
        )
    return Prerequisite(name=name, what=f"{BOOTSTRAP}, version {stack.outputs.get('BootstrapVersion', 'unknown')}")


def _cdk_typed() -> str:
    """CDK's pinned command; where its package is not installed yet, uv installs it first."""
    return (
        typed("cdk")
        if Path(sys.executable).with_name("cdk").exists()
        else f"{typed('uv')} run --package omnipub-cdk cdk"
    )


def _missing(name: str, error: OmnipubError) -> Prerequisite:
    return Prerequisite(name=name, standing=Standing.MISSING, what=error.message, next=error.hint)
