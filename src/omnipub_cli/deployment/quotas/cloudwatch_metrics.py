"""What CloudWatch counts of a stage: which metrics are asked for, and what figure is made of each."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from omnipub.errors import UnavailableError
from omnipub_cli.deployment.quotas.judgement import Figures, Names
from omnipub_cli.deployment.quotas.quota_limits import FUNCTIONS, TABLES

_DAY = timedelta(days=1)
_MINUTE, _FIVE, _HOUR = 60, 300, 3600
_PAGES = 10
"""Pages of one answer that are read; a day of all metrics fits into one."""

_WITH_VALUES = {"Complete", "PartialData"}
"""What CloudWatch says of a metric it has told."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric, and the figure it becomes.

    Attributes:
        figure: The figure's name.
        dimensions: Name → value, or the name in braces of something found earlier; without that, it is not asked for.
        statistic: What is asked of each period.
        period: Seconds.
        of: What is made of the periods; of none at all, the figure is 0: nothing happened.
        each_second: Whether a period's value is divided by its seconds.
        monthly: Whether it is counted since the month began (UTC), else during the last day.
        needs: A figure without which, or with 0 of which, it is not asked for.
    """

    figure: str
    space: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Sum"
    period: int = _HOUR
    of: Callable[[Iterable[float]], float] = sum
    each_second: bool = False
    monthly: bool = False
    needs: str = ""

    def query(self, names: Names) -> Mapping[str, Any] | None:
        """What GetMetricData is asked, but for the id; None if a name is not known."""
        try:
            dimensions = [{"Name": name, "Value": value.format_map(names)} for name, value in self.dimensions.items()]
        except KeyError:
            return None
        metric = {"Namespace": self.space, "MetricName": self.name, "Dimensions": dimensions}
        return {"MetricStat": {"Metric": metric, "Period": self.period, "Stat": self.statistic}}

    def value(self, periods: Sequence[float]) -> float:
        """The figure."""
        whole = self.of(periods) if periods else 0.0
        return whole / self.period if self.each_second else whole


def _peak(figure: str, space: str, name: str, dimensions: Mapping[str, str], statistic: str = "Sum") -> Metric:
    """What happened in a second of the busiest minute."""
    return Metric(
        figure=figure,
        space=space,
        name=name,
        dimensions=dimensions,
        statistic=statistic,
        period=_MINUTE,
        of=max,
        each_second=True,
    )


def _table(index: str) -> Iterator[Metric]:
    dimensions = {"TableName": "{table}"} | ({"GlobalSecondaryIndexName": index} if index else {})
    for side, figure in (("Write", "writes"), ("Read", "reads")):
        yield _peak(f"table.{figure}.{index}", "AWS/DynamoDB", f"Consumed{side}CapacityUnits", dimensions)
        yield Metric(
            figure=f"table.{figure}.refused.{index}",
            space="AWS/DynamoDB",
            name=f"{side}ThrottleEvents",
            dimensions=dimensions,
        )


_STREAM = {"StreamName": "{stream}"}

METRICS: Sequence[Metric] = (
    # Without a dimension it is that of the whole account and region.
    Metric(
        figure="lambda.used",
        space="AWS/Lambda",
        name="ConcurrentExecutions",
        statistic="Maximum",
        period=_MINUTE,
        of=max,
    ),
    *(
        Metric(
            figure=f"{name}.refused",
            space="AWS/Lambda",
            name="Throttles",
            dimensions={"FunctionName": f"{{{name}}}"},
        )
        for name in FUNCTIONS
    ),
    _peak("stream.bytes", "AWS/Kinesis", "IncomingBytes", _STREAM),
    _peak("stream.records", "AWS/Kinesis", "IncomingRecords", _STREAM),
    Metric(figure="stream.refused", space="AWS/Kinesis", name="WriteProvisionedThroughputExceeded", dimensions=_STREAM),
    Metric(figure="stream.unread", space="AWS/Kinesis", name="ReadProvisionedThroughputExceeded", dimensions=_STREAM),
    *(metric for index in TABLES for metric in _table(index)),
    _peak("api.requests", "AWS/ApiGateway", "Count", {"ApiId": "{api id}"}, "SampleCount"),
    Metric(
        figure="mail.second",
        space="AWS/SES",
        name="Send",
        period=_MINUTE,
        of=max,
        each_second=True,
        needs="mail",
    ),
    Metric(
        figure="texts.spent",
        space="AWS/SNS",
        name="SMSMonthToDateSpentUSD",
        statistic="Maximum",
        period=_FIVE,
        of=max,
        monthly=True,
        needs="texts",
    ),
)


def counted(cloudwatch: Any, figures: Figures, names: Names, now: datetime) -> Iterator[tuple[str, float]]:
    """The figures, by one call for the last day, and one for this month if anything is counted by months.

    Raises:
        UnavailableError: CloudWatch keeps some of them back; the others were told before.
    """
    wanted = [metric for metric in METRICS if not metric.needs or figures.get(metric.needs)]
    beginnings = {False: now - _DAY, True: now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)}
    missing: list[str] = []
    for monthly, start in beginnings.items():
        metrics = {
            f"m{place}": (metric, query)
            for place, metric in enumerate(wanted)
            if metric.monthly is monthly and (query := metric.query(names)) is not None
        }
        if not metrics:
            continue
        queries = [{"Id": key, **query} for key, (_, query) in metrics.items()]
        # It must end after it began, even when the month does so this very second.
        series = series_of(cloudwatch, queries, start, now + timedelta(seconds=_MINUTE))
        for key, (metric, _) in metrics.items():
            if key in series:
                yield metric.figure, metric.value(series[key])
            else:
                missing.append(f"{metric.space} {metric.name}")
    if missing:
        raise UnavailableError(
            f"CloudWatch does not tell {', '.join(dict.fromkeys(missing))}.", hint="Try again in a moment."
        )


def series_of(cloudwatch: Any, queries: Sequence[Mapping[str, Any]], start: datetime, end: datetime) -> dict[str, Any]:
    """Id → values of its periods, of those that were told."""
    series: dict[str, Any] = {}
    token: dict[str, str] = {}
    for _ in range(_PAGES):
        page = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=start, EndTime=end, **token)
        for one in page["MetricDataResults"]:
            if one.get("StatusCode", "Complete") in _WITH_VALUES:
                series.setdefault(one["Id"], []).extend(one.get("Values", ()))
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    return series
