"""The table is the code's table, functions read the code's settings, and every call is bounded."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from math import ceil
from typing import Any

import pytest

from omnipub.adapters.aws.clients import FAST_PATH
from omnipub.adapters.aws.lambda_scheduler import PATIENCE
from omnipub.adapters.aws.s3_parked import SENDER_PREFIX
from omnipub.adapters.aws.sqs_delay import LONGEST_SECONDS
from omnipub.config import Mode, from_environment, to_environment
from omnipub.handlers import scheduler
from omnipub.names import SANDBOX_ADDRESS
from omnipub.onebox.aws_events import LambdaContext, tick_event
from omnipub.services.delivery.fan_out import CALLS
from omnipub.services.scheduling.wake import REPEATED
from omnipub.storage.schema import INDEXES, PARTITION, SANDBOX_PREFIX, SORT, TTL
from support.world import START, TestBed

ENTRIES = ("api", "worker", "sender", "scheduler", "delay")


def resolved(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def test_the_table_has_the_shape_that_the_code_has(prod: Any) -> None:
    table = prod.only("Data", "AWS::DynamoDB::Table")
    assert table["KeySchema"] == [
        {"AttributeName": PARTITION, "KeyType": "HASH"},
        {"AttributeName": SORT, "KeyType": "RANGE"},
    ]
    shapes = {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            index["Projection"]["ProjectionType"],
            sorted(index["Projection"]["NonKeyAttributes"]),
        )
        for index in table["GlobalSecondaryIndexes"]
    }
    assert shapes == {
        index.name: ([index.partition, index.sort], "INCLUDE", sorted(index.projected)) for index in INDEXES.values()
    }
    assert table["TimeToLiveSpecification"] == {"AttributeName": TTL, "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_a_protected_stage_can_be_restored_to_any_second_and_not_be_deleted_by_mistake(prod: Any, dev: Any) -> None:
    for made, protected in ((prod, True), (dev, False)):
        table = made.only("Data", "AWS::DynamoDB::Table")
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is protected
        assert table["DeletionProtectionEnabled"] is protected
        assert made.only("Auth", "AWS::Cognito::UserPool")["DeletionProtection"] == (
            "ACTIVE" if protected else "INACTIVE"
        )


def test_buckets_are_private_and_speak_tls_alone(prod: Any) -> None:
    buckets = prod.of("Data", "AWS::S3::Bucket")
    assert len(buckets) == 2
    for bucket in buckets:
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    for policy in prod.of("Data", "AWS::S3::BucketPolicy"):
        denied = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [one["Condition"] for one in denied]


def lifecycle(made: Any) -> dict[str, dict[str, Any]]:
    rules = [
        rule
        for bucket in made.of("Data", "AWS::S3::Bucket")
        for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", [])
    ]
    return {rule.get("Prefix", ""): rule for rule in rules}


def test_images_are_removed_where_the_stage_says_so_and_unfinished_uploads_everywhere(
    prod: Any, synthesise: Callable[[Mapping[str, str]], Any]
) -> None:
    forgets = synthesise({"stage": "staging", "media_days": "30"})
    for made, days in ((prod, None), (forgets, 30)):
        rules = lifecycle(made)
        assert set(rules) == {"media/", "seats/", ""}
        assert rules["media/"].get("ExpirationInDays") == days
        assert rules["media/"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 2}
        assert "ExpirationInDays" not in rules["seats/"], "without an epoch nothing is sent"
        assert rules[""]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
        assert "ExpirationInDays" not in rules[""]
    variables = forgets.function("api")["Environment"]["Variables"]
    assert variables["OMNIPUB_MEDIA_DAYS"] == "30", "what would outlive its images is refused"


def test_the_stream_is_one_encrypted_shard_by_the_hour(prod: Any) -> None:
    stream = prod.only("Data", "AWS::Kinesis::Stream")
    assert (stream["ShardCount"], stream["StreamModeDetails"]["StreamMode"]) == (1, "PROVISIONED")
    assert stream["StreamEncryption"]["EncryptionType"] == "KMS"


@pytest.mark.parametrize("function", ENTRIES)
def test_a_function_reads_back_the_settings_of_its_stage(prod: Any, function: str) -> None:
    variables = prod.function(function)["Environment"]["Variables"]
    settings = from_environment({name: resolved(value) for name, value in variables.items()})
    assert (settings.stage, settings.mode, settings.on_aws) == ("prod", Mode.LIVE, True)
    assert set(variables) == set(to_environment(settings)), "all of them and no other"
    assert settings.function == prod.function("scheduler")["FunctionName"]
    assert bool(settings.origin_secret) is (function == "api")
    assert bool(settings.parked) is (function == "delay")
    sender = prod.function("sender")["FunctionName"]
    assert settings.sender == (sender if function in {"worker", "sender"} else "")


@pytest.mark.parametrize("function", ENTRIES)
def test_lambda_calls_the_handler_that_is_there(prod: Any, function: str) -> None:
    properties = prod.function(function)
    module, _, name = properties["Handler"].rpartition(".")
    assert callable(getattr(import_module(module), name))
    assert "ReservedConcurrentExecutions" not in properties, "a new account has nothing to reserve"


def test_a_run_that_sends_ends_before_the_lease_of_what_it_claimed(prod: Any) -> None:
    properties = prod.function("sender")
    settings = from_environment(
        {name: resolved(value) for name, value in properties["Environment"]["Variables"].items()}
    )
    assert timedelta(seconds=properties["Timeout"]) == timedelta(seconds=settings.worker_timeout) < settings.lease


def test_the_worker_has_time_for_every_hand_over_of_a_batch_that_nobody_answers(prod: Any) -> None:
    from omnipub_cdk.stages import STAGES

    batch = prod.only("Worker", "AWS::Lambda::EventSourceMapping")["BatchSize"]
    rounds = ceil(ceil(batch / STAGES["prod"].pack) / CALLS)
    waiting = FAST_PATH.attempts * (FAST_PATH.connecting + FAST_PATH.reading + 1)  # a second at most between attempts
    assert prod.function("worker")["Timeout"] > rounds * waiting


def test_lambda_tries_no_call_of_the_sender_again_and_parks_it_under_a_prefix_of_its_own(prod: Any) -> None:
    calls = prod.only("Worker", "AWS::Lambda::EventInvokeConfig")
    assert (calls["MaximumRetryAttempts"], calls["MaximumEventAgeInSeconds"]) == (0, 60)
    assert calls["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::ImportValue": "OmnichannelDataStack-prod:ParkedArn"
    }
    (name,) = [
        name
        for stack, name, one in prod.all("AWS::Lambda::Function")
        if stack == "OmnichannelWorkerStack" and one["FunctionName"].endswith("-sender")
    ]
    assert (calls["FunctionName"], calls["Qualifier"]) == ({"Ref": name}, "$LATEST")
    written = resources(prod, "sender", "s3:PutObject")
    assert [one for one in written if "ParkedArn" in one] == [
        json.dumps(
            {"Fn::Join": ["", [{"Fn::ImportValue": "OmnichannelDataStack-prod:ParkedArn"}, f"/{SENDER_PREFIX}*"]]}
        )
    ]


def test_the_worker_opens_no_token_and_reaches_no_network(prod: Any, far: Any, dev: Any) -> None:
    for made in (prod, far, dev):
        text = json.dumps(statements(made, "Worker", roles_of(made, "worker")))
        for foreign in ("kms:", "ses:", "sns:", "sqs:", "kinesis:Put", "-sandbox"):
            assert foreign not in text
        assert called_by(made, "worker") == [made.function("sender")["FunctionName"]]


def resources(made: Any, function: str, action: str) -> list[str]:
    """What a function of the worker's stack may do something to."""
    return [
        json.dumps(resource)
        for statement in statements(made, "Worker", roles_of(made, function))
        if action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]


def called_by(made: Any, function: str) -> list[str]:
    """The functions that one of the worker's stack may call."""
    found = resources(made, function, "lambda:InvokeFunction")
    return sorted(one.rpartition(":function:")[2].partition('"')[0] for one in found)


def roles_of(made: Any, function: str) -> list[dict[str, str]]:
    """The roles of a function, as policies name them."""
    return [{"Ref": made.function(function)["Role"]["Fn::GetAtt"][0]}]


def test_the_delay_queue_is_a_standard_one_whose_failed_batches_come_back_in_time(prod: Any) -> None:
    (queue,) = prod.of("Data", "AWS::SQS::Queue")
    consumer = prod.function("delay")
    assert "FifoQueue" not in queue, "FIFO takes no delay of a single message"
    assert "RedrivePolicy" not in queue, "the consumer parks by itself"
    assert queue["VisibilityTimeout"] >= 6 * consumer["Timeout"]
    assert queue["MessageRetentionPeriod"] > LONGEST_SECONDS
    assert consumer["Timeout"] > REPEATED.total_seconds() + FAST_PATH.attempts * FAST_PATH.connecting
    trigger = prod.only("Scheduler", "AWS::Lambda::EventSourceMapping")
    assert trigger["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert trigger["BatchSize"] == 10
    assert "ScalingConfig" not in trigger
    assert "MaximumBatchingWindowInSeconds" not in trigger, "nothing waits but the sender"


def test_whoever_sets_a_moment_may_put_it_on_the_delay_queue_and_nobody_calls_the_scheduler(prod: Any) -> None:
    for stack in ("Api", "Worker", "Scheduler"):
        policy = json.dumps(prod.of(stack, "AWS::IAM::Policy"))
        assert "sqs:SendMessage" in policy
    for stack in ("Api", "Worker"):
        assert "-scheduler" not in json.dumps(prod.of(stack, "AWS::IAM::Policy")).lower()


def test_the_trigger_is_bounded_in_every_way_and_parks_whole_records(prod: Any) -> None:
    trigger = prod.only("Worker", "AWS::Lambda::EventSourceMapping")
    assert trigger["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert trigger["BisectBatchOnFunctionError"] is True
    assert trigger["MaximumRetryAttempts"] == 10
    assert trigger["MaximumRecordAgeInSeconds"] == 3600
    assert trigger["ParallelizationFactor"] == 10
    bucket = trigger["DestinationConfig"]["OnFailure"]["Destination"]
    assert bucket == {"Fn::ImportValue": "OmnichannelDataStack-prod:ParkedArn"}, "a queue would get no records"


def test_the_tick_is_what_the_scheduler_understands(prod: Any, bed: TestBed) -> None:
    schedule = prod.only("Scheduler", "AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    text = schedule["Target"]["Input"]
    for placeholder, value in {"scheduled-time": "2026-11-23T09:00:00Z", "execution-id": "e1"}.items():
        assert f"<aws.scheduler.{placeholder}>" in text
        text = text.replace(f"<aws.scheduler.{placeholder}>", value)
    event = json.loads(text)
    assert set(event) == set(tick_event(START)), "one machine's clock sends the same"
    assert scheduler.build(bed.system)(event, LambdaContext(function_name="test"))["due"] == 0
    assert bed.journal.named("tick")


def test_an_operator_waits_for_a_run_now_longer_than_it_may_take(prod: Any) -> None:
    assert prod.function("scheduler")["Timeout"] < PATIENCE.reading


def test_failed_ticks_are_kept(prod: Any) -> None:
    calls = prod.only("Scheduler", "AWS::Lambda::EventInvokeConfig")
    assert (calls["MaximumRetryAttempts"], calls["MaximumEventAgeInSeconds"]) == (1, 60)
    queue = calls["DestinationConfig"]["OnFailure"]["Destination"]
    target = prod.only("Scheduler", "AWS::Scheduler::Schedule")["Target"]
    assert target["DeadLetterConfig"]["Arn"] == queue
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 1}


def test_a_sandbox_stage_has_its_own_sandbox_and_the_sender_sends_to_it_alone(dev: Any) -> None:
    sandbox = dev.function("sandbox")
    for name in (*ENTRIES, "sandbox"):
        variables = dev.function(name)["Environment"]["Variables"]
        settings = from_environment({key: resolved(value) for key, value in variables.items()})
        assert settings.sandbox_function == sandbox["FunctionName"]
        assert settings.sandbox_url == SANDBOX_ADDRESS
    module, _, name = sandbox["Handler"].rpartition(".")
    assert callable(getattr(import_module(module), name))
    assert called_by(dev, "sender") == [sandbox["FunctionName"], "omnipub-dev-sender"]


def test_the_sandbox_touches_its_own_items_of_the_table_alone(dev: Any) -> None:
    (role,) = [
        properties["Roles"]
        for stack, name, properties in dev.all("AWS::IAM::Policy")
        if stack == "OmnichannelApiStack" and name.startswith("Sandbox")
    ]
    found = [one for one in statements(dev, "Api", role) if "dynamodb:" in json.dumps(one["Action"])]
    assert [one["Condition"] for one in found] == [
        {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{SANDBOX_PREFIX}*"]}}
    ]
    assert "dynamodb:Scan" not in found[0]["Action"], "which a condition on keys does not bound"


def test_a_stage_with_another_sandbox_or_in_live_mode_has_no_function_for_it(synthesise: Any, prod: Any) -> None:
    elsewhere = synthesise({"sandbox_url": "https://sandbox.example.com"})
    for made, url in ((elsewhere, "https://sandbox.example.com"), (prod, "")):
        names = [one["FunctionName"] for _, _, one in made.all("AWS::Lambda::Function")]
        assert names
        assert not [name for name in names if name.endswith("-sandbox")]
        variables = made.function("worker")["Environment"]["Variables"]
        assert (variables["OMNIPUB_SANDBOX_FUNCTION"], variables["OMNIPUB_SANDBOX_URL"]) == ("", url)
        assert "-sandbox" not in json.dumps(made.of("Worker", "AWS::IAM::Policy"))


def statements(made: Any, stack: str, roles: Any = None) -> list[dict[str, Any]]:
    """What functions of a stack may do; of some roles alone if they are given."""
    return [
        statement
        for properties in made.of(stack, "AWS::IAM::Policy")
        if roles is None or properties["Roles"] == roles
        for statement in properties["PolicyDocument"]["Statement"]
    ]


def test_the_function_that_faces_the_internet_seals_tokens_and_opens_none(prod: Any, far: Any, dev: Any) -> None:
    for made in (prod, far, dev):
        assert _of_keys(made, "Api") == {"kms:Encrypt"}
        assert _of_keys(made, "Worker") == {"kms:Encrypt", "kms:Decrypt"}
        assert _of_keys(made, "Scheduler") == set()


def _of_keys(made: Any, stack: str) -> set[str]:
    actions = [action for one in statements(made, stack) for action in _listed(one["Action"])]
    return {action for action in actions if action.startswith("kms:") or "*" in action}


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_mail_goes_out_from_one_identity_and_text_messages_to_no_topic(far: Any, prod: Any) -> None:
    def statements(made: Any, prefix: str) -> list[dict[str, Any]]:
        return [
            statement
            for policy in made.of("Worker", "AWS::IAM::Policy")
            for statement in policy["PolicyDocument"]["Statement"]
            if prefix in str(statement["Action"])
        ]

    (mail,) = statements(far, "ses:")
    assert "identity/example.com" in json.dumps(mail["Resource"])
    (text,) = statements(far, "sns:")
    assert "Resource" not in text
    assert "sns:*:*:*" in json.dumps(text["NotResource"]), "topics of other regions and accounts, too"
    assert not statements(prod, "ses:")
    assert not statements(prod, "sns:")
