"""What `omnipub messages …`, `certs …`, `schedule …`, `pause` and `resume` print with --json."""

from typing import Any, NotRequired

from typing_extensions import TypedDict

from omnipub.services.channels.catalog_json import CertificationTypeJson
from omnipub.services.json_formats import Day, Moment
from omnipub.services.messages.message_json import (
    ChannelCheckJson,
    ChannelPreviewJson,
    CreatedJson,
    DeliveryJson,
    DeliveryWithAttemptsJson,
    ProblemJson,
    RowJson,
    ScheduleJson,
)


class CreatedByCommandJson(CreatedJson):
    """`messages create` and `certs announce`; with --wait also what became of it."""

    due_local: Moment
    replayed: bool
    running: bool
    status: NotRequired[str]
    deliveries: NotRequired[list[DeliveryWithAttemptsJson]]


class MessageListJson(TypedDict):
    """`messages list`."""

    messages: list[RowJson]
    cursor: str | None


class CertificationListJson(TypedDict):
    """`certs list`."""

    certifications: list[RowJson]
    cursor: str | None


class CertificationTypesJson(TypedDict):
    """`certs types`."""

    types: list[CertificationTypeJson]
    as_of: Day


class ParentJson(TypedDict):
    """A message or certification by its id; `kind` says which of both it is."""

    id: str
    kind: str


class NamedDeliveryJson(ParentJson, DeliveryJson):
    """A delivery with the message or certification that it belongs to."""


class DeliveryWithExcerptJson(NamedDeliveryJson):
    """A delivery with the first words of its message."""

    excerpt: str


class BulkDeliveryJson(NamedDeliveryJson):
    """A delivery of a bulk command; `error` says why it was not changed."""

    error: str | None


class ChangedJson(ParentJson):
    """`messages mark-published`: one message or certification whose deliveries changed."""

    deliveries: list[DeliveryJson]


class EditedJson(ChangedJson):
    """`messages edit`."""

    revision: int
    schedule: ScheduleJson


class BulkChangeJson(TypedDict):
    """`messages cancel`, `retry` and `dismiss`."""

    dry_run: bool
    changed: int
    failed: int
    deliveries: list[BulkDeliveryJson]


class StuckDeliveryJson(DeliveryWithExcerptJson):
    """A delivery that needs somebody: why, and what to type."""

    why: str
    next: str


class StuckJson(TypedDict):
    """`messages stuck`."""

    deliveries: list[StuckDeliveryJson]
    more: bool


class WatchedJson(ParentJson):
    """`messages watch`."""

    status: str
    deliveries: list[DeliveryWithAttemptsJson]


class ReconciledDeliveryJson(BulkDeliveryJson):
    """A delivery that was looked for on its network."""

    found: bool
    seen: str | None


class ReconciledJson(TypedDict):
    """`messages reconcile`."""

    dry_run: bool
    found: int
    failed: int
    deliveries: list[ReconciledDeliveryJson]


class ValidatedJson(TypedDict):
    """`messages validate`."""

    id: str | None
    ok: bool
    due_at: Moment | None
    problems: list[ProblemJson]
    channels: list[ChannelCheckJson]


class PreviewedJson(TypedDict):
    """`messages preview`."""

    id: str | None
    ok: bool
    due_at: Moment | None
    problems: list[ProblemJson]
    channels: list[ChannelPreviewJson]


class ImportedRowJson(TypedDict):
    """A row of an imported file that is accepted."""

    line: int
    key: str | None
    result: str
    id: str | None
    due_at: Moment | None
    channels: list[str]


class RowProblemJson(TypedDict):
    """What is wrong with a row of an imported file."""

    line: int
    field: str
    sentence: str


class ImportedJson(TypedDict):
    """`messages import`."""

    file: str
    dry_run: bool
    rows: int
    at_once: int
    messages: list[ImportedRowJson]
    problems: list[RowProblemJson]


class ExportedJson(TypedDict):
    """`messages export`; a row has only the fields that are not empty."""

    file: str | None
    format: str
    exported: int
    messages: list[dict[str, Any]] | None


class UnpublishResultJson(TypedDict):
    """What became of taking down one post."""

    channel: str
    result: str
    code: str | None
    sentence: str | None
    delivery: DeliveryJson


class UnpublishedJson(ParentJson):
    """`messages unpublish`."""

    results: list[UnpublishResultJson]


class ScheduleListJson(TypedDict):
    """`schedule list`."""

    deliveries: list[DeliveryWithExcerptJson]
    cursor: str | None


class DispatchedDeliveryJson(TypedDict):
    """A delivery that `schedule run-now` looked at."""

    id: str
    channel: str
    ready: bool
    dispatched: bool
    why: str


class RunNowJson(TypedDict):
    """`schedule run-now`."""

    dry_run: bool
    dispatched: int
    skipped: int
    left_out: int
    deliveries: list[DispatchedDeliveryJson]


class PauseJson(TypedDict):
    """A pause: what it stops, why, by whom and since when."""

    scope: str
    reason: str
    by: str
    at: Moment


class PausesJson(TypedDict):
    """`pause` and `schedule pause`."""

    pauses: list[PauseJson]


class ResumedJson(TypedDict):
    """`resume` and `schedule resume`."""

    scope: str
    late: str | None
    deliveries: list[NamedDeliveryJson]
