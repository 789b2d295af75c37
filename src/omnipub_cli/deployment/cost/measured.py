"""What CloudWatch counted of a deployed stage, as units of the bill; what it does not count stays computed.

CloudFormation is asked for the stage's templates and resources, CloudWatch for what they did, DynamoDB for the
table's size. What was counted is scaled to a month by the hours in which the scheduler ran.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from omnipub.errors import ConfigurationError, InvalidInputError, NotFoundError, UnavailableError
from omnipub.strict_json import loads
from omnipub_cli.deployment.aws_clients import translated_errors
from omnipub_cli.deployment.cost.inventory import Inventory
from omnipub_cli.deployment.cost.stage_metrics import BYTES_OF_A_GB, ENDS, Counted, counted_metrics
from omnipub_cli.deployment.cost.templates import Templates
from omnipub_cli.deployment.cost.traffic import Traffic
from omnipub_cli.deployment.cost.usage import HOURS, Part
from omnipub_cli.deployment.ports import Resource
from omnipub_cli.deployment.quotas.cloudwatch_metrics import series_of
from omnipub_cli.deployment.stacks import name_of, placed, region_of

if TYPE_CHECKING:
    from omnipub_cli.deployment.stage.stage import Stage

MOST_DAYS = 60
"""How far back it is looked; a bill of a year ago is a bill of another release."""

RIGHTS = (
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:ListStackResources",
    "cloudwatch:GetMetricData",
    "dynamodb:DescribeTable",
)
"""What whoever calls needs."""

TICKS, REQUESTS = ("lambda.requests", "scheduler"), ("http.requests", "")
"""The units that tell in which hours the stage ran, and how many requests came."""

Answers = Sequence[tuple[Counted, Sequence[float]]]
"""What was asked, and what was counted period by period, the newest first."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What a stage did.

    Attributes:
        inventory: What its templates hold.
        parts: Units of a month that were counted.
        requests_per_day: Of the API.
        deliveries_per_day: That came to an end.
        hours: In which the scheduler ran, and to which everything is related.
        since: From when on it was looked.
        until: Until when.
    """

    inventory: Inventory
    parts: Sequence[Part]
    requests_per_day: float
    deliveries_per_day: float
    hours: int
    since: datetime
    until: datetime

    def traffic(self, assumed: Traffic) -> Traffic:
        """The traffic that was measured; what no figure tells (channels, images, moments) is as assumed."""
        messages = self.deliveries_per_day / len(assumed.channels)
        requests = max(self.requests_per_day, messages)  # what is imported or comes from the command line is no request
        share = messages / requests if requests else 0.0
        return replace(assumed, requests_per_day=requests, publish_share=share)

    def instead_of(self, computed: Iterable[Part]) -> Sequence[Part]:
        """The computed units with those that were counted in their places."""
        counted = {part.key: part for part in self.parts}
        kept = [counted.pop(part.key, part) for part in computed]
        return [*kept, *counted.values()]


def measured(stage: "Stage", *, days: int, now: datetime) -> Measurement:
    """What a stage did in the last `days` days, up to the last full hour.

    Raises:
        InvalidInputError: That many days cannot be looked at.
        NotFoundError: The stage is not there, or its scheduler never ran in that time.
        ConfigurationError: The caller may not look, or a template holds what has no price.
        UnavailableError: CloudWatch keeps something back.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInputError(f"Days to look at: {days}; allowed: 1 to {MOST_DAYS}.")
    until = now.replace(minute=0, second=0, microsecond=0)
    try:
        return _measured(stage, until - timedelta(days=days), until)
    except ConfigurationError as error:
        if _is_forbidden(error):
            error.advise(f"Whoever measures needs {', '.join(RIGHTS)}.")
        raise


def _measured(stage: "Stage", since: datetime, until: datetime) -> Measurement:
    table = stage.facts.settings.table
    templates, resources = _stacks(stage)
    inventory = Templates(templates).inventory()
    answers = _answers(
        list(counted_metrics(stage.name, stage.region, table, inventory, resources)), stage, since, until
    )
    hours = sum(count > 0 for one, counts in answers if (one.price, one.of) == TICKS for count in counts)
    if not hours:
        raise NotFoundError(
            f"CloudWatch counted no tick of stage {stage.name} in the last {(until - since).days} days.",
            hint=f"See how it stands: omnipub doctor --stage {stage.name}",
        )
    ends = sum(sum(counts) for one, counts in answers if not one.price and one.metric.name in ENDS)
    requests = sum(sum(counts) for one, counts in answers if (one.price, one.of) == REQUESTS)
    stored = Part(price="dynamodb.stored", units=_stored(stage, table), measured=True)
    return Measurement(
        inventory=inventory,
        parts=_added([*_parts(answers, HOURS / hours), stored]),
        requests_per_day=requests * 24 / hours,
        deliveries_per_day=ends * 24 / hours,
        hours=hours,
        since=since,
        until=until,
    )


def _stacks(stage: "Stage") -> tuple[Mapping[str, Any], Sequence[tuple[str, Resource]]]:
    """The templates by the stack's short name, and everything that is in the stacks, with its region."""
    templates: dict[str, Any] = {}
    resources: list[tuple[str, Resource]] = []
    for short in placed(stage.region):
        region, name = region_of(short, stage.region), name_of(short, stage.name)
        cloudformation = stage.account.stacks(region)
        if cloudformation.find(name) is not None:
            templates[short] = loads(cloudformation.template(name), lenient=True)
            resources += [(region, one) for one in cloudformation.resources(name) if one.physical]
    return templates, resources


def _answers(asking: Sequence[Counted], stage: "Stage", since: datetime, until: datetime) -> Answers:
    """What CloudWatch counted, by one call for each region.

    Raises:
        UnavailableError: It keeps some of it back.
    """
    found: list[tuple[Counted, Sequence[float]]] = []
    missing: list[str] = []
    for region in dict.fromkeys(one.region for one in asking):
        here = {f"m{number}": one for number, one in enumerate(asking) if one.region == region}
        queries = [{"Id": key, **(one.metric.query({}) or {})} for key, one in here.items()]
        with translated_errors("CloudWatch"):
            series = series_of(_cloudwatch(stage, region), queries, since, until)
        found += [(one, series[key]) for key, one in here.items() if key in series]
        missing += [f"{one.metric.space} {one.metric.name}" for key, one in here.items() if key not in series]
    if missing:
        raise UnavailableError(
            f"CloudWatch does not tell {', '.join(dict.fromkeys(missing))}.", hint="Try again in a moment."
        )
    return found


def _cloudwatch(stage: "Stage", region: str) -> Any:
    """CloudWatch of a region, which for CloudFront's figures is not the stage's."""
    clients = stage.clients if region == stage.region else stage.account.clients(region)
    return clients.of("cloudwatch")


def _parts(answers: Answers, to_a_month: float) -> Iterator[Part]:
    """What was counted as units of a month; a size of which nothing is known yet stays computed."""
    for one, values in answers:
        if one.price and (values or not one.level):
            amount = values[0] if one.level else sum(values) * to_a_month
            yield Part(price=one.price, of=one.of, units=amount / one.per, measured=True)


def _added(parts: Iterable[Part]) -> Sequence[Part]:
    """Parts of one key together: a table and its indexes have metrics of their own, and one price."""
    found: dict[tuple[str, str], Part] = {}
    for part in parts:
        before = found.get(part.key)
        found[part.key] = replace(part, units=part.units + before.units) if before else part
    return list(found.values())


def _stored(stage: "Stage", name: str) -> float:
    """GB of the table and its indexes, as DynamoDB counted them some hours ago."""
    with translated_errors(f"The table {name}"):
        table = stage.clients.of("dynamodb").describe_table(TableName=name)["Table"]
    indexes = sum(one.get("IndexSizeBytes", 0) for one in table.get("GlobalSecondaryIndexes", ()))
    return float(table.get("TableSizeBytes", 0) + indexes) / BYTES_OF_A_GB


def _is_forbidden(error: ConfigurationError) -> bool:
    response = getattr(error.__cause__, "response", {})
    return str(response.get("Error", {}).get("Code", "")).startswith("AccessDenied")
