"""A whole stage on an emulator of AWS: deployed by the command a person types, used as its users use it, taken down.

    .venv/bin/uv sync -q --inexact --all-extras --group cdk
    .venv/bin/pytest -m ministack tests/integration/deploy/test_whole_stage.py

It takes about five minutes. Functions run from their real bundles on this machine's processor, members sign in with
Cognito's SRP, records reach the worker by the stream's trigger, and EventBridge Scheduler's tick comes each minute.
Posts go to the stage's own sandbox, a function too, whose wall an operator reads through the API.
Monitoring needs metric mathematics and Frontend needs Amplify, which the emulator lacks: those two are synthesised and
foretold here, and their templates are checked in tests/infrastructure. The emulator also ignores `batchItemFailures`,
bisecting and destinations of a trigger; the one-machine poller and the templates stand for those.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Any

import pytest

from omnipub.domain.timestamps import to_text
from omnipub.names import API_ROOT, AUTHORS_GROUP, OPERATORS_GROUP, ORIGIN_HEADER
from omnipub_cli.deployment.stacks import id_of
from support import deployed
from support.deployed import ARCHITECTURE, Emulated

pytestmark = [pytest.mark.ministack, pytest.mark.timeout(900)]

STAGE = ("--stage", "test")
VALUES = ("-c", f"architecture={ARCHITECTURE}")
STACKS = ("Data", "Auth", "Scheduler", "Api", "Worker", "Security")
UNKNOWN_THERE = ("Monitoring", "Frontend")
EMPTY = ("Security",)
"""Stacks in which this stage has nothing: a stack without resources is not deployed."""

ACCOUNT = "100000000000007"
PASSWORD = "Correct-horse-7-battery"
BEYOND_THE_HORIZON = timedelta(seconds=165)
"""Further ahead than the delay queue is used, so that only a tick can find it."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The stage as its users meet it.

    Attributes:
        first: What the deployment said.
        member: The id of a user who may write.
        token: Their access token.
        operator: The access token of an operator.
        later: A message that was scheduled beyond the horizon when everything began.
    """

    aws: Emulated
    first: Mapping[str, Any]
    member: str
    token: str
    operator: str
    later: str = ""

    def ask(self, path: str, body: Any = None, *, signed: bool = True, origin: str | None = None) -> tuple[int, Any]:
        """Status and document of an answer of the deployed HTTP API, reached as CloudFront reaches it."""
        return _ask(self.aws, path, body, token=self.token if signed else "", origin=origin)

    def connect(self, owner: str) -> None:
        """Connect an owner to the one account on Facebook's sandbox, with a token that is made for it."""
        self.aws.done("connections", "connect", "facebook", "--account", ACCOUNT, "--owner", owner, *STAGE)

    def compose(self, text: str, due: datetime | None = None) -> str:
        """Post a message to Facebook over the API; its id."""
        body: dict[str, Any] = {"text": text, "channels": ["facebook"]}
        status, told = self.ask("/messages", body | ({"schedule": {"at": to_text(due)}} if due else {}))
        assert status == 201, told
        return str(told["id"])

    def outcome(self, message: str) -> str:
        """The state of a message's one delivery."""
        status, told = self.ask(f"/messages/{message}")
        assert status == 200, told
        return str(told["deliveries"][0]["status"])

    def published(self, message: str, within: float = 90) -> None:
        """Wait until it is out."""
        soon(lambda: self.outcome(message) == "published", within)

    def deploy(self, *values: str) -> list[str]:
        """Deploy it once more with these values; the stacks that changed."""
        more = [word for value in values for word in ("-c", value)]
        words = (*STACKS, "--infra", "serverless", *STAGE, "--yes", *VALUES, *more)
        return list(self.aws.done("deploy", *words)["changed"])

    def scheduler_memory(self) -> int:
        """MB of the deployed scheduler."""
        told = self.aws.client("lambda").get_function_configuration(FunctionName="omnipub-test-scheduler")
        return int(told["MemorySize"])

    def posts(self, text: str) -> int:
        """How many posts with that text the stage's sandbox has."""
        status, told = _ask(self.aws, "/sandbox/_sandbox/posts", token=self.operator)
        assert status == 200, told
        return sum(text in one["text"] for one in told["posts"])


def soon(holds: Callable[[], bool], within: float = 90) -> None:
    """Wait until it holds."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.5)


def _ask(aws: Emulated, path: str, body: Any = None, *, token: str, origin: str | None = None) -> tuple[int, Any]:
    headers = {
        "Content-Type": "application/json",
        "Host": f"{_api(aws)}.execute-api.localhost:{aws.url.rpartition(':')[2]}",
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    headers[ORIGIN_HEADER] = _origin_secret(aws) if origin is None else origin
    request = urllib.request.Request(  # noqa: S310  loopback
        f"{aws.url}{API_ROOT}{path}", data=json.dumps(body).encode() if body else None, headers=headers
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  likewise
            text = answer.read().decode()
            return int(answer.status), json.loads(text) if "json" in answer.headers["Content-Type"] else text
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def _physical(aws: Emulated, short: str, kind: str) -> str:
    told = aws.client("cloudformation").describe_stack_resources(StackName=f"{id_of(short)}-test")
    (found,) = (one["PhysicalResourceId"] for one in told["StackResources"] if one["ResourceType"] == kind)
    return str(found)


def _api(aws: Emulated) -> str:
    return _physical(aws, "Api", "AWS::ApiGatewayV2::Api")


def _origin_secret(aws: Emulated) -> str:
    name = _physical(aws, "Api", "AWS::SecretsManager::Secret")
    return str(aws.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])


def _user(aws: Emulated, name: str, group: str) -> str:
    """The id of a new user."""
    words = ("users", "create", name, "--group", group, "--password-stdin", *STAGE)
    return str(aws.done(*words, given=f"{PASSWORD}\n")["id"])


def _signed_in(aws: Emulated, outputs: Mapping[str, Any], name: str) -> str:
    """The access token that Cognito gives a user for their password."""
    from pycognito.aws_srp import AWSSRP

    auth = outputs["OmnichannelAuthStack"]
    srp = AWSSRP(name, PASSWORD, auth["UserPoolIs"], auth["ClientIs"], client=aws.client("cognito-idp"))
    return str(srp.authenticate_user()["AuthenticationResult"]["AccessToken"])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stage `test`, deployed, with a member who has an account on Facebook's sandbox."""
    if find_spec("aws_cdk") is None or find_spec("pycognito") is None:
        pytest.skip("the stacks' packages are not installed: uv sync --inexact --all-extras --group cdk")
    with deployed.emulated(tmp_path_factory.mktemp("ministack"), "test") as aws:
        first = aws.done("deploy", *STACKS, "--infra", "serverless", *STAGE, "--yes", *VALUES)
        name, operator = "ada@example.com", "grace@example.com"
        member = _user(aws, name, AUTHORS_GROUP)
        _user(aws, operator, OPERATORS_GROUP)
        outputs = first["outputs"]
        made = Stage(
            aws=aws,
            first=first,
            member=member,
            token=_signed_in(aws, outputs, name),
            operator=_signed_in(aws, outputs, operator),
        )
        made.connect(member)
        later = made.compose("Found by a tick", datetime.now(UTC) + BEYOND_THE_HORIZON)
        yield Stage(**{**vars(made), "later": later})


def test_the_deployment_changes_every_stack_and_ends_with_a_post_that_came_out(stage: Stage) -> None:
    assert set(stage.first["changed"]) == {id_of(short) for short in STACKS if short not in EMPTY}
    verdicts = {one["name"]: one["verdict"] for one in stage.first["checks"]}
    assert verdicts == {"heartbeat": "ok", "version": "untried", "post": "ok"}


def test_the_api_answers_who_came_through_cloudfront_and_is_signed_in(stage: Stage) -> None:
    soon(lambda: stage.ask("/health", signed=False)[0] == 200)
    assert stage.ask("/health", signed=False, origin="")[0] == 403
    assert stage.ask("/health", signed=False, origin=f"{_origin_secret(stage.aws)}x")[0] == 403
    assert stage.ask("/messages", signed=False)[0] == 401
    assert stage.ask("/messages")[0] == 200


def test_what_a_member_posts_is_out_once_and_one_who_is_not_them_does_not_see_it(stage: Stage) -> None:
    message = stage.compose("Hello from the deployed API")
    stage.published(message)
    assert stage.posts("Hello from the deployed API") == 1
    stage.aws.done("users", "create", "bo@example.com", "--password-stdin", *STAGE, given=f"{PASSWORD}\n")
    other = _signed_in(stage.aws, stage.first["outputs"], "bo@example.com")
    assert _ask(stage.aws, f"/messages/{message}", token=other)[0] == 404


def test_the_sandboxs_wall_is_for_operators_alone(stage: Stage) -> None:
    message = stage.compose("Hello, wall")
    stage.published(message)
    for path, signed, expected in (
        ("/sandbox", False, 401),
        ("/sandbox", True, 403),
        ("/sandbox/_sandbox/posts", True, 403),
    ):
        assert stage.ask(path, signed=signed)[0] == expected
    status, page = _ask(stage.aws, "/sandbox", token=stage.operator)
    assert status == 200
    assert "Hello, wall" in page
    assert _ask(stage.aws, "/sandbox", token=stage.operator, origin="")[0] == 403


def test_what_is_scheduled_within_the_horizon_leaves_when_it_is_due(stage: Stage) -> None:
    due = datetime.now(UTC) + timedelta(seconds=8)
    message = stage.compose("Scheduled a little ahead", due)
    assert stage.outcome(message) == "scheduled"
    stage.published(message)
    status, told = stage.ask(f"/messages/{message}")
    assert status == 200
    assert datetime.fromisoformat(told["deliveries"][0]["published_at"]) >= due
    assert stage.posts("Scheduled a little ahead") == 1


def test_an_operator_sees_the_stage_from_their_terminal(stage: Stage) -> None:
    message = stage.compose("Seen from a terminal")
    stage.published(message)
    listed = {one["id"]: one for one in stage.aws.done("messages", "list", *STAGE)["messages"]}
    assert listed[message]["owner"] == stage.member
    kinds = {one["kind"] for one in stage.aws.done("table", "inspect", message, *STAGE)["items"]}
    assert {"message", "delivery"} <= kinds
    assert "attempt" not in kinds, "a first try that publishes stands in its delivery"
    (delivery,) = stage.aws.done("messages", "show", message, *STAGE)["deliveries"]
    (attempt,) = delivery["attempts"]
    assert (attempt["number"], attempt["ended"]) == (1, "published")
    foreseen = stage.aws.done("stream", "replay", "--since", "1h", "--dry-run", *STAGE)
    assert foreseen["dry_run"] is True
    assert foreseen["verdicts"].keys() <= {"already_published", "published", "repeated", "too_early"}, foreseen[
        "verdicts"
    ]
    assert stage.aws.done("table", "verify", *STAGE)["clean"]
    for function in ("worker", "sender", "sandbox"):
        assert stage.aws.done("logs", "tail", function, "--since", "1h", *STAGE)["lines"], function


def test_run_now_makes_the_deployed_scheduler_dispatch_what_the_stream_has_not_delivered(stage: Stage) -> None:
    functions = stage.aws.client("lambda")
    triggers = functions.list_event_source_mappings()["EventSourceMappings"]
    (trigger,) = [one for one in triggers if ":kinesis:" in one["EventSourceArn"]]
    functions.update_event_source_mapping(UUID=trigger["UUID"], Enabled=False)
    message = stage.compose("Nobody reads the stream")
    try:
        foreseen = stage.aws.done("schedule", "run-now", message, "--dry-run", *STAGE)
        assert [one["ready"] for one in foreseen["deliveries"]] == [True]
        ran = stage.aws.done("schedule", "run-now", message, stage.later, *STAGE)
        dispatched = {one["id"]: one["dispatched"] for one in ran["deliveries"]}
        assert dispatched == {message: True, stage.later: stage.outcome(stage.later) == "publishing"}
        from_here = stage.aws.done("schedule", "run-now", message, "--here", *STAGE)
        assert from_here["dispatched"] == 1
        assert stage.outcome(message) == "scheduled"
    finally:
        functions.update_event_source_mapping(UUID=trigger["UUID"], Enabled=True)
    stage.published(message)
    assert stage.posts("Nobody reads the stream") == 1, "three pointers, one post"


def test_a_pause_at_the_terminal_holds_what_members_post_until_it_is_resumed(stage: Stage) -> None:
    (paused,) = stage.aws.done("pause", "everything", "--reason", "A wrong price", *STAGE)["pauses"]
    assert paused["by"] == "root"
    message = stage.compose("After the pause")
    time.sleep(3)  # the worker meets its pointer
    assert stage.posts("After the pause") == 0
    stage.aws.done("resume", "everything", "--late", "send", *STAGE)
    stage.published(message)
    assert stage.posts("After the pause") == 1


def test_what_needs_a_person_reaches_a_subscriber_of_the_topic(stage: Stage) -> None:
    topic = stage.first["outputs"][id_of("Data")]["Topic"]
    queues, topics = stage.aws.client("sqs"), stage.aws.client("sns")
    queue = queues.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    got: list[Mapping[str, Any]] = []

    def received(words: str) -> bool:
        told = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        got.extend(json.loads(one["Body"]) for one in told.get("Messages", []))
        return any(words in one["Message"] for one in got)

    assert [one["state"] for one in stage.aws.done("notify", "list", *STAGE)["targets"]] == ["ok"]
    (told,) = stage.aws.done("notify", "test", *STAGE)["targets"]
    assert (told["target"], told["ok"], told["why"]) == ("topic", True, None)
    soon(lambda: received("Nothing is the matter."))
    stage.connect("somebody-else")  # the sandbox gives the account a new token, so that the member's own is refused
    message = stage.compose("Nobody will see this text")
    soon(lambda: stage.outcome(message) == "held")
    soon(lambda: received("needs its owner"), within=150)
    (notice,) = (one for one in got if "needs its owner" in one["Message"])
    assert notice["Subject"] == "An account needs its owner [omnipub test, sandbox]"
    assert "Nobody will see" not in json.dumps(got)
    stage.connect(stage.member)
    stage.published(message)
    assert stage.posts("Nobody will see this text") == 1


def test_a_rollback_puts_back_the_functions_of_before_and_then_nothing_is_left_to_deploy(stage: Stage) -> None:
    assert stage.deploy("scheduler_memory=512") == [id_of("Scheduler")]
    assert stage.scheduler_memory() == 512
    assert stage.aws.done("rollback", *STAGE, "--yes")["stacks"] == [id_of("Scheduler")]
    assert stage.scheduler_memory() == 256
    told = stage.aws.done("status", *STAGE)
    assert told["deployment"]["rollback_of"] is not None
    assert {one["name"]: one["status"] for one in told["stacks"]}[f"{id_of('Scheduler')}-test"] == "UPDATE_COMPLETE"
    message = stage.compose("After the rollback")
    stage.published(message)
    assert stage.deploy() == []
    diff = stage.aws.done("diff", "--infra", "serverless", *STAGE, *VALUES)
    assert diff["new"] == [id_of(short) for short in UNKNOWN_THERE], "these alone are not there"
    assert {one["stack"] for one in diff["changes"]} == set(diff["new"])
    kinds = {one["type"] for one in diff["changes"]}
    assert {"AWS::CloudWatch::Alarm", "AWS::Amplify::App", "AWS::CloudFront::Distribution"} <= kinds


def test_what_was_scheduled_beyond_the_horizon_is_found_by_a_tick_after_all_that(stage: Stage) -> None:
    stage.published(stage.later, within=BEYOND_THE_HORIZON.total_seconds() + 60)
    assert stage.posts("Found by a tick") == 1


def test_destroy_leaves_nothing(stage: Stage) -> None:
    gone = stage.aws.done("destroy", *STAGE, "--yes")
    assert set(gone["deleted"]) == {f"{id_of(short)}-test" for short in STACKS if short not in EMPTY}
    assert stage.aws.run("status", *STAGE)[0] == 3
    assert stage.aws.run("messages", "list", *STAGE)[0] == 3
    left = stage.aws.client("cloudformation").describe_stacks()["Stacks"]
    assert [one["StackName"] for one in left] == ["CDKToolkit"]
    assert stage.aws.client("dynamodb").list_tables()["TableNames"] == []
    assert stage.aws.client("lambda").list_functions()["Functions"] == []
    assert stage.aws.client("kinesis").list_streams()["StreamNames"] == []
