"""What deployments need of AWS and of CDK, and the answers that they get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Whose credentials these are."""

    account: str
    arn: str


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack as CloudFormation describes it.

    Attributes:
        changed_at: Its last update, or its creation.
        created_at: Its creation.
        drift: IN_SYNC, DRIFTED, NOT_CHECKED or UNKNOWN.
        role: ARN of the role CloudFormation changes it with; "" for the caller's own rights.
    """

    name: str
    status: str
    why: str = ""
    changed_at: datetime | None = None
    created_at: datetime | None = None
    drift: str = "NOT_CHECKED"
    protected: bool = False
    role: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Sequence[str] = ()
    tags: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, kw_only=True)
class StackEvent:
    """Something that happened to a resource of a stack, or to the stack itself."""

    id: str
    at: datetime
    logical: str
    kind: str
    status: str
    why: str = ""
    token: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeSet:
    """What CloudFormation says it would do; `changes` are the members of its `Changes`, as AWS sends them.

    Attributes:
        id: Its ARN: another one of the same name has another.
    """

    status: str
    why: str = ""
    id: str = ""
    changes: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of a stack."""

    logical: str
    physical: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class DriftedResource:
    """A resource that is not as its stack says.

    Attributes:
        how: MODIFIED or DELETED.
        because: Paths of the properties that differ, e.g. `/Timeout`; their values may be secrets.
    """

    logical: str
    physical: str
    kind: str
    how: str
    because: Sequence[str] = ()


class Stacks(Protocol):
    """CloudFormation in one region."""

    def find(self, name: str) -> Stack | None:
        """The stack, None if there is none."""

    def events(self, name: str, *, since: datetime) -> Sequence[StackEvent]:
        """What happened at `since` and later, the oldest first."""

    def resources(self, name: str) -> Sequence[Resource]:
        """What the stack consists of."""

    def template(self, name: str) -> str:
        """The template it was deployed with."""

    def change_set(self, name: str, change_set: str) -> ChangeSet | None:
        """What that change set would do, None if there is none."""

    def forget(self, name: str, change_set: str) -> None:
        """Delete a change set; one that is not there is none to delete."""

    def create(self, stack: Stack, change_set: str, *, template: str, address: str) -> None:
        """Begin a change set that puts `template` in place, with the stack's own parameters, tags and role.

        A long template CloudFormation takes only from a bucket: that is what `address` is for.
        """

    def bring_in(self, name: str, change_set: str, *, template: str, resources: Sequence[Mapping[str, Any]]) -> None:
        """Begin a change set that makes a stack of resources that are there; it changes none of them."""

    def execute(self, name: str, change_set: str, *, token: str) -> None:
        """Execute a change set, named by its name or its ARN.

        `token` comes back in its events.
        """

    def delete(self, name: str, *, token: str) -> None:
        """Begin to delete a stack."""

    def unprotect(self, name: str) -> None:
        """Let a stack be deleted."""

    def detect_drift(self, name: str) -> str:
        """Begin to compare a stack with what is there; the comparison's id."""

    def comparison(self, id_: str) -> tuple[str, str]:
        """How that goes (DETECTION_IN_PROGRESS, DETECTION_COMPLETE or DETECTION_FAILED), and why it failed."""

    def drifted(self, name: str) -> Sequence[DriftedResource]:
        """What the last comparison of a stack found to differ."""


@dataclass(frozen=True, kw_only=True)
class HeldObject:
    """An object of a store; `tag` is another one after each write, `age` is in seconds by the store's clock."""

    body: str
    tag: str
    age: float


class ObjectStore(Protocol):
    """A bucket's objects below one prefix."""

    def put(self, name: str, body: str) -> str:
        """Write an object whole; its https address."""

    def get(self, name: str) -> str:
        """An object."""

    def held(self, name: str) -> HeldObject | None:
        """An object with its tag and its age by the store's own clock, None if there is none."""

    def swap(self, name: str, body: str, *, tag: str) -> str | None:
        """Write an object that still has this tag ("": that is not there); its new tag, None if it has another."""

    def newest(self, count: int) -> Sequence[str]:
        """Names of the newest objects that are in no folder below, the last name first."""


class Cdk(Protocol):
    """CDK's pinned command line."""

    def synthesise(self, context: Mapping[str, str], into: Path) -> None:
        """Write the cloud assembly of the app."""

    def prepare(self, assembly: Path, stacks: Sequence[str], *, change_set: str, account: str) -> None:
        """Upload what the stacks need and create a change set of this name for each; nothing is executed."""


class Site(Protocol):
    """Amplify, CloudFront and the address that users see."""

    def deploy(self, *, app: str, branch: str, archive: bytes) -> str:
        """Hand over a zip file of pages and begin to serve it; the job's id."""

    def job(self, *, app: str, branch: str, job: str) -> str:
        """How that goes: PENDING, RUNNING, SUCCEED, FAILED or CANCELLED."""

    def invalidate(self, distribution: str, *, token: str) -> None:
        """Let CloudFront forget what it keeps."""

    def fetch(self, url: str) -> tuple[int, bytes]:
        """Status and body of a page."""
