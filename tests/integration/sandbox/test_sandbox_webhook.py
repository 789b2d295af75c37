"""The Standard Webhooks receiver, checked with the official library's signatures."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from integration.sandbox.driver import Receiver, envelope

BODY = envelope({"text": "Grüße 🌍", "link": "https://example.org"})
OTHER_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"


NOW = datetime.now(UTC)


def signed(secret: str, delivery: str = "msg_1") -> str:
    return Webhook(secret).sign(delivery, NOW, BODY.decode())


def test_a_signed_delivery_is_a_post(receiver: Receiver) -> None:
    assert receiver.deliver(BODY).status == 200
    record = receiver.sandbox.posts()[0]
    assert (record["id"], record["text"], record["link"]) == ("msg_1", "Grüße 🌍", "https://example.org")


def test_the_same_id_again_is_welcome_and_counted_as_a_repeat(receiver: Receiver) -> None:
    assert [receiver.deliver(BODY).status for _ in range(3)] == [200, 200, 200]
    counted = {"posts": 1, "doubles": 0, "repeats": 2, "deleted": 0}
    assert receiver.sandbox.count("webhook", receiver.account) == counted


def test_one_fitting_signature_among_several_is_enough(receiver: Receiver) -> None:
    signatures = f"v1a,AAAA {signed(OTHER_SECRET)} v1,%% {signed(receiver.token)}"
    assert receiver.deliver(BODY, at=NOW, signature=signatures).status == 200


@pytest.mark.parametrize(
    "signature",
    [
        signed(OTHER_SECRET),
        signed(Receiver.token, "msg_2"),
        signed(Receiver.token).replace("v1,", "v1a,"),
        signed(Receiver.token).removeprefix("v1,"),
        "v1,",
        "v1,AAAA",
    ],
    ids=["other secret", "other id", "other version", "no version", "empty", "too short"],
)
def test_a_signature_that_does_not_fit_is_401_and_no_post(receiver: Receiver, signature: str) -> None:
    assert receiver.deliver(BODY, at=NOW, signature=signature).status == 401
    assert receiver.sandbox.posts() == []


def test_a_changed_body_does_not_fit_its_signature(receiver: Receiver) -> None:
    changed = BODY.replace(b"example", b"elpmaxe")
    assert receiver.deliver(changed, at=NOW, signature=signed(receiver.token)).status == 401
    assert receiver.deliver(BODY, at=NOW, signature=signed(receiver.token)).status == 200


@pytest.mark.parametrize(("minutes", "status"), [(-6, 401), (-4, 200), (4, 200), (6, 401)])
def test_a_delivery_counts_for_five_minutes_around_its_moment(receiver: Receiver, minutes: int, status: int) -> None:
    assert receiver.deliver(BODY, at=datetime.now(UTC) + timedelta(minutes=minutes)).status == status


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b'{"type":"a","timestamp":"2026-11-23T10:00:00Z"}',
        b'{"type":"a","timestamp":"yesterday","data":{}}',
        b'{"type":"a","timestamp":"2026-11-23T10:00:00Z","data":"text"}',
        b'{"type":"a","timestamp":"2026-11-23T10:00:00Z","data":{},"more":1}',
    ],
)
def test_a_signed_body_of_another_shape_is_400_and_no_post(receiver: Receiver, body: bytes) -> None:
    assert receiver.deliver(body).status == 400
    assert receiver.sandbox.posts() == []


def test_an_id_with_a_dot_is_refused(receiver: Receiver) -> None:
    assert receiver.deliver(BODY, delivery="msg.1").status == 400


def test_a_delivery_without_headers_is_refused(receiver: Receiver) -> None:
    assert receiver.sandbox.send("POST", "/webhook/news", BODY).status == 400


def test_an_endpoint_that_nobody_opened_is_404(receiver: Receiver) -> None:
    assert Receiver(receiver.sandbox, account="nowhere").deliver(BODY).status == 404


def test_the_same_id_at_two_endpoints_is_two_posts(receiver: Receiver) -> None:
    receiver.sandbox.open("webhook", "second", receiver.token)
    receiver.deliver(BODY)
    Receiver(receiver.sandbox, account="second").deliver(BODY)
    assert receiver.sandbox.count("webhook", "second")["posts"] == 1
    assert receiver.sandbox.count("webhook", receiver.account)["repeats"] == 0


def test_pictures_are_shown_by_their_addresses(receiver: Receiver) -> None:
    receiver.deliver(
        envelope({"text": "two", "media": ["https://a.example/1", {"url": "https://a.example/2", "alt": "b"}]})
    )
    assert [picture["alt"] for picture in receiver.sandbox.posts()[0]["media"]] == ["", "b"]
