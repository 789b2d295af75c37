"""Whom the limits are asked of, in which order, and by which rights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnipub_cli.deployment.quotas import sources_aws

if TYPE_CHECKING:
    from omnipub_cli.deployment.stage.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Source:
    """A call that tells limits.

    Attributes:
        what: What it tells, for people.
        thing: Who or what is asked, for the errors it may raise; a name in braces is filled in.
        rights: The IAM actions it needs.
        ask: Asks, and writes down what is told.
        needs: The figure or name without which it is left out.
    """

    what: str
    thing: str
    rights: tuple[str, ...]
    ask: Callable[["Stage", sources_aws.KnownAnswers], None]
    needs: str = ""

    def wanted(self, known: sources_aws.KnownAnswers) -> bool:
        """Whether there is a point in asking."""
        return not self.needs or bool(known.figures.get(self.needs) or known.names.get(self.needs))


SOURCES: Sequence[Source] = (
    Source(
        what="which API and functions there are",
        thing="CloudFormation",
        rights=("cloudformation:DescribeStacks", "cloudformation:ListStackResources"),
        ask=sources_aws.stacks,
    ),
    Source(
        what="whether mail and text messages are sent",
        thing="CloudFormation",
        rights=("cloudformation:GetTemplate",),
        ask=sources_aws.permissions,
    ),
    Source(
        what="the account's runs side by side",
        thing="Lambda",
        rights=("lambda:GetAccountSettings",),
        ask=sources_aws.account,
    ),
    Source(
        what="the worker's reserved runs",
        thing="The function {worker}",
        rights=("lambda:GetFunctionConcurrency",),
        ask=sources_aws.reserved,
    ),
    Source(
        what="the stream's shards",
        thing="The stream {stream}",
        rights=("kinesis:DescribeStreamSummary",),
        ask=sources_aws.stream,
    ),
    Source(
        what="the worker's trigger",
        thing="The function {worker}",
        rights=("lambda:ListEventSourceMappings",),
        ask=sources_aws.trigger,
        needs="shards",
    ),
    Source(what="the account's shards", thing="Kinesis", rights=("kinesis:DescribeLimits",), ask=sources_aws.shards),
    Source(
        what="the account's limits of tables",
        thing="DynamoDB",
        rights=("dynamodb:DescribeLimits",),
        ask=sources_aws.table,
    ),
    Source(
        what="what the API lets in",
        thing="The API {api id}",
        rights=("apigateway:GET",),
        ask=sources_aws.api_stage,
        needs="api id",
    ),
    Source(
        what="the account's requests",
        thing="Service Quotas",
        rights=("servicequotas:GetServiceQuota", "servicequotas:GetAWSDefaultServiceQuota"),
        ask=sources_aws.requests,
        needs="api id",
    ),
    Source(what="mail", thing="SES", rights=("ses:GetAccount",), ask=sources_aws.mail, needs="mail"),
    Source(
        what="the limit of text messages",
        thing="SNS",
        rights=("sns:GetSMSAttributes",),
        ask=sources_aws.texts,
        needs="texts",
    ),
    Source(
        what="the sandbox of text messages",
        thing="SNS",
        rights=("sns:GetSMSSandboxAccountStatus",),
        ask=sources_aws.text_sandbox,
        needs="texts",
    ),
    Source(
        what="what was used and refused",
        thing="CloudWatch",
        rights=("cloudwatch:GetMetricData",),
        ask=sources_aws.metrics,
    ),
)
"""In this order: the later ones need what the earlier ones told."""
