"""Roll back: the functions' stacks get their templates of before the last deployment; data stay.

The way back is CloudFormation's, not Lambda's. A published version would freeze code and settings, but not routes,
triggers and permissions. And the stacks would no longer be what their templates say. CDK's bucket keeps every bundle
that a template names, so putting back the template puts back the bundle.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from omnipub.errors import ConflictError, NotFoundError
from omnipub_cli.deployment import change_impact, change_sets, data_version, events, stack_state
from omnipub_cli.deployment.deploy import CHANGE_SET
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.events import OURS, Follower, WatchedStack
from omnipub_cli.deployment.history import DeploymentHistory, DeploymentRecord, DeploymentState
from omnipub_cli.deployment.ports import Stacks
from omnipub_cli.deployment.stack_state import StackReadiness
from omnipub_cli.deployment.stacks import ORDER, name_of


def to_take_back(records: DeploymentHistory, stacks: Stacks, stage: str) -> DeploymentRecord | None:
    """The deployment that a rollback takes back; None if there is none, or only of stacks that were deleted since."""
    record = records.to_roll_back()
    if record is None:
        return None
    there = [stacks.find(name_of(short, stage)) for short in record.replaced]
    before = any(one.created_at > record.at for one in there if one and one.created_at)
    return None if before else record


@dataclass(kw_only=True)
class Rollback:
    """One run.

    Attributes:
        stacks: CloudFormation of the stage's region; functions live in no other.
        confirm: Raises if this run may not change the stage any more.
        going: The stacks that change right now.
    """

    stage: str
    region: str
    stacks: Stacks
    records: DeploymentHistory
    by: str
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    follower: Follower
    say: Callable[[str], None]
    confirm: Callable[[], None] = lambda: None
    going: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def find(self) -> DeploymentRecord:
        """The deployment that would be taken back.

        Raises:
            NotFoundError: There is none.
        """
        record = to_take_back(self.records, self.stacks, self.stage)
        if record is None:
            raise NotFoundError(
                f"No deployment of stage {self.stage} replaced a bundle, so there is none to go back to.",
                hint=f"See what is there: omnipub status --stage {self.stage}",
            )
        return record

    def run(self, record: DeploymentRecord) -> None:
        """Put the templates back that `record` replaced, those that stand on others first.

        Raises:
            ConflictError: A stack cannot be changed now, would lose what is kept, or would misread what has been
                written since.
            DeploymentFailedError: It was begun and did not come to its end.
        """
        shorts = [short for short in reversed(ORDER) if short in record.replaced]
        self._check(shorts)
        self._check_meaning(shorts, record)
        began = self.now()
        own = self.records.keep(
            DeploymentRecord(
                id=f"{began:%Y%m%dT%H%M%S}{began.microsecond // 1000:03}Z",
                at=began,
                by=self.by,
                version=record.before,
                before=record.version,
                stacks=shorts,
                rollback_of=record.id,
            )
        )
        for short in shorts:
            self._put_back(short, record, own)
        self.records.keep(replace(own, state=DeploymentState.DONE))
        self.records.keep(replace(record, state=DeploymentState.ROLLED_BACK))

    def _put_back(self, short: str, record: DeploymentRecord, own: DeploymentRecord) -> None:
        name = name_of(short, self.stage)
        stack = self.stacks.find(name)
        if stack is None:
            raise DeploymentFailedError(
                f"{name} is gone.", hint=f"Deploy it again: omnipub deploy --stage {self.stage}"
            )
        self.stacks.forget(name, CHANGE_SET)
        template, address = self.records.template(record, short), record.replaced[short]
        self.stacks.create(stack, CHANGE_SET, template=template, address=address)
        found = change_sets.made(self.stacks, name, CHANGE_SET, self.wait)
        if change_impact.is_empty(found):
            self.stacks.forget(name, CHANGE_SET)
            self.say(f"{name} is as it was already.")
            return
        if found.status != "CREATE_COMPLETE":
            raise DeploymentFailedError(
                f"{name} cannot go back: {found.why or found.status}", hint="Deploy what works instead."
            )
        changes = change_impact.changes(found.changes)
        if wrong := change_impact.losses(changes):
            self.stacks.forget(name, CHANGE_SET)
            raise change_impact.refused(wrong)
        since = events.mark(self.stacks, name, now=self.now())
        self.confirm()
        self.stacks.execute(name, CHANGE_SET, token=f"{OURS}{own.id}")
        self.going = [name]
        watched = WatchedStack(
            short=short, name=name, region=self.region, stacks=self.stacks, since=since, total=len(changes)
        )
        self.follower.follow([watched])
        self.going = []
        self.changed.append(short)

    def _check(self, shorts: Sequence[str]) -> None:
        for short in shorts:
            stack = self.stacks.find(name_of(short, self.stage))
            if stack_state.ground(stack) is not StackReadiness.READY:
                status = stack.status if stack else "not there"
                raise ConflictError(
                    f"{name_of(short, self.stage)} is {status}; it cannot go back now. Nothing was changed.",
                    hint=f"See what goes on: omnipub status --stage {self.stage}",
                )

    def _check_meaning(self, shorts: Sequence[str], record: DeploymentRecord) -> None:
        for short in shorts:
            data_version.check_return(
                self.stacks.find(name_of(short, self.stage)),
                self.records.template(record, short),
                version=record.version,
                before=record.before,
                stage=self.stage,
            )
