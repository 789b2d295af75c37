"""A deployment: change sets are made, judged, and executed, group by group; then the site is told its address.

All change sets of a group are judged before any of them is executed. And everything that keeps data stands in the
first group. A change set that would lose a table is refused before anything has changed. Typed again after it was
interrupted or failed, it goes on where it ended. What is done already has no changes left.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from omnipub.errors import OmnipubError
from omnipub_cli.deployment import change_impact, data_version, events, obstacles, stack_state, wall_clock
from omnipub_cli.deployment.assembly import PlannedStack, planned, waves
from omnipub_cli.deployment.change_impact import Change
from omnipub_cli.deployment.events import OURS, Follower, WatchedStack
from omnipub_cli.deployment.history import DeploymentHistory, DeploymentRecord, DeploymentState
from omnipub_cli.deployment.ports import Cdk, Resource, Stacks
from omnipub_cli.deployment.retained import Left, OfRetained, RetainedImport, RetainedResources, undecided
from omnipub_cli.deployment.stack_state import StackReadiness
from omnipub_cli.deployment.stacks import WITH_BUNDLES, id_of, name_of, region_of
from omnipub_cli.deployment.target import Target

CHANGE_SET = "omnipub"
"""The name of each change set of ours: a new one takes the place of one that was left behind."""

SITE_OUTPUT = "Site"
Plan = Mapping[str, Sequence[Change]]
"""Stack's short name → what is changed in it."""


@dataclass(kw_only=True)
class Deployment:
    """One run.

    Attributes:
        stacks: CloudFormation of a region.
        wait: Sleeps so many seconds.
        retained: What stacks left that were deleted; None if nobody remembers.
        of_retained: What becomes of it.
        approve: Is shown each group's changes before they are made; raises to stop.
        say: Says what is being done.
        confirm: Raises if this run may not change the stage any more.
        change_set: The name of the change sets that it makes.
        going: The stacks that change right now, or that were about to: CloudFormation goes on if this run ends.
        changed: The stacks that this run has changed.
    """

    cdk: Cdk
    stacks: Callable[[str], Stacks]
    records: DeploymentHistory
    target: Target
    account: str
    by: str
    version: str
    now: Callable[[], datetime]
    follower: Follower
    approve: Callable[[Plan], None]
    say: Callable[[str], None]
    allow_replace: bool = False
    allow_schema_change: bool = False
    wait: Callable[[float], None] = wall_clock.wait
    retained: RetainedResources | None = None
    of_retained: OfRetained = OfRetained.ASK
    confirm: Callable[[], None] = lambda: None
    change_set: str = CHANGE_SET
    going: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    _judged: dict[str, str] = field(default_factory=dict)
    """Stack's short name → ARN of the change set that was judged: only that one may be executed."""

    def run(self, wanted: Sequence[str], folder: Path) -> None:
        """Deploy the wanted stacks; `folder` takes what CDK synthesises.

        Raises:
            ConflictError: Somebody else changes a stack, one needs somebody first, or something would be lost.
            DeploymentFailedError: It was begun and did not come to its end.
        """
        self.check(wanted)
        self._check_meaning(wanted)
        left = self._left(wanted)
        known = self.known_site()
        if earlier := self.records.unfinished():
            self.say(f"Going on with the deployment that {earlier.begun} and that has not come to its end.")
        # It is written before the first change, and not for a run that ends before: nothing came of that one.
        record = self.records.begin(now=self.now(), by=self.by, version=self.version)
        assembly = self.assembly(folder / "first", known)
        for one in planned(assembly, region=self.target.region):
            if one.short in left:
                record = self._take_back(one, left[one.short], record)
        record = self._deploy(wanted, assembly, record)
        site = self.known_site()
        if site != known and "Frontend" in wanted:
            self.say(f"The site's address is {site}; sign-in learns it.")
            record = self._deploy(("Auth",), self.assembly(folder / "second", site), record)
        self.records.keep(replace(record, state=DeploymentState.DONE))

    def check(self, wanted: Sequence[str]) -> None:
        """Wait for what an earlier run of ours began; whatever else stands in the way is an error."""
        for short in wanted:
            name, stacks = self._place(short)
            stack = stacks.find(name)
            if stack is None or stack_state.ground(stack) in {StackReadiness.ABSENT, StackReadiness.READY}:
                continue
            since = self.now() - events.OWN_WORK
            ours = events.is_ours(stacks.events(name, since=since))
            region = region_of(short, self.target.region)
            if wrong := obstacles.obstacle(stack, short=short, stage=self.target.stage, region=region, ours=ours):
                raise wrong
            left = self.records.unfinished()
            who = f"The deployment that {left.begun}" if left else "An earlier run"
            self.say(f"{who} is still changing {name}; this one waits for it.")
            self._follow([self._watched(short, name, stacks, since=since)])

    def _check_meaning(self, wanted: Sequence[str]) -> None:
        places = {short: self._place(short) for short in WITH_BUNDLES}
        there = {short: stacks.find(name) for short, (name, stacks) in places.items()}
        data_version.check_deployment(there, wanted, stage=self.target.stage, allowed=self.allow_schema_change)

    def known_site(self) -> str:
        """The address that CloudFront gave the site, once it has; "" if the stage says one itself."""
        if self.target.has_address:
            return ""
        name, stacks = self._place("Frontend")
        stack = stacks.find(name)
        return stack.outputs.get(SITE_OUTPUT, "") if stack else ""

    def plan(self, group: Sequence[PlannedStack], assembly: Path) -> Plan:
        """Make the change sets of a group; what each would change, empty for those that are as they should be."""
        for one in group:
            self.stacks(one.region).forget(one.name, self.change_set)
        ids = [id_of(one.short) for one in group]
        self.say(f"Preparing {', '.join(ids)} …")
        self.cdk.prepare(assembly, ids, change_set=self.change_set, account=self.account)
        return {one.short: self._changes(one) for one in group}

    def forget(self, group: Sequence[PlannedStack]) -> None:
        """Delete the change sets of a group."""
        for one in group:
            self.stacks(one.region).forget(one.name, self.change_set)

    def groups(self, wanted: Sequence[str], assembly: Path) -> Sequence[Sequence[PlannedStack]]:
        """The wanted stacks of an assembly in the order in which they are deployed."""
        return waves(planned(assembly, region=self.target.region), wanted)

    def assembly(self, folder: Path, site: str) -> Path:
        """Synthesise the stage into a folder; `site` is the address it has, "" if nobody knows one."""
        self.say("Synthesising the stacks …")
        context = dict(self.target.context) | ({"site": site} if site else {})
        self.cdk.synthesise(context, folder)
        return folder

    def _left(self, wanted: Sequence[str]) -> Left:
        """What wanted stacks left that are not there, to be taken back."""
        if self.retained is None or self.of_retained is OfRetained.LEAVE:
            return {}
        left = {
            short: found for short, found in self.retained.all().items() if short in wanted and self._is_empty(short)
        }
        if left and self.of_retained is OfRetained.ASK:
            raise undecided(left, self.target.stage)
        return left

    def _is_empty(self, short: str) -> bool:
        name, stacks = self._place(short)
        stack = stacks.find(name)
        if stack_state.ground(stack) is StackReadiness.ABSENT:
            return True
        return stack is not None and stack.status == "IMPORT_ROLLBACK_COMPLETE" and not stacks.resources(name)

    def _take_back(
        self, one: PlannedStack, resources: Sequence[Resource], record: DeploymentRecord
    ) -> DeploymentRecord:
        self.say(f"{one.name} takes back {', '.join(left.physical for left in resources)}.")
        record = self._remember(one, record)
        self.going = [one.name]
        RetainedImport(
            stacks=self.stacks(one.region),
            follower=self.follower,
            change_set=self.change_set,
            token=f"{OURS}{record.id}",
            now=self.now,
            wait=self.wait,
            confirm=self.confirm,
        ).run(one.short, one.name, one.region, template=one.template.read_text(), resources=resources)
        self.going = []
        if self.retained:
            self.retained.forget(one.short)
        return record

    def _deploy(self, wanted: Sequence[str], assembly: Path, record: DeploymentRecord) -> DeploymentRecord:
        for group in self.groups(wanted, assembly):
            try:
                plan = self.plan(group, assembly)
                self._refuse_losses(plan)
                self.approve(plan)
            except BaseException:
                with suppress(OmnipubError):  # why it ends is what must be said
                    self.forget(group)
                raise
            todo = [one for one in group if plan[one.short]]
            for one in todo:
                record = self._remember(one, record)
            self._execute(todo, plan, record)
        return record

    def _refuse_losses(self, plan: Plan) -> None:
        wrong = [one for changes in plan.values() for one in change_impact.losses(changes)]
        if wrong and not self.allow_replace:
            raise change_impact.refused(wrong)

    def _execute(self, todo: Sequence[PlannedStack], plan: Plan, record: DeploymentRecord) -> None:
        watched: list[WatchedStack] = []
        for one in todo:
            stacks = self.stacks(one.region)
            since = events.mark(stacks, one.name, now=self.now())
            self.going.append(one.name)
            try:
                self.confirm()
                stacks.execute(one.name, self._judged[one.short] or self.change_set, token=f"{OURS}{record.id}")
            except OmnipubError:
                self._follow(watched)  # what was begun comes to rest before anybody is told
                raise
            watched.append(self._watched(one.short, one.name, stacks, since=since, total=len(plan[one.short])))
        self._follow(watched)
        self.changed += [one.short for one in todo]

    def _follow(self, watched: Sequence[WatchedStack]) -> None:
        if watched:
            self.going = [one.name for one in watched]
            try:
                ends = self.follower.follow(watched, rested=self.going.remove)
            except OmnipubError:
                if self.going:  # AWS cannot be asked any more, and goes on nevertheless
                    self.say(f"CloudFormation goes on with {', '.join(self.going)}; the same command waits for it.")
                raise
            for stack in ends.values():
                self.say(f"{stack.name}: {stack.status}." if stack else "A stack is gone.")

    def _remember(self, one: PlannedStack, record: DeploymentRecord) -> DeploymentRecord:
        record = replace(record, stacks=list(dict.fromkeys((*record.stacks, one.short))))
        stacks = self.stacks(one.region)
        if one.short in WITH_BUNDLES and stack_state.ground(stacks.find(one.name)) is StackReadiness.READY:
            return self.records.replacing(record, one.short, stacks.template(one.name))
        return self.records.keep(record)

    def _changes(self, one: PlannedStack) -> Sequence[Change]:
        found = self.stacks(one.region).change_set(one.name, self.change_set)
        self._judged[one.short] = found.id if found else ""
        changes = change_impact.changes_in(found, one.name) if found else []
        if not changes:
            self.stacks(one.region).forget(one.name, self.change_set)
        return changes

    def _place(self, short: str) -> tuple[str, Stacks]:
        return name_of(short, self.target.stage), self.stacks(region_of(short, self.target.region))

    def _watched(self, short: str, name: str, stacks: Stacks, *, since: datetime, total: int = 0) -> WatchedStack:
        region = region_of(short, self.target.region)
        return WatchedStack(short=short, name=name, region=region, stacks=stacks, since=since, total=total)
