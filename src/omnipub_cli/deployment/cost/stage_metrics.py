"""Which metrics of CloudWatch are units of the bill: a table by type of resource."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from omnipub.names import SERVICE
from omnipub.storage.schema import INDEXES
from omnipub_cli.deployment.cost.inventory import Inventory
from omnipub_cli.deployment.ports import Resource
from omnipub_cli.deployment.quotas.cloudwatch_metrics import Metric
from omnipub_cli.deployment.stacks import EDGE_REGION

HOUR, DAY = 3_600, 86_400
BYTES_OF_A_GB = 1_000_000_000.0

ENDS = ("Published", "Failed", "Unconfirmed")
"""Figures of our own that count how deliveries ended."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A metric, and the units that it means.

    Attributes:
        price: Of the units; "" if nothing is paid for what it counts.
        of: Whose units they are where several things have that price.
        per: How much of the metric is one unit.
        level: Whether it is a size, of which the newest counts, and not a number of events.
        region: Where CloudWatch has it.
    """

    metric: Metric
    price: str
    region: str
    of: str = ""
    per: float = 1.0
    level: bool = False


@dataclass(frozen=True, kw_only=True)
class ResourceMetric:
    """A metric that each resource of a type has.

    Attributes:
        dimension: The name under which the metric has the resource.
        more: Further dimensions.
        last: Whether only the last part of its physical name counts: the others are an address.
        edge: Whether CloudWatch has it in CloudFront's region, wherever the stage is.
        only_with: A field of the inventory that must not be empty.
    """

    kind: str
    space: str
    name: str
    dimension: str
    price: str
    per: float = 1.0
    more: Mapping[str, str] = field(default_factory=dict)
    last: bool = False
    level: bool = False
    edge: bool = False
    only_with: str = ""

    def of(self, region: str, resource: Resource) -> Counted:
        """What is asked for one resource."""
        name = resource.physical.rsplit("/", 1)[-1] if self.last else resource.physical
        metric = Metric(
            figure=self.name,
            space=self.space,
            name=self.name,
            dimensions={self.dimension: name, **self.more},
            statistic="Average" if self.level else "Sum",
            period=DAY if self.level else HOUR,
        )
        where = EDGE_REGION if self.edge else region
        return Counted(metric=metric, price=self.price, per=self.per, level=self.level, region=where)


def _queue(name: str) -> ResourceMetric:
    return ResourceMetric(
        kind="AWS::SQS::Queue", space="AWS/SQS", name=name, dimension="QueueName", price="sqs.requests", last=True
    )


def _distribution(name: str, price: str, *, per: float = 1.0, only_with: str = "") -> ResourceMetric:
    return ResourceMetric(
        kind="AWS::CloudFront::Distribution",
        space="AWS/CloudFront",
        name=name,
        dimension="DistributionId",
        more={"Region": "Global"},
        price=price,
        per=per,
        edge=True,
        only_with=only_with,
    )


BY_RESOURCE: Sequence[ResourceMetric] = (
    ResourceMetric(
        kind="AWS::ApiGatewayV2::Api", space="AWS/ApiGateway", name="Count", dimension="ApiId", price="http.requests"
    ),
    ResourceMetric(
        kind="AWS::Kinesis::Stream",
        space="AWS/Kinesis",
        name="IncomingRecords",
        dimension="StreamName",
        price="kinesis.put",
    ),
    ResourceMetric(
        kind="AWS::S3::Bucket",
        space="AWS/S3",
        name="BucketSizeBytes",
        dimension="BucketName",
        more={"StorageType": "StandardStorage"},
        price="s3.stored",
        per=BYTES_OF_A_GB,
        level=True,
    ),
    ResourceMetric(
        kind="AWS::Logs::LogGroup",
        space="AWS/Logs",
        name="IncomingBytes",
        dimension="LogGroupName",
        price="logs.written",
        per=BYTES_OF_A_GB,
    ),
    _queue("NumberOfMessagesSent"),
    _queue("NumberOfMessagesReceived"),
    _queue("NumberOfMessagesDeleted"),
    _queue("NumberOfEmptyReceives"),
    ResourceMetric(
        kind="AWS::Amplify::App",
        space="AWS/AmplifyHosting",
        name="BytesDownloaded",
        dimension="App",
        price="amplify.served",
        per=BYTES_OF_A_GB,
        last=True,
    ),
    _distribution("Requests", "cloudfront.requests"),
    _distribution("Requests", "waf.requests", only_with="firewall_rules"),  # the firewall looks at every request
    _distribution("BytesDownloaded", "cloudfront.out", per=BYTES_OF_A_GB),
    _distribution("BytesUploaded", "cloudfront.back", per=BYTES_OF_A_GB),
)


def counted_metrics(
    stage: str, region: str, table: str, inventory: Inventory, resources: Iterable[tuple[str, Resource]]
) -> Iterator[Counted]:
    """Everything that CloudWatch counts of a stage and the bill or its traffic needs.

    Args:
        stage: Its name.
        region: Where it lives.
        table: The name of its table.
        inventory: What its templates hold.
        resources: What its stacks hold, each with its region.
    """
    cpu = "lambda.arm" if inventory.architecture == "arm64" else "lambda.x86"
    for function, memory in inventory.functions.items():
        where = {"FunctionName": f"{SERVICE}-{stage}-{function}"}
        runs, time = (_sum("AWS/Lambda", name, where) for name in ("Invocations", "Duration"))
        yield Counted(metric=runs, price="lambda.requests", of=function, region=region)
        yield Counted(metric=time, price=cpu, of=function, per=1_000 * 1024 / memory, region=region)
    for index in ("", *INDEXES):
        where = {"TableName": table} | ({"GlobalSecondaryIndexName": index} if index else {})
        for side, price in (("Write", "dynamodb.writes"), ("Read", "dynamodb.reads")):
            units = _sum("AWS/DynamoDB", f"Consumed{side}CapacityUnits", where)
            yield Counted(metric=units, price=price, region=region)
    for place, resource in resources:
        for row in BY_RESOURCE:
            if row.kind == resource.kind and (not row.only_with or getattr(inventory, row.only_with)):
                yield row.of(place, resource)
    for end in ENDS:
        yield Counted(metric=_sum(f"{SERVICE}/{stage}", end, {}), price="", region=region)


def _sum(space: str, name: str, dimensions: Mapping[str, str]) -> Metric:
    return Metric(figure=name, space=space, name=name, dimensions=dimensions, period=HOUR)
