"""What a resource's own policy refuses and permits: a policy of refusals alone must lock out no service of AWS."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from omnipub.services.notify.causes import RULES
from omnipub_cdk.alarms import ALARMS

TLS = {"Bool": {"aws:SecureTransport": "false"}}
KINDS = ("SNS::TopicPolicy", "S3::BucketPolicy", "SQS::QueuePolicy", "SecretsManager::ResourcePolicy")

USED_BY_ROLES = {
    ("OmnichannelDataStack", "MediaPolicy"): "the functions' roles",
    ("OmnichannelDataStack", "ParkedPolicy"): "the roles of worker and sender, with which Lambda writes",
    ("OmnichannelDataStack", "DelayPolicy"): "the roles of who sets a moment, and of the queue's consumer",
    ("OmnichannelSchedulerStack", "FailuresPolicy"): "the roles of the tick and of the function",
}
"""Policies of refusals alone → who uses the resource: roles, which have their permission from their own policies."""


def statements(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(policy["PolicyDocument"]["Statement"])


def policies(made: Any) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    for kind in KINDS:
        for stack, name, policy in made.all(f"AWS::{kind}"):
            yield (stack, name[:-8]), policy  # without the hash at its end


def test_what_has_a_policy_of_refusals_alone_is_used_by_roles(far: Any) -> None:
    refusing = {place for place, policy in policies(far) if {one["Effect"] for one in statements(policy)} == {"Deny"}}
    assert refusing == set(USED_BY_ROLES)


def test_cloudwatch_and_the_scheduler_alone_may_publish_to_the_topic(prod: Any) -> None:
    denied, allowed = statements(prod.only("Data", "AWS::SNS::TopicPolicy"))
    assert (denied["Effect"], denied["Condition"]) == ("Deny", TLS)
    (name,) = (name for stack, name, _ in prod.all("AWS::SNS::Topic") if stack == "OmnichannelDataStack")
    assert allowed == {
        "Sid": "AlarmsPublish",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": {"Ref": name},
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }


def test_every_alarm_and_its_end_go_to_that_topic(prod: Any) -> None:
    alarms = prod.of("Monitoring", "AWS::CloudWatch::Alarm")
    assert len(alarms) == len(ALARMS)
    for alarm in alarms:
        (action,) = alarm["AlarmActions"]
        assert alarm["OKActions"] == [action]
        assert "OmnichannelDataStack-prod" in action["Fn::ImportValue"]


@pytest.mark.parametrize(("stage", "subscribers"), [("prod", []), ("far", ["operator@example.com"])])
def test_the_address_of_the_stages_values_subscribes(
    request: pytest.FixtureRequest, stage: str, subscribers: list[str]
) -> None:
    made = request.getfixturevalue(stage)
    assert [one["Endpoint"] for one in made.of("Data", "AWS::SNS::Subscription")] == subscribers


def test_the_scheduler_alone_publishes_notices_and_to_that_topic_alone(prod: Any) -> None:
    allowed = {
        stack: statement["Resource"]
        for stack, _, policy in prod.all("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if "sns:Publish" in str(statement["Action"])
    }
    assert list(allowed) == ["OmnichannelSchedulerStack"]
    assert "Alarms" in str(allowed["OmnichannelSchedulerStack"])
    named = {
        one["FunctionName"]: one["Environment"]["Variables"]["OMNIPUB_TOPIC"]
        for _, _, one in prod.all("AWS::Lambda::Function")
        if one.get("Environment", {}).get("Variables", {}).get("OMNIPUB_TOPIC")
    }
    assert named == {"omnipub-prod-scheduler": allowed["OmnichannelSchedulerStack"]}


def test_what_is_left_to_an_alarm_has_one() -> None:
    left = {rule.alarm for rule in RULES.values() if rule.alarm}
    assert left <= {alarm.name for alarm in ALARMS}
