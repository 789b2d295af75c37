"""Alarms: when a person is called, and the page that says what to do.

Figures come from CloudWatch's own metrics where it has them, else from `metrics`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

RUNBOOKS = "docs/runbooks.md"

BEHIND = ("worker", "scheduler", "delay")
"""The functions whose runs nobody waits for: what fails there, only an alarm tells. The sender's are parked at once."""

_MINUTE = Duration.minutes(1)
_FIVE = Duration.minutes(5)
_QUARTER = Duration.minutes(15)


@dataclass(frozen=True, kw_only=True)
class AlarmSources:
    """What alarms and the dashboard look at."""

    namespace: str
    functions: Mapping[str, lambda_.Function]
    mapping_id: str
    api: gateway.HttpApi
    failures: sqs.Queue

    def signal(self, name: str, period: Duration = _FIVE) -> cloudwatch.Metric:
        """A figure from our own log lines."""
        return cloudwatch.Metric(namespace=self.namespace, metric_name=name, statistic="Sum", period=period)

    def parked(self) -> cloudwatch.MathExpression:
        """Records that the worker's trigger gave up on, and calls of the sender that failed."""
        records = cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name="OnFailureDestinationDeliveredEventCount",
            dimensions_map={"EventSourceMappingUUID": self.mapping_id},
            statistic="Sum",
            period=_FIVE,
        )
        calls = self.functions["sender"].metric("AsyncEventsDropped", statistic="Sum", period=_FIVE)
        return cloudwatch.MathExpression(
            expression="FILL(records, 0) + FILL(calls, 0)",
            using_metrics={"records": records, "calls": calls},
            period=_FIVE,
            label="Parked",
        )

    def lag(self) -> cloudwatch.Metric:
        """Age of the last record the worker was given, in milliseconds."""
        return self.functions["worker"].metric("IteratorAge", statistic="Maximum", period=_MINUTE)

    def late_share(self) -> cloudwatch.MathExpression:
        """Per cent of publications that were late."""
        return cloudwatch.MathExpression(
            expression="100 * late / published",
            using_metrics={
                "late": self.signal("PublishedLate", _QUARTER),
                "published": self.signal("Published", _QUARTER),
            },
            period=_QUARTER,
            label="Late, %",
        )

    def errors(self) -> cloudwatch.MathExpression:
        """Runs of all but the API that ended in an exception, a time-out or out of memory."""
        return cloudwatch.MathExpression(
            expression=" + ".join(f"FILL({name}, 0)" for name in BEHIND),
            using_metrics={name: self.functions[name].metric_errors(period=_FIVE, statistic="Sum") for name in BEHIND},
            period=_FIVE,
            label="Runs that failed",
        )


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A condition somebody is called for.

    Attributes:
        name: Also the heading of its page in the runbooks.
        why: What it means, in one sentence.
        figure: What is compared.
        limit: The least value that alarms; with `below`, the value under which it does.
        periods: How many periods in a row.
        silence: Whether no figure at all is the failure itself.
    """

    name: str
    why: str
    figure: Callable[[AlarmSources], cloudwatch.IMetric]
    limit: float
    periods: int = 1
    below: bool = False
    silence: bool = False

    @property
    def runbook(self) -> str:
        """Where the page stands."""
        return f"{RUNBOOKS}#{self.name.lower()}"


ALARMS: Sequence[Alarm] = (
    Alarm(
        name="Silence",
        why="No tick has ended for five minutes: nothing that is due leaves.",
        figure=lambda watched: watched.signal("Ticks", _MINUTE),
        limit=1,
        periods=5,
        below=True,
        silence=True,
    ),
    Alarm(
        name="Overdue",
        why="Deliveries stay unclaimed past their moment and are put on the stream again and again.",
        figure=lambda watched: watched.signal("Overdue", _QUARTER),
        limit=1,
        periods=2,
    ),
    Alarm(
        name="Late",
        why="More than one publication in twenty came over a minute late.",
        figure=lambda watched: watched.late_share(),
        limit=5,
    ),
    Alarm(
        name="Unconfirmed",
        why="A delivery may be out and omnipub cannot find out: a person has to look.",
        figure=lambda watched: watched.signal("Unconfirmed"),
        limit=1,
    ),
    Alarm(
        name="GateClosed",
        why="The table refuses to publish: it is a restored or copied one, or its epoch is not known here.",
        figure=lambda watched: watched.signal("GateClosed"),
        limit=1,
    ),
    Alarm(
        name="Broken",
        why="omnipub made a mistake of its own and has written it to its log.",
        figure=lambda watched: watched.signal("Broken"),
        limit=1,
    ),
    Alarm(
        name="Failing",
        why="Runs of the functions behind the API end in an exception or a time-out.",
        figure=lambda watched: watched.errors(),
        limit=3,
    ),
    Alarm(
        name="Lag",
        why="The worker is more than a minute behind the stream.",
        figure=lambda watched: watched.lag(),
        limit=60_000,
        periods=5,
    ),
    Alarm(
        name="Parked",
        why="Worker or sender gave up on records; they lie whole in the bucket of parked records.",
        figure=lambda watched: watched.parked(),
        limit=1,
    ),
    Alarm(
        name="Uncalled",
        why="Ticks of the scheduler failed for good; their calls lie in its failure queue.",
        figure=lambda watched: watched.failures.metric_approximate_number_of_messages_visible(
            statistic="Maximum", period=_FIVE
        ),
        limit=1,
    ),
)
