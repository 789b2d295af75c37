"""An AWS account in memory, as far as deployments ask it: stacks that change while they are looked at, and a bucket.

What the real ones answer is tested over botocore's own shapes in the unit tests of the adapters.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from omnipub.errors import ConfigurationError, ConflictError
from omnipub.storage.schema import fingerprint
from omnipub_cli.deployment.ports import Caller, ChangeSet, DriftedResource, HeldObject, Resource, Stack, StackEvent
from omnipub_cli.deployment.stacks import WITH_BUNDLES, id_of, name_of

ACCOUNT = "123456789012"
STACK = "AWS::CloudFormation::Stack"
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    """Time passes when somebody waits."""

    def __init__(self) -> None:
        self.at = START
        self.waited = 0.0
        self.on_wait: list[Any] = []

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.waited += seconds
        self.at += timedelta(seconds=seconds)
        for one in self.on_wait:
            one()


@dataclass
class Change:
    """A change that is under way; it ends after so many looks."""

    token: str
    looks: int
    template: str | None
    made: bool


@dataclass(kw_only=True)
class FakeStacks:
    """CloudFormation in one region; `failing` says why a stack's next change fails."""

    clock: Clock
    looks: int = 2
    stacks: dict[str, Stack] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    sets: dict[tuple[str, str], tuple[ChangeSet, str]] = field(default_factory=dict)
    told: dict[str, list[StackEvent]] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    parts: dict[str, list[Resource]] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    proposed: int = 0
    running: dict[str, Change] = field(default_factory=dict)
    drifts: dict[str, list[DriftedResource]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    comparing: dict[str, int] = field(default_factory=dict)
    account: set[str] = field(default_factory=set)
    """Physical names of what is in the account and in no stack."""
    imported: dict[str, dict[str, str]] = field(default_factory=dict)

    def there(self, name: str, *, status: str = "CREATE_COMPLETE", template: str = "{}", **more: Any) -> Stack:
        stack = Stack(name=name, status=status, changed_at=START - timedelta(days=1), **more)
        self.stacks[name] = stack
        self.templates[name] = template
        return stack

    def find(self, name: str) -> Stack | None:
        change = self.running.get(name)
        if change:
            change.looks -= 1
            if change.looks < 0:
                self._end(name, change)
        return self.stacks.get(name)

    def events(self, name: str, *, since: datetime) -> Sequence[StackEvent]:
        return [one for one in self.told.get(name, ()) if one.at >= since]

    def resources(self, name: str) -> Sequence[Resource]:
        return self.parts.get(name, [])

    def template(self, name: str) -> str:
        return self.templates[name]

    def change_set(self, name: str, change_set: str) -> ChangeSet | None:
        found = self.sets.get((name, change_set))
        return found[0] if found else None

    def forget(self, name: str, change_set: str) -> None:
        self.sets.pop((name, change_set), None)

    def create(self, stack: Stack, change_set: str, *, template: str, address: str) -> None:
        assert address.startswith("https://")
        self.propose(stack.name, change_set, template, [modified("Function")])

    def propose(self, name: str, change_set: str, template: str, changes: Sequence[Mapping[str, Any]]) -> None:
        same = self.templates.get(name) == template
        found = (
            ChangeSet(
                status="FAILED", why="The submitted information didn't contain changes. Submit other information."
            )
            if same
            else ChangeSet(status="CREATE_COMPLETE", changes=changes)
        )
        self.proposed += 1
        self.sets[name, change_set] = (replace(found, id=f"arn:{change_set}/{self.proposed}"), template)

    def bring_in(self, name: str, change_set: str, *, template: str, resources: Sequence[Mapping[str, Any]]) -> None:
        there = {one["LogicalResourceId"]: next(iter(one["ResourceIdentifier"].values())) for one in resources}
        gone = [physical for physical in there.values() if physical not in self.account]
        found = (
            ChangeSet(status="FAILED", why=f"{gone[0]} was not found") if gone else ChangeSet(status="CREATE_COMPLETE")
        )
        self.sets[name, change_set] = (replace(found, id=f"arn:{change_set}/import"), template)
        self.stacks[name] = Stack(name=name, status="REVIEW_IN_PROGRESS")
        self.imported[name] = there

    def execute(self, name: str, change_set: str, *, token: str) -> None:
        keys = [key for key, (one, _) in self.sets.items() if key[0] == name and change_set in {key[1], one.id}]
        if not keys:
            raise ConflictError(f"Another deployment of {name} was begun meanwhile.")
        self.log.append(("execute", name))
        _, template = self.sets.pop(keys[0])
        if name in self.imported and change_set.endswith("/import"):
            self.parts[name] = [
                Resource(logical=logical, physical=physical, kind=json.loads(template)["Resources"][logical]["Type"])
                for logical, physical in self.imported[name].items()
            ]
            self.begin(name, token=token, template=template, made=False)
            self.stacks[name] = replace(self.stacks[name], status="IMPORT_IN_PROGRESS")
            return
        made = name not in self.stacks or self.stacks[name].status == "REVIEW_IN_PROGRESS"
        self.begin(name, token=token, template=template, made=made)

    def begin(self, name: str, *, token: str, template: str | None, made: bool) -> None:
        status = "CREATE_IN_PROGRESS" if made else "UPDATE_IN_PROGRESS"
        self.stacks[name] = replace(self.stacks.get(name) or Stack(name=name, status=""), status=status)
        self.running[name] = Change(token, self.looks, template, made)
        self._tell(name, name, STACK, status, token=token)
        self._tell(name, "Function", "AWS::Lambda::Function", status, token=token)

    def delete(self, name: str, *, token: str) -> None:
        self.log.append(("delete", name))
        assert not self.stacks[name].protected
        self.stacks[name] = replace(self.stacks[name], status="DELETE_IN_PROGRESS")
        self.running[name] = Change(token, self.looks, None, made=False)
        self._tell(name, name, STACK, "DELETE_IN_PROGRESS", token=token)

    def unprotect(self, name: str) -> None:
        self.log.append(("unprotect", name))
        self.stacks[name] = replace(self.stacks[name], protected=False)

    def detect_drift(self, name: str) -> str:
        self.log.append(("drift", name))
        self.comparing[name] = self.looks
        return name

    def comparison(self, id_: str) -> tuple[str, str]:
        self.comparing[id_] -= 1
        if self.comparing[id_] >= 0:
            return "DETECTION_IN_PROGRESS", ""
        status = "DRIFTED" if self.drifts.get(id_) else "IN_SYNC"
        self.stacks[id_] = replace(self.stacks[id_], drift=status)
        why = self.unread.get(id_, "")
        return "DETECTION_FAILED" if why else "DETECTION_COMPLETE", why

    def drifted(self, name: str) -> Sequence[DriftedResource]:
        return self.drifts.get(name, [])

    def _end(self, name: str, change: Change) -> None:
        del self.running[name]
        stack = self.stacks[name]
        if why := self.failing.pop(name, ""):
            self._tell(name, "Function", "AWS::Lambda::Function", "CREATE_FAILED", why=why)
            self._tell(name, "Log", "AWS::Logs::LogGroup", "CREATE_FAILED", why="Resource creation cancelled")
            status = "DELETE_FAILED" if change.template is None else "UPDATE_ROLLBACK_COMPLETE"
            status = "ROLLBACK_COMPLETE" if change.made else status
            self.stacks[name] = replace(stack, status=status)
        elif change.template is None and stack.status == "DELETE_IN_PROGRESS":
            del self.stacks[name]
        else:
            status = stack.status.replace("_IN_PROGRESS", "_COMPLETE")
            self.templates[name] = change.template or self.templates.get(name, "{}")
            told = json.loads(self.templates[name]).get("Outputs", {})
            said = self.outputs.get(name, stack.outputs) | {name: one["Value"] for name, one in told.items()}
            self.stacks[name] = replace(stack, status=status, outputs=said)
            self._tell(name, "Function", "AWS::Lambda::Function", status)
            self._tell(name, name, STACK, status)

    def _tell(self, name: str, logical: str, kind: str, status: str, *, why: str = "", token: str = "") -> None:
        told = self.told.setdefault(name, [])
        at = max(self.clock.now(), told[-1].at if told else START) + timedelta(milliseconds=1)
        told.append(
            StackEvent(id=str(len(told)), at=at, logical=logical, kind=kind, status=status, why=why, token=token)
        )


@dataclass(kw_only=True)
class FakeFacts:
    """What an account has already; `refuse` names what it may not be asked."""

    detector: str = ""
    hub: str = ""
    recorder: str = ""
    runs: int = 1000
    policies: list[str] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)

    def detectors(self) -> Sequence[str]:
        return self._told("detectors", self.detector)

    def hubs(self) -> Sequence[str]:
        return self._told("hubs", self.hub)

    def recorders(self) -> Sequence[str]:
        return self._told("recorders", self.recorder)

    def concurrency(self) -> int:
        self._told("concurrency", "")
        return self.runs

    def log_policies(self) -> Sequence[str]:
        self._told("log_policies", "")
        return self.policies

    def _told(self, what: str, one: str) -> Sequence[str]:
        if what in self.refuse:
            raise ConfigurationError(f"You may not ask for {what}.")
        return [one] if one else []


AFTER = {
    "Data": (),
    "Auth": (),
    "Scheduler": ("Data",),
    "Api": ("Data", "Auth", "Scheduler"),
    "Worker": ("Data", "Scheduler"),
    "Monitoring": ("Api", "Worker"),
    "Security": (),
    "Frontend": ("Auth", "Api", "Security"),
}
"""What stands on what."""


@dataclass(kw_only=True)
class FakeCdk:
    """CDK: templates are texts that name the version and what of the context they depend on."""

    stacks: FakeStacks
    version: str = "1"
    stage: str = "dev"
    changes: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    contexts: list[Mapping[str, str]] = field(default_factory=list)
    prepared: list[Sequence[str]] = field(default_factory=list)

    def synthesise(self, context: Mapping[str, str], into: Path) -> None:
        self.contexts.append(context)
        into.mkdir(parents=True)
        artifacts: dict[str, Any] = {}
        for short, after in AFTER.items():
            resources = {"Function": {"Type": "AWS::Lambda::Function"}}
            template: dict[str, Any] = {"Resources": resources, "Description": self.version}
            if short == "Data":
                template["Resources"] |= {
                    "Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain"},
                    "Media": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
                }
            if short in WITH_BUNDLES:
                template["Outputs"] = {"Schema": {"Value": fingerprint()}}
            if short == "Auth":
                template["Metadata"] = context.get("site", "nowhere")
            (into / f"{id_of(short)}.json").write_text(json.dumps(template))
            artifacts[id_of(short)] = {
                "type": "aws:cloudformation:stack",
                "environment": f"aws://unknown-account/{context.get('region', 'us-east-1')}",
                "properties": {"stackName": name_of(short, self.stage), "templateFile": f"{id_of(short)}.json"},
                "dependencies": [*map(id_of, after), f"{id_of(short)}.assets"],
            }
            artifacts[f"{id_of(short)}.assets"] = {"type": "cdk:asset-manifest"}
        (into / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))

    def prepare(self, assembly: Path, stacks: Sequence[str], *, change_set: str, account: str) -> None:
        assert account == ACCOUNT
        self.prepared.append(stacks)
        for id_ in stacks:
            short = id_.removeprefix("Omnichannel").removesuffix("Stack")
            template = (assembly / f"{id_}.json").read_text()
            members = self.changes.get(short, [modified("Function")])
            self.stacks.propose(name_of(short, self.stage), change_set, template, members)


class FakeShelf:
    """A bucket's folder; `idle` is how long ago its objects were written, in seconds."""

    def __init__(self) -> None:
        self.objects: dict[str, str] = {}
        self.idle = 0.0

    def put(self, name: str, body: str) -> str:
        self.objects[name] = body
        return f"https://bucket.s3.us-east-1.amazonaws.com/{name}"

    def get(self, name: str) -> str:
        return self.objects[name]

    def held(self, name: str) -> HeldObject | None:
        body = self.objects.get(name)
        return None if body is None else HeldObject(body=body, tag=str(hash(body)), age=self.idle)

    def swap(self, name: str, body: str, *, tag: str) -> str | None:
        there = self.held(name)
        if (there.tag if there else "") != tag:
            return None
        self.objects[name], self.idle = body, 0.0
        return str(hash(body))

    def newest(self, count: int) -> Sequence[str]:
        return sorted((name for name in self.objects if "/" not in name), reverse=True)[:count]


class FakeSite:
    """A site that serves what was deployed, some looks later."""

    def __init__(self) -> None:
        self.jobs: list[str] = []
        self.archives: list[bytes] = []
        self.invalidated: list[str] = []
        self.pages: dict[str, bytes] = {}
        self.ends: list[str] = ["PENDING", "RUNNING", "SUCCEED"]

    def deploy(self, *, app: str, branch: str, archive: bytes) -> str:
        self.archives.append(archive)
        self.jobs.append(f"{app}/{branch}")
        return str(len(self.jobs))

    def job(self, *, app: str, branch: str, job: str) -> str:
        assert self.jobs[int(job) - 1] == f"{app}/{branch}"
        return self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]

    def invalidate(self, distribution: str, *, token: str) -> None:

        assert token
        self.invalidated.append(distribution)
        with zipfile.ZipFile(io.BytesIO(self.archives[-1])) as archive:
            self.pages = {name: archive.read(name) for name in archive.namelist()}

    def fetch(self, url: str) -> tuple[int, bytes]:
        body = self.pages.get(url.rpartition("/")[2])
        return (404, b"not here") if body is None else (200, body)


def modified(logical: str, kind: str = "AWS::Lambda::Function", **more: Any) -> dict[str, Any]:
    """A member of a change set, as CloudFormation has it."""
    told = {
        "Action": "Modify",
        "LogicalResourceId": logical,
        "PhysicalResourceId": f"{logical}-1",
        "ResourceType": kind,
    }
    return {"Type": "Resource", "ResourceChange": {**told, "Replacement": "False", **more}}


CALLER = Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/ada")
