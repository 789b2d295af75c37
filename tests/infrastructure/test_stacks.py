"""What the eight stacks hold, whatever the stage."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

CENSUS = Path(__file__).parent / "census.json"
EIGHT = ("Api", "Auth", "Data", "Frontend", "Monitoring", "Scheduler", "Security", "Worker")
BY_STAGE = {"AWS::GuardDuty::Detector", "AWS::SecurityHub::Hub"}
"""What prod has and dev leaves to the account."""

SANDBOX = {
    "AWS::ApiGatewayV2::Integration": 1,
    "AWS::ApiGatewayV2::Route": 2,
    "AWS::IAM::Policy": 1,
    "AWS::IAM::Role": 1,
    "AWS::Lambda::Function": 1,
    "AWS::Lambda::Permission": 2,
    "AWS::Logs::LogGroup": 1,
}
"""What a stage in sandbox mode has more in its stack of the API: a sandbox of its own."""

EXPECTED = {"W3005"}
"""DependsOn beside a reference to the same resource: CDK writes both for every function with a role."""


def census(stacks: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {
        name: dict(sorted(Counter(one["Type"] for one in template["Resources"].values()).items()))
        for name, template in stacks.items()
    }


def test_the_stacks_are_those_eight_and_hold_what_the_census_says(prod: Any) -> None:
    assert sorted(prod.stacks) == [f"Omnichannel{name}Stack" for name in EIGHT]
    assert census(prod.stacks) == json.loads(CENSUS.read_text()), "if this is meant, write it into census.json"


def test_stages_differ_in_values_and_else_in_the_accounts_own_guards_and_in_the_sandbox(prod: Any, dev: Any) -> None:
    assert set(census(prod.stacks)) == set(census(dev.stacks)) != set()
    for name, types in census(prod.stacks).items():
        common = Counter({kind: count for kind, count in types.items() if kind not in BY_STAGE})
        common.update(SANDBOX if name == "OmnichannelApiStack" else {})
        assert common == census(dev.stacks)[name]


def test_stacks_carry_the_stage_in_their_names_so_that_stages_live_side_by_side(prod: Any, dev: Any) -> None:
    for made, stage in ((prod, "prod"), (dev, "dev")):
        manifest = json.loads((made.folder / "manifest.json").read_text())["artifacts"]
        names = {
            key: one["properties"]["stackName"]
            for key, one in manifest.items()
            if one["type"] == "aws:cloudformation:stack"
        }
        assert names == {name: f"{name}-{stage}" for name in made.stacks}


@pytest.mark.parametrize("made", ["prod", "dev", "far"])
def test_cloudformations_own_rules_find_nothing(made: str, request: pytest.FixtureRequest, engine: Any) -> None:
    synthesised = request.getfixturevalue(made)
    found = [
        (path.name, one.rule_id, one.message)
        for path in sorted(synthesised.folder.glob("*.template.json"))
        for one in engine.validate_template(str(path)).diagnostics
        if one.severity.name != "INFO" and one.rule_id not in EXPECTED
    ]
    assert found == []


def test_the_rules_would_find_a_wrong_property(engine: Any) -> None:
    wrong = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Colour": "red"}}}}
    assert "F3002" in {one.rule_id for one in engine.validate_template(json.dumps(wrong).encode()).diagnostics}


@pytest.fixture(scope="session")
def engine() -> Any:
    return pytest.importorskip("cloudformation_validate", reason="uv sync --inexact --group cdk").CompositeEngine()


def test_every_log_group_forgets(prod: Any) -> None:
    groups = list(prod.all("AWS::Logs::LogGroup"))
    assert len(groups) == 7, "five functions, the API's access log, the firewall"
    assert all(properties["RetentionInDays"] == 30 for _, _, properties in groups)


def test_every_function_writes_json_into_its_own_group(prod: Any) -> None:
    functions = list(prod.all("AWS::Lambda::Function"))
    assert len(functions) == 5
    for stack, function, properties in functions:
        own = function.partition("Function")[0] + "Log"
        (group,) = (
            name
            for where, name, _ in prod.all("AWS::Logs::LogGroup")
            if where == stack and re.fullmatch(rf"{own}[0-9A-F]{{8}}", name)
        )
        assert properties["LoggingConfig"]["LogGroup"] == {"Ref": group}
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"


def test_nothing_may_do_more_than_is_named(far: Any) -> None:
    statements = [
        statement
        for _, _, properties in far.all("AWS::IAM::Policy")
        for statement in properties["PolicyDocument"]["Statement"]
    ]
    assert len(statements) > 15
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions), statement
        assert statement.get("Resource") != "*", statement
    managed = [name for _, name, role in far.all("AWS::IAM::Role") if role.get("ManagedPolicyArns")]
    assert [name[:10] for name in managed] == ["ConfigRole"], "what a recorder may read is AWS' own list"


def test_functions_may_do_everything_the_bundled_code_calls(dev: Any) -> None:
    from omnipub_cdk.bundling.tables import OPERATIONS

    granted = {
        stack: {
            action
            for where, _, properties in dev.all("AWS::IAM::Policy")
            if where == stack
            for statement in properties["PolicyDocument"]["Statement"]
            for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        }
        for stack in dev.stacks
    }
    parts = {
        "dynamodb:TransactWriteItems": {
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:ConditionCheckItem",
        },
        "lambda:Invoke": {"lambda:InvokeFunction"},
        "sqs:SendMessageBatch": {"sqs:SendMessage"},
        "s3:HeadObject": {"s3:GetObject", "s3:ListBucket"},
    }
    assert OPERATIONS
    workers = "OmnichannelWorkerStack"
    elsewhere = {"sns": "OmnichannelSchedulerStack", "lambda": workers, "kms": workers}
    for service, operations in OPERATIONS.items():
        for operation in operations:
            needed = parts.get(f"{service}:{operation}", {f"{service}:{operation}"})
            stack = elsewhere.get(service, "OmnichannelApiStack")
            assert needed <= granted[stack], f"{service} {operation}"


def test_data_outlive_a_protected_stage_and_nothing_else_holds_data(prod: Any, dev: Any) -> None:
    for made, policy in ((prod, "RetainExceptOnCreate"), (dev, "Delete")):
        kept = {
            name
            for template in made.stacks.values()
            for name, resource in template["Resources"].items()
            if resource["Type"]
            in {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Cognito::UserPool"}
            and resource["DeletionPolicy"] == policy
        }
        assert len(kept) == 5, kept


def test_every_acknowledged_finding_is_one_that_cdk_nag_has_and_no_other_is_left(
    synthesise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from omnipub_cdk import nag_exceptions

    accepted: set[tuple[str, str]] = set()

    class Recorder:
        """Notes what would be acknowledged, and acknowledges nothing."""

        def __init__(self, resource: Any) -> None:
            self.path = resource.node.path

        @classmethod
        def of(cls, resource: Any) -> "Recorder":
            return cls(resource)

        def acknowledge(self, acknowledgment: Any) -> None:
            assert len(acknowledgment.reason) > 20
            accepted.add((acknowledgment.id, self.path))

    monkeypatch.setattr(nag_exceptions, "Validations", Recorder)
    with pytest.raises(RuntimeError, match="ValidationFailed") as failure:
        synthesise({})
    report = Path(str(failure.value).rpartition("found in: ")[2].strip())
    found = {
        (violation["ruleName"], one["constructPath"])
        for plugin in json.loads(report.read_text())["pluginReports"]
        for violation in plugin["violations"]
        for one in violation["violatingConstructs"]
    }
    unused = {(rule, path) for rule, path in accepted if not any(rule == r and p.startswith(path) for r, p in found)}
    assert unused == {("CloudFormation-Validate::F0001", "OmnichannelSecurityStack")}
    unaccepted = {(r, p) for r, p in found if not any(rule == r and p.startswith(path) for rule, path in accepted)}
    assert unaccepted == set()


def test_objects_are_named_as_the_permissions_say(prod: Any) -> None:
    pytest.importorskip("botocore", reason="uv sync --inexact --group cdk")
    from omnipub.adapters.aws import place, s3_media
    from omnipub_cdk.stacks.permissions import MEDIA, SEATS

    assert (MEDIA, SEATS) == (s3_media.PREFIX, place.PREFIX)
    for function in ("Api", "Worker", "Scheduler"):
        policy = json.dumps(prod.of(function, "AWS::IAM::Policy"))
        assert f'"/{SEATS}"' in policy
        assert (f'"/{MEDIA}*"' in policy) is (function != "Scheduler")
