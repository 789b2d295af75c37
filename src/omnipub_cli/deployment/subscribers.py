"""Who is told by the topic of a stage: its subscribers, and whether they have confirmed that they are."""

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from omnipub.services.health.finding import Finding, Health, fine
from omnipub_cli.deployment.aws_clients import translated_errors

if TYPE_CHECKING:
    from omnipub_cli.deployment.stage.stage import Stage

PENDING, _GONE = "PendingConfirmation", "Deleted"
"""What SNS says instead of a subscription's name."""

_PAGES_AT_MOST = 10
"""A hundred subscribers each: more than a topic of people has."""

_DEPLOY = "deploy Data --infra serverless"
_ASK_AGAIN = "aws sns subscribe --topic-arn {topic} --protocol {protocol} --notification-endpoint {endpoint}"
"""Typed again for an address that has not confirmed, SNS sends its mail again."""


def subscribers(stage: "Stage") -> Iterator[Finding]:
    """Whether anybody is told of alarms and of what needs a person."""
    topic = stage.settings.topic
    if not topic:
        what = "Nobody is told: the stage was deployed by an omnipub whose topic nobody could publish to."
        yield Finding(name="told", health=Health.WARN, what=what, next=_DEPLOY)
        return
    found = list(subscriptions(stage))
    confirmed = [one for one in found if one["SubscriptionArn"] != PENDING]
    waiting = [one for one in found if one["SubscriptionArn"] == PENDING]
    if confirmed:
        yield fine("told", f"The topic tells of alarms and of what needs a person; its subscribers: {len(confirmed)}.")
    elif not waiting:
        what = (
            "Nobody is told of alarms and of what needs a person: the topic has no subscriber. "
            f'Write a line like alarm_email = "you@example.com" into deploy/{stage.name}.toml, then deploy.'
        )
        yield Finding(name="told", health=Health.WARN, what=what, next=_DEPLOY)
    for one in waiting:
        alone = "" if confirmed else " Until then nobody is told."
        what = f"{one['Endpoint']} has not confirmed yet: the link in the mail from AWS takes a click.{alone}"
        words = {"topic": topic, "protocol": one["Protocol"], "endpoint": one["Endpoint"]}
        again = _ASK_AGAIN.format(**{name: shlex.quote(word) for name, word in words.items()})
        yield Finding(name="told", health=Health.WARN, what=what, elsewhere=f"{again} --region {stage.region}")


def subscriptions(stage: "Stage") -> Iterator[Mapping[str, str]]:
    """The subscriptions to a stage's topic, as SNS tells them."""
    topic = stage.settings.topic
    cursor: dict[str, str] = {}
    for _ in range(_PAGES_AT_MOST if topic else 0):
        with translated_errors("SNS"):
            page = stage.clients.of("sns").list_subscriptions_by_topic(TopicArn=topic, **cursor)
        yield from (one for one in page.get("Subscriptions", []) if one["SubscriptionArn"] != _GONE)
        if not page.get("NextToken"):
            return
        cursor = {"NextToken": page["NextToken"]}
