"""The commands about AWS as they are typed, over an account in memory and CDK's command line in memory."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from integration.cli.test_commands import misfits
from omnipub import __version__
from omnipub.config import Settings
from omnipub.errors import ConfigurationError
from omnipub_cli.__main__ import main
from omnipub_cli.commands._shared import finish
from omnipub_cli.commands._shared.deployment_views import checks_view
from omnipub_cli.deployment.checkout import Checkout
from omnipub_cli.deployment.log_lines import LogEntry
from omnipub_cli.deployment.ports import Caller, DriftedResource, Resource
from omnipub_cli.deployment.smoke import HEALTH, SmokeCheck
from omnipub_cli.deployment.stage_lock import NAME
from omnipub_cli.deployment.users import User
from omnipub_cli.output.json_schemas import json_schema
from omnipub_cli.output.views import StoryView, TableView
from support.staged import OUTPUTS

from .conftest import Ground
from .fakes import ACCOUNT, CALLER, START, FakeFacts, FakeShelf, FakeSite, modified

ROOT = Path(__file__).parents[3]
SITE = "https://d111111abcdef8.cloudfront.net"
LINE = LogEntry(
    id="1",
    at=START,
    function="worker",
    text="{}",
    fields={"level": "ERROR", "message": "channel_broke", "channel": "facebook"},
)


@dataclass
class Pool:
    people: dict[str, User] = field(default_factory=dict)
    passwords: list[str | None] = field(default_factory=list)

    def create(self, email: str, *, password: str | None) -> User:
        self.passwords.append(password)
        status = "FORCE_CHANGE_PASSWORD" if password is None else "CONFIRMED"
        made = User(id=f"u-{email}", email=email, status=status, enabled=True, created_at=START, changed_at=START)
        self.people[made.id] = made
        return made

    def list(self, *, most: int) -> Sequence[User]:
        return list(self.people.values())[:most]

    def show(self, name: str) -> User:
        return next(one for one in self.people.values() if name in {one.id, one.email})

    def disable(self, name: str) -> User:
        return self._put(replace(self.show(name), enabled=False))

    def add_to_group(self, name: str, group: str) -> User:
        found = self.show(name)
        return self._put(replace(found, groups=[*found.groups, group]))

    def _put(self, one: User) -> User:
        self.people[one.id] = one
        return one


@dataclass(kw_only=True)
class FakeAccount:
    """What `account.Account` is to the commands."""

    ground: Ground
    site_: FakeSite = field(default_factory=FakeSite)
    pool: Pool = field(default_factory=Pool)
    beat: datetime | None = None
    no_credentials: str = ""
    no_function: str = ""
    facts_: FakeFacts = field(default_factory=FakeFacts)

    def caller(self) -> Caller:
        if self.no_credentials:
            raise ConfigurationError(self.no_credentials, hint="Sign in: aws sso login, or aws configure")
        return CALLER

    def stacks(self, region: str) -> Any:
        assert region == "us-east-1"
        return self.ground.stacks

    def shelf(self, stage: str, region: str) -> FakeShelf:
        assert (stage, region) == ("dev", "us-east-1")
        return self.ground.shelf

    def facts(self, region: str) -> FakeFacts:
        assert region == "us-east-1"
        return self.facts_

    def site(self, region: str) -> FakeSite:
        assert region
        return self.site_

    def people(self, pool: str, *, stage: str, region: str) -> Pool:
        assert (pool, stage, region) == ("us-east-1_pool", "dev", "us-east-1")
        return self.pool

    def functions(self, region: str) -> Any:
        assert region

        def log_group(name: str) -> str:
            if name == self.no_function or "OmnichannelWorkerStack-dev" not in self.ground.stacks.stacks:
                raise ConfigurationError(f"The function {name} is not there.")
            return f"group of {name}"

        return SimpleNamespace(log_group=log_group)

    def lines(self, region: str) -> Any:
        assert region

        def of(function: str, group: str, *, since: datetime, pattern: str, most: int) -> Sequence[LogEntry]:
            assert group == f"group of omnipub-dev-{function}"
            assert most
            assert since
            return [LINE] if function == "worker" and pattern in {"", "channel_broke"} else []

        return SimpleNamespace(of=of)

    def objects(self, region: str) -> Any:
        assert region
        return SimpleNamespace(empty=lambda _: 0)

    def system(self, settings: Settings, region: str) -> Any:
        assert (settings.stage, settings.table, region) == ("dev", "table-1", "us-east-1")
        dispatch = SimpleNamespace(last_beat=lambda: self.beat or self.ground.clock.now())
        settings = SimpleNamespace(stage="dev", mode="sandbox", sandbox_url="")
        return SimpleNamespace(dispatch=dispatch, settings=settings, close=lambda: None)

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def aws(account: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeAccount:
    """The commands work on this account, in a checkout of its own."""
    for name in ("INFRA_TYPE", "AWS_REGION", "AWS_DEFAULT_REGION", "OMNIPUB_STAGE", "OMNIPUB_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    made = FakeAccount(ground=account)
    for name in ("cdk", "web"):
        (tmp_path / name).symlink_to(ROOT / name)
    outputs = account.stacks.outputs
    outputs["OmnichannelFrontendStack-dev"] = {
        "Site": SITE,
        "AmplifyApp": "d1",
        "AmplifyBranch": "live",
        "ExportsOutputX": "x",
    }
    for short in ("Data", "Scheduler"):
        outputs[f"Omnichannel{short}Stack-dev"] = OUTPUTS[short]
    outputs["OmnichannelAuthStack-dev"] = {"UserPoolIs": "us-east-1_pool"}
    distribution = Resource(logical="Distribution", physical="E123", kind="AWS::CloudFront::Distribution")
    account.stacks.parts["OmnichannelFrontendStack-dev"] = [distribution]
    account.stacks.there("CDKToolkit", outputs={"BucketName": "bucket", "BootstrapVersion": "33"})
    deployment = "omnipub_cli.deployment"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(f"{deployment}.account.connect", lambda _profile: made)
    monkeypatch.setattr(f"{deployment}.cdk.CommandLine", lambda _checkout, _say, **_: account.cdk)
    monkeypatch.setattr(f"{deployment}.wall_clock.now", account.clock.now)
    monkeypatch.setattr(f"{deployment}.wall_clock.wait", account.clock.wait)
    monkeypatch.setattr(f"{deployment}.prerequisites.has_packages", lambda: True)
    monkeypatch.setattr(f"{deployment}.prerequisites.node_of", lambda _: lambda: Path("/node"))
    health = json.dumps({"version": __version__}).encode()
    monkeypatch.setattr(finish, "fetched", lambda url: (200, health) if url == f"{SITE}{HEALTH}" else (404, b""))
    monkeypatch.setattr("omnipub_cli.deployment.amplify.fetched", lambda url, **_: made.site_.fetch(url))
    monkeypatch.setattr(Checkout, "version", property(lambda _: f"0.1.0+{account.cdk.version}"))
    return made


@pytest.fixture
def run(aws: FakeAccount, capsys: pytest.CaptureFixture[str]) -> Run:  # noqa: ARG001  the account is there first
    def run(*argv: str) -> Ran:
        code = main(list(argv))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


def deploy(run: Run, *more: str) -> Ran:
    return run("deploy", "--infra", "serverless", "--yes", *more)


def test_a_first_deployment_ends_with_a_check_outputs_and_what_to_type(run: Run, aws: FakeAccount) -> None:
    ran = deploy(run)
    assert ran.code == 0, ran.err
    assert "heartbeat\tok\t" in ran.out
    assert f"OmnichannelFrontendStack\tSite\t{SITE}" in ran.out
    assert "ExportsOutput" not in ran.out
    assert "omnipub users create" in ran.err
    assert "Everything stands as it should." in ran.err
    assert aws.site_.invalidated == ["E123"]
    assert aws.ground.executed[-1] == "Auth", "sign-in learned the site's address"


def test_a_second_deployment_touches_nothing(run: Run, aws: FakeAccount) -> None:
    deploy(run)
    aws.ground.stacks.log.clear()
    ran = deploy(run, "--json")
    assert ran.json["changed"] == {}
    assert ran.json["pages"] == "unchanged"
    assert aws.ground.stacks.log == []


def test_a_way_back_is_offered_where_there_is_one(run: Run, aws: FakeAccount) -> None:
    assert "omnipub rollback" not in deploy(run).err
    aws.ground.cdk.version = "2"
    assert "hint: Go back: omnipub rollback --stage dev" in deploy(run).err


def test_nothing_half_written_stays_behind(run: Run, aws: FakeAccount) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    aws.ground.clock.on_wait.append(stop)
    ran = deploy(run)
    assert ran.code == 130
    assert "CloudFormation goes on with OmnichannelDataStack-dev, OmnichannelAuthStack-dev" in ran.err
    assert "omnipub status --stage dev" in ran.err
    assert list((Path.cwd() / "build").iterdir()) == []
    aws.ground.clock.on_wait.clear()
    assert deploy(run).code == 0, "the same command goes on"


def test_a_heartbeat_that_is_missing_makes_it_exit_1(run: Run, aws: FakeAccount) -> None:
    aws.beat = START - timedelta(hours=1)
    ran = deploy(run)
    assert ran.code == 1
    assert "heartbeat\tbad\tNo tick since this deployment." in ran.out


def test_a_stage_without_a_scheduler_yet_is_not_asked_whether_it_lives(run: Run) -> None:
    ran = deploy(run, "Data", "--json")
    assert ran.code == 0
    assert [one["verdict"] for one in ran.json["checks"]] == ["untried"]


def test_what_is_interrupted_when_the_stacks_stand_says_that_nothing_is_under_way(run: Run, aws: FakeAccount) -> None:
    deploy(run)

    def stop() -> None:
        raise KeyboardInterrupt

    aws.beat = START - timedelta(hours=1)
    aws.ground.clock.on_wait.append(stop)
    ran = deploy(run)
    assert ran.code == 130
    assert "Nothing is under way on AWS; what was done stays done." in ran.err


def test_a_refused_deployment_says_what_would_be_lost(run: Run, aws: FakeAccount) -> None:
    deploy(run)
    aws.ground.cdk.version = "2"
    aws.ground.cdk.changes["Data"] = [modified("Table", "AWS::DynamoDB::Table", Replacement="True")]
    told = run("diff", "--infra", "serverless", "--json")
    assert (told.code, told.json["refused"]) == (1, True)
    ran = deploy(run)
    assert ran.code == 4
    assert "conflict: This would lose what is kept. The table Table-1 would be replaced" in ran.err
    assert "--allow-replace" in ran.err
    assert deploy(run, "--allow-replace").code == 0


def test_what_is_missing_is_said_with_the_command_for_it(run: Run, aws: FakeAccount) -> None:
    del aws.ground.stacks.stacks["CDKToolkit"]
    ran = deploy(run)
    assert ran.code == 6
    assert f"cdk bootstrap aws://{ACCOUNT}/us-east-1\n" in ran.err
    aws.no_credentials = "There are no credentials for AWS."
    ran = deploy(run)
    assert ran.code == 6
    assert "hint: Sign in: aws sso login" in ran.err
    assert aws.ground.cdk.contexts == []


def test_everything_that_is_missing_is_named_at_once(
    run: Run, aws: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.no_credentials = "There are no credentials for AWS."
    monkeypatch.setattr("omnipub_cli.deployment.prerequisites.has_packages", lambda: False)
    monkeypatch.setattr("omnipub_cli.deployment.prerequisites.node_of", lambda _: lambda: None)
    ran = deploy(run)
    assert ran.err.count(": missing\n") == 3
    assert "configuration: CDK's Python packages are not installed here." in ran.err
    assert "node: CDK needs node 22 or newer, and there is none." in ran.err


def test_containers_have_an_exit_code_of_their_own(run: Run) -> None:
    ran = run("deploy", "--infra", "containers")
    assert ran.code == 8
    assert ran.err.startswith("not built: The infrastructure 'containers' is not built yet; nothing was done.")


def test_the_stages_file_may_say_the_infrastructure(run: Run) -> None:
    assert run("deploy", "--yes").code == 2
    Path("deploy").mkdir()
    Path("deploy/dev.toml").write_text('infra = "serverless"\n')
    assert run("deploy", "--yes").code == 0


def test_the_kind_of_a_new_stage_is_asked_for_and_that_of_one_that_is_there_is_known(
    run: Run, aws: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("containers\n"))
    ran = run("deploy", "--yes")
    assert (ran.code, aws.ground.executed) == (8, [])
    assert "Stage dev is new. Which infrastructure does it run on? Type serverless or containers:" in ran.err
    monkeypatch.setattr("sys.stdin", Terminal("\n"))
    assert run("deploy", "--yes").code == 130, "nothing is assumed"
    monkeypatch.setattr("sys.stdin", Terminal("serverless\n"))
    assert run("deploy", "--yes").code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO())
    ran = run("deploy", "--yes")
    assert ran.code == 0, ran.err
    assert "Which infrastructure" not in ran.err


def test_two_deployments_at_once_are_one_and_a_refusal(run: Run, aws: FakeAccount) -> None:
    """The second one is typed while the first one follows its stacks, with other values."""
    second: list[Ran] = []
    shelf = aws.ground.shelf

    def meanwhile() -> None:
        if not second:
            second.append(Ran(0, "", ""))
            aws.ground.clock.on_wait.append(renew)
            second[0] = deploy(run, "-c", "log_level=ERROR")

    def renew() -> None:
        """What the first run's own thread does each half minute."""
        told = json.loads(shelf.objects[NAME])
        if told["by"] == CALLER.arn and not told["free"]:
            shelf.objects[NAME] = json.dumps(told | {"write": told["write"] + 1})

    aws.ground.clock.on_wait.append(meanwhile)
    first = deploy(run)
    assert second[0].code == 4
    assert f"Stage dev is being deployed: The run that {CALLER.arn} began at" in second[0].err
    assert "Nothing was changed." in second[0].err
    assert all("log_level" not in one for one in aws.ground.cdk.contexts)
    assert first.code == 4, "its lock was written by somebody else here, so it begins nothing more"


def test_what_an_account_has_already_is_said_before_anything_is_asked(run: Run, aws: FakeAccount) -> None:
    aws.facts_.detector = "d-9"
    ran = deploy(run, "-c", "guardduty=true")
    assert ran.code == 0, ran.err
    assert "GuardDuty: ok, on already in this account and region (d-9); it is left as it is" in ran.err
    assert aws.ground.cdk.contexts[0]["guardduty"] == "false"


def test_few_runs_side_by_side_are_doubtful_and_no_reason_to_stop(run: Run, aws: FakeAccount) -> None:
    aws.facts_.runs = 10
    ran = deploy(run)
    assert ran.code == 0, ran.err
    assert "concurrency: doubtful, Functions of this account may have 10 runs side by side" in ran.err
    assert "--quota-code L-B99A9384 --desired-value 1000 --region us-east-1" in ran.err


def test_without_a_terminal_nothing_is_deployed_unasked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    ran = run("deploy", "--infra", "serverless")
    assert ran.code == 2
    assert f"This deploys stage dev (sandbox) to account {ACCOUNT}, region us-east-1" in ran.err


def test_a_diff_is_shown_before_anything_is_changed_and_may_be_declined(
    run: Run, aws: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    ran = run("deploy", "--infra", "serverless", "--diff")
    assert ran.code == 130
    assert "OmnichannelDataStack\tmodify\tFunction\tAWS::Lambda::Function" in ran.err
    assert aws.ground.executed == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def deployed(run: Run, aws: FakeAccount) -> FakeAccount:
    assert deploy(run).code == 0
    aws.ground.cdk.version = "2"
    assert deploy(run).code == 0
    aws.pool.create("ada@example.com", password=None)
    aws.ground.stacks.log.clear()
    return aws


RUNS: dict[str, tuple[str, ...]] = {
    "deploy": ("--infra", "serverless", "--yes"),
    "diff": ("--infra", "serverless"),
    "status": (),
    "outputs": (),
    "logs tail": (),
    "users create": ("bob@example.com", "--group", "operators"),
    "users list": (),
    "users show": ("ada@example.com",),
    "users disable": ("ada@example.com", "--yes"),
    "users add-to-group": ("ada@example.com", "authors"),
    "rollback": ("--yes",),
    "destroy": ("--stage", "dev", "--yes"),
}


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("command", RUNS)
def test_what_a_command_prints_with_json_is_as_its_schema_says(command: str, run: Run) -> None:
    ran = run(*command.split(), *RUNS[command], "--json")
    assert ran.code == 0, ran.err
    assert misfits(ran.json, json_schema(command)) == []
    assert ran.json


def test_status_says_what_needs_somebody(run: Run, deployed: FakeAccount) -> None:
    deployed.ground.stacks.there("OmnichannelApiStack-dev", status="UPDATE_ROLLBACK_FAILED")
    ran = run("status")
    assert ran.code == 1
    assert (
        "aws cloudformation continue-update-rollback --stack-name OmnichannelApiStack-dev --region us-east-1" in ran.out
    )


def test_status_says_which_version_of_the_console_the_site_serves(run: Run, deployed: FakeAccount) -> None:
    assert run("status", "--json").json["console"] == "0.1.0+2"
    deployed.site_.pages = {}
    ran = run("status")
    assert ran.code == 0
    assert f"console:\t{SITE}/version.json says none\n" in ran.out
    del deployed.ground.stacks.stacks["OmnichannelFrontendStack-dev"]
    assert "console:\tnot deployed\n" in run("status").out


TIMEOUT = DriftedResource(
    logical="Worker",
    physical="omnipub-dev-worker",
    kind="AWS::Lambda::Function",
    how="MODIFIED",
    because=["/Timeout", "/Environment/Variables/X"],
)


def test_status_compares_waits_and_says_what_differs(run: Run, deployed: FakeAccount) -> None:
    stacks = deployed.ground.stacks
    ran = run("status", "--detect-drift", "--json")
    assert (ran.code, {one["drift"] for one in ran.json["stacks"]}) == (0, {"IN_SYNC"})
    stacks.drifts["OmnichannelWorkerStack-dev"] = [TIMEOUT]
    ran = run("status", "--detect-drift")
    assert ran.code == 1
    assert (
        "OmnichannelWorkerStack\tWorker\tAWS::Lambda::Function\tmodified\t/Timeout, /Environment/Variables/X\n"
        in ran.out
    )
    assert "aws cloudformation describe-stack-resource-drifts --stack-name OmnichannelWorkerStack-dev" in ran.out
    ran = run("status")
    assert ran.code == 0, "what is known already is no news"
    assert "/Timeout" in ran.out


def test_what_cannot_be_compared_is_said_and_the_rest_is_compared(run: Run, deployed: FakeAccount) -> None:
    stacks = deployed.ground.stacks
    stacks.there("OmnichannelApiStack-dev", status="UPDATE_FAILED")
    stacks.unread["OmnichannelDataStack-dev"] = "Failed to detect drift on resources [Key]"
    ran = run("status", "--detect-drift")
    assert ran.code == 1
    assert "CloudFormation does not compare OmnichannelApiStack-dev while it is UPDATE_FAILED." in ran.err
    assert (
        "Not all of OmnichannelDataStack-dev could be compared: Failed to detect drift on resources [Key]." in ran.err
    )
    assert "OmnichannelWorkerStack\tUPDATE_COMPLETE" in ran.out


def test_a_stage_that_is_not_there_is_not_found(run: Run) -> None:
    for words in (("status",), ("outputs",), ("rollback",), ("users", "list")):
        ran = run(*words)
        assert ran.code == 3
        assert "omnipub deploy" in ran.err


@pytest.mark.usefixtures("deployed")
def test_outputs_are_kept_for_when_aws_is_not_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = run("outputs", "--json").json
    monkeypatch.setattr("omnipub_cli.deployment.account.connect", lambda _profile: pytest.fail("AWS was asked"))
    assert run("outputs", "--cached", "--json").json["outputs"] == asked["outputs"]


def test_outputs_that_were_never_seen_are_not_found(run: Run) -> None:
    assert run("outputs", "--cached").code == 3


@pytest.mark.parametrize("words", [("status",), ("outputs",), ("logs", "tail"), ("users", "list")])
def test_what_can_be_no_region_is_refused_before_anything_is_asked(run: Run, words: tuple[str, ...]) -> None:
    refused = run(*words, "--region", "mars")
    assert (refused.code, refused.out) == (2, "")
    assert "'mars' is no name of a region." in refused.err


@pytest.mark.usefixtures("deployed")
def test_logs_are_narrowed_by_function_and_filter(run: Run) -> None:
    assert run("logs", "tail").out.endswith("worker\terror\tchannel_broke\tchannel=facebook\n")
    assert run("logs", "tail", "api").out == ""
    assert run("logs", "tail", "--filter", "nothing").out == ""


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("words", [(), ("worker",), ("--follow",), ("--stage", "dev")])
def test_logs_of_a_stage_that_is_not_there_are_not_found(run: Run, words: tuple[str, ...]) -> None:
    ran = run("logs", "tail", *words)
    assert (ran.code, ran.out) == (3, "")
    assert "Nothing of stage dev is in us-east-1" in ran.err
    assert "omnipub deploy --infra serverless --stage dev" in ran.err


def test_logs_of_a_function_that_its_stage_lacks_say_which(run: Run, deployed: FakeAccount) -> None:
    deployed.no_function = "omnipub-dev-api"
    ran = run("logs", "tail", "api")
    assert ran.code == 6
    assert "The function omnipub-dev-api is not there." in ran.err


@pytest.mark.usefixtures("deployed")
def test_on_a_terminal_a_line_of_a_log_is_a_line_without_a_heading(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnipub_cli.output.output._is_terminal", lambda _: True)
    monkeypatch.setenv("NO_COLOR", "1")
    (line,) = run("logs", "tail", "--utc").out.splitlines()
    assert line.endswith("worker error channel_broke channel=facebook")


def test_on_a_terminal_what_was_tried_of_a_stage_is_never_cut() -> None:
    long = "A message to the sandbox did not come out: " + "its account is held, " * 9
    checks = [SmokeCheck(name="post", verdict="bad", what=long, next="omnipub logs tail worker --stage dev")]
    told = checks_view(checks, terminal=True)
    assert isinstance(told, StoryView)
    said, step = told.lines
    assert long in said.cells
    assert step.whole
    assert isinstance(checks_view(checks, terminal=False), TableView)


def test_what_arrives_is_followed_and_told_once(run: Run, deployed: FakeAccount) -> None:
    looks: list[int] = []

    def third() -> None:
        looks.append(1)
        if len(looks) == 3:
            raise KeyboardInterrupt

    deployed.ground.clock.on_wait.append(third)
    ran = run("logs", "tail", "--follow", "--json")
    assert ran.code == 0
    assert [json.loads(line)["message"] for line in ran.out.splitlines()] == ["channel_broke"]


def test_a_password_comes_from_standard_input_and_is_shown_nowhere(
    run: Run, deployed: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Correct-horse-9\n"))
    ran = run("users", "create", "Eve@example.com", "--password-stdin")
    assert ran.code == 0
    assert deployed.pool.passwords[-1] == "Correct-horse-9"
    assert "Correct-horse-9" not in ran.out + ran.err
    assert "email:\teve@example.com" in ran.out


def test_a_password_is_asked_for_twice_and_hidden(
    run: Run, deployed: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    answers = iter(["Correct-horse-9", "Correct-horse-8"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    before = dict(deployed.pool.people)
    ran = run("users", "create", "eve@example.com", "--password")
    assert ran.code == 2
    assert "The two passwords differ; no user was made." in ran.err
    assert deployed.pool.people == before


def test_a_rollback_says_which_version_runs_again(run: Run, deployed: FakeAccount) -> None:
    ran = run("rollback", "--yes")
    assert ran.code == 0, ran.err
    assert "Stage dev runs 0.1.0+1 again; its data did not move." in ran.err
    assert deployed.ground.executed == ["Worker", "Api", "Scheduler"]


def test_destroying_wants_the_stage_by_name_and_typed(
    run: Run, deployed: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNIPUB_STAGE", "dev")
    assert run("destroy", "--yes").code == 2, "a variable of the terminal is not enough"
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    stopped = run("destroy", "--stage", "dev")
    assert (stopped.code, "This deletes stage dev in account" in stopped.err) == (130, True)
    monkeypatch.setattr("sys.stdin", Terminal("api\n"))
    assert "This deletes OmnichannelApiStack of stage dev in" in run("destroy", "Api", "--stage", "dev").err
    assert deployed.ground.stacks.log == []
    monkeypatch.setattr("sys.stdin", Terminal("dev\n"))
    assert run("destroy", "--stage", "dev").code == 0
    assert len(deployed.ground.stacks.log) == 8


def test_prod_is_destroyed_only_by_force(run: Run, deployed: FakeAccount) -> None:
    ran = run("destroy", "--stage", "prod", "--yes")
    assert ran.code == 2
    assert "omnipub destroy --stage prod --force" in ran.err
    assert deployed.ground.stacks.log == []
