"""What a stack's status lets be done with it, and what to type where it lets nothing be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from omnipub_cli.deployment.ports import Stack


class StackReadiness(StrEnum):
    """Whether a stack can be changed now."""

    ABSENT = "absent"
    READY = "ready"
    BUSY = "busy"
    """Something changes it right now."""
    BROKEN = "broken"
    """It stays as it is until somebody does something about it."""


@dataclass(frozen=True, kw_only=True)
class StackRepair:
    """Why a stack is broken, and the command that mends it, with {short}, {name}, {stage} and {region} in it."""

    sentence: str
    command: str


_NEVER_BORN = StackRepair(
    sentence="failed when it was made, and all that can be done with it is deleting it",
    command="omnipub destroy {short} --stage {stage}",
)
BROKEN: Mapping[str, StackRepair] = {
    "CREATE_FAILED": _NEVER_BORN,
    "ROLLBACK_COMPLETE": _NEVER_BORN,
    "ROLLBACK_FAILED": _NEVER_BORN,
    "DELETE_FAILED": StackRepair(
        sentence="was to be deleted, and something in it could not be",
        command="omnipub destroy {short} --stage {stage}",
    ),
    "UPDATE_FAILED": StackRepair(
        sentence="was left in the middle of an update that failed",
        command="aws cloudformation rollback-stack --stack-name {name} --region {region}",
    ),
    "UPDATE_ROLLBACK_FAILED": StackRepair(
        sentence="could not be put back after an update that failed",
        command="aws cloudformation continue-update-rollback --stack-name {name} --region {region}",
    ),
}
"""Status → what is wrong, in words that follow the stack's name, and what to type."""

ABSENT = {"DELETE_COMPLETE", "REVIEW_IN_PROGRESS"}
"""A stack that is gone, or that only a change set has named yet."""

DONE = {"CREATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_COMPLETE"}
"""The only ends of a change that went well."""


def ground(stack: Stack | None) -> StackReadiness:
    """What can be done with a stack now."""
    if stack is None or stack.status in ABSENT:
        return StackReadiness.ABSENT
    if stack.status.endswith("_IN_PROGRESS"):
        return StackReadiness.BUSY
    return StackReadiness.BROKEN if stack.status in BROKEN else StackReadiness.READY
