"""What `omnipub up`, `demo`, `doctor` and `completion` print with --json, and every command that fails."""

from typing_extensions import TypedDict

from omnipub.services.json_formats import Moment
from omnipub.services.messages.message_json import ProblemJson


class CompletionJson(TypedDict):
    """`completion`."""

    shell: str
    script: str


class DoctorFindingJson(TypedDict):
    """What was looked at, how it stands, and what to type."""

    name: str
    verdict: str
    what: str
    at: Moment | None
    next: str | None


class DoctorJson(TypedDict):
    """`doctor`."""

    ok: bool
    findings: list[DoctorFindingJson]


class UpJson(TypedDict):
    """`up`, when it is ready."""

    mode: str
    address: str
    api: str
    token: str
    token_file: str
    data: str
    sandbox_url: str | None


class DemoDeliveryJson(TypedDict):
    """What became of a delivery of the demo."""

    channel: str
    what: str
    status: str
    due_at: Moment | None
    published_at: Moment | None
    lateness_ms: int | None
    attempts: int
    permalink: str | None


class PostCountJson(TypedDict):
    """What the sandbox counted."""

    posts: int
    doubles: int
    repeats: int
    deleted: int


class DemoCountJson(TypedDict):
    """What the sandbox counted, in all and for each network and account."""

    totals: PostCountJson
    networks: dict[str, dict[str, PostCountJson]]


class DemoJson(TypedDict):
    """`demo`."""

    ok: bool
    differences: list[str]
    deliveries: list[DemoDeliveryJson]
    count: DemoCountJson
    data: str | None


class ErrorJson(TypedDict):
    """What went wrong."""

    type: str
    message: str
    hint: str | None
    problems: list[ProblemJson]


class FailedJson(TypedDict):
    """What every command prints on standard error when it fails."""

    error: ErrorJson
