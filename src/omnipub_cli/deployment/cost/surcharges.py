"""Properties of resources that cost more than the bill knows, and the values with which they do not.

A template with another value is refused: somebody has to add its price first.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

ALLOWED: Mapping[str, Mapping[str, tuple[Any, ...]]] = MappingProxyType(
    {
        "AWS::Amplify::App": {"Platform": ("WEB",), "Repository": ()},
        "AWS::ApiGatewayV2::Api": {"ProtocolType": ("HTTP",)},
        "AWS::ApiGatewayV2::Stage": {"DefaultRouteSettings.DetailedMetricsEnabled": (False,)},
        "AWS::CloudFront::Distribution": {
            "DistributionConfig.Logging": (),
            "DistributionConfig.AnycastIpListId": (),
            "DistributionConfig.DefaultCacheBehavior.RealtimeLogConfigArn": (),
            "DistributionConfig.DefaultCacheBehavior.LambdaFunctionAssociations": (),
            "DistributionConfig.ViewerCertificate.SslSupportMethod": ("sni-only",),
        },
        "AWS::CloudWatch::Alarm": {"Period": (60, 300, 900, 3_600), "ThresholdMetricId": ()},
        "AWS::Cognito::UserPool": {"UserPoolTier": ("ESSENTIALS",), "UserPoolAddOns": (), "SmsConfiguration": ()},
        "AWS::DynamoDB::Table": {
            "BillingMode": ("PAY_PER_REQUEST",),
            "ContributorInsightsSpecification": (),
            "KinesisStreamSpecification": (),
            "StreamSpecification": (),
            "TableClass": ("STANDARD",),
        },
        "AWS::KMS::Key": {"KeySpec": ("SYMMETRIC_DEFAULT",), "MultiRegion": (False,)},
        "AWS::Kinesis::Stream": {
            "DesiredShardLevelMetrics": (),
            "RetentionPeriodHours": (24,),
            "StreamModeDetails.StreamMode": ("PROVISIONED",),
        },
        "AWS::Lambda::EventSourceMapping": {"ProvisionedPollerConfig": ()},
        "AWS::Lambda::Function": {
            "DurableConfig": (),
            "EphemeralStorage": (),
            "FileSystemConfigs": (),
            "SnapStart": (),
            "TracingConfig": (),
            "VpcConfig": (),
        },
        "AWS::Logs::LogGroup": {"LogGroupClass": ("STANDARD",)},
        "AWS::S3::Bucket": {
            "AccelerateConfiguration": (),
            "AnalyticsConfigurations": (),
            "IntelligentTieringConfigurations": (),
            "InventoryConfigurations": (),
            "MetricsConfigurations": (),
            "ReplicationConfiguration": (),
        },
        "AWS::SQS::Queue": {"FifoQueue": (False,)},
        "AWS::Scheduler::Schedule": {"ScheduleExpression": ("rate(1 minute)",)},
        "AWS::SecretsManager::Secret": {"ReplicaRegions": ()},
    }
)
"""Type of resource → property → the values that the bill knows; a property that is not there is fine."""

PAID_RULES = (
    "AWSManagedRulesACFPRuleSet",
    "AWSManagedRulesATPRuleSet",
    "AWSManagedRulesAntiDDoSRuleSet",
    "AWSManagedRulesBotControlRuleSet",
)
"""Groups of rules of the firewall that AWS asks more for."""


def surcharges(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """The properties of a resource that the bill does not know, each with its value."""
    for path, values in ALLOWED.get(kind, {}).items():
        found = _at(properties, path)
        if found is not None and found not in values:
            yield f"{path} {found} of {kind}"
    if kind == "AWS::WAFv2::WebACL":
        yield from (f"{name} of {kind}" for name in PAID_RULES if name in str(properties.get("Rules", "")))


def _at(properties: Mapping[str, Any], path: str) -> Any:
    found: Any = properties
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
