"""What deployments decide without asking anybody: infrastructure, stages, order, losses, ends."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from omnipub.errors import ConfigurationError, InvalidInputError
from omnipub_cli.deployment import assembly, change_impact, stack_state, target
from omnipub_cli.deployment import events as following
from omnipub_cli.deployment import stacks as family
from omnipub_cli.deployment.assembly import PlannedStack
from omnipub_cli.deployment.change_impact import Fate
from omnipub_cli.deployment.checkout import Checkout, found
from omnipub_cli.deployment.errors import DeploymentFailedError, NotBuiltError
from omnipub_cli.deployment.infrastructure import named, unsaid
from omnipub_cli.deployment.known_failures import remedy_of
from omnipub_cli.deployment.ports import Stack, StackEvent
from omnipub_cli.deployment.users import checked_address, lacking

ROOT = Path(__file__).parents[4]
CONTAINERS = {"INFRA_TYPE": "containers"}
SERVERLESS = {"INFRA_TYPE": "serverless"}


@pytest.mark.parametrize(
    ("flag", "environment", "in_file"),
    [("serverless", CONTAINERS, "containers"), ("", SERVERLESS, "containers"), ("", {}, "serverless")],
)
def test_the_flag_wins_over_the_variable_and_that_over_the_file(
    flag: str, environment: dict[str, str], in_file: str
) -> None:
    assert named(flag, environment, in_file=in_file, file="deploy/dev.toml") == "serverless"


def test_without_any_word_both_infrastructures_are_named() -> None:
    assert named("", {}, in_file="", file="deploy/dev.toml") is None
    assert "--infra serverless or --infra containers" in unsaid("deploy/dev.toml").hint


@pytest.mark.parametrize(("flag", "environment"), [("containers", SERVERLESS), ("", CONTAINERS)])
def test_containers_are_not_built_and_that_is_said(flag: str, environment: dict[str, str]) -> None:
    with pytest.raises(NotBuiltError, match=r"'containers' is not built yet; nothing was done"):
        named(flag, environment, in_file="", file="f")


def test_an_unknown_infrastructure_names_where_it_was_said() -> None:
    with pytest.raises(InvalidInputError, match="INFRA_TYPE is 'mainframe'"):
        named("", {"INFRA_TYPE": "mainframe"}, in_file="", file="f")


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("Your account must be verified before you can add new CloudFront resources.", "support/home#/case/create"),
        ("The request is rejected because a detector already exists for the current account", "-c guardduty=false"),
        ("Account is already subscribed to Security Hub", "-c security_hub=false"),
        ("Domain already associated with another user pool", "-c sign_in_prefix=another-word"),
        ("UnreservedConcurrentExecution below its minimum value of [10].", "--quota-code L-B99A9384"),
        ("Resource limit exceeded: resource policies (LimitExceededException)", "describe-resource-policies"),
        ("Something nobody has met yet", ""),
    ],
)
def test_what_an_account_meets_once_has_a_remedy_of_its_own(reason: str, remedy: str) -> None:
    told = remedy_of(reason, stage="prod", region="eu-central-1")
    assert remedy in told
    assert bool(told) == bool(remedy)
    assert "{" not in told


def member(action: str, kind: str, **more: Any) -> dict[str, Any]:
    """A member of a change set as CloudFormation's API describes it."""
    told = {"Action": action, "LogicalResourceId": "Thing", "PhysicalResourceId": "thing-1", "ResourceType": kind}
    return {"Type": "Resource", "ResourceChange": {**told, "Scope": [], "Details": [], **more}}


def detail(name: str, recreation: str, evaluation: str = "Static") -> dict[str, Any]:
    return {
        "Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation},
        "Evaluation": evaluation,
        "ChangeSource": "DirectModification",
    }


TABLE = "AWS::DynamoDB::Table"
LOST = [
    (member("Modify", TABLE, Replacement="True", Details=[detail("KeySchema", "Always")]), Fate.REPLACE),
    (member("Modify", "AWS::Kinesis::Stream", Replacement="True", PolicyAction="ReplaceAndDelete"), Fate.REPLACE),
    (member("Modify", "AWS::S3::Bucket", Replacement="True", PolicyAction="ReplaceAndRetain"), Fate.REPLACE),
    (
        member(
            "Modify",
            "AWS::KMS::Key",
            Replacement="Conditional",
            Details=[detail("KeySpec", "Conditionally", "Dynamic")],
        ),
        Fate.MAY_REPLACE,
    ),
    (member("Remove", "AWS::Cognito::UserPool", PolicyAction="Delete"), Fate.REMOVE),
    (member("Remove", TABLE, PolicyAction="Retain"), Fate.LET_GO),
    (member("Remove", "AWS::DynamoDB::GlobalTable"), Fate.REMOVE),
]
KEPT = [
    member("Add", TABLE),
    member("Import", TABLE),
    member("Modify", TABLE, Replacement="False", Details=[detail("PointInTimeRecoverySpecification", "Never")]),
    member("Modify", "AWS::Lambda::Function", Replacement="True", Details=[detail("FunctionName", "Always")]),
    member("Remove", "AWS::SQS::Queue", PolicyAction="Delete"),
    {"Type": "Hook", "HookInvocationCount": 1},
]


@pytest.mark.parametrize(("told", "fate"), LOST)
def test_what_would_lose_what_is_kept_is_found(told: dict[str, Any], fate: Fate) -> None:
    (one,) = change_impact.losses(change_impact.changes([*KEPT, told]))
    assert one.fate is fate
    assert one.sentence.startswith("The ")
    assert "thing-1" in one.sentence


def test_what_loses_nothing_is_let_through() -> None:
    assert change_impact.losses(change_impact.changes(KEPT)) == []
    assert len(change_impact.changes(KEPT)) == 5


def test_the_properties_that_force_a_replacement_are_named_alone() -> None:
    told = member("Modify", TABLE, Replacement="True", Details=[detail("Tags", "Never"), detail("KeySchema", "Always")])
    (one,) = change_impact.changes([told])
    assert one.because == ["KeySchema"]


def planned(short: str, *after: str) -> PlannedStack:
    return PlannedStack(short=short, name=short, region="r", template=Path(), after=frozenset(after))


def test_stacks_go_in_groups_that_stand_only_on_earlier_ones() -> None:
    stacks = [planned("Api", "Data", "Auth"), planned("Data"), planned("Auth"), planned("Front", "Api")]
    groups = assembly.waves(stacks, ["Api", "Data", "Auth", "Front"])
    assert [[one.short for one in group] for group in groups] == [["Data", "Auth"], ["Api"], ["Front"]]
    assert [[one.short for one in group] for group in assembly.waves(stacks, ["Front"])] == [["Front"]]


def test_stacks_in_a_circle_are_an_error_and_no_endless_loop() -> None:
    with pytest.raises(DeploymentFailedError, match="in a circle: A, B"):
        assembly.waves([planned("A", "B"), planned("B", "A")], ["A", "B"])


def test_the_manifest_says_name_region_and_order(tmp_path: Path) -> None:
    stack = {"type": "aws:cloudformation:stack", "properties": {"stackName": "x-dev", "templateFile": "t.json"}}
    artifacts = {
        "OmnichannelDataStack": {**stack, "environment": "aws://unknown-account/unknown-region"},
        "OmnichannelEdgeSecurityStack": {
            **stack,
            "environment": "aws://123456789012/us-east-1",
            "dependencies": ["OmnichannelDataStack", "OmnichannelDataStack.assets"],
        },
        "OmnichannelDataStack.assets": {"type": "cdk:asset-manifest"},
        "Tree": {"type": "cdk:tree"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    data, edge = assembly.planned(tmp_path, region="eu-central-1")
    assert (data.short, data.region, edge.region, edge.after) == ("Data", "eu-central-1", "us-east-1", {"Data"})


def test_the_family_names_exactly_the_stacks_of_the_app() -> None:
    named = {line.split('"')[1] for line in (ROOT / "cdk" / "app.py").read_text().splitlines() if 'place("' in line}
    assert named == {family.id_of(short) for short in family.ORDER}


def test_stacks_are_asked_for_by_either_name_and_come_in_their_order() -> None:
    assert family.chosen(["worker", "OmnichannelDataStack"], "eu-west-1") == ["Data", "Worker"]
    assert family.chosen([], "us-east-1") == [one for one in family.ORDER if one != "EdgeSecurity"]
    with pytest.raises(InvalidInputError, match="There is no stack 'EdgeSecurity'"):
        family.chosen(["EdgeSecurity"], "us-east-1")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, "absent"),
        ("REVIEW_IN_PROGRESS", "absent"),
        ("CREATE_COMPLETE", "ready"),
        ("UPDATE_ROLLBACK_COMPLETE", "ready"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "busy"),
        ("ROLLBACK_IN_PROGRESS", "busy"),
        ("ROLLBACK_COMPLETE", "broken"),
        ("UPDATE_ROLLBACK_FAILED", "broken"),
    ],
)
def test_a_status_says_what_can_be_done_with_a_stack(status: str | None, expected: str) -> None:
    assert stack_state.ground(Stack(name="x", status=status) if status else None) == expected


def event(
    logical: str, status: str, *, kind: str = "AWS::Lambda::Function", why: str = "", token: str = ""
) -> StackEvent:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return StackEvent(id=logical, at=at, logical=logical, kind=kind, status=status, why=why, token=token)


def test_the_first_failure_is_the_cause_not_what_was_cancelled_for_it() -> None:
    events = [
        event("Log", "CREATE_FAILED", why="Resource creation cancelled"),
        event("Role", "CREATE_FAILED", why="Not allowed."),
        event("Stack", "ROLLBACK_IN_PROGRESS", kind="AWS::CloudFormation::Stack", why="[Role, Log] failed"),
    ]
    assert following.cause_of(events) == "Role (AWS::Lambda::Function): Not allowed."


def test_progress_counts_each_resource_once() -> None:
    events = [event("A", "CREATE_IN_PROGRESS"), event("A", "CREATE_COMPLETE"), event("B", "CREATE_IN_PROGRESS")]
    seen = following.progress_of("Api", "CREATE_IN_PROGRESS", events, total=5)
    assert (seen.done, seen.total, seen.last) == (1, 5, "B CREATE_IN_PROGRESS")


def test_our_own_changes_are_told_by_the_token_of_the_last_one() -> None:
    stack = "AWS::CloudFormation::Stack"
    ours = event("S", "UPDATE_IN_PROGRESS", kind=stack, token="omnipub-1")
    theirs = event("S", "UPDATE_IN_PROGRESS", kind=stack, token="Console-1")
    assert following.is_ours([theirs, ours])
    assert not following.is_ours([ours, theirs])
    assert not following.is_ours([])


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "cdk").symlink_to(ROOT / "cdk")
    (tmp_path / "deploy").mkdir()
    return Checkout(root=tmp_path)


def written(checkout: Checkout, text: str) -> Checkout:
    (checkout.root / "deploy" / "dev.toml").write_text(text)
    return checkout


def placed(checkout: Checkout, **more: Any) -> target.Target:
    return target.target(checkout, "dev", **{"region": "", "environment": {}, **more})


def test_a_stage_without_a_file_is_as_its_row_says(checkout: Checkout) -> None:
    one = placed(checkout)
    assert (one.region, one.infra, one.production, one.has_address) == ("us-east-1", "", False, False)
    assert one.context == {"stage": "dev"}


def test_a_stages_file_gives_values_and_what_is_typed_wins(checkout: Checkout) -> None:
    text = 'infra = "serverless"\nregion = "eu-central-1"\nfirewall = false\nlog_days = 14\n'
    one = placed(written(checkout, text), typed={"log_days": "30"})
    assert (one.infra, one.region) == ("serverless", "eu-central-1")
    assert one.context == {"stage": "dev", "region": "eu-central-1", "firewall": "false", "log_days": "30"}
    assert placed(checkout, region="eu-west-1").region == "eu-west-1"


@pytest.mark.parametrize("text", ['regoin = "eu-central-1"', 'name = "x"'])
def test_a_key_that_means_nothing_is_refused(checkout: Checkout, text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"deploy/dev.toml says '\w+', which is no value of a stage"):
        placed(written(checkout, text))


def test_what_has_parts_does_not_stand_in_a_stages_file(checkout: Checkout) -> None:
    with pytest.raises(ConfigurationError, match=r"branding in .* is no text, number, true or false"):
        placed(written(checkout, '[branding]\ncolour = "red"\n'))


def test_infrastructure_is_no_value_that_is_typed_with_c(checkout: Checkout) -> None:
    with pytest.raises(InvalidInputError, match="-c says 'infra'"):
        placed(checkout, typed={"infra": "serverless"})


def test_a_file_that_is_no_toml_is_refused(checkout: Checkout) -> None:
    with pytest.raises(ConfigurationError, match=r"dev.toml cannot be read"):
        placed(written(checkout, "region = eu"))


def test_a_terminal_that_works_in_another_region_is_asked_which_one_is_meant(checkout: Checkout) -> None:
    with pytest.raises(ConfigurationError, match="AWS_REGION is eu-west-1, but stage dev lives in us-east-1") as wrong:
        placed(checkout, environment={"AWS_REGION": "eu-west-1"})
    assert wrong.value.hint.endswith("--region us-east-1 or --region eu-west-1")
    assert placed(checkout, environment={"AWS_REGION": "eu-west-1"}, region="us-east-1").region == "us-east-1"
    assert placed(checkout, environment={"AWS_REGION": "us-east-1"}).region == "us-east-1"


def test_prod_is_protected_and_an_unknown_stage_is_refused_with_those_there_are(checkout: Checkout) -> None:
    assert target.target(checkout, "prod", region="", environment={}).production
    with pytest.raises(InvalidInputError, match="There is no stage 'mars'") as wrong:
        target.target(checkout, "mars", region="", environment={})
    assert "dev, test, staging, prod" in wrong.value.hint


def test_the_checkout_is_found_from_inside_it_and_from_anywhere(tmp_path: Path) -> None:
    assert found(ROOT / "src" / "omnipub").root == ROOT
    assert found(tmp_path).root == ROOT


def test_cdk_is_pinned_to_one_version(tmp_path: Path) -> None:
    assert Checkout(root=ROOT).pinned_cdk[0].isdecimal()
    (tmp_path / "cdk").mkdir()
    (tmp_path / "cdk" / "package.json").write_text('{"devDependencies": {"aws-cdk": "^2.1"}}')
    with pytest.raises(ConfigurationError, match=r"aws-cdk '\^2.1', which is no single version"):
        _ = Checkout(root=tmp_path).pinned_cdk


@pytest.mark.parametrize("text", ["ada", "ada@", "@example.com", "a b@example.com", "ada@example", ""])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is no e-mail address"):
        checked_address(text)


def test_an_address_is_compared_as_cognito_does() -> None:
    assert checked_address(" Ada@Example.com ") == "ada@example.com"


POLICY = {
    "MinimumLength": 12,
    "RequireLowercase": True,
    "RequireUppercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
}


@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("Correct-horse-9", []),
        ("correct-horse-9", ["an upper-case letter"]),
        ("CorrectHorseBattery", ["a digit", "a symbol"]),
        ("Sh0rt!", ["6 more characters (it wants 12)"]),
    ],
)
def test_what_a_password_lacks_is_said_before_a_user_is_made(password: str, missing: list[str]) -> None:
    assert lacking(password, POLICY) == missing
