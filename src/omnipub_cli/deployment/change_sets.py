"""Wait until CloudFormation has made a change set."""

from collections.abc import Callable

from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.ports import ChangeSet, Stacks

LOOK_EVERY = 2.0
PATIENCE = 90
"""Looks at a change set that is being made."""

_MAKING = {"CREATE_PENDING", "CREATE_IN_PROGRESS"}


def made(stacks: Stacks, name: str, change_set: str, wait: Callable[[float], None]) -> ChangeSet:
    """The change set as it has become: it can be executed, or has failed.

    Raises:
        DeploymentFailedError: It is not there after three minutes.
    """
    for _ in range(PATIENCE):
        found = stacks.change_set(name, change_set)
        if found and found.status not in _MAKING:
            return found
        wait(LOOK_EVERY)
    raise DeploymentFailedError(
        f"CloudFormation has not said after three minutes what would change in {name}.", hint="Type it again."
    )
