"""The command line on a deployed stage: stacks, table and stream are an emulator's, found by the stacks' outputs."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from omnipub import __version__
from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.local.sqlite.stream import StoredRecord
from omnipub.onebox.aws_events import kinesis_event
from omnipub.ports.stream import Pointer
from omnipub.sandbox.http_server import SandboxServer
from omnipub.services.stream.wire_format import pointer_to_text
from omnipub.storage.schema import TTL, fingerprint
from omnipub.wiring.aws import on_aws
from omnipub_cli.__main__ import main
from omnipub_cli.deployment.stage.stack_outputs import SAID_BY, facts
from support import ministack as emulator
from support.aws import CREDENTIALS, REGION, table_shape
from support.staged import put_scheduler

pytestmark = pytest.mark.ministack

SERVICES = f"{emulator.SERVICES},cloudformation,ssm"
CALLER = "root"
"""Whom the emulator takes its one pair of keys for."""


def stack(resources: dict[str, Any], **outputs: Any) -> str:
    said = {name: {"Value": value} for name, value in outputs.items()}
    return json.dumps({"Resources": resources, "Outputs": said})


def data_stack() -> str:
    table = table_shape() | {"TimeToLiveSpecification": {"AttributeName": TTL, "Enabled": True}}
    return stack(
        {
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
            "Delay": {"Type": "AWS::SQS::Queue"},
            "Media": {"Type": "AWS::S3::Bucket"},
            "Parked": {"Type": "AWS::S3::Bucket"},
            "Vault": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}},
        },
        TableName={"Ref": "Table"},
        StreamName={"Ref": "Stream"},
        DelayQueue={"Ref": "Delay"},
        MediaBucket={"Ref": "Media"},
        ParkedBucket={"Ref": "Parked"},
        VaultKey={"Fn::GetAtt": ["Vault", "Arn"]},
    )


def functions_stack(name: str, **outputs: str) -> str:
    """A stack that says what one with a function says."""
    return stack({"Named": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": name}}}, **outputs)


def said_by_stacks(cloudformation: Any) -> dict[str, dict[str, str]]:
    """What the stacks of stage `test` say."""
    said = {}
    for short in SAID_BY:
        (found,) = cloudformation.describe_stacks(StackName=f"Omnichannel{short}Stack-test")["Stacks"]
        said[short] = {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}
    return said


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator.running(tmp_path_factory.mktemp("ministack") / "log", SERVICES) as url:
        yield url


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = SandboxServer(tmp_path_factory.mktemp("sandbox"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)
    thread.start()
    yield server.url
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def stacks(emulated: str, sandbox: str) -> None:
    """Stage `test` as it must be, and stage `other`, whose functions mean another table."""
    with pytest.MonkeyPatch.context() as changed:
        for name, value in CREDENTIALS.items():
            changed.setenv(name, value)
        clients = Clients(endpoint=emulated, region=REGION)
        cloudformation = clients.of("cloudformation")
        for stage, schema in (("test", fingerprint()), ("other", "000000000000")):
            clock = functions_stack(
                "scheduler",
                SchedulerFunction=f"omnipub-{stage}-scheduler",
                DelayFunction=f"omnipub-{stage}-delay",
                Mode="sandbox",
                WorkerTimeout="60",
                Version=__version__,
                Schema=schema,
                SandboxUrl=sandbox,
            )
            for short, template in (
                ("Data", data_stack()),
                ("Scheduler", clock),
                (
                    "Worker",
                    functions_stack(
                        "worker",
                        WorkerFunction=f"omnipub-{stage}-worker",
                        SenderFunction=f"omnipub-{stage}-sender",
                        Schema=schema,
                    ),
                ),
            ):
                name = f"Omnichannel{short}Stack-{stage}"
                cloudformation.create_stack(StackName=name, TemplateBody=template)
                cloudformation.get_waiter("stack_create_complete").wait(
                    StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
                )
        put_scheduler(clients, facts("test", said_by_stacks(cloudformation)).settings)
        clients.close()


@pytest.fixture
def terminal(emulated: str, stacks: None, aws_account: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # noqa: ARG001  they come first
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulated)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("NO_COLOR", "OMNIPUB_DEBUG", "OMNIPUB_STAGE", "OMNIPUB_DATA"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(terminal: None, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:  # noqa: ARG001  it comes first
    def run(*argv: str, stage: str = "test") -> Ran:
        code = main([*argv, "--stage", stage])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def facebook(run: Callable[..., Ran]) -> str:
    """The caller's account on the stage's sandbox."""
    done = run("connections", "connect", "facebook", "--account", "page-1")
    assert done.code == 0, done.err
    return "facebook"


def test_a_message_is_composed_listed_shown_and_on_the_stream_of_the_stage(
    run: Callable[..., Ran], facebook: str
) -> None:
    before = run("stream", "tail", "--json").json["records"]
    made = run("messages", "create", "From a terminal", "--to", facebook, "--json")
    assert made.code == 0, made.err
    assert made.json["running"] is True
    one = made.json["id"]
    listed = run("messages", "list", "--json").json
    assert one in [row["id"] for row in listed["messages"]]
    shown = run("messages", "show", one, "--json").json
    assert shown["owner"] == CALLER
    inspected = run("table", "inspect", one, "--json")
    assert inspected.code == 0
    assert any(item["key"].endswith("CHANNEL#facebook") for item in inspected.json["items"])
    now = run("stream", "tail", "--json").json["records"]
    assert [record["id"] for record in now[len(before) :]] == [one]


def test_a_write_says_once_where_it_goes_and_for_whom_and_a_look_says_nothing(
    run: Callable[..., Ran], facebook: str
) -> None:
    made = run("messages", "create", "Where to", "--to", facebook)
    where = f"Writing to stage test (sandbox) in account {emulator.ACCOUNT}, {REGION}, as {CALLER}."
    assert made.err.splitlines()[0] == where
    assert made.err.count("Writing") == 1
    assert "Nothing runs" not in made.err
    assert f"messages show {made.out.split()[1]} --stage test" in made.err
    for words in (("messages", "list"), ("pause",), ("schedule", "run-now", "--dry-run"), ("stream", "stats")):
        assert "Writing" not in run(*words).err


def test_what_is_due_is_dispatched_by_hand_and_its_records_are_foretold(run: Callable[..., Ran], facebook: str) -> None:
    one = run("messages", "create", "By hand", "--to", facebook, "--quiet").out.strip()
    assert one in {row["id"] for row in run("schedule", "list", "--json").json["deliveries"]}
    ran = run("schedule", "run-now", one, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["dispatched"] == 1
    assert [(row["id"], row["dispatched"]) for row in ran.json["deliveries"]] == [(one, True)]
    *_, last = run("stream", "tail", "--json").json["records"]
    assert (last["id"], last["why"]) == (one, "now")
    assert last["trace"], "the function's run put it, no process of ours"
    stats = run("stream", "stats", "--json")
    assert stats.code == 0, stats.err
    assert stats.json["retention_hours"] == 24
    assert stats.json["parked"] == 0
    foretold = run("stream", "replay", "--since", "1h", "--dry-run", "--json")
    assert foretold.code == 0, foretold.err
    assert [row["verdict"] for row in foretold.json["records"] if row["id"] == one] == ["would_send", "repeated"]


def test_a_scheduler_whose_gate_is_closed_dispatches_nothing_and_says_why(
    run: Callable[..., Ran], facebook: str, emulated: str
) -> None:
    one = run("messages", "create", "Closed", "--to", facebook, "--quiet").out.strip()
    records = run("stream", "tail", "--json").json["records"]
    clients = Clients(endpoint=emulated, region=REGION)
    settings = facts("test", said_by_stacks(clients.of("cloudformation"))).settings
    system = on_aws(settings, clients)
    system.gate.shut("was copied by a test")
    refused = run("schedule", "run-now", one)
    assert (refused.code, refused.out) == (1, "")  # 4 on AWS; the emulator does not tell the error's type
    assert "This table was copied by a test" in refused.err
    assert refused.err.splitlines()[-1].endswith("omnipub logs tail scheduler --since 15m --stage test")
    assert run("stream", "tail", "--json").json["records"] == records
    system.adoption.adopt()
    system.close()
    assert run("schedule", "run-now", one).code == 0


def test_a_replay_puts_records_on_the_stream_again_and_never_sends_from_here(
    run: Callable[..., Ran], facebook: str
) -> None:
    one = run("messages", "create", "Again", "--to", facebook, "--quiet").out.strip()
    asked = run("stream", "replay", "--since", "1h")
    assert asked.code == 2
    assert "puts the pointers on the stream of stage test again, whose worker sends what is due" in asked.err
    again = run("stream", "replay", "--since", "1h", "--yes", "--json")
    assert again.code == 0, again.err
    assert again.json["reput"] is True
    assert set(again.json["verdicts"]) == {"put"}
    records = run("stream", "tail", "--limit", "1000", "--json").json["records"]
    assert [record["id"] for record in records].count(one) == 2


def test_parked_records_are_put_on_the_stream_again_and_leave_their_bucket(
    run: Callable[..., Ran], facebook: str, emulated: str
) -> None:
    one = run("messages", "create", "Parked", "--to", facebook, "--quiet").out.strip()
    pointer = Pointer(pk=f"MSG#{one}", sk="CHANNEL#facebook", group="facebook/page-1", why="now")
    record = StoredRecord(sequence=1, partition_key=pointer.group, data=pointer_to_text(pointer), arrived_ms=0)
    clients = Clients(endpoint=emulated, region=REGION)
    clients.of("s3").put_object(
        Bucket=facts("test", said_by_stacks(clients.of("cloudformation"))).parked,
        Key="aws/lambda/5c4b7b0a/shardId-000000000000/2026/11/23/2026-11-23T09.00.00-1",
        Body=json.dumps(
            {
                "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 11},
                "timestamp": "2026-11-23T09:00:06.021Z",
                "KinesisBatchInfo": {"shardId": "shardId-000000000000"},
                "payload": json.dumps(kinesis_event([record])),
            }
        ).encode(),
    )
    clients.close()
    foretold = run("stream", "replay", "--parked", "--dry-run", "--json").json
    assert [(row["id"], row["verdict"]) for row in foretold["records"]] == [(one, "would_send")]
    assert foretold["parked"] == 1
    again = run("stream", "replay", "--parked", "--yes", "--json")
    assert again.code == 0, again.err
    assert [(row["id"], row["verdict"]) for row in again.json["records"]] == [(one, "put")]
    assert again.json["parked"] == 0
    *_, last = run("stream", "tail", "--limit", "1000", "--json").json["records"]
    assert (last["id"], last["why"]) == (one, "replay")


def test_a_pause_names_who_paused_and_holds_for_everybody_until_it_ends(run: Callable[..., Ran]) -> None:
    paused = run("pause", "channel:facebook", "--reason", "Down", "--json")
    assert paused.code == 0, paused.err
    assert [(one["scope"], one["by"]) for one in paused.json["pauses"]] == [("channel:facebook", CALLER)]
    assert run("pause", "--quiet").out == "channel:facebook\n"
    assert run("resume", "channel:facebook", "--late", "send").code == 0
    assert run("pause", "--quiet").out == ""


def test_with_a_profile_it_is_its_user_who_composes_and_pauses(
    run: Callable[..., Ran], emulated: str, tmp_path: Path
) -> None:
    clients = Clients(endpoint=emulated, region=REGION)
    iam = clients.of("iam")
    iam.create_user(UserName="ada", Path="/team/")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    clients.close()
    (tmp_path / ".aws").mkdir()
    told = f"aws_access_key_id={key['AccessKeyId']}\naws_secret_access_key={key['SecretAccessKey']}"
    (tmp_path / ".aws" / "credentials").write_text(f"[ada]\n{told}\n")
    as_ada = ("--profile", "ada")
    assert run("connections", "connect", "telegram", "--account", "@ada", *as_ada).code == 0
    made = run("messages", "create", "By Ada", "--to", "telegram", *as_ada)
    assert made.err.splitlines()[0].endswith("as user/ada.")
    one = made.out.split()[1]
    assert run("messages", "list", "--mine", "--quiet", *as_ada).out.split() == [one]
    assert one in run("messages", "list", "--quiet").out.split()
    assert one not in run("messages", "list", "--mine", "--quiet").out.split()
    paused = run("pause", "owner:user/ada", "--reason", "Away", "--json", *as_ada)
    assert [row["by"] for row in paused.json["pauses"]] == ["user/ada"]
    assert run("resume", "owner:user/ada", "--late", "miss").code == 0


def test_the_doctor_looks_at_stacks_alarms_table_and_stream_and_not_at_this_machine(run: Callable[..., Ran]) -> None:
    told = run("doctor", "--json")
    found = {one["name"]: one for one in told.json["findings"]}
    assert found["OmnichannelDataStack-test"]["verdict"] == "ok"
    assert found["OmnichannelApiStack-test"]["verdict"] == "warn"
    assert "--stage test" in found["OmnichannelApiStack-test"]["next"]
    assert found["versions"]["verdict"] == "ok"
    assert {"place", "alarms", "gate", "scheduler", "parked", "stream"} <= set(found)
    assert not {"disk", "up", "file system"} & set(found)


def test_a_key_that_is_disabled_is_told_with_the_command_that_enables_it(
    run: Callable[..., Ran], facebook: str, emulated: str
) -> None:
    assert "the stage's key opens it" in run("connections", "show", facebook).out
    clients = Clients(endpoint=emulated, region=REGION)
    kms, key = clients.of("kms"), facts("test", said_by_stacks(clients.of("cloudformation"))).settings.key
    kms.disable_key(KeyId=key)
    try:
        found = {one["name"]: one for one in run("doctor", "--json").json["findings"]}
        shown = run("connections", "show", facebook)
    finally:
        kms.enable_key(KeyId=key)
        clients.close()
    enable = f"aws kms enable-key --key-id {key}"
    assert (found["key"]["verdict"], found["key"]["next"]) == ("bad", f"{enable} --region {REGION}")
    assert (shown.code, shown.err.splitlines()[-1]) == (5, f"hint: Enable it: {enable}")
    # This stage has functions that nothing calls: its stacks are a test's.
    assert {found[name]["verdict"] for name in ("trigger", "ticks")} == {"bad"}
    assert found["scheduler"]["next"] == "omnipub logs tail scheduler --since 15m --stage test"


def test_the_doctor_looks_at_quotas_and_says_of_each_service_that_is_not_there_that_it_is_not(
    run: Callable[..., Ran], facebook: str
) -> None:
    assert run("messages", "create", "Counted", "--to", facebook).code == 0
    told = run("doctor", "--json")
    assert "Traceback" not in told.err
    found = [one for one in told.json["findings"] if one["name"].startswith("quota")]
    unseen = [one["what"] for one in found if one["what"].startswith("Not looked at: ")]
    assert any(what.startswith("Not looked at: the worker's reserved runs. ") for what in unseen)
    assert any(what.startswith("Not looked at: the account's shards. Kinesis refused: ") for what in unseen)
    assert {one["verdict"] for one in found if one["what"] in unseen} == {"warn"}
    (well,) = [one for one in found if one["verdict"] == "ok"]
    assert well["what"].startswith("Below 80 % of the limit, and nothing refused: runs, worker, ")
    assert "Not looked at: the worker's reserved runs, the account's shards." in well["what"]
    # The findings of what is looked at after the quotas are still there.
    assert {"parked", "stream"} <= {one["name"] for one in told.json["findings"]}


def test_runs_that_were_refused_are_told_with_the_command_that_asks_for_more(
    run: Callable[..., Ran], emulated: str
) -> None:
    clients = Clients(endpoint=emulated, region=REGION)
    clients.of("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "Throttles",
                "Dimensions": [{"Name": "FunctionName", "Value": "omnipub-test-worker"}],
                "Value": 3,
            }
        ],
    )
    clients.close()
    told = run("doctor", "--json")
    (refused,) = [one for one in told.json["findings"] if one["name"] == "quota worker"]
    assert refused["verdict"] == "bad"
    assert "the function worker that were refused a place in the last day: 3." in refused["what"]
    assert refused["next"].startswith("aws service-quotas request-service-quota-increase --service-code lambda")
    assert refused["next"].endswith(f"--region {REGION}")
    assert told.code == 1


def test_an_alarm_that_rings_is_told_and_another_stages_is_not(run: Callable[..., Ran], emulated: str) -> None:
    clients = Clients(endpoint=emulated, region=REGION)
    cloudwatch = clients.of("cloudwatch")
    for name in ("OmnichannelMonitoringStack-test-Silence1-A", "OmnichannelMonitoringStack-other-Lag1-B"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription="No tick has ended.",
            MetricName="Beats",
            Namespace="omnipub",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            Statistic="Sum",
            ComparisonOperator="LessThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="Tried")
    clients.close()
    told = run("doctor", "--json")
    ringing = [one["what"] for one in told.json["findings"] if one["name"] == "alarm"]
    assert ringing == ["OmnichannelMonitoringStack-test-Silence1-A: No tick has ended."]
    assert told.code == 1


def test_nothing_is_written_where_the_table_has_another_shape(run: Callable[..., Ran]) -> None:
    refused = run("pause", "everything", "--reason", "Test", stage="other")
    assert refused.code == 4
    assert "another shape" in refused.err
    assert "omnipub deploy --infra serverless --stage other" in refused.err
    called = run("schedule", "run-now", stage="other")
    assert (called.code, "another shape" in called.err) == (4, True)
    assert run("schedule", "run-now", "--dry-run", "--json", stage="other").json["deliveries"] == []
    assert run("pause", "--json", stage="other").json == {"pauses": []}
    assert "writes are refused" in run("doctor", stage="other").out


def test_the_doctor_looks_at_the_table_of_a_stage_whose_worker_is_missing(
    run: Callable[..., Ran], emulated: str
) -> None:
    clients = Clients(endpoint=emulated, region=REGION)
    cloudformation = clients.of("cloudformation")
    clock = functions_stack(
        "scheduler",
        SchedulerFunction="omnipub-half-scheduler",
        DelayFunction="omnipub-half-delay",
        Mode="sandbox",
        WorkerTimeout="60",
        Version=__version__,
        Schema=fingerprint(),
    )
    for short, template in (("Data", data_stack()), ("Scheduler", clock)):
        name = f"Omnichannel{short}Stack-half"
        cloudformation.create_stack(StackName=name, TemplateBody=template)
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
    clients.close()
    told = run("doctor", "--json", stage="half")
    assert told.code == 1, told.err
    found = {one["name"]: one for one in told.json["findings"]}
    worker = found["OmnichannelWorkerStack-half"]
    assert (worker["verdict"], worker["next"]) == ("bad", "omnipub deploy Worker --infra serverless --stage half")
    assert {found[name]["verdict"] for name in ("alarms", "key", "gate", "held", "account", "parked")} == {"ok"}
    assert found["stream"]["what"].startswith("Not looked at: How far the worker is behind, as OmnichannelWorkerStack")
    refused = run("pause", stage="half")
    assert (refused.code, "OmnichannelWorkerStack-half is not there" in refused.err) == (6, True)


def test_a_stage_that_is_not_there_is_not_found(run: Callable[..., Ran]) -> None:
    done = run("messages", "list", stage="mars")
    assert done.code == 3
    assert f"no stage 'mars' in {REGION}, account {emulator.ACCOUNT}" in done.err
    assert run("messages", "list", "--region", "eu-west-3").code == 3


def test_what_was_kept_is_looked_up_anew_when_it_leads_nowhere(run: Callable[..., Ran], tmp_path: Path) -> None:
    assert run("pause").code == 0
    (kept,) = (tmp_path / "cache" / "omnipub" / "stages").iterdir()
    told = json.loads(kept.read_text())
    table = told["outputs"]["Data"]["TableName"]
    told["outputs"]["Data"]["TableName"] = "gone"
    kept.write_text(json.dumps(told))
    lost = run("messages", "list")
    assert lost.code == 6
    assert "gone" in lost.err
    assert "type it once more" in lost.err.splitlines()[-1]
    assert json.loads(kept.read_text())["outputs"]["Data"]["TableName"] == table
    assert run("messages", "list").code == 0
