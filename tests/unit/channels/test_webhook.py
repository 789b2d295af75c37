import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import standardwebhooks

from omnipub.channels.answers import SHORTEST_WAIT
from omnipub.channels.networks.webhook import BODY_BYTES, Webhook, delivery_id
from omnipub.domain.conversation import Account, Occasion, Request, Response, Secret
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.message import Content, MediaReference

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NEW_SECRET = "whsec_" + base64.b64encode(bytes(range(32, 64))).decode()
HOOK = Account(id="hook-1", base_url="https://hooks.example.com/in?key=1", token=Secret(SECRET))
WEBHOOK = Webhook()

Converse = Callable[..., tuple[list[Request], Any]]


def now() -> datetime:
    return datetime.now(UTC)  # the official library compares with the wall clock


def delivered(request: Request, *secrets: str) -> list[Any]:
    """What the official library's receivers make of a request, each with its secret."""
    headers = {name: value.reveal() if isinstance(value, Secret) else value for name, value in request.headers.items()}
    return [standardwebhooks.Webhook(secret).verify(request.raw or b"", headers) for secret in secrets]


def test_the_body_is_exactly_this(occasion: Occasion, pictures: tuple[MediaReference, ...]) -> None:
    content = Content(text="Grüße,\n“you”", link="https://example.com/a", hashtags=("aws",), media=pictures[:1])
    assert WEBHOOK.render(content, occasion) == {
        "id": "msg_" + sha256(occasion.delivery_key.encode()).hexdigest()[:32],
        "body": (
            '{"type":"message.published","timestamp":"2026-11-23T09:00:00.000Z","data":'
            '{"text":"Grüße,\\n“you”\\n\\n#aws","link":"https://example.com/a","link_title":"","hashtags":["aws"],'
            '"media":[{"key":"' + "aa" * 32 + '","content_type":"image/png","alt":"A rack of servers"}]}}'
        ),
    }


def test_a_delivery_is_posted_signed_to_the_users_address(converse: Converse, occasion: Occasion) -> None:
    frozen = WEBHOOK.render(Content(text="Hello"), occasion)
    requests, outcome = converse(WEBHOOK.publish(frozen, HOOK, now), Response(status=204))
    (request,) = requests
    assert (request.method, request.url) == ("POST", HOOK.base_url)
    assert request.user_given
    assert request.publishes
    assert request.raw == frozen["body"].encode()
    (event,) = delivered(request, SECRET)
    assert event["data"]["text"] == "Hello"
    assert outcome == Outcome(ended=TryEnd.PUBLISHED, network_id=frozen["id"])


def test_while_a_secret_is_replaced_receivers_with_either_accept(converse: Converse, occasion: Occasion) -> None:
    frozen = WEBHOOK.render(Content(text="Hello"), occasion)
    account = replace(HOOK, token=Secret(f"{NEW_SECRET} {SECRET}"))
    (request,), _ = converse(WEBHOOK.publish(frozen, account, now), Response(status=200))
    assert len(delivered(request, SECRET, NEW_SECRET)) == 2
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        delivered(request, "whsec_" + base64.b64encode(b"x" * 32).decode())


def test_a_second_try_has_the_same_id_and_bytes_and_a_new_timestamp(converse: Converse, occasion: Occasion) -> None:
    frozen = WEBHOOK.render(Content(text="Hello"), occasion)
    later = now() + timedelta(seconds=90)
    (first,), _ = converse(WEBHOOK.publish(frozen, HOOK, now), Response(status=500))
    (second,), _ = converse(WEBHOOK.publish(frozen, HOOK, lambda: later), Response(status=200))
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.raw == second.raw
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_an_id_belongs_to_one_delivery_and_has_no_dots(occasion: Occasion) -> None:
    assert delivery_id("MSG#1/CHANNEL#webhook:a.b") != delivery_id("MSG#1/CHANNEL#webhook")
    assert "." not in delivery_id("MSG#1/CHANNEL#webhook:a.b")
    assert WEBHOOK.render(Content(text="a"), occasion)["id"] == WEBHOOK.render(Content(text="b"), occasion)["id"]


ANSWERS = [
    (200, TryEnd.PUBLISHED),
    (202, TryEnd.PUBLISHED),
    (299, TryEnd.PUBLISHED),
    (301, TryEnd.NOT_SENT),
    (307, TryEnd.NOT_SENT),
    (400, TryEnd.NOT_SENT),
    (401, TryEnd.NOT_SENT),
    (403, TryEnd.NOT_SENT),
    (404, TryEnd.NOT_SENT),
    (408, TryEnd.NOT_SENT),
    (410, TryEnd.AUTH),
    (429, TryEnd.THROTTLED),
    (500, TryEnd.AMBIGUOUS),
    (502, TryEnd.AMBIGUOUS),
    (503, TryEnd.AMBIGUOUS),
    (504, TryEnd.AMBIGUOUS),
]


@pytest.mark.parametrize(("status", "ended"), ANSWERS)
def test_each_status_has_its_end(status: int, ended: TryEnd, converse: Converse, occasion: Occasion) -> None:
    frozen = WEBHOOK.render(Content(text="Hello"), occasion)
    _, outcome = converse(WEBHOOK.publish(frozen, HOOK, now), Response(status=status, body={"error": "my words"}))
    assert outcome.ended is ended
    if ended is not TryEnd.PUBLISHED:
        assert outcome.code == str(status)
        assert "my words" in outcome.sentence


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "120"}, timedelta(minutes=2)),
        ({"retry-after": "0"}, SHORTEST_WAIT),
        (
            {"retry-after": "Mon, 23 Nov 2026 09:05:00 GMT", "date": "Mon, 23 Nov 2026 09:00:00 GMT"},
            timedelta(minutes=5),
        ),
        ({"retry-after": "soon"}, None),
    ],
)
def test_a_throttling_receiver_says_when_to_come_back(
    headers: dict[str, str], wait: timedelta | None, converse: Converse, occasion: Occasion
) -> None:
    frozen = WEBHOOK.render(Content(text="Hello"), occasion)
    _, outcome = converse(WEBHOOK.publish(frozen, HOOK, now), Response(status=429, headers=headers, body=""))
    assert outcome.wait == wait


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!", "plain-secret", SECRET + " oops", "whsec_abc"])
def test_a_secret_that_makes_no_sense_holds_the_account_before_anything_is_sent(
    secret: str, converse: Converse, occasion: Occasion
) -> None:
    frozen = WEBHOOK.render(Content(text="Hello"), occasion)
    requests, outcome = converse(WEBHOOK.publish(frozen, replace(HOOK, token=Secret(secret)), now))
    assert requests == []
    assert outcome.ended is TryEnd.AUTH


def test_the_largest_text_and_images_that_the_limits_allow_fit_into_the_body(occasion: Occasion) -> None:
    (most, _unit), *_ = WEBHOOK.limits.text
    image = MediaReference(key="ff" * 32, content_type="image/jpeg", size=1, alt="😀" * WEBHOOK.limits.alt_text)
    content = Content(text="a" * most, link="https://example.com/" + "b" * 500, media=(image,) * WEBHOOK.limits.images)
    assert len(WEBHOOK.render(content, occasion)["body"].encode()) <= BODY_BYTES


def test_a_body_that_grew_in_json_is_refused_before_anything_is_sent(converse: Converse, occasion: Occasion) -> None:
    frozen = WEBHOOK.render(Content(text='"' * 10_000), occasion)
    requests, outcome = converse(WEBHOOK.publish(frozen, HOOK, now))
    assert requests == []
    assert outcome.ended is TryEnd.REJECTED
    assert f"{BODY_BYTES:,}" in outcome.sentence


def test_the_token_is_not_in_what_is_frozen_or_shown(converse: Converse, occasion: Occasion) -> None:
    frozen = WEBHOOK.render(Content(text="Hello"), occasion)
    requests, _ = converse(WEBHOOK.publish(frozen, HOOK, now), Response(status=401))
    assert SECRET not in json.dumps(frozen) + repr(requests)


def test_a_receiver_is_neither_asked_nor_told_to_forget(converse: Converse) -> None:
    requests, sighting = converse(WEBHOOK.look_up(HOOK, now()))
    assert requests == []
    assert sighting.failed is not None
    assert sighting.reaches_back_to is None
    requests, outcome = converse(WEBHOOK.delete("msg_1", HOOK))
    assert requests == []
    assert outcome.ended is TryEnd.REJECTED
    assert WEBHOOK.remedy("hook-1") is ReconcileMethod.RESEND


def test_a_post_is_recognised_by_its_text(occasion: Occasion) -> None:
    content = Content(text="Hello", hashtags=("aws",))
    assert WEBHOOK.text_of(WEBHOOK.render(content, occasion)) == WEBHOOK.text(content) == "Hello\n\n#aws"
