"""What the doctor says of a stage's topic: nobody is told, somebody has not confirmed, somebody is told."""

import shlex
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.stub import Stubber

from omnipub.services.health.finding import Health
from omnipub_cli.deployment.stage.stack_outputs import facts
from omnipub_cli.deployment.subscribers import subscribers
from support.described import aws
from support.staged import ACCOUNT, OUTPUTS

TOPIC = OUTPUTS["Data"]["Topic"]
SUBSCRIBED = {
    "SubscriptionArn": f"{TOPIC}:11111111-1111-1111-1111-111111111111",
    "Owner": ACCOUNT,
    "Protocol": "email",
    "Endpoint": "ada@example.com",
    "TopicArn": TOPIC,
}
PENDING = SUBSCRIBED | {"SubscriptionArn": "PendingConfirmation", "Endpoint": "bo@example.com"}


@pytest.fixture
def stage() -> Iterator[Any]:
    """Makes a stage whose topic has these pages of subscribers."""
    stubs: list[Stubber] = []

    def make(*pages: Sequence[dict[str, str]], topic: bool = True) -> Any:
        client = aws().create_client("sns", region_name="eu-west-1")
        stub = Stubber(client)
        for number, page in enumerate(pages, 1):
            given = {"TopicArn": TOPIC} | ({"NextToken": str(number)} if number > 1 else {})
            more = {"NextToken": str(number + 1)} if number < len(pages) else {}
            stub.add_response("list_subscriptions_by_topic", {"Subscriptions": list(page), **more}, given)
        stub.activate()
        stubs.append(stub)
        data = {name: value for name, value in OUTPUTS["Data"].items() if topic or name != "Topic"}
        settings = facts("dev", OUTPUTS | {"Data": data}).settings
        clients = SimpleNamespace(of={"sns": client}.__getitem__)
        return SimpleNamespace(name="dev", region="eu-west-1", settings=settings, clients=clients)

    yield make
    for stub in stubs:
        stub.assert_no_pending_responses()
        stub.deactivate()


def test_a_topic_without_a_subscriber_tells_nobody(stage: Any) -> None:
    (found,) = subscribers(stage([]))
    assert (found.health, found.next) == (Health.WARN, "deploy Data --infra serverless")
    assert found.what.startswith("Nobody is told")
    assert "deploy/dev.toml" in found.what


def test_a_stage_of_before_has_no_topic_that_anybody_could_publish_to(stage: Any) -> None:
    (found,) = subscribers(stage(topic=False))
    assert (found.health, found.next) == (Health.WARN, "deploy Data --infra serverless")
    assert found.what.startswith("Nobody is told")


def test_who_has_not_confirmed_is_named_with_what_sends_the_mail_again(stage: Any) -> None:
    (found,) = subscribers(stage([PENDING]))
    assert found.health is Health.WARN
    assert "bo@example.com has not confirmed yet" in found.what
    assert "nobody is told" in found.what
    words = shlex.split(found.elsewhere)
    assert words[:3] == ["aws", "sns", "subscribe"]
    assert words[words.index("--notification-endpoint") + 1] == "bo@example.com"
    assert words[words.index("--topic-arn") + 1] == TOPIC


def test_who_has_confirmed_is_told_whoever_else_has_not(stage: Any) -> None:
    told, waiting = subscribers(stage([PENDING], [SUBSCRIBED]))
    assert (told.health, waiting.health) == (Health.OK, Health.WARN)
    assert "nobody is told" not in waiting.what


def test_a_subscription_that_was_deleted_is_none(stage: Any) -> None:
    (found,) = subscribers(stage([SUBSCRIBED | {"SubscriptionArn": "Deleted"}]))
    assert found.what.startswith("Nobody is told")
