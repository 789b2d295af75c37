"""Counts in CloudFormation's templates what is billed, and knows every type of resource that they may hold.

A type that stands in neither table is refused: somebody has to say what it costs.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from omnipub.errors import ConfigurationError
from omnipub_cli.deployment.cost.inventory import MINUTES, NETWORK, OBJECTS, Inventory
from omnipub_cli.deployment.cost.surcharges import surcharges

Template = Mapping[str, Any]

BILLED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AWS::Amplify::App": ("Amplify Hosting",),
        "AWS::ApiGatewayV2::Api": ("HTTP API",),
        "AWS::CloudFront::Distribution": ("CloudFront", "CloudFront's plan"),
        "AWS::CloudWatch::Alarm": ("CloudWatch",),
        "AWS::CloudWatch::Dashboard": ("CloudWatch",),
        "AWS::Cognito::UserPool": ("Cognito",),
        "AWS::Config::ConfigurationRecorder": ("AWS Config",),
        "AWS::DynamoDB::Table": ("DynamoDB",),
        "AWS::GuardDuty::Detector": ("GuardDuty",),
        "AWS::KMS::Key": ("KMS",),
        "AWS::Kinesis::Stream": ("Kinesis",),
        "AWS::Lambda::EventSourceMapping": ("CloudWatch",),
        "AWS::Lambda::Function": ("Lambda", "Data to the networks"),
        "AWS::Logs::LogGroup": ("Log lines",),
        "AWS::Logs::MetricFilter": ("CloudWatch",),
        "AWS::S3::Bucket": ("S3",),
        "AWS::SNS::Topic": ("SNS",),
        "AWS::SQS::Queue": ("SQS",),
        "AWS::Scheduler::Schedule": ("EventBridge Scheduler",),
        "AWS::SecretsManager::Secret": ("Secrets Manager",),
        "AWS::SecurityHub::Hub": ("Security Hub",),
        "AWS::WAFv2::WebACL": ("Firewall",),
    }
)
"""Type of resource → the components of the bill that hold its price."""

FREE: Mapping[str, str] = MappingProxyType(
    {
        "AWS::Amplify::Branch": "what it serves is billed with its app",
        "AWS::ApiGatewayV2::Authorizer": "it checks tokens as part of a request",
        "AWS::ApiGatewayV2::Integration": "part of its API",
        "AWS::ApiGatewayV2::Route": "part of its API",
        "AWS::ApiGatewayV2::Stage": "part of its API; its access lines are billed as log lines",
        "AWS::CloudFront::ResponseHeadersPolicy": "part of the distribution",
        "AWS::Cognito::ManagedLoginBranding": "part of the tier Essentials",
        "AWS::Cognito::UserPoolClient": "part of the pool",
        "AWS::Cognito::UserPoolDomain": "Cognito's own domain",
        "AWS::Cognito::UserPoolGroup": "part of the pool",
        "AWS::Cognito::UserPoolIdentityProvider": "its users are billed as users of the pool",
        "AWS::Config::DeliveryChannel": "part of its recorder; its files are billed as S3",
        "AWS::IAM::Policy": "IAM is free",
        "AWS::IAM::Role": "IAM is free; Security Hub counts roles",
        "AWS::KMS::Alias": "part of its key",
        "AWS::Lambda::EventInvokeConfig": "part of its function",
        "AWS::Lambda::Permission": "part of its function",
        "AWS::S3::BucketPolicy": "part of its bucket",
        "AWS::SNS::Subscription": "its mails are billed with the topic",
        "AWS::SNS::TopicPolicy": "part of its topic",
        "AWS::SQS::QueuePolicy": "part of its queue",
        "AWS::WAFv2::LoggingConfiguration": "its lines are billed as log lines",
    }
)
"""Type of resource → why nothing is paid for it."""

_NOT_CACHED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""CloudFront's managed policy CachingDisabled."""


class Templates:
    """The templates of one stage."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        """Look through them.

        Args:
            templates: By the stack's name.

        Raises:
            ConfigurationError: They hold a type of resource, or a property of one, that no table names.
        """
        self._resources = [
            (kind, one.get("Properties", {}))
            for template in templates.values()
            for one in template.get("Resources", {}).values()
            if not (kind := str(one["Type"])).startswith("AWS::CDK::")
        ]
        unknown = sorted({kind for kind, _ in self._resources} - {*BILLED, *FREE})
        unknown += [one for kind, properties in self._resources for one in surcharges(kind, properties)]
        if unknown:
            raise ConfigurationError(
                f"Nothing says what {', '.join(unknown)} costs.",
                hint="A type: say it in deployment/cost/templates.py; a property: in deployment/cost/surcharges.py.",
            )

    def inventory(self) -> Inventory:
        """What they hold that is billed."""
        functions = dict(self._function(one) for one in self._all("AWS::Lambda::Function"))
        architectures = {one["Architectures"][0] for one in self._all("AWS::Lambda::Function")}
        detectors = list(self._all("AWS::GuardDuty::Detector"))
        actions = str(list(self._all("AWS::IAM::Policy")))
        return Inventory(
            functions=MappingProxyType(functions),
            architecture=architectures.pop() if architectures else "arm64",
            shards=sum(one["ShardCount"] for one in self._all("AWS::Kinesis::Stream")),
            recovery=any(
                one.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled", False)
                for one in self._all("AWS::DynamoDB::Table")
            ),
            media_days=self._media_days(),
            log_days=max((one["RetentionInDays"] for one in self._all("AWS::Logs::LogGroup")), default=0),
            ticks=MINUTES * self._count("AWS::Scheduler::Schedule"),
            queues=sum(_reads_queue(one) for one in self._all("AWS::Lambda::EventSourceMapping")),
            triggers=sum("MetricsConfig" in one for one in self._all("AWS::Lambda::EventSourceMapping")),
            keys=self._count("AWS::KMS::Key"),
            secrets=self._count("AWS::SecretsManager::Secret"),
            alarms=sum(_compared(one) for one in self._all("AWS::CloudWatch::Alarm")),
            figures=len(
                {
                    made["MetricName"]
                    for one in self._all("AWS::Logs::MetricFilter")
                    for made in one["MetricTransformations"]
                }
            ),
            dashboards=self._count("AWS::CloudWatch::Dashboard"),
            firewall_rules=sum(len(one["Rules"]) for one in self._all("AWS::WAFv2::WebACL")),
            guardduty=_features(detectors[0]) if detectors else None,
            config=self._count("AWS::Config::ConfigurationRecorder") > 0,
            security_hub=self._count("AWS::SecurityHub::Hub") > 0,
            roles=self._count("AWS::IAM::Role"),
            pages_cached=any(_keeps_assets(one) for one in self._all("AWS::CloudFront::Distribution")),
            mail="ses:SendEmail" in actions,
            text_messages="sns:Publish" in actions and "NotResource" in actions,
        )

    def _all(self, kind: str) -> Iterator[Mapping[str, Any]]:
        return (properties for found, properties in self._resources if found == kind)

    def _count(self, kind: str) -> int:
        return sum(1 for _ in self._all(kind))

    def _function(self, properties: Mapping[str, Any]) -> tuple[str, int]:
        """Its own name behind the service's and the stage's, and its memory."""
        return str(properties["FunctionName"]).rsplit("-", 1)[-1], properties["MemorySize"]

    def _media_days(self) -> int | None:
        """After how many days everything in a bucket, or everything below a prefix, is removed."""
        days = [
            lasting
            for bucket in self._all("AWS::S3::Bucket")
            for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", ())
            if (lasting := _days(rule, versioned="VersioningConfiguration" in bucket))
        ]
        return max(days, default=None)


def _reads_queue(mapping: Mapping[str, Any]) -> bool:
    source = mapping["EventSourceArn"]
    return "Kinesis" not in str(source) and "Stream" not in str(source)


def _days(rule: Mapping[str, Any], *, versioned: bool) -> int:
    """After how many days a rule deletes an object.

    0 if it stays, as an older version or because of a tag.
    """
    if rule["Status"] != "Enabled" or "ExpirationInDays" not in rule or "TagFilters" in rule:
        return 0
    older = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", 0)
    return int(rule["ExpirationInDays"] + older) if older or not versioned else 0


def _compared(alarm: Mapping[str, Any]) -> int:
    """The metrics that it compares: a formula is billed by what stands in it."""
    return sum("MetricStat" in one for one in alarm.get("Metrics", ())) or 1


def _features(detector: Mapping[str, Any]) -> frozenset[str]:
    found = frozenset(one["Name"] for one in detector.get("Features", ()) if one["Status"] == "ENABLED")
    if found - {OBJECTS, NETWORK}:
        raise ConfigurationError(
            f"Nothing says what GuardDuty asks for {', '.join(sorted(found - {OBJECTS, NETWORK}))}.",
            hint="Add its price and its units to deployment/cost.",
        )
    return found


def _keeps_assets(distribution: Mapping[str, Any]) -> bool:
    behaviours = distribution["DistributionConfig"].get("CacheBehaviors", ())
    return any(one["CachePolicyId"] != _NOT_CACHED for one in behaviours)
