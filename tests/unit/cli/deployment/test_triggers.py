"""What somebody may have switched off by hand: the trigger, the ticks, the key; each with the command that heals it."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import jmespath
import pytest
from botocore.stub import Stubber

from omnipub.services.health.finding import Finding, Health
from omnipub_cli.deployment.ports import Resource
from omnipub_cli.deployment.stage.stack_outputs import facts
from omnipub_cli.deployment.stage.triggers import PARTS, machinery
from support.described import aws
from support.staged import ACCOUNT, OUTPUTS

REGION = "eu-west-1"
KEY = OUTPUTS["Data"]["VaultKey"]
KEEP = f"aws kms cancel-key-deletion --key-id {KEY} --region {REGION}"
TRIGGER = {
    "UUID": "14e0db71-5d35-4eb5-b481-8945cf9d10c2",
    "EventSourceArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/stream-1",
    "State": "Enabled",
    "LastProcessingResult": "OK",
}
WOKEN = {
    "UUID": "5c4b7b0a-5d35-4eb5-b481-8945cf9d10c2",
    "EventSourceArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:delay-1",
    "State": "Enabled",
}
TICK = {
    "Arn": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/Tick-1",
    "Name": "Tick-1",
    "Description": "Makes what is due leave on time",
    "ScheduleExpression": "rate(1 minute)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": "arn:1", "RoleArn": "arn:2", "Input": "{}"},
    "State": "ENABLED",
}
WELL: Mapping[str, Any] = {
    "trigger": {"EventSourceMappings": [TRIGGER]},
    "delay": {"EventSourceMappings": [WOKEN]},
    "ticks": TICK,
    "key": {"KeyMetadata": {"KeyId": "1", "KeyState": "Enabled"}},
}
"""Answers, in the order in which they are asked for."""

CALLS = {
    "trigger": ("lambda", "list_event_source_mappings"),
    "delay": ("lambda", "list_event_source_mappings"),
    "ticks": ("scheduler", "get_schedule"),
    "key": ("kms", "describe_key"),
}

Look = Callable[..., Mapping[str, Finding]]


@pytest.fixture
def look() -> Iterator[Look]:
    """Looks at a stage whose services answer as told; text is the code of an error."""
    stubs: list[Stubber] = []

    def look(answers: Mapping[str, Any] | None = None, kind: str = "AWS::Scheduler::Schedule") -> Mapping[str, Finding]:
        clients: dict[str, Any] = {}
        stubbed: dict[str, Stubber] = {}
        for name, answer in {**WELL, **(answers or {})}.items():
            service, operation = CALLS[name]
            if service not in clients:
                clients[service] = aws().create_client(service, region_name=REGION)
                stubbed[service] = Stubber(clients[service])
            stub = stubbed[service]
            if isinstance(answer, str):
                stub.add_client_error(operation, answer, "It may not.", 400)
            else:
                stub.add_response(operation, answer)
            stub.activate()
            stubs.append(stub)
        stacks = SimpleNamespace(resources=lambda _: [Resource(logical="Tick", physical="Tick-1", kind=kind)])
        stage: Any = SimpleNamespace(
            name="dev",
            region=REGION,
            facts=facts("dev", OUTPUTS),
            settings=facts("dev", OUTPUTS).settings,
            lacking={},
            account=SimpleNamespace(stacks=lambda _: stacks),
            clients=SimpleNamespace(of=clients.__getitem__),
        )
        return {one.name: one for one in machinery(stage)}

    yield look
    for stub in stubs:
        stub.deactivate()


def test_where_nothing_is_switched_off_that_is_said(look: Look) -> None:
    found = look()
    assert list(found) == [part.name for part in PARTS] == ["trigger", "delay", "ticks", "key"]
    assert {one.health for one in found.values()} == {Health.OK}


@pytest.mark.parametrize("state", ["Disabled", "Disabling"])
def test_a_trigger_that_is_disabled_is_wrong_and_the_command_enables_it(look: Look, state: str) -> None:
    found = look({"trigger": {"EventSourceMappings": [TRIGGER | {"State": state}]}})["trigger"]
    assert found.health is Health.BAD
    assert found.elsewhere == (
        "aws lambda update-event-source-mapping --uuid 14e0db71-5d35-4eb5-b481-8945cf9d10c2 --enabled "
        "--region eu-west-1"
    )


def test_a_delay_queue_that_wakes_nobody_makes_what_is_scheduled_late(look: Look) -> None:
    off = look({"delay": {"EventSourceMappings": [WOKEN | {"State": "Disabled"}]}})["delay"]
    assert (off.health, "5c4b7b0a" in off.elsewhere) == (Health.BAD, True)
    assert "late" in off.what
    other = look({"delay": {"EventSourceMappings": [WOKEN | {"EventSourceArn": "arn:aws:sqs:x:1:other"}]}})["delay"]
    assert (other.health, other.next) == (Health.BAD, "status --detect-drift")
    said = look({"delay": {"EventSourceMappings": [WOKEN | {"LastProcessingResult": "PROBLEM: x"}]}})["delay"]
    assert said.next == "logs tail delay --since 15m"


def test_a_trigger_of_another_stream_is_none(look: Look) -> None:
    other = TRIGGER | {"EventSourceArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/stream-10"}
    found = look({"trigger": {"EventSourceMappings": [other]}})["trigger"]
    assert (found.health, found.next) == (Health.BAD, "status --detect-drift")


def test_what_lambda_says_of_a_batch_that_came_to_nothing_is_passed_on(look: Look) -> None:
    said = "PROBLEM: Function call failed"
    found = look({"trigger": {"EventSourceMappings": [TRIGGER | {"LastProcessingResult": said}]}})["trigger"]
    assert (found.health, found.next) == (Health.WARN, "logs tail worker --since 15m")
    assert said in found.what


def test_a_schedule_that_is_disabled_is_put_back_whole_by_the_command(look: Look) -> None:
    found = look({"ticks": TICK | {"State": "DISABLED"}})["ticks"]
    assert found.health is Health.BAD
    get, put = found.elsewhere.split(" && ")
    words = shlex.split(get)
    assert words[:4] == ["aws", "scheduler", "get-schedule", "--name"]
    written = jmespath.search(words[words.index("--query") + 1], TICK | {"State": "DISABLED"})
    assert written == {name: value for name, value in TICK.items() if name != "Arn"}, "and enabled"
    assert words[-1] == shlex.split(put)[-1].removeprefix("file://")


def test_without_a_schedule_nothing_leaves(look: Look) -> None:
    assert look(kind="AWS::SQS::Queue")["ticks"].health is Health.BAD


@pytest.mark.parametrize(
    ("state", "said", "command"),
    [
        ("Disabled", "is disabled", f"aws kms enable-key --key-id {KEY} --region {REGION}"),
        (
            "PendingDeletion",
            "waits to be deleted",
            f"{KEEP} && aws kms enable-key --key-id {KEY} --region {REGION}",
        ),
        ("Unavailable", "is unavailable", ""),
    ],
)
def test_a_key_that_opens_nothing_is_wrong(look: Look, state: str, said: str, command: str) -> None:
    found = look({"key": {"KeyMetadata": {"KeyId": "1", "KeyState": state}}})["key"]
    assert (found.health, found.elsewhere) == (Health.BAD, command)
    assert said in found.what


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_that_may_not_be_looked_at_names_the_right_and_hides_no_other(look: Look, part: Any) -> None:
    found = look({part.name: "AccessDeniedException"})
    assert found[part.name].health is Health.WARN
    assert part.right in found[part.name].what
    assert {one.health for name, one in found.items() if name != part.name} == {Health.OK}


@pytest.mark.parametrize(("name", "code"), [("ticks", "ResourceNotFoundException"), ("key", "NotFoundException")])
def test_what_was_deleted_is_wrong(look: Look, name: str, code: str) -> None:
    found = look({name: code})[name]
    assert (found.health, found.next) == (Health.BAD, "status --detect-drift")
    assert "is gone" in found.what
