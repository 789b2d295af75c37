"""A deployment put together for the command line: what it touches, what it says, and where it synthesises."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from omnipub_cli.commands._shared import deployment_views
from omnipub_cli.deployment import cdk, prerequisites, wall_clock
from omnipub_cli.deployment.deploy import Deployment
from omnipub_cli.deployment.events import Follower
from omnipub_cli.deployment.history import DeploymentHistory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from omnipub_cli.deployment.account import AwsAccount
    from omnipub_cli.deployment.checkout import Checkout
    from omnipub_cli.deployment.deploy import Plan
    from omnipub_cli.deployment.target import Target
    from omnipub_cli.framework.context import Call


def follower(call: Call, target: Target) -> Follower:
    """Follows stacks and draws how they change."""
    return Follower(wait=wall_clock.wait, showing=deployment_views.showing(call), stage=target.stage)


def records(account: AwsAccount, target: Target) -> DeploymentHistory:
    """The records of the stage's deployments."""
    return DeploymentHistory(account.shelf(target.stage, target.region))


def deployment(
    call: Call,
    account: AwsAccount,
    checkout: Checkout,
    target: Target,
    *,
    approve: Callable[[Plan], None],
    allow_replace: bool = False,
    allow_schema_change: bool = False,
) -> Deployment:
    """A deployment of the stage; nothing is done yet."""
    return Deployment(
        cdk=cdk.CommandLine(checkout, call.output.note, profile=call.profile),
        stacks=account.stacks,
        records=records(account, target),
        target=target,
        account=account.caller().account,
        by=account.caller().arn,
        version=checkout.version,
        now=wall_clock.now,
        follower=follower(call, target),
        approve=approve,
        say=call.output.note,
        allow_replace=allow_replace,
        allow_schema_change=allow_schema_change,
    )


def prepared(call: Call, account: AwsAccount, checkout: Checkout, target: Target) -> None:
    """Look whether everything is there, and say so.

    Raises:
        MissingError: Something is not.
    """
    premises = prerequisites.PrerequisiteSources(
        checkout=checkout,
        node=prerequisites.node_of(checkout),
        caller=account.caller,
        stacks=account.stacks,
        has_packages=prerequisites.has_packages,
    )
    found, _ = prerequisites.findings(premises, stage=target.stage, region=target.region)
    call.output.beside(deployment_views.findings_story(found))
    prerequisites.require(found)


@contextmanager
def aside(checkout: Checkout) -> Iterator[Path]:
    """A folder for what is synthesised, gone when the run ends, however it ends."""
    checkout.build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="deploy-", dir=checkout.build) as folder:
        yield Path(folder)
