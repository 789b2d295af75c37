"""Whether stacks are still what their templates say: CloudFormation compares them, and this waits until it has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from omnipub.errors import OmnipubError
from omnipub_cli.deployment.ports import Stack, Stacks

COMPARABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"}
"""The statuses in which CloudFormation compares a stack."""

GOING = "DETECTION_IN_PROGRESS"
LOOK_EVERY = 2.0
PATIENCE = 300
"""Looks, two seconds apart: ten minutes."""

INSPECT = (
    "aws cloudformation describe-stack-resource-drifts --stack-name {name} --region {region} "
    "--stack-resource-drift-status-filters MODIFIED DELETED"
)
"""Shows what a stack says of what differs, and what is there."""


@dataclass(kw_only=True)
class DriftComparison:
    """One comparison of several stacks.

    Attributes:
        wait: Sleeps so many seconds.
        untold: What could not be compared, in sentences.
    """

    wait: Callable[[float], None]
    untold: list[str] = field(default_factory=list)

    def run(self, stacks: Mapping[str, tuple[Stack, Stacks]]) -> Mapping[str, Stack]:
        """Compare stacks, side by side; each as it is then, by the same keys.

        A stack that cannot be compared stays as it is, with a sentence in `untold`.
        """
        ids = {short: id_ for short, one in stacks.items() if (id_ := self._begin(*one))}
        for look in range(PATIENCE):
            if not ids:
                break
            if look:
                self.wait(LOOK_EVERY)
            ids = {short: id_ for short, id_ in ids.items() if self._goes_on(id_, *stacks[short])}
        self.untold += [f"CloudFormation still compares {stacks[short][0].name} after ten minutes." for short in ids]
        return {short: over.find(stack.name) or stack for short, (stack, over) in stacks.items()}

    def _begin(self, stack: Stack, over: Stacks) -> str:
        if stack.status not in COMPARABLE:
            self.untold.append(f"CloudFormation does not compare {stack.name} while it is {stack.status}.")
            return ""
        try:
            return over.detect_drift(stack.name)
        except OmnipubError as error:
            self.untold.append(f"{stack.name} was not compared: {error.message}")
            return ""

    def _goes_on(self, id_: str, stack: Stack, over: Stacks) -> bool:
        status, why = over.comparison(id_)
        if why:
            self.untold.append(f"Not all of {stack.name} could be compared: {why.rstrip('.')}.")
        return status == GOING
