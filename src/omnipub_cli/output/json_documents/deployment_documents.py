"""What `deploy`, `diff`, `status`, `outputs`, `logs`, `users`, `rollback` and `destroy` print with --json."""

from typing_extensions import TypedDict

from omnipub.services.json_formats import Moment


class StageCheckJson(TypedDict):
    """A check of a deployed stage."""

    name: str
    verdict: str
    what: str
    next: str | None


class NextStepJson(TypedDict):
    """What to type next, and why."""

    why: str
    type: str


class DeployedJson(TypedDict):
    """`deploy`."""

    stage: str
    region: str
    account: str
    version: str
    changed: dict[str, int]
    pages: str
    ok: bool
    checks: list[StageCheckJson]
    outputs: dict[str, dict[str, str]]
    next: list[NextStepJson]


class UnknownStackJson(TypedDict):
    """A stack whose changes cannot be told, and why."""

    stack: str
    why: str


class ResourceChangeJson(TypedDict):
    """What would happen to a resource."""

    stack: str
    change: str
    resource: str
    id: str | None
    type: str
    because: list[str]
    loses: bool


class DiffJson(TypedDict):
    """`diff`."""

    stage: str
    new: list[str]
    unchanged: list[str]
    untold: list[UnknownStackJson]
    refused: bool
    changes: list[ResourceChangeJson]


class DeploymentRecordJson(TypedDict):
    """What was deployed by whom; `before` is the version that was there, `state` begun, done or rolled_back."""

    id: str
    at: Moment
    by: str
    version: str
    before: str | None
    state: str
    stacks: list[str]
    rollback_of: str | None


class DriftedResourceJson(TypedDict):
    """A resource that was changed by hand."""

    resource: str
    id: str | None
    type: str
    drift: str
    properties: list[str]


class StackStatusJson(TypedDict):
    """How one stack stands."""

    stack: str
    name: str
    status: str
    why: str | None
    changed_at: Moment | None
    drift: str
    drifted: list[DriftedResourceJson]
    next: str | None


class StageStatusJson(TypedDict):
    """`status`."""

    stage: str
    region: str
    deployment: DeploymentRecordJson | None
    console: str | None
    stacks: list[StackStatusJson]


class StageOutputsJson(TypedDict):
    """`outputs`."""

    stage: str
    region: str
    account: str
    at: Moment
    outputs: dict[str, dict[str, str]]


class LogLineJson(TypedDict):
    """A line of a function's log."""

    id: str
    at: Moment
    function: str
    level: str | None
    message: str
    details: dict[str, str]


class LogsJson(TypedDict):
    """`logs tail`."""

    lines: list[LogLineJson]


class UserJson(TypedDict):
    """Who may sign in to a stage on AWS; `status` is Cognito's own word."""

    id: str
    email: str
    status: str
    enabled: bool
    created_at: Moment
    changed_at: Moment


class UserWithGroupsJson(UserJson):
    """`users create`, `show`, `disable` and `add-to-group`."""

    groups: list[str]


class UserListJson(TypedDict):
    """`users list`."""

    users: list[UserJson]
    more: bool


class RolledBackJson(TypedDict):
    """`rollback`."""

    stage: str
    deployment: str
    version: str | None
    instead_of: str
    stacks: list[str]


class KeptResourceJson(TypedDict):
    """What outlives its stack."""

    stack: str
    what: str
    id: str


class DestroyedJson(TypedDict):
    """`destroy`."""

    stage: str
    deleted: list[str]
    kept: list[KeptResourceJson]
