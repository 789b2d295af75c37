"""Security: the firewall of CloudFront; GuardDuty and Security Hub for the account in this region."""

from typing import Any

from aws_cdk import Annotations, ArnFormat, CfnOutput, CrossStackReferences, ReferenceStrength, Stack
from aws_cdk import aws_guardduty as guardduty
from aws_cdk import aws_securityhub as securityhub
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from omnipub.names import SERVICE
from omnipub_cdk.config_recorder import config_recorder
from omnipub_cdk.firewall import rules, visibility
from omnipub_cdk.functions import log_group
from omnipub_cdk.nag_exceptions import acknowledge
from omnipub_cdk.stages import Stage

_COLON = ArnFormat.COLON_RESOURCE_NAME
_LEFT = "left to the account: one per account and region; the stage's values say not to make one here"
_NO_HUB = f"{_LEFT}; of what AWS Config does not record it sees next to nothing"


class SecurityStack(Stack):
    """The guards of one region: `edge` for CloudFront's own, `account` for the one where the table is."""

    def __init__(self, scope: Construct, name: str, *, stage: Stage, edge: bool, account: bool, **values: Any) -> None:
        super().__init__(scope, name, **values)
        self.firewall = _firewall(self, stage) if edge and stage.firewall else None
        if self.firewall and not account:  # the distribution is defined in another region: exports do not reach it
            CrossStackReferences.of(self.firewall).produce(ReferenceStrength.WEAK)
        if account:
            _output(self, "GuardDuty", _detector(self) if stage.guardduty else _LEFT)
            _output(self, "Config", config_recorder(self, stage) if stage.config_recorder else _LEFT)
            _output(self, "SecurityHub", _hub(self) if stage.security_hub else _NO_HUB)
        if edge and not stage.firewall:
            _output(self, "Firewall", f"none: stage {stage.name} says so")
        # A stage may leave all of it to the account; CDK then skips the stack, or deletes what is there of it.
        acknowledge(self, "CloudFormation-Validate::F0001", "A stack without resources is not deployed.")


def _firewall(stack: Stack, stage: Stage) -> waf.CfnWebACL:
    acl = waf.CfnWebACL(
        stack,
        "Firewall",
        scope="CLOUDFRONT",
        description=f"In front of omnipub, stage {stage.name}",
        default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
        rules=rules(requests_per_address=stage.requests_per_address),
        visibility_config=visibility(f"{stage.name}-firewall"),
    )
    lines = log_group(stack, "Log", stage, log_group_name=f"aws-waf-logs-{SERVICE}-{stage.name}")
    waf.CfnLoggingConfiguration(
        stack,
        "Logging",
        resource_arn=acl.attr_arn,
        log_destination_configs=[
            stack.format_arn(
                service="logs", resource="log-group", resource_name=lines.log_group_name, arn_format=_COLON
            )
        ],
        redacted_fields=[
            *({"singleHeader": {"Name": header}} for header in ("authorization", "cookie", "x-api-key")),
            {"queryString": {}},  # a sign-in's code comes there
        ],
        logging_filter={  # what passes is in the API's access log already
            "DefaultBehavior": "DROP",
            "Filters": [
                {
                    "Behavior": "KEEP",
                    "Requirement": "MEETS_ANY",
                    "Conditions": [{"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")],
                }
            ],
        },
    )
    return acl


def _detector(stack: Stack) -> str:
    features = ("S3_DATA_EVENTS", "LAMBDA_NETWORK_LOGS")
    detector = guardduty.CfnDetector(
        stack,
        "Detector",
        enable=True,
        finding_publishing_frequency="FIFTEEN_MINUTES",
        features=[
            guardduty.CfnDetector.CFNFeatureConfigurationProperty(name=feature, status="ENABLED")
            for feature in features
        ],
    )
    return detector.attr_id


def _hub(stack: Stack) -> str:
    return securityhub.CfnHub(stack, "Hub", auto_enable_controls=True, enable_default_standards=True).attr_arn


def _output(stack: Stack, name: str, value: str) -> None:
    CfnOutput(stack, f"{name}Is", value=value)
    if value in {_LEFT, _NO_HUB}:
        Annotations.of(stack).add_info(f"{name} is {value}.")
