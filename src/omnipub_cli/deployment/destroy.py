"""Taking a stage down: its stacks from the last to the first, after saying what stays in the account."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from omnipub.strict_json import loads
from omnipub_cli.deployment import events, stack_state
from omnipub_cli.deployment.change_impact import KEPT
from omnipub_cli.deployment.events import OURS, Follower, WatchedStack
from omnipub_cli.deployment.ports import Resource, Stack, Stacks
from omnipub_cli.deployment.retained import RetainedResources
from omnipub_cli.deployment.stack_state import StackReadiness
from omnipub_cli.deployment.stacks import name_of, region_of

_BUCKET = "AWS::S3::Bucket"
_RETAINED = ("Retain", "RetainExceptOnCreate", "Snapshot")


class Buckets(Protocol):
    """The buckets of a region."""

    def empty(self, bucket: str) -> int:
        """Delete every version of every object; how many there were."""


@dataclass(frozen=True, kw_only=True)
class StackToDelete:
    """A stack that is deleted; what of it stays, and what that cannot be made again goes with it."""

    short: str
    stack: Stack
    stays: Sequence[Resource] = ()
    goes: Sequence[Resource] = ()


@dataclass(kw_only=True)
class StackDeletion:
    """One run.

    Attributes:
        stacks: CloudFormation of a region.
        buckets: The buckets of a region.
        retained: Remembers what stays; None if nobody can.
        confirm: Raises if this run may not change the stage any more.
        going: The stacks that are being deleted right now.
    """

    stage: str
    region: str
    stacks: Callable[[str], Stacks]
    buckets: Callable[[str], Buckets]
    now: Callable[[], datetime]
    follower: Follower
    say: Callable[[str], None]
    retained: RetainedResources | None = None
    confirm: Callable[[], None] = lambda: None
    going: list[str] = field(default_factory=list)

    def plan(self, wanted: Sequence[str]) -> Sequence[StackToDelete]:
        """The stacks that are there, the last one first, with what becomes of what they keep."""
        return [found for short in reversed(wanted) if (found := self._doomed(short))]

    def run(self, doomed: Sequence[StackToDelete], *, unprotect: bool) -> None:
        """Delete them, one after the other; with `unprotect` also those that are protected from it.

        Raises:
            DeploymentFailedError: One could not be deleted; those before it are gone.
        """
        if self.retained:
            self.retained.remember({one.short: one.stays for one in doomed})
        for one in doomed:
            region = region_of(one.short, self.region)
            stacks = self.stacks(region)
            if one.stack.protected and unprotect:
                stacks.unprotect(one.stack.name)
            for bucket in one.goes:
                if bucket.kind == _BUCKET:
                    count = self.buckets(region).empty(bucket.physical)
                    self.say(f"Emptied {bucket.physical}: {count} objects.")
            since = events.mark(stacks, one.stack.name, now=self.now())
            self.confirm()
            stacks.delete(one.stack.name, token=f"{OURS}destroy-{self.now():%Y%m%dT%H%M%S}")
            self.going = [one.stack.name]
            self.follower.follow(
                [
                    WatchedStack(
                        short=one.short, name=one.stack.name, region=region, stacks=stacks, since=since, gone=True
                    )
                ]
            )
            self.going = []

    def _doomed(self, short: str) -> StackToDelete | None:
        stacks = self.stacks(region_of(short, self.region))
        stack = stacks.find(name_of(short, self.stage))
        if stack is None or stack.status == "DELETE_COMPLETE":
            return None
        if stack_state.ground(stack) is StackReadiness.ABSENT:  # only a change set has named it: there is nothing in it
            return StackToDelete(short=short, stack=stack)
        policies = retained(stacks.template(stack.name))
        kept = [one for one in stacks.resources(stack.name) if one.kind in KEPT and one.physical]
        stays = [one for one in kept if policies.get(one.logical)]
        return StackToDelete(short=short, stack=stack, stays=stays, goes=[one for one in kept if one not in stays])


def retained(template: str) -> Mapping[str, bool]:
    """Logical id → whether a template keeps the resource when its stack is deleted; pure."""
    resources = loads(template, lenient=True).get("Resources", {})
    return {name: one.get("DeletionPolicy", "Delete") in _RETAINED for name, one in resources.items()}
