"""A deployment put together for the command line: what it touches, what it says, and where it synthesises."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from omnipub_cli.commands._shared import deployment_views
from omnipub_cli.deployment import account_guards, cdk, prerequisites, wall_clock
from omnipub_cli.deployment.deploy import CHANGE_SET, Deployment
from omnipub_cli.deployment.events import Follower
from omnipub_cli.deployment.history import DeploymentHistory
from omnipub_cli.deployment.retained import OfRetained, RetainedResources
from omnipub_cli.deployment.stack_state import StackReadiness, ground
from omnipub_cli.deployment.stacks import name_of
from omnipub_cli.deployment.stage_lock import StageLock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from omnipub_cli.deployment.account import AwsAccount
    from omnipub_cli.deployment.checkout import Checkout
    from omnipub_cli.deployment.deploy import Plan
    from omnipub_cli.deployment.target import Target
    from omnipub_cli.framework.context import Call


GUARDED = "Security"
"""The stack that makes what exists once per account and region."""


def follower(call: Call, target: Target) -> Follower:
    """Follows stacks and draws how they change."""
    return Follower(wait=wall_clock.wait, showing=deployment_views.showing(call), stage=target.stage)


def records(account: AwsAccount, target: Target) -> DeploymentHistory:
    """The records of the stage's deployments."""
    return DeploymentHistory(account.shelf(target.stage, target.region))


def retained(account: AwsAccount, target: Target) -> RetainedResources:
    """What stacks of the stage left in the account."""
    return RetainedResources(store=account.shelf(target.stage, target.region))


def deployment(  # noqa: PLR0913  what one run is asked for
    call: Call,
    account: AwsAccount,
    checkout: Checkout,
    target: Target,
    *,
    approve: Callable[[Plan], None],
    allow_replace: bool = False,
    allow_schema_change: bool = False,
    of_retained: OfRetained = OfRetained.ASK,
    confirm: Callable[[], None] = lambda: None,
    change_set: str = CHANGE_SET,
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
        wait=wall_clock.wait,
        retained=retained(account, target),
        of_retained=of_retained,
        confirm=confirm,
        change_set=change_set,
    )


def lock(call: Call, account: AwsAccount, target: Target, what: str) -> StageLock:
    """The lock of the stage, not yet held; `what` says what is done with it: deployed, rolled back, destroyed."""
    return StageLock(
        store=account.shelf(target.stage, target.region),
        stage=target.stage,
        by=account.caller().arn,
        what=what,
        now=wall_clock.now,
        wait=wall_clock.wait,
        say=call.output.note,
    )


def lock_if_any(call: Call, account: AwsAccount, target: Target, what: str) -> StageLock | None:
    """The lock of the stage; None in a region that is not prepared for CDK (any more): nobody deploys there."""
    if ground(account.stacks(target.region).find(prerequisites.BOOTSTRAP)) is StackReadiness.ABSENT:
        return None
    return lock(call, account, target, what)


def prepared(call: Call, account: AwsAccount, checkout: Checkout, target: Target, wanted: Collection[str]) -> Target:
    """Look whether everything is there, and say so; the target, with what the account makes of its values.

    Raises:
        MissingError: Something is not.
    """
    premises = prerequisites.PrerequisiteSources(
        checkout=checkout,
        node=prerequisites.node_of(checkout),
        caller=account.caller,
        stacks=account.stacks,
        has_packages=prerequisites.has_packages,
        facts=account.facts,
    )
    found, _ = prerequisites.findings(premises, stage=target.stage, region=target.region)
    call.output.beside(deployment_views.findings_story(found))
    prerequisites.require(found)
    if GUARDED not in wanted:
        return target
    stacks, name = account.stacks(target.region), name_of(GUARDED, target.stage)
    own = stacks.resources(name) if ground(stacks.find(name)) is not StackReadiness.ABSENT else ()
    target, guards = account_guards.settled(target, account.facts(target.region), own)
    call.output.beside(deployment_views.findings_story(guards))
    return target


@contextmanager
def aside(checkout: Checkout) -> Iterator[Path]:
    """A folder for what is synthesised, gone when the run ends, however it ends."""
    checkout.build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="deploy-", dir=checkout.build) as folder:
        yield Path(folder)
