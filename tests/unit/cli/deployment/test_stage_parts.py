"""What is decided about a stage on AWS before anything is asked of it: names, settings, copies, writes, refusals."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from omnipub.config import Mode
from omnipub.errors import ConfigurationError, ConflictError, InvalidInputError
from omnipub.storage.schema import fingerprint
from omnipub_cli.app import ENTRIES, load
from omnipub_cli.deployment.stage import caller, unsupported
from omnipub_cli.deployment.stage import region as place
from omnipub_cli.deployment.stage.output_cache import LIFE, OutputCache
from omnipub_cli.deployment.stage.stack_outputs import SAID_BY, facts
from omnipub_cli.deployment.stage.write_guard import WriteGuard, check_schema, writes
from support.described import aws
from support.staged import ACCOUNT, OUTPUTS

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arn", "short"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/ada", "user/ada"),
        (f"arn:aws:iam::{ACCOUNT}:user/team/ada", "user/ada"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/ada@example.com", "assumed-role/Admin/ada@example.com"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/ada", "federated-user/ada"),
        (f"arn:aws:iam::{ACCOUNT}:root", "root"),
    ],
)
def test_a_caller_has_a_short_name(arn: str, short: str) -> None:
    assert caller.short(arn) == short


def test_the_outputs_give_the_settings_that_the_functions_have() -> None:
    found = facts("dev", OUTPUTS)
    settings = found.settings
    assert (settings.table, settings.stream, settings.bucket) == ("table-1", "stream-1", "media-1")
    assert (settings.mode, settings.worker_timeout, settings.sandbox_url) == (Mode.LIVE, 90, "")
    assert (settings.stage, settings.function, settings.on_aws) == ("dev", "omnipub-dev-scheduler", True)
    assert (found.worker, found.parked, found.schema) == ("omnipub-dev-worker", "parked-1", fingerprint())
    with_sandbox = {**OUTPUTS, "Scheduler": {**OUTPUTS["Scheduler"], "Mode": "sandbox", "SandboxUrl": "https://s"}}
    assert facts("dev", with_sandbox).settings.sandbox_url == "https://s"


@pytest.mark.parametrize(("short", "name"), [(short, name) for short, names in SAID_BY.items() for name in names])
def test_an_output_that_is_missing_is_named_with_the_command_that_brings_it(short: str, name: str) -> None:
    lacking = {**OUTPUTS, short: {key: value for key, value in OUTPUTS[short].items() if key != name}}
    with pytest.raises(ConfigurationError, match=f"Omnichannel{short}Stack-dev does not say its {name}") as raised:
        facts("dev", lacking)
    assert raised.value.hint.endswith("omnipub deploy --infra serverless --stage dev")


def test_a_stack_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigurationError, match="OmnichannelWorkerStack-dev is not there"):
        facts("dev", {short: said for short, said in OUTPUTS.items() if short != "Worker"})


def test_what_was_seen_is_kept_for_some_minutes_and_for_this_account_region_and_stage(tmp_path: Path) -> None:
    now = [NOW]

    def kept(account: str = ACCOUNT, region: str = "eu-west-1", stage: str = "dev") -> OutputCache:
        return OutputCache(account=account, region=region, stage=stage, now=lambda: now[0], home=tmp_path / "new")

    assert kept().read() is None
    kept().write(OUTPUTS)
    assert kept().read() == OUTPUTS
    assert kept(account="210987654321").read() is None
    assert kept(region="eu-west-2").read() is None
    assert kept(stage="prod").read() is None
    now[0] = NOW + LIFE - timedelta(seconds=1)
    assert kept().read() == OUTPUTS
    now[0] = NOW + LIFE
    assert kept().read() is None
    now[0] = NOW - timedelta(seconds=1)
    assert kept().read() is None
    now[0] = NOW
    kept().drop()
    kept().drop()
    assert kept().read() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at": 1}', '{"at": "2026-11-23T12:00:00+00:00", "outputs": []}'])
def test_a_torn_copy_is_none(tmp_path: Path, text: str) -> None:
    kept = OutputCache(account="1", region="r", stage="s", now=lambda: NOW, home=tmp_path)
    (tmp_path / "1-r-s.json").write_text(text)
    assert kept.read() is None


def test_a_cache_that_cannot_be_written_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = OutputCache(account="1", region="r", stage="s", now=lambda: NOW, home=tmp_path / "file" / "below")
    kept.write(OUTPUTS)
    assert kept.read() is None


@pytest.mark.parametrize(
    ("service", "reading"),
    [
        ("dynamodb", {"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems", "DescribeTable"}),
        ("kinesis", {"GetRecords", "GetShardIterator", "ListShards", "DescribeStreamSummary"}),
        ("s3", {"GetObject", "HeadObject", "ListObjectsV2"}),
        ("kms", {"Decrypt", "Encrypt", "GenerateDataKey"}),
        ("cloudwatch", {"GetMetricStatistics", "DescribeAlarms"}),
    ],
)
def test_looking_is_no_write(service: str, reading: set[str]) -> None:
    known = set(aws().get_service_model(service).operation_names)
    assert reading <= known
    assert not [name for name in reading if writes(name)]


@pytest.mark.parametrize(
    ("service", "changing"),
    [
        ("dynamodb", {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}),
        ("kinesis", {"PutRecord", "PutRecords"}),
        ("s3", {"PutObject", "DeleteObject", "PutObjectTagging", "DeleteObjectTagging", "CopyObject"}),
        ("lambda", {"Invoke"}),
    ],
)
def test_what_changes_something_is_a_write(service: str, changing: set[str]) -> None:
    assert changing <= set(aws().get_service_model(service).operation_names)
    assert [name for name in changing if not writes(name)] == []


def test_the_guard_acts_before_the_first_write_alone_and_again_after_it_refused() -> None:
    told: list[str] = []
    refusing = [True]

    def first() -> None:
        told.append("asked")
        if refusing[0]:
            raise ConflictError("No.")

    guard = WriteGuard(first)
    guard(model=SimpleNamespace(name="Query"))
    assert told == []
    for _ in range(2):
        with pytest.raises(ConflictError):
            guard(model=SimpleNamespace(name="PutItem"))
    refusing[0] = False
    guard(model=SimpleNamespace(name="PutItem"))
    guard(model=SimpleNamespace(name="DeleteItem"))
    assert told == ["asked"] * 3


def test_a_write_to_a_table_of_another_shape_or_meaning_is_refused_with_both_versions() -> None:
    check_schema("dev", here="a", there="a", version="2", deployed="1")
    with pytest.raises(ConflictError, match=r"1\.0 is deployed, this is 2\.0;") as raised:
        check_schema("dev", here="a", there="b", version="2.0", deployed="1.0")
    assert raised.value.hint.startswith("Use omnipub 1.0, or bring")
    assert raised.value.hint.endswith("omnipub deploy --infra serverless --stage dev")
    with pytest.raises(ConflictError, match="shape or meaning") as raised:
        check_schema("dev", here="a", there="b", version="2.0", deployed="2.0")
    assert raised.value.hint.startswith("Bring the stage up to date")


def test_the_region_is_the_typed_one_then_the_environments_then_the_profiles() -> None:
    both = {"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-3"}
    assert place.region_of("eu-west-1", both, lambda: "eu-west-4", stage="dev") == "eu-west-1"
    assert place.region_of("", both, lambda: "eu-west-4", stage="dev") == "eu-west-2"
    assert place.region_of("", {"AWS_DEFAULT_REGION": "eu-west-3"}, lambda: None, stage="dev") == "eu-west-3"
    assert place.region_of("", {}, lambda: "us-gov-west-1", stage="dev") == "us-gov-west-1"
    with pytest.raises(ConfigurationError, match="in which region stage dev is"):
        place.region_of("", {}, lambda: None, stage="dev")
    with pytest.raises(InvalidInputError, match="'Frankfurt' is no name of a region"):
        place.region_of("Frankfurt", {}, lambda: None, stage="dev")


@pytest.mark.parametrize("name", ["../dev", "de v", "-dev", "", "x" * 64])
def test_a_stage_has_a_name_that_its_stacks_can_have(name: str) -> None:
    with pytest.raises(InvalidInputError, match="no name of a stage"):
        place.checked_stage(name)


@pytest.mark.parametrize("command", [*unsupported.REFUSED, *unsupported.REFUSED_IN_PRODUCTION])
def test_what_is_refused_on_a_stage_is_a_command_and_refused_in_production(command: str) -> None:
    group, _, verb = command.partition(" ")
    assert group in ENTRIES
    assert not verb or verb in load(group).entries  # type: ignore[attr-defined]  a group of verbs
    with pytest.raises(InvalidInputError) as raised:
        unsupported.check(command, "prod")
    assert raised.value.hint
    unsupported.check("messages list", "prod")


def test_seeding_is_refused_in_production_alone() -> None:
    unsupported.check("table seed", "dev")
