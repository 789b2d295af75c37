"""The bill knows everything that costs in the synthesised templates, and counts it as it is there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from omnipub.errors import ConfigurationError
from omnipub_cli.deployment.cost.bill import bill
from omnipub_cli.deployment.cost.inventory import INVENTORIES, PLANNED, Inventory, planned
from omnipub_cli.deployment.cost.prices import COMPONENTS
from omnipub_cli.deployment.cost.surcharges import ALLOWED
from omnipub_cli.deployment.cost.templates import BILLED, FREE, Templates
from omnipub_cli.deployment.cost.traffic import Traffic
from omnipub_cli.deployment.cost.usage import WORK, usage

ROOT = Path(__file__).parents[2]
MADE = ("prod", "dev", "far", "bare")
TRAFFIC = Traffic(requests_per_day=10_000)


@pytest.fixture(scope="session")
def staging(synthesise: Any) -> Any:
    return synthesise({"stage": "staging"})


@pytest.fixture(scope="session")
def emulated(synthesise: Any) -> Any:
    return synthesise({"stage": "test"})


def types(made: Any) -> set[str]:
    return {one["Type"] for template in made.stacks.values() for one in template.get("Resources", {}).values()}


def counted(made: Any) -> Inventory:
    return Templates(made.stacks).inventory()


@pytest.mark.parametrize("made", MADE)
def test_every_type_of_resource_is_billed_or_says_why_it_is_free(made: str, request: pytest.FixtureRequest) -> None:
    found = types(request.getfixturevalue(made))
    assert found
    assert found - {*BILLED, *FREE} == set()


def test_no_type_is_named_that_no_template_has(request: pytest.FixtureRequest) -> None:
    assert {*BILLED, *FREE} - set().union(*(types(request.getfixturevalue(made)) for made in MADE)) == set()


def test_a_type_that_nobody_priced_is_refused(prod: Any) -> None:
    more = {"Resources": {"Gateway": {"Type": "AWS::EC2::NatGateway", "Properties": {}}}}
    with pytest.raises(ConfigurationError, match="AWS::EC2::NatGateway"):
        Templates({**prod.stacks, "More": more})


@pytest.mark.parametrize(
    ("stage", "made"), [("prod", "prod"), ("dev", "dev"), ("staging", "staging"), ("test", "emulated")]
)
def test_what_the_bill_takes_for_a_stage_is_what_its_templates_hold(
    stage: str, made: str, request: pytest.FixtureRequest
) -> None:
    assert counted(request.getfixturevalue(made)) == INVENTORIES[stage], (
        "if this is meant, write it into INVENTORIES of src/omnipub_cli/deployment/cost/inventory.py"
    )


def test_every_stage_of_the_table_of_stages_has_an_inventory() -> None:
    from omnipub_cdk.stages import STAGES

    assert set(INVENTORIES) == set(STAGES)


@pytest.mark.parametrize("name", PLANNED)
def test_what_is_only_planned_is_in_no_template_yet(name: str, prod: Any) -> None:
    assert not PLANNED[name].is_built(counted(prod)), "it is built: delete its row in PLANNED"


@pytest.mark.parametrize("made", MADE)
def test_every_component_of_a_resource_is_a_line_of_the_bill(made: str, request: pytest.FixtureRequest) -> None:
    synthesised = request.getfixturevalue(made)
    lines = {line.name.partition(":")[0] for line in bill(usage(TRAFFIC, counted(synthesised))).lines}
    wanted = {component for kind in types(synthesised) & set(BILLED) for component in BILLED[kind]}
    assert wanted - {"CloudFront's plan"} - lines == set()
    assert wanted <= set(COMPONENTS)


def test_every_function_of_the_templates_has_its_work_and_memory(prod: Any) -> None:
    functions = [properties for _, _, properties in prod.all("AWS::Lambda::Function")]
    inventory = counted(prod)
    assert sorted(inventory.functions.values()) == sorted(one["MemorySize"] for one in functions)
    assert set(inventory.functions) <= set(WORK)
    assert {*planned(inventory).functions, "sandbox"} == set(WORK), "what WORK names is built or planned"


def test_figures_alarms_and_dashboards_are_counted_as_cloudwatch_bills_them(prod: Any) -> None:
    inventory = counted(prod)
    alarms = prod.of("Monitoring", "AWS::CloudWatch::Alarm")
    formulas = [one for one in alarms if "Metrics" in one]
    assert formulas, "one of them compares a formula"
    assert inventory.alarms > len(alarms), "a formula is billed by each metric in it"
    assert inventory.figures == len(
        {one["MetricTransformations"][0]["MetricName"] for one in prod.of("Monitoring", "AWS::Logs::MetricFilter")}
    )


def test_a_stage_without_guards_pays_for_none(bare: Any, far: Any) -> None:
    without, whole = counted(bare), counted(far)
    assert (without.firewall_rules, without.guardduty, without.security_hub) == (0, None, False)
    assert whole.firewall_rules == 5
    assert whole.mail
    assert whole.text_messages
    assert not without.mail


def test_what_may_send_text_messages_has_a_line_with_a_dash(far: Any, prod: Any) -> None:
    names = {line.name: line.dollars for line in bill(usage(TRAFFIC, counted(far))).lines}
    assert names["Text messages: text messages"] is None
    assert names["Mail"] == 0
    assert "Mail" not in {line.name for line in bill(usage(TRAFFIC, counted(prod))).lines}


def test_a_lifecycle_that_keeps_older_versions_removes_nothing() -> None:
    def bucket(**rule: Any) -> dict[str, Any]:
        rules = {"Rules": [{"Status": "Enabled", **rule}]}
        properties = {"LifecycleConfiguration": rules, "VersioningConfiguration": {"Status": "Enabled"}}
        return {"Data": {"Resources": {"Media": {"Type": "AWS::S3::Bucket", "Properties": properties}}}}

    older = {"NoncurrentVersionExpiration": {"NoncurrentDays": 2}}
    tag = {"TagFilters": [{"Key": "unfinished", "Value": "true"}]}
    assert Templates(bucket(ExpirationInDays=30)).inventory().media_days is None
    assert Templates(bucket(ExpirationInDays=30, **older)).inventory().media_days == 32
    assert Templates(bucket(ExpirationInDays=30, **older, **tag)).inventory().media_days is None


SURCHARGED = {
    "ScheduleExpression rate(5 minutes)": ("rate(1 minute)", "rate(5 minutes)"),
    "BillingMode PROVISIONED": ("PAY_PER_REQUEST", "PROVISIONED"),
    "StreamModeDetails.StreamMode ON_DEMAND": ('"StreamMode": "PROVISIONED"', '"StreamMode": "ON_DEMAND"'),
    "RetentionPeriodHours 168": ('"RetentionPeriodHours": 24', '"RetentionPeriodHours": 168'),
    "UserPoolTier PLUS": ('"UserPoolTier": "ESSENTIALS"', '"UserPoolTier": "PLUS"'),
    "Platform WEB_COMPUTE": ('"Platform": "WEB"', '"Platform": "WEB_COMPUTE"'),
    "TracingConfig": ('"MemorySize": 512', '"MemorySize": 512, "TracingConfig": {"Mode": "Active"}'),
    "AWSManagedRulesBotControlRuleSet": ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesBotControlRuleSet"),
}


@pytest.mark.parametrize("told", SURCHARGED)
def test_a_property_that_costs_more_than_the_bill_knows_is_refused(told: str, prod: Any) -> None:
    there, instead = SURCHARGED[told]
    text = json.dumps(prod.stacks)
    assert there in text
    with pytest.raises(ConfigurationError, match=re.escape(told)) as refused:
        Templates(json.loads(text.replace(there, instead)))
    assert "surcharges.py" in refused.value.hint


def test_every_type_with_properties_that_cost_is_one_of_the_templates(request: pytest.FixtureRequest) -> None:
    assert set(ALLOWED) <= set().union(*(types(request.getfixturevalue(made)) for made in MADE))


def test_a_further_look_of_guardduty_is_refused(prod: Any) -> None:
    more = json.loads(json.dumps(prod.stacks).replace("S3_DATA_EVENTS", "EKS_AUDIT_LOGS"))
    with pytest.raises(ConfigurationError, match="EKS_AUDIT_LOGS"):
        Templates(more).inventory()
