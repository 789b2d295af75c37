"""The dashboard: five rows, the first of which answers whether anything is wrong."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis

from omnipub_cdk.alarms import AlarmSources

_WIDTH = 24
_HEIGHT = 6
_FIVE = Duration.minutes(5)


def widgets(
    watched: AlarmSources, alarms: Sequence[cloudwatch.Alarm], *, table: dynamodb.Table, stream: kinesis.Stream
) -> list[list[cloudwatch.IWidget]]:
    """All rows, from what matters most."""
    signal = watched.signal
    return [
        [cloudwatch.AlarmStatusWidget(title="Is anything wrong?", alarms=list(alarms), width=_WIDTH, height=4)],
        _row(
            ("What went out", [signal("Published"), signal("PublishedLate"), signal("Failed"), signal("Unconfirmed")]),
            ("Is it on time?", [signal("Ticks"), signal("Overdue"), signal("Lost")]),
            (
                "What is held up?",
                [
                    signal("AccountsResting"),
                    signal("GateClosed"),
                    watched.parked(),
                    signal("Broken"),
                ],
            ),
        ),
        _row(
            (
                "Stream: lag (ms) and records",
                [watched.lag().with_(label="Lag"), stream.metric_put_records_successful_records(period=_FIVE)],
            ),
            ("Runs that failed", [made.metric_errors(label=name) for name, made in watched.functions.items()]),
            ("Runs refused a place", [made.metric_throttles(label=name) for name, made in watched.functions.items()]),
        ),
        _row(
            ("API", [watched.api.metric_count(), watched.api.metric_client_error(), watched.api.metric_server_error()]),
            ("API: how long (p50, p99)", [watched.api.metric_latency(statistic=share) for share in ("p50", "p99")]),
            (
                "Runs: how long (p99)",
                [made.metric_duration(statistic="p99", label=name) for name, made in watched.functions.items()],
            ),
        ),
        _row(
            (
                "Table: units used",
                [table.metric_consumed_write_capacity_units(), table.metric_consumed_read_capacity_units()],
            ),
            (
                "Table: refused",
                [
                    table.metric("WriteThrottleEvents", statistic="Sum"),
                    table.metric("ReadThrottleEvents", statistic="Sum"),
                ],
            ),
            (
                "Side by side",
                [
                    made.metric("ConcurrentExecutions", statistic="Maximum", label=name)
                    for name, made in watched.functions.items()
                ],
            ),
        ),
    ]


def _row(*graphs: tuple[str, list[cloudwatch.IMetric]]) -> list[cloudwatch.IWidget]:
    return [
        cloudwatch.GraphWidget(title=title, left=metrics, width=_WIDTH // len(graphs), height=_HEIGHT)
        for title, metrics in graphs
    ]
