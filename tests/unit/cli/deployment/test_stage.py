"""A stage on AWS over accounts of tests: looked up once, guarded, and explained when it cannot be worked on."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from omnipub.errors import ConfigurationError, ConflictError
from omnipub.storage.schema import fingerprint
from omnipub_cli.deployment import account, checkout, stage_checkup, target
from omnipub_cli.deployment import aws_clients as cloud
from omnipub_cli.deployment.ports import Caller, Resource, Stack
from omnipub_cli.deployment.stage.stack_outputs import SAID_BY
from omnipub_cli.deployment.stage.stage import Stage
from omnipub_cli.framework.context import Call
from omnipub_cli.framework.prompts import confirm
from support.described import aws
from support.staged import ACCOUNT, OUTPUTS


class FakeStacks:
    """CloudFormation with one stage in it."""

    def __init__(self, outputs: dict[str, dict[str, str]]) -> None:
        self.outputs = outputs
        self.status = "UPDATE_COMPLETE"
        self.asked: list[str] = []

    def find(self, name: str) -> Stack | None:
        self.asked.append(name)
        short = name.removeprefix("Omnichannel").partition("Stack")[0]
        if not name.endswith("-dev") or short not in self.outputs:
            return None
        return Stack(name=name, status=self.status, outputs=self.outputs[short])

    def resources(self, name: str) -> Sequence[Resource]:
        assert self.find(name)
        return [Resource(logical="Tick", physical="Tick-1", kind="AWS::Scheduler::Schedule")]


class FakeAccount:
    region = None

    def __init__(self, outputs: dict[str, dict[str, str]]) -> None:
        self.cloudformation = FakeStacks(outputs)

    def caller(self) -> Caller:
        return Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/team/ada")

    def stacks(self, region: str) -> FakeStacks:  # noqa: ARG002  the port's
        return self.cloudformation

    def clients(self, region: str, *, before_call: Any) -> Any:
        return cloud.OperatorSession().clients(region, before_call=before_call)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A terminal without anything of AWS."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def there(home: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAccount:  # noqa: ARG001  first
    """An account with the stage `dev`."""
    made = FakeAccount(json.loads(json.dumps(OUTPUTS)))
    monkeypatch.setattr(account, "connect", lambda _profile: made)
    return made


def stage(notes: list[str] | None = None, name: str = "dev", region: str = "eu-west-1") -> Stage:
    def announce(words: str, *, json: object) -> None:
        assert json
        if notes is not None:
            notes.append(words)

    return Stage(name, region=region, announce=announce)


def test_a_stage_is_looked_up_once_in_some_minutes(there: FakeAccount) -> None:
    assert stage().facts.settings.table == "table-1"
    looked = len(there.cloudformation.asked)
    assert looked == len(SAID_BY)
    assert stage().facts.parked == "parked-1"
    assert len(there.cloudformation.asked) == looked


def test_before_the_first_write_it_says_where_it_goes_and_for_whom(there: FakeAccount) -> None:  # noqa: ARG001  is there
    notes: list[str] = []
    one = stage(notes)
    assert one.facts
    one._before_writing()
    assert notes == [f"Writing to stage dev (posts are real) in account {ACCOUNT}, eu-west-1, as user/ada."]


def test_a_question_comes_after_the_word_of_where_its_answer_has_its_effect(
    there: FakeAccount,  # noqa: ARG001  is there
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    terminal: Callable[[str], Any],
) -> None:
    monkeypatch.setattr("sys.stdin", terminal("yes\n"))
    call = Call(stage="dev", region="eu-west-1")
    assert call.where
    confirm(call, "It is gone then.", yes=False)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("Writing to stage dev (posts are real)")
    assert second.startswith("It is gone then. Do it?")
    call.staged.guard(model=SimpleNamespace(name="PutItem"))
    assert capsys.readouterr().err == ""


def test_without_any_region_it_is_the_one_that_this_checkout_deploys_the_stage_to(
    there: FakeAccount,  # noqa: ARG001  is there
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in ("cdk", "web"):
        (tmp_path / name).symlink_to(target.OWN / name)
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "dev.toml").write_text('region = "eu-central-1"')
    monkeypatch.setattr(target, "OWN", tmp_path)
    assert stage(region="").region == "eu-central-1"
    assert stage(region="", name="staging").region == "us-east-1"
    with pytest.raises(ConfigurationError, match="in which region stage mars is"):
        stage(region="", name="mars")


def test_where_a_write_goes_is_said_in_every_form(
    there: FakeAccount,  # noqa: ARG001  is there
    capsys: pytest.CaptureFixture[str],
) -> None:
    for form in ({}, {"quiet": True}):
        Call(stage="dev", region="eu-west-1", **form).staged.guard.act()
        assert capsys.readouterr().err.startswith("Writing to stage dev (posts are real) in account")
    Call(stage="dev", region="eu-west-1", json=True).staged.guard.act()
    assert json.loads(capsys.readouterr().err)["writing_to"] == {
        "stage": "dev",
        "mode": "live",
        "account": ACCOUNT,
        "region": "eu-west-1",
        "caller": "user/ada",
    }


def test_a_write_asks_anew_what_was_kept_from_before_a_deployment(there: FakeAccount) -> None:
    assert stage().facts
    there.cloudformation.outputs["Scheduler"]["Schema"] = "000000000000"
    notes: list[str] = []
    later = stage(notes)
    assert later.facts.schema == fingerprint()
    with pytest.raises(ConflictError, match="another shape"):
        later._before_writing()
    assert notes == []
    there.cloudformation.outputs["Scheduler"]["Schema"] = fingerprint()
    there.cloudformation.outputs["Data"]["TableName"] = "table-2"
    assert stage().facts.schema == f"000000000000 and {fingerprint()}", "the functions are of two releases"
    moved = stage()
    assert moved.facts
    with pytest.raises(ConflictError, match="deployed anew"):
        moved._before_writing()
    assert stage().facts.settings.table == "table-2"


def test_the_doctor_tells_another_version_and_another_shape(there: FakeAccount) -> None:
    assert stage_checkup.versions(stage()).health.value == "ok"
    there.cloudformation.outputs["Scheduler"]["Version"] = "0.0.1"
    stage()._kept.drop()
    assert stage_checkup.versions(stage()).health.value == "warn"
    there.cloudformation.outputs["Scheduler"]["Schema"] = "0"
    stage()._kept.drop()
    found = stage_checkup.versions(stage())
    assert (found.health.value, found.next) == ("bad", "deploy --infra serverless")


@pytest.mark.parametrize(
    ("status", "health", "typed"),
    [
        ("UPDATE_COMPLETE", "ok", ""),
        ("UPDATE_ROLLBACK_COMPLETE", "ok", ""),
        ("UPDATE_IN_PROGRESS", "warn", "status"),
        ("DELETE_COMPLETE", "bad", "deploy Data --infra serverless"),
        ("ROLLBACK_COMPLETE", "bad", "omnipub destroy Data --stage dev"),
    ],
)
def test_the_doctor_tells_how_each_stack_stands(there: FakeAccount, status: str, health: str, typed: str) -> None:
    there.cloudformation.status = status
    found = {one.name: one for one in stage_checkup._stacks(stage())}
    data = found["OmnichannelDataStack-dev"]
    assert (data.health.value, data.next or data.elsewhere) == (health, typed)
    assert found["OmnichannelApiStack-dev"].health.value == "warn"
    assert found["OmnichannelEdgeSecurityStack-dev"].health.value == "ok"


@pytest.mark.parametrize(
    ("missing", "unseen"),
    [
        ("Worker", {"trigger", "delay", "quotas"}),
        ("Scheduler", {"told", "trigger", "delay", "ticks", "key", "quotas", "system"}),
        ("Data", {"told", "trigger", "delay", "key", "quotas", "system"}),
    ],
)
def test_the_doctor_names_a_stack_that_is_missing_and_looks_at_what_it_can(
    run: Any, there: FakeAccount, missing: str, unseen: set[str]
) -> None:
    del there.cloudformation.outputs[missing]
    ran = run("doctor", "--stage", "dev", "--region", "eu-west-1", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["ok"]) == (1, False)
    found = {one["name"]: one for one in told["findings"]}
    stack = f"Omnichannel{missing}Stack-dev"
    assert (found[stack]["verdict"], found[stack]["what"]) == ("bad", "It is not there.")
    assert found[stack]["next"].startswith(f"omnipub deploy {missing} --infra serverless --")
    assert found["versions"]["verdict"] == "bad"
    assert found["versions"]["next"].startswith("omnipub deploy --infra serverless --")
    assert found["versions"]["what"].startswith(f"{stack} is not there: ")
    left_out = {name for name, one in found.items() if one["what"].startswith("Not looked at: ")}
    assert {name for name in left_out if found[name]["what"].endswith(f", as {stack} is not there.")} == unseen
    # What is left was asked for; there are no credentials in this test.
    asked = {"alarms", "told", "ticks", "key", "system"} - unseen
    assert all("credentials" in found[name]["what"] for name in asked)
    refused = run("messages", "list", "--stage", "dev", "--region", "eu-west-1")
    assert (refused.code, refused.out) == (6, "")
    assert f"{stack} is not there: the stage was deployed in part" in refused.err


def test_a_stack_of_an_older_omnipub_is_told_by_what_it_does_not_say(there: FakeAccount) -> None:
    del there.cloudformation.outputs["Worker"]["Schema"]
    found = stage_checkup.versions(stage())
    assert found.what.startswith("OmnichannelWorkerStack-dev does not say its Schema: ")
    assert (found.health.value, found.next) == ("bad", "deploy --infra serverless")
    there.cloudformation.outputs["Worker"]["Schema"] = fingerprint()
    assert stage_checkup.versions(stage()).health.value == "ok", "half of a stage is not kept"


def test_a_call_on_a_stage_is_by_its_caller_and_types_its_place(there: FakeAccount) -> None:  # noqa: ARG001  likewise
    call = Call(stage="dev", region="eu-west-1", profile="my work")
    assert call.owner == "user/ada"
    assert call.viewer(mine=True).owner == "user/ada"
    assert (call.runs, call.running, call.settings.table) == (True, None, "table-1")
    assert call.where == "stage dev in eu-west-1"
    assert call.typed("pause") == "omnipub pause --stage dev --region eu-west-1 --profile 'my work'"
    assert call.placed("Type: omnipub deploy --stage prod") == "Type: omnipub deploy --stage prod"


def gone(one: Stage) -> str:
    """What is said where the stage's table is not there any more."""
    answer: Any = {"Error": {"Code": "ResourceNotFoundException", "Message": "Not found"}}
    with pytest.raises(ConfigurationError) as raised, one.system():
        raise ConfigurationError("The table is not there.") from ClientError(answer, "Query")
    return raised.value.hint


def test_what_was_deleted_by_hand_and_what_was_deployed_anew_are_told_apart(there: FakeAccount) -> None:
    assert stage().facts
    assert gone(stage()).endswith("See what is: omnipub status --detect-drift --stage dev")
    before = stage()
    assert before.facts
    there.cloudformation.outputs["Data"]["TableName"] = "table-2"
    assert gone(before) == "Stage dev was deployed anew or taken down a moment ago: type it once more."
    assert stage().facts.settings.table == "table-2"
    before = stage()
    assert before.facts
    there.cloudformation.outputs.clear()
    assert gone(before).endswith("type it once more.")


@pytest.mark.parametrize(("mode", "health"), [("sandbox", "ok"), ("live", "warn")])
def test_a_stage_may_have_nothing_that_guards_it_unless_it_is_live(there: FakeAccount, mode: str, health: str) -> None:
    there.cloudformation.outputs["Scheduler"]["Mode"] = mode
    found = {one.name: one for one in stage_checkup._stacks(stage())}
    assert found["OmnichannelSecurityStack-dev"].health.value == health
    assert found["OmnichannelApiStack-dev"].health.value == "warn"


MESSAGES = {"ValidationError": "Stack with id X does not exist", "ExpiredToken": "The security token is expired"}


@pytest.fixture
def failing(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:  # noqa: ARG001  first
    """Makes a service answer with an error, by its code; the other one answers as ever."""
    made = account.AwsAccount()
    clients: dict[str, Any] = {}
    for service in ("sts", "cloudformation"):
        clients[service] = aws().create_client(service, region_name="eu-west-1")
    stubs = {service: Stubber(client) for service, client in clients.items()}
    monkeypatch.setattr(cloud.OperatorSession, "client", lambda _self, service, _region="": clients[service])
    monkeypatch.setattr(account, "connect", lambda _profile: made)

    def fail(service: str, code: str) -> None:
        if service != "sts":
            arn = f"arn:aws:iam::{ACCOUNT}:user/ada"
            stubs["sts"].add_response("get_caller_identity", {"Account": ACCOUNT, "Arn": arn, "UserId": "AIDA"})
        operation = {"sts": "get_caller_identity", "cloudformation": "describe_stacks"}[service]
        for _ in SAID_BY if code == "ValidationError" else ("",):
            message = MESSAGES.get(code, "User ada may not do this.")
            status = 400 if code in {"ValidationError", "ExpiredToken"} else 403
            stubs[service].add_client_error(operation, code, message, status)

    for stub in stubs.values():
        stub.activate()
    yield fail
    for stub in stubs.values():
        stub.assert_no_pending_responses()


ERRORS: Sequence[tuple[str, str, int, str, str]] = (
    ("sts", "ExpiredToken", 6, "The credentials for AWS have expired.", "aws sso login"),
    ("sts", "InvalidClientTokenId", 6, "AWS does not accept these credentials", "aws sso login"),
    ("cloudformation", "AccessDenied", 6, "AWS does not allow this for CloudFormation", "permission"),
    ("cloudformation", "ValidationError", 3, "There is no stage 'dev' in eu-west-1", "--region or --profile"),
)


@pytest.mark.parametrize(("service", "code", "exit_code", "sentence", "hint"), ERRORS)
def test_why_a_stage_cannot_be_worked_on_is_one_sentence_and_what_to_type(  # noqa: PLR0917  a row of the table
    run: Any, failing: Callable[[str, str], None], service: str, code: str, exit_code: int, sentence: str, hint: str
) -> None:
    failing(service, code)
    done = run("messages", "list", "--stage", "dev", "--region", "eu-west-1")
    assert done.code == exit_code
    assert sentence in done.err
    assert hint in done.err.splitlines()[-1]
    assert done.out == ""


def test_without_credentials_it_says_how_to_sign_in(run: Any, home: Path) -> None:  # noqa: ARG001  nothing is there
    done = run("messages", "list", "--stage", "dev", "--region", "eu-west-1")
    assert (done.code, "There are no credentials for AWS" in done.err, "aws sso login" in done.err) == (6, True, True)


def test_a_profile_that_is_not_there_is_named(run: Any, home: Path) -> None:  # noqa: ARG001  nothing is there
    done = run("messages", "list", "--stage", "dev", "--region", "eu-west-1", "--profile", "nobody")
    assert (done.code, "nobody" in done.err) == (6, True)
    assert "AWS_PROFILE" not in os.environ


def test_without_a_region_it_says_which_option_names_one(run: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for where in (target, checkout):  # omnipub was installed, and runs from no checkout
        monkeypatch.setattr(where, "OWN", home)
    done = run("messages", "list", "--stage", "dev")
    assert (done.code, "--region eu-central-1" in done.err) == (6, True)


def test_without_the_packages_of_aws_it_says_which_extra_brings_them(
    run: Any,
    home: Path,  # noqa: ARG001  likewise
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cloud, "find_spec", lambda _name: None)
    done = run("messages", "list", "--stage", "dev", "--region", "eu-west-1")
    assert (done.code, "--extra aws" in done.err) == (6, True)


@pytest.mark.parametrize("words", [("up",), ("demo",), ("table", "backup", "x.db"), ("table", "restore", "x.db")])
def test_a_command_of_this_machine_is_refused_on_a_stage_before_anything_is_asked(
    run: Any, monkeypatch: pytest.MonkeyPatch, words: Sequence[str]
) -> None:
    monkeypatch.setattr(account, "connect", lambda _profile: pytest.fail("AWS was asked"))
    done = run(*words, "--stage", "dev")
    assert done.code == 2
    assert " ".join(words[:2]).partition(" x")[0].split()[0] in done.err
    assert done.err.count("hint:") == 1
