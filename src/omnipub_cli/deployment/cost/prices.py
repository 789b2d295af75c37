"""The price table: what AWS asks for a unit in us-east-1, where that was read, and when.

Nothing else states a price. A price that nobody could read anywhere has `dollars=None`: the bill shows a dash for it,
never zero. Whoever checks a price on its page changes `dollars`, `read_in` and `on` of its row, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

REGION = "us-east-1"
"""The region whose prices these are."""

CURRENCY = "USD"

_ONE, _THOUSAND, _MILLION = 1.0, 1_000.0, 1_000_000.0
_AWS = "https://aws.amazon.com"

_LAMBDA = "AWS Price List of Lambda, published that day"
_INFRACOST = "AWS Price List, as Infracost's tests quote it"
_LIST = "AWS Price List, values fetched that day"
_ALWAYS = "AWS Price List, with the list of what is always free"
_REVIEW = "a cost review of us-east-1 by others, not AWS's own page"
_PLANS = "a list of CloudFront's plans by others, not AWS's own page"
_GUARDED = "rates of the AWS Price List for us-east-2, by others"
_STUDY = "a study of Cognito that quotes AWS's page"
_NOWHERE = "nowhere yet"


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a unit costs.

    Attributes:
        component: The line of the bill that it belongs to.
        dollars: For `per` units; None if nobody could read it anywhere.
        unit: What is counted.
        free: Units a month that AWS gives to every account for ever.
        source: AWS's own page, for checking.
        read_in: Where the number was read.
        on: When that was written.
    """

    component: str
    dollars: float | None
    unit: str
    source: str
    read_in: str
    on: date
    per: float = _ONE
    free: float = 0.0

    def of(self, units: float, *, free: float | None = None) -> float | None:
        """The dollars of that many units, behind what is free; None if the price is not known."""
        paid = max(0.0, units - (self.free if free is None else free))
        return None if self.dollars is None else paid * self.dollars / self.per


def _price(component: str, dollars: float | None, unit: str, page: str, read: tuple[str, str], **more: float) -> Price:
    read_in, on = read
    source = f"{_AWS}/{page}/pricing/"
    return Price(
        component=component,
        dollars=dollars,
        unit=unit,
        source=source,
        read_in=read_in,
        on=date.fromisoformat(on),
        **more,
    )


_S1 = (_INFRACOST, "2026-08-21")
_S2 = (_LAMBDA, "2026-09-19")
_S3 = (_LIST, "2026-09-24")
_S4 = (_ALWAYS, "2026-09-29")
_S5 = (_REVIEW, "2026-09-23")
_S6 = (_REVIEW, "2026-09-12")
_S7 = (_PLANS, "2026-09-05")
_S8 = (_STUDY, "2026-09-01")
_S9 = (_REVIEW, "2026-09-01")
_S10 = (_GUARDED, "2026-09-06")
_UNREAD = (_NOWHERE, "2026-12-01")

_TABLE: dict[str, Price] = {
    # What publishes.
    "lambda.requests": _price("Lambda", 0.20, "runs", "lambda", _S2, per=_MILLION, free=_MILLION),
    "lambda.arm": _price("Lambda", 0.0000133334, "GB-seconds on arm64", "lambda", _S2, free=400_000),
    "lambda.x86": _price("Lambda", 0.0000166667, "GB-seconds on x86_64", "lambda", _S2, free=400_000),
    "kinesis.shard": _price("Kinesis", 0.015, "hours of a shard", "kinesis/data-streams", _S1),
    "kinesis.put": _price("Kinesis", 0.014, "records of up to 25 KB", "kinesis/data-streams", _S1, per=_MILLION),
    "scheduler.calls": _price(
        "EventBridge Scheduler", 1.00, "calls", "eventbridge", _S3, per=_MILLION, free=14 * _MILLION
    ),
    "sqs.requests": _price("SQS", 0.40, "requests", "sqs", _S4, per=_MILLION, free=_MILLION),
    "http.requests": _price("HTTP API", 1.00, "requests", "api-gateway", _S3, per=_MILLION),
    # What is kept.
    "dynamodb.writes": _price("DynamoDB", 0.625, "write units", "dynamodb/on-demand", _S3, per=_MILLION),
    "dynamodb.reads": _price("DynamoDB", 0.125, "read units", "dynamodb/on-demand", _S3, per=_MILLION),
    "dynamodb.stored": _price("DynamoDB", 0.25, "GB of table and indexes", "dynamodb/on-demand", _S3, free=25),
    "dynamodb.recovery": _price("DynamoDB", 0.20, "GB that can be restored to any second", "dynamodb/on-demand", _S3),
    "s3.stored": _price("S3", 0.023, "GB stored", "s3", _S3),
    "s3.puts": _price("S3", 0.005, "objects put", "s3", _S3, per=_THOUSAND),
    "s3.gets": _price("S3", 0.0004, "objects read", "s3", _S3, per=_THOUSAND),
    "kms.keys": _price("KMS", 1.00, "keys and kept rotations", "kms", _S4),
    "kms.calls": _price("KMS", 0.03, "calls", "kms", _S4, per=10 * _THOUSAND, free=20_000),
    "secrets.kept": _price("Secrets Manager", 0.40, "secrets", "secrets-manager", _S4),
    "secrets.calls": _price("Secrets Manager", 0.05, "calls", "secrets-manager", _S4, per=10 * _THOUSAND),
    # What users meet.
    "cloudfront.requests": _price(
        "CloudFront", 0.010, "requests", "cloudfront", _S3, per=10 * _THOUSAND, free=10 * _MILLION
    ),
    "cloudfront.out": _price("CloudFront", 0.085, "GB to users", "cloudfront", _S3, free=1_000),
    "cloudfront.back": _price("CloudFront", 0.020, "GB from users to the API", "cloudfront", _S1),
    "waf.acls": _price("Firewall", 5.00, "web ACLs", "waf", _S1),
    "waf.rules": _price("Firewall", 1.00, "rules and groups of rules", "waf", _S1),
    "waf.requests": _price("Firewall", 0.60, "requests looked at", "waf", _S1, per=_MILLION),
    "plan.free": _price("CloudFront's plan", 0.00, "plans Free", "cloudfront", _S7),
    "plan.pro": _price("CloudFront's plan", 15.00, "plans Pro", "cloudfront", _S7),
    "plan.business": _price("CloudFront's plan", 200.00, "plans Business", "cloudfront", _S7),
    "amplify.served": _price("Amplify Hosting", 0.15, "GB served", "amplify", _S4),
    "amplify.stored": _price("Amplify Hosting", 0.023, "GB stored", "amplify", _S4),
    "cognito.users": _price("Cognito", 0.015, "users active in the month", "cognito", _S8, free=10_000),
    "transfer.out": _price("Data to the networks", 0.09, "GB out of AWS", "ec2/on-demand", _S3, free=100),
    "ses.mails": _price("Mail", 0.10, "mails", "ses", _S4, per=_THOUSAND),
    "sms.messages": _price("Text messages", None, "text messages; the price depends on the country", "sns", _UNREAD),
    # What watches.
    "cloudwatch.alarms": _price("CloudWatch", 0.10, "metrics that alarms compare", "cloudwatch", _S3, free=10),
    "cloudwatch.figures": _price("CloudWatch", 0.30, "metrics of our own", "cloudwatch", _S3, free=10),
    "cloudwatch.dashboards": _price("CloudWatch", 3.00, "dashboards", "cloudwatch", _S3, free=3),
    "cloudwatch.triggers": _price("CloudWatch", None, "triggers whose records are counted", "cloudwatch", _UNREAD),
    "logs.written": _price("Log lines", 0.50, "GB written", "cloudwatch", _S3, free=5),
    "logs.stored": _price("Log lines", 0.03, "GB kept, compressed", "cloudwatch", _S3),
    "sns.mails": _price("SNS", 2.00, "mails of alarms", "sns", _S4, per=100 * _THOUSAND, free=1_000),
    "guardduty.calls": _price("GuardDuty", 4.00, "calls of the account's APIs", "guardduty", _S10, per=_MILLION),
    "guardduty.objects": _price("GuardDuty", 0.80, "reads and writes of objects", "guardduty", _S10, per=_MILLION),
    "guardduty.network": _price("GuardDuty", 1.00, "GB of the functions' network logs", "guardduty", _S10),
    "config.changes": _price("AWS Config", 0.003, "changes recorded", "config", _S9),
    "securityhub.units": _price("Security Hub", 3.75, "resource units", "security-hub", _S9),
    # What containers take instead of functions.
    "fargate.cpu": _price("Fargate", 0.03238, "hours of a vCPU on arm64", "fargate", _S5),
    "fargate.memory": _price("Fargate", 0.00356, "hours of a GB on arm64", "fargate", _S5),
    "alb.hours": _price("Load balancer", 0.0225, "hours", "elasticloadbalancing", _S5),
    "alb.units": _price("Load balancer", 0.008, "hours of a capacity unit", "elasticloadbalancing", _S5),
    "nat.hours": _price("NAT gateway", 0.045, "hours", "vpc", _S5),
    "nat.data": _price("NAT gateway", 0.045, "GB through it", "vpc", _S5),
    "ipv4.hours": _price("Public IPv4", 0.005, "hours of an address", "vpc", _S5),
    "ecr.stored": _price("Container images", None, "GB of images", "ecr", _UNREAD),
}

PRICES: Mapping[str, Price] = MappingProxyType(_TABLE)
"""Name → price. The order is that of the documentation."""

COMPONENTS: tuple[str, ...] = tuple(dict.fromkeys(one.component for one in PRICES.values()))
"""The lines that a bill may have, each once, in the order of the table."""


def newest() -> date:
    """When the last of the prices was written that are known."""
    return max(one.on for one in PRICES.values() if one.dollars is not None)


def oldest() -> date:
    """When the first of them was."""
    return min(one.on for one in PRICES.values() if one.dollars is not None)
