"""The limits that can stop a stage, a row each, and what to do about each. Nothing here asks anything.

What is not here cannot stop it: EventBridge Scheduler calls once a minute, and the stacks are nine of thousands.
"""

from collections.abc import Sequence

from omnipub.services.health.finding import Health
from omnipub.storage.schema import INDEXES
from omnipub_cli.deployment.quotas.codes import BUSIEST, REQUESTS, RUNS, SHARDS, TABLE_READS, TABLE_WRITES
from omnipub_cli.deployment.quotas.judgement import Limit, QuotaRemedy, Row, Sign
from omnipub_cli.deployment.quotas.quota_limits_mail import SENDING

FUNCTIONS = ("api", "worker", "sender", "scheduler")
TABLES = ("", *INDEXES)
"""The table itself, and its indexes by name: each has a limit of its own."""

_MORE_RUNS = QuotaRemedy(
    sentence="All functions of the account and region share it; beyond it their runs are refused and come later.",
    quota=RUNS,
    doubled="lambda.limit",
)
_SHARD = QuotaRemedy(
    sentence="A further shard takes as much again: `shard_count` in cdk/omnipub_cdk/stacks/data.py.",
    next="deploy Data --infra serverless",
)
_PARTITION = QuotaRemedy(
    sentence="What was refused is tried again by itself. If it goes on, see Quotas in docs/runbooks.md.",
    next="stream stats",
)
_LAMBDA: Sequence[Row] = (
    Limit(
        name="quota runs",
        what="Runs of functions side by side",
        used="lambda.used",
        limit="lambda.limit",
        window=BUSIEST,
        remedy=_MORE_RUNS,
    ),
    Limit(
        name="quota worker",
        what="Runs that the worker's trigger may want at once, a shard's times its parallelization factor",
        used="worker.wanted",
        limit="worker.room",
        unit="that it may have",
        remedy=QuotaRemedy(
            sentence="With fewer, publications come later, and other functions are refused theirs.",
            quota=RUNS,
            doubled="lambda.limit",
        ),
        worst=Health.WARN,
    ),
    *(
        Sign(
            name=f"quota {name}",
            seen=f"{name}.refused",
            sentence=f"Runs of the function {name} that were refused a place in the last day: {{seen}}.",
            remedy=_MORE_RUNS,
        )
        for name in FUNCTIONS
    ),
)

_KINESIS: Sequence[Row] = (
    Limit(
        name="quota stream",
        what="Bytes a second put on the stream",
        used="stream.bytes",
        limit="stream.bytes.limit",
        window=BUSIEST,
        remedy=_SHARD,
    ),
    Limit(
        name="quota stream",
        what="Records a second put on the stream",
        used="stream.records",
        limit="stream.records.limit",
        window=BUSIEST,
        remedy=_SHARD,
    ),
    Sign(
        name="quota stream",
        seen="stream.refused",
        sentence="Puts that the stream refused in the last day, for a shard was full: {seen}.",
        remedy=_SHARD,
    ),
    Sign(
        name="quota stream",
        seen="stream.unread",
        sentence="Reads that the stream refused in the last day: {seen}. Five a second and shard are free for all.",
        remedy=QuotaRemedy(
            sentence="Whatever else reads it takes them from the worker, `stream tail` too.", next="stream stats"
        ),
        health=Health.WARN,
    ),
    Limit(
        name="quota shards",
        what="Open shards of the account",
        used="shards.used",
        limit="shards.limit",
        window="now",
        remedy=QuotaRemedy(sentence="Beyond it no stream can be widened, and no stage be made.", quota=SHARDS),
        worst=Health.WARN,
    ),
)


def _table(index: str) -> Sequence[Row]:
    """The rows of the table, or of an index of it."""
    whose = f"index {index}" if index else "table"
    sides = (("write", "written to", TABLE_WRITES), ("read", "read from", TABLE_READS))
    return (
        *(
            Limit(
                name=f"quota {whose}",
                what=f"Units a second {verb} the {whose}",
                used=f"table.{side}s.{index}",
                limit=f"table.{side}s.limit",
                window=BUSIEST,
                remedy=QuotaRemedy(sentence="Beyond it requests are refused.", quota=quota),
            )
            for side, verb, quota in sides
        ),
        *(
            Sign(
                name=f"quota {whose}",
                seen=f"table.{side}s.refused.{index}",
                sentence=f"What was to be {verb} the {whose} and was refused for its rate, in the last day: {{seen}}.",
                remedy=_PARTITION,
            )
            for side, verb, _ in sides
        ),
    )


_API: Sequence[Row] = (
    Limit(
        name="quota api",
        what="Requests a second to the API",
        used="api.requests",
        limit="api.rate",
        unit="that the stage lets in",
        window=BUSIEST,
        remedy=QuotaRemedy(
            sentence="More are answered with 429. Raise `requests_per_second` of the stage in omnipub_cdk/stages.py.",
            next="deploy Api --infra serverless",
        ),
    ),
    Limit(
        name="quota requests",
        what="Requests a second to the API",
        used="api.requests",
        limit="api.account",
        unit="that all APIs of the account share",
        window=BUSIEST,
        remedy=QuotaRemedy(sentence="More are answered with 429.", quota=REQUESTS),
    ),
)

ROWS: Sequence[Row] = (
    *_LAMBDA,
    *_KINESIS,
    *(row for index in TABLES for row in _table(index)),
    *_API,
    *SENDING,
)
