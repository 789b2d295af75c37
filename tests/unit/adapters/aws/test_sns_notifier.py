"""Notices by a topic: what SNS takes as a subject, and what a refusal is called."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from omnipub.adapters.aws.sns_notifier import SnsNotifier
from omnipub.domain.notice import Notice, Phase
from omnipub.errors import OmnipubError
from omnipub.ports.notifier import NoticeRefusedError
from omnipub.services.notify.notice_text import text_of
from support.described import aws

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms-1"
NOTICE = Notice(
    id="0123456789abcdef",
    phase=Phase.BEGUN,
    kind="failed",
    title="Deliveries failed",
    what="Failed, and waiting: 3.",
    next="An operator can look.",
    at=datetime(2026, 12, 1, 9, 5, tzinfo=UTC),
    first=datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
    origin="prod, live",
)


@pytest.fixture
def sns() -> Iterator[Stubber]:
    with Stubber(aws().create_client("sns", region_name="eu-west-1")) as stub:
        yield stub


def notifier(sns: Stubber, topic: str = TOPIC) -> SnsNotifier:
    clients: Any = SimpleNamespace(of={"sns": sns.client}.__getitem__)
    return SnsNotifier(clients, topic)


def test_the_topic_is_the_one_target(sns: Stubber) -> None:
    assert notifier(sns).targets() == ("topic",)
    assert notifier(sns, "").targets() == ()


def test_a_notice_is_a_subject_and_a_text(sns: Stubber) -> None:
    subject = "Deliveries failed [omnipub prod, live]"
    asked = {"TopicArn": TOPIC, "Subject": subject, "Message": text_of(NOTICE)}
    sns.add_response("publish", {"MessageId": "m-1"}, asked)
    assert notifier(sns).send("topic", NOTICE) == "SNS message m-1"
    sns.assert_no_pending_responses()


def test_a_subject_is_what_sns_takes(sns: Stubber) -> None:
    sent: list[str] = []
    sns.add_response("publish", {"MessageId": "m-1"}, {"TopicArn": TOPIC, "Subject": ANY, "Message": ANY})
    take = lambda params, **_: sent.append(params["Subject"])  # noqa: E731
    sns.client.meta.events.register("before-parameter-build.sns.Publish", take)
    notifier(sns).send("topic", replace(NOTICE, title="Zugänge: " + "x" * 200))
    (subject,) = sent
    assert subject.isascii()
    assert subject.isprintable()
    assert len(subject) < 100


@pytest.mark.parametrize("code", ["NotFound", "AuthorizationError", "InvalidParameter", "Throttling", "InternalError"])
def test_a_refusal_is_one_of_our_errors(sns: Stubber, code: str) -> None:
    sns.add_client_error("publish", code, "No.", 500 if code == "InternalError" else 400)
    with pytest.raises(OmnipubError):
        notifier(sns).send("topic", NOTICE)


def test_there_is_no_other_target(sns: Stubber) -> None:
    with pytest.raises(NoticeRefusedError, match="by its topic alone"):
        notifier(sns).send("mail", NOTICE)
