"""Asks AWS for limits: each function one call, and what it tells written down."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from omnipub_cli.deployment.quotas.cloudwatch_metrics import counted
from omnipub_cli.deployment.quotas.codes import REQUESTS
from omnipub_cli.deployment.stacks import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omnipub_cli.deployment.quotas.judgement import Quota
    from omnipub_cli.deployment.stage.stage import Stage

BYTES_OF_A_SHARD = 1024 * 1024
RECORDS_OF_A_SHARD = 1000
"""What a shard takes in a second; the same for everybody, and not to be raised."""

_API, _FUNCTION = "AWS::ApiGatewayV2::Api", "AWS::Lambda::Function"
_DEFAULT_STAGE = "$default"
_ABSENT = {"NoSuchResourceException"}


@dataclass(kw_only=True)
class KnownAnswers:
    """What was told so far; sources that come later build on it."""

    figures: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def stacks(stage: "Stage", known: KnownAnswers) -> None:
    """Which API and functions there are."""
    cloudformation, name = stage.account.stacks(stage.region), name_of("Api", stage.name)
    if cloudformation.find(name) is None:
        return  # that is said where stacks are looked at
    found = {one.kind: one.physical for one in cloudformation.resources(name) if one.physical}
    known.names |= {key: found[kind] for key, kind in (("api id", _API), ("api", _FUNCTION)) if kind in found}


def permissions(stage: "Stage", known: KnownAnswers) -> None:
    """Whether the worker may send mail and text messages: that is what the stage was deployed with."""
    template = stage.account.stacks(stage.region).template(name_of("Worker", stage.name))
    known.figures |= {"mail": float("ses:SendEmail" in template), "texts": float("sns:Publish" in template)}


def account(stage: "Stage", known: KnownAnswers) -> None:
    """How many runs the account may have side by side, and how many of them are nobody's."""
    answer = stage.clients.of("lambda").get_account_settings()["AccountLimit"]
    known.figures["lambda.limit"] = answer["ConcurrentExecutions"]
    known.figures["worker.room"] = answer["UnreservedConcurrentExecutions"]


def reserved(stage: "Stage", known: KnownAnswers) -> None:
    """The runs that are kept for the worker; none are unless somebody did so by hand."""
    answer = stage.clients.of("lambda").get_function_concurrency(FunctionName=stage.facts.worker)
    if "ReservedConcurrentExecutions" in answer:
        known.figures["worker.room"] = answer["ReservedConcurrentExecutions"]


def stream(stage: "Stage", known: KnownAnswers) -> None:
    """Shards, and what they take."""
    answer = stage.clients.of("kinesis").describe_stream_summary(StreamName=stage.facts.settings.stream)
    summary = answer["StreamDescriptionSummary"]
    known.figures["shards"] = shards = summary["OpenShardCount"]
    if summary.get("StreamModeDetails", {}).get("StreamMode") != "ON_DEMAND":  # which widens itself
        known.figures["stream.bytes.limit"] = shards * BYTES_OF_A_SHARD
        known.figures["stream.records.limit"] = shards * RECORDS_OF_A_SHARD


def trigger(stage: "Stage", known: KnownAnswers) -> None:
    """How many runs the worker's trigger may start at once. Needs the shards."""
    answer = stage.clients.of("lambda").list_event_source_mappings(FunctionName=stage.facts.worker)
    ours = f":stream/{stage.facts.settings.stream}"
    side_by_side = [
        one.get("ParallelizationFactor", 1)
        for one in answer["EventSourceMappings"]
        if one.get("EventSourceArn", "").endswith(ours)
    ]
    if side_by_side:
        known.figures["worker.wanted"] = known.figures["shards"] * sum(side_by_side)


def shards(stage: "Stage", known: KnownAnswers) -> None:
    """Open shards of the account."""
    answer = stage.clients.of("kinesis").describe_limits()
    known.figures |= {"shards.used": answer["OpenShardCount"], "shards.limit": answer["ShardLimit"]}


def table(stage: "Stage", known: KnownAnswers) -> None:
    """DynamoDB tells them for tables of fixed capacity; they hold for each table and index paid by request, too."""
    answer = stage.clients.of("dynamodb").describe_limits()
    known.figures["table.writes.limit"] = answer["TableMaxWriteCapacityUnits"]
    known.figures["table.reads.limit"] = answer["TableMaxReadCapacityUnits"]


def api_stage(stage: "Stage", known: KnownAnswers) -> None:
    """The rate of requests that the API accepts."""
    answer = stage.clients.of("apigatewayv2").get_stage(ApiId=known.names["api id"], StageName=_DEFAULT_STAGE)
    rate = answer.get("DefaultRouteSettings", {}).get("ThrottlingRateLimit")
    if rate is not None:
        known.figures["api.rate"] = rate


def requests(stage: "Stage", known: KnownAnswers) -> None:
    """What all APIs of the account may be asked."""
    known.figures["api.account"] = applied(stage.clients.of("service-quotas"), REQUESTS)


def mail(stage: "Stage", known: KnownAnswers) -> None:
    """What SES lets the account send."""
    answer = stage.clients.of("sesv2").get_account()
    quota, standing = answer["SendQuota"], answer.get("EnforcementStatus", "HEALTHY")
    known.figures |= {
        "mail.sent": quota["SentLast24Hours"],
        "mail.limit": quota["Max24HourSend"],
        "mail.second.limit": quota["MaxSendRate"],
        "mail.sandbox": float(not answer["ProductionAccessEnabled"]),
        "mail.off": float(not answer["SendingEnabled"]),
        "mail.watched": float(standing == "PROBATION"),
        "mail.shut": float(standing == "SHUTDOWN"),
    }


def texts(stage: "Stage", known: KnownAnswers) -> None:
    """What text messages may cost in a month."""
    answer: Mapping[str, Any] = stage.clients.of("sns").get_sms_attributes(attributes=["MonthlySpendLimit"])
    limit = answer.get("attributes", {}).get("MonthlySpendLimit")
    known.figures["texts.unsaid"] = float(limit is None)
    if limit is not None:
        known.figures["texts.limit"] = float(limit)


def text_sandbox(stage: "Stage", known: KnownAnswers) -> None:
    """Whether text messages go to verified numbers alone."""
    known.figures["texts.sandbox"] = float(stage.clients.of("sns").get_sms_sandbox_account_status()["IsInSandbox"])


def metrics(stage: "Stage", known: KnownAnswers) -> None:
    """What was used, and refused."""
    for figure, value in counted(stage.clients.of("cloudwatch"), known.figures, known.names, datetime.now(UTC)):
        known.figures[figure] = value


def applied(client: Any, quota: "Quota") -> float:
    """A limit as it holds for the account, else as AWS gives it to everybody."""
    from botocore.exceptions import ClientError

    from omnipub.adapters.aws.errors import code_of

    parameters = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        answer = client.get_service_quota(**parameters)
    except ClientError as error:
        if code_of(error) not in _ABSENT:
            raise
        answer = client.get_aws_default_service_quota(**parameters)
    return float(answer["Quota"]["Value"])
