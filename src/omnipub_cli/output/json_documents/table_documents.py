"""What `omnipub table …` and `omnipub stream …` print with --json."""

from typing import Any

from typing_extensions import TypedDict

from omnipub.services.json_formats import Moment
from omnipub_cli.output.json_documents.message_documents import NamedDeliveryJson


class SeededJson(TypedDict):
    """`table seed`."""

    seed: int
    as_of: Moment
    messages: int
    items: int
    owner: str


class UnseededJson(TypedDict):
    """`table unseed`."""

    removed: int


class IndexKeyJson(TypedDict):
    """An index key of an item, and what it may be."""

    name: str
    value: str | None
    allowed: list[str | None]
    right: bool


class TransitionJson(TypedDict):
    """What may happen to a delivery next."""

    event: str
    status: str
    meaning: str


class StoredItemJson(TypedDict):
    """An item of the table; with --raw `item` is DynamoDB's own JSON."""

    key: str
    kind: str | None
    problem: str | None
    item: dict[str, Any]
    index_keys: list[IndexKeyJson]
    next: list[TransitionJson]
    commands: list[str]


class InspectedJson(TypedDict):
    """`table inspect`."""

    items: list[StoredItemJson]


class CountJson(TypedDict):
    """A count; with `more` counting stopped at that number."""

    number: int
    more: bool


class GateJson(TypedDict):
    """Whether the table may be written to."""

    open: bool
    why: str | None


class ShardCountJson(TypedDict):
    """How many shards the status index has, and the most that it ever had."""

    current: int
    highest: int


class TableStatsJson(TypedDict):
    """`table stats`."""

    messages: dict[str, CountJson]
    statuses: dict[str, CountJson]
    published: dict[str, CountJson]
    oldest_due_at: Moment | None
    heartbeat_at: Moment | None
    cursor_at: Moment | None
    gate: GateJson
    pauses: CountJson
    shards: ShardCountJson
    seeded: int
    bytes: int


class IntegrityFindingJson(TypedDict):
    """What is not in order in the table."""

    check: str
    key: str
    sentence: str
    next: str


class VerifiedJson(TypedDict):
    """`table verify`."""

    clean: bool
    items: int
    kinds: dict[str, int]
    counts: dict[str, int]
    findings: list[IntegrityFindingJson]


class ExportedTableJson(TypedDict):
    """`table export`."""

    file: str
    items: int
    kinds: dict[str, int]
    bytes: int


class ImportedTableJson(TypedDict):
    """`table import`."""

    dry_run: bool
    items: int
    absent: int
    written: int
    present: int
    kinds: dict[str, int]


class BackupJson(TypedDict):
    """`table backup`."""

    file: str
    bytes: int


class RestoredJson(TypedDict):
    """`table restore`."""

    table: str
    kept: str | None
    gate_open: bool


class AdoptedJson(TypedDict):
    """`table adopt`."""

    adopted: bool
    deliveries: list[NamedDeliveryJson]
    unknown: list[str]


class RecordJson(TypedDict):
    """A record of the stream, and a line of `stream tail --follow`; a foreign record has no `why`."""

    shard: str
    sequence: str
    arrived_at: Moment
    partition_key: str
    id: str | None
    kind: str | None
    channel: str | None
    why: str | None
    trace: str | None


class LagJson(TypedDict):
    """How far the worker is behind the stream."""

    records: int | None
    age_ms: int


class ShardStatsJson(TypedDict):
    """What one shard of the stream holds."""

    shard: str
    records: int | None
    oldest_at: Moment | None
    newest_at: Moment | None


class StreamStatsJson(TypedDict):
    """`stream stats`."""

    records: int | None
    oldest_at: Moment | None
    newest_at: Moment | None
    retention_hours: int
    lag: LagJson
    parked: int
    parked_by: dict[str, int]
    shards: list[ShardStatsJson]


class StreamTailJson(TypedDict):
    """`stream tail`."""

    gone_before: Moment | None
    records: list[RecordJson]


class ReplayedRecordJson(RecordJson):
    """A record that `stream replay` looked at."""

    parked: bool
    verdict: str
    because: str


class ReplayedJson(TypedDict):
    """`stream replay`."""

    dry_run: bool
    reput: bool
    gone_before: Moment | None
    interrupted: bool
    verdicts: dict[str, int]
    parked: int
    records: list[ReplayedRecordJson]
