import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from omnipub.channels.answers import SHORTEST_WAIT
from omnipub.channels.networks.telegram.channel import Telegram
from omnipub.channels.networks.telegram.errors import REGAIN
from omnipub.domain.conversation import Account, MediaPart, Occasion, Request, Response, Secret
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.message import Content, MediaReference
from omnipub.services.channels.validate import objections

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
ACCOUNT = Account(id="@omnipub", base_url=Telegram.base_url, token=Secret(TOKEN))
PRIVATE = replace(ACCOUNT, id="-1001234567890")
SANDBOX = replace(ACCOUNT, base_url="http://127.0.0.1:4000/telegram")
NOW = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
TELEGRAM = Telegram()

Converse = Callable[..., tuple[list[Request], Any]]


def now() -> datetime:
    return NOW


def sent(chat: int = -1001234567890, username: str = "omnipub", message: int = 12) -> Response:
    where = {"id": chat, "type": "channel"} | ({"username": username} if username else {})
    return Response(status=200, body={"ok": True, "result": {"message_id": message, "date": 1, "chat": where}})


def bot_error(status: int, description: str = "words of Telegram", **parameters: int) -> Response:
    body = {"ok": False, "error_code": status, "description": description}
    return Response(status=status, body=body | ({"parameters": parameters} if parameters else {}))


def test_a_text_is_one_request_that_publishes(converse: Converse, occasion: Occasion) -> None:
    frozen = TELEGRAM.render(Content(text="Hello <b>you</b> & *me*", hashtags=("aws",)), occasion)
    requests, outcome = converse(TELEGRAM.publish(frozen, ACCOUNT, now), sent())
    (request,) = requests
    assert request.method == "POST"
    assert request.url == f"https://api.telegram.org/bot{TOKEN}/sendMessage"
    assert request.json == {"chat_id": "@omnipub", "text": "Hello <b>you</b> & *me*\n\n#aws"}
    assert request.publishes
    assert outcome == Outcome(
        ended=TryEnd.PUBLISHED, network_id="-1001234567890/12", permalink="https://t.me/omnipub/12"
    )


@pytest.mark.parametrize(
    ("answer", "permalink"),
    [
        (sent(), "https://t.me/omnipub/12"),
        (sent(username=""), "https://t.me/c/1234567890/12"),
        (sent(chat=-4001, username=""), ""),
        (sent(chat=77, username=""), ""),
    ],
)
def test_a_permalink_is_what_the_chat_has(
    answer: Response, permalink: str, converse: Converse, occasion: Occasion
) -> None:
    frozen = TELEGRAM.render(Content(text="Hello"), occasion)
    _, outcome = converse(TELEGRAM.publish(frozen, PRIVATE, now), answer)
    assert outcome.permalink == permalink


def test_in_the_sandbox_the_permalink_leads_to_the_sandbox(converse: Converse, occasion: Occasion) -> None:
    frozen = TELEGRAM.render(Content(text="Hello"), occasion)
    _, outcome = converse(TELEGRAM.publish(frozen, SANDBOX, now), sent())
    assert outcome.permalink == "http://127.0.0.1:4000/posts/telegram/-1001234567890%2F12"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Read", "Read\n\nhttps://example.com/a"),
        ("", "https://example.com/a"),
        ("Read (https://example.com/a).", "Read (https://example.com/a)."),
        ("Read https://example.com/ab", "Read https://example.com/ab\n\nhttps://example.com/a"),
    ],
)
def test_a_link_stands_in_the_text_and_is_the_one_that_is_previewed(
    text: str, shown: str, converse: Converse, occasion: Occasion
) -> None:
    content = Content(text=text, link="https://example.com/a")
    frozen = TELEGRAM.render(content, occasion)
    (request,), _ = converse(TELEGRAM.publish(frozen, ACCOUNT, now), sent())
    assert request.json["text"] == TELEGRAM.text(content) == TELEGRAM.text_of(frozen) == shown
    assert request.json["link_preview_options"] == {"url": "https://example.com/a"}


@pytest.mark.parametrize(("text", "caption"), [("Look", {"caption": "Look"}), ("", {})])
def test_an_image_is_a_photo_with_the_text_as_its_caption(
    text: str, caption: dict[str, str], converse: Converse, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    frozen = TELEGRAM.render(Content(text=text, media=pictures[:1]), occasion)
    (request,), outcome = converse(TELEGRAM.publish(frozen, ACCOUNT, now), sent())
    assert request.url == f"https://api.telegram.org/bot{TOKEN}/sendPhoto"
    assert request.form == {"chat_id": "@omnipub"} | caption
    assert request.media == MediaPart(key=pictures[0].key, content_type="image/png", field="photo")
    assert request.publishes
    assert outcome.ended is TryEnd.PUBLISHED


def test_several_images_are_an_album_in_one_request(
    converse: Converse, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    frozen = TELEGRAM.render(Content(text="Look", media=pictures), occasion)
    answer = sent()
    messages = [answer.body["result"] | {"message_id": number} for number in (12, 13, 14)]
    (request,), outcome = converse(
        TELEGRAM.publish(frozen, ACCOUNT, now), replace(answer, body={"ok": True, "result": messages})
    )
    assert request.url == f"https://api.telegram.org/bot{TOKEN}/sendMediaGroup"
    assert json.loads(request.form["media"]) == [
        {"type": "photo", "media": "attach://image0", "caption": "Look"},
        {"type": "photo", "media": "attach://image1"},
        {"type": "photo", "media": "attach://image2"},
    ]
    assert [(file.field, file.key) for file in request.files] == [
        (f"image{number}", picture.key) for number, picture in enumerate(pictures)
    ]
    assert (outcome.network_id, outcome.permalink) == ("-1001234567890/12,13,14", "https://t.me/omnipub/12")


def test_an_album_is_deleted_message_by_message(converse: Converse) -> None:
    done = Response(status=200, body={"ok": True, "result": True})
    requests, outcome = converse(
        TELEGRAM.delete("-1001/12,13", ACCOUNT), done, bot_error(400, "Bad Request: message to delete not found")
    )
    assert [request.json["message_id"] for request in requests] == [12, 13]
    assert outcome.ended is TryEnd.PUBLISHED
    _, outcome = converse(TELEGRAM.delete("-1001/12,13", ACCOUNT), done, bot_error(500))
    assert outcome.ended is TryEnd.AMBIGUOUS


@pytest.mark.parametrize(
    ("text", "images", "broken"),
    [
        ("x" * 4_096, 0, []),
        ("😀" * 2_048, 0, []),
        ("😀" * 2_049, 0, ["Telegram: The text has 4,098 utf-16 units; at most 4,096 are allowed."]),
        ("x" * 1_024, 1, []),
        ("x" * 1_025, 1, ["Telegram: The text beside images has 1,025 utf-16 units; at most 1,024 are allowed."]),
    ],
)
def test_beside_an_image_the_bound_of_captions_holds(
    text: str, images: int, broken: list[str], pictures: tuple[MediaReference, ...]
) -> None:
    assert objections(Content(text=text, media=pictures[:images]), TELEGRAM) == broken


def test_the_link_counts_as_text() -> None:
    content = Content(text="x" * 4_090, link="https://example.com/a")
    assert len(objections(content, TELEGRAM)) == 1


def test_a_group_that_became_a_supergroup_gets_the_message_under_its_new_number(
    converse: Converse, occasion: Occasion
) -> None:
    frozen = TELEGRAM.render(Content(text="Hello"), occasion)
    moved = bot_error(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009)
    requests, outcome = converse(TELEGRAM.publish(frozen, replace(ACCOUNT, id="-44"), now), moved, sent(chat=-1009))
    assert [request.json["chat_id"] for request in requests] == ["-44", "-1009"]
    assert outcome.network_id == "-1009/12"
    _, outcome = converse(TELEGRAM.publish(frozen, ACCOUNT, now), moved, moved)
    assert outcome.ended is TryEnd.AUTH, "the channel has to be connected with its new id"
    assert "supergroup" in outcome.sentence


LOST = (
    "chat not found",
    "not enough rights to send text messages to the chat",
    "not enough rights to send photos to the chat",
    "need administrator rights in the channel chat",
    "have no rights to send a message",
    "CHAT_WRITE_FORBIDDEN",
    "CHAT_RESTRICTED",
    "CHAT_SEND_PHOTOS_FORBIDDEN",
    "group chat was deactivated",
)
"""As public programs meet them from the Bot API, which says this with 400 and not with 403."""

ERRORS = [
    *[(bot_error(400, f"Bad Request: {said}"), TryEnd.AUTH) for said in LOST],
    (bot_error(400, "Bad Request: message text is empty"), TryEnd.REJECTED),
    (bot_error(401, "Unauthorized"), TryEnd.AUTH),
    (bot_error(403, "Forbidden: bot was kicked from the channel chat"), TryEnd.AUTH),
    (bot_error(404, "Not Found"), TryEnd.AUTH),
    (bot_error(413, "Request Entity Too Large"), TryEnd.REJECTED),
    (bot_error(429, "Too Many Requests"), TryEnd.THROTTLED),
    (bot_error(500), TryEnd.AMBIGUOUS),
    (Response(status=502, body="<html>Bad Gateway</html>"), TryEnd.AMBIGUOUS),
    (Response(status=409, body=None), TryEnd.AMBIGUOUS),
    (Response(status=302, body=""), TryEnd.AMBIGUOUS),
    (Response(status=200, body={"ok": True, "result": True}), TryEnd.AMBIGUOUS),
    (Response(status=200, body={"ok": True, "result": {"message_id": 12}}), TryEnd.AMBIGUOUS),
    (Response(status=200, body={"ok": True, "result": []}), TryEnd.AMBIGUOUS),
    (Response(status=200, body={"ok": False}), TryEnd.AMBIGUOUS),
    (Response(status=200, body="<html>"), TryEnd.AMBIGUOUS),
]


@pytest.mark.parametrize(("answer", "ended"), ERRORS)
def test_each_error_has_its_end(answer: Response, ended: TryEnd, converse: Converse, occasion: Occasion) -> None:
    _, outcome = converse(TELEGRAM.publish(TELEGRAM.render(Content(text="Hi"), occasion), ACCOUNT, now), answer)
    assert outcome.ended is ended
    assert outcome.code
    assert outcome.sentence
    assert outcome.wait == (REGAIN if ended is TryEnd.THROTTLED else None)


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (bot_error(429, "Too Many Requests: retry after 34", retry_after=34), timedelta(seconds=34)),
        (bot_error(429, retry_after=1), SHORTEST_WAIT),
        (bot_error(429, retry_after=10**30), timedelta(days=30)),
        (replace(bot_error(429), headers={"retry-after": "120"}), timedelta(minutes=2)),
        (bot_error(429), REGAIN),
    ],
)
def test_throttling_says_when_to_come_back(
    answer: Response, wait: timedelta, converse: Converse, occasion: Occasion
) -> None:
    frozen = TELEGRAM.render(Content(text="Hi"), occasion)
    _, outcome = converse(TELEGRAM.publish(frozen, ACCOUNT, now), answer)
    assert outcome.wait == wait


@pytest.mark.parametrize("token", ["", "110201543", "110201543:", "1:a/b", "1:a?b", "bot1:abc", "1:abc ", "1:ab#c"])
def test_a_token_that_would_lead_elsewhere_holds_the_account_before_anything_is_sent(
    token: str, converse: Converse, occasion: Occasion
) -> None:
    account = replace(ACCOUNT, token=Secret(token))
    frozen = TELEGRAM.render(Content(text="Hi"), occasion)
    for conversation in (TELEGRAM.publish(frozen, account, now), TELEGRAM.delete("-1001/12", account)):
        requests, outcome = converse(conversation)
        assert requests == []
        assert outcome.ended is TryEnd.AUTH


def test_the_token_is_not_in_what_is_frozen_or_shown(converse: Converse, occasion: Occasion) -> None:
    frozen = TELEGRAM.render(Content(text="Hello"), occasion)
    requests, _ = converse(TELEGRAM.publish(frozen, ACCOUNT, now), bot_error(400))
    driven = replace(requests[0], total_timeout=1.0)  # as the driver does it
    shown = json.dumps(frozen) + repr(requests) + str(driven)
    assert TOKEN not in shown
    assert TOKEN.partition(":")[2] not in shown


def test_nothing_can_be_looked_up(converse: Converse) -> None:
    requests, sighting = converse(TELEGRAM.look_up(ACCOUNT, NOW))
    assert requests == []
    assert sighting.failed.code == "no_look_up"
    assert sighting.reaches_back_to is None
    assert TELEGRAM.remedy("@omnipub") is ReconcileMethod.NONE


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (Response(status=200, body={"ok": True, "result": True}), TryEnd.PUBLISHED),
        (bot_error(400, "Bad Request: message to delete not found"), TryEnd.PUBLISHED),
        (bot_error(400, "Bad Request: message can't be deleted"), TryEnd.REJECTED),
        (bot_error(401, "Unauthorized"), TryEnd.AUTH),
        (bot_error(500), TryEnd.AMBIGUOUS),
    ],
)
def test_deleting_ends_as_the_answer_says(answer: Response, ended: TryEnd, converse: Converse) -> None:
    requests, outcome = converse(TELEGRAM.delete("-1001234567890/12", ACCOUNT), answer)
    (request,) = requests
    assert request.url == f"https://api.telegram.org/bot{TOKEN}/deleteMessage"
    assert request.json == {"chat_id": -1001234567890, "message_id": 12}
    assert request.publishes
    assert outcome.ended is ended


def test_a_deletion_says_whether_anything_was_left_to_delete(converse: Converse) -> None:
    done = Response(status=200, body={"ok": True, "result": True})
    missing = bot_error(400, "Bad Request: message to delete not found")
    scripts = [(done, done), (done, missing), (missing, missing)]
    ends = [converse(TELEGRAM.delete("-1001/12,13", ACCOUNT), *script)[1] for script in scripts]
    assert [(one.ended, one.code) for one in ends] == [
        (TryEnd.PUBLISHED, ""),
        (TryEnd.PUBLISHED, ""),
        (TryEnd.PUBLISHED, "gone"),
    ]


def test_a_message_that_is_too_old_to_be_deleted_says_so(converse: Converse) -> None:
    answer = bot_error(400, "Bad Request: message can't be deleted")
    _, outcome = converse(TELEGRAM.delete("-1001/12", ACCOUNT), answer)
    assert "48 hours" in outcome.sentence
    assert "message can't be deleted" in outcome.sentence


@pytest.mark.parametrize("network_id", ["", "12", "x/12", "-100/12/13", "-100/x"])
def test_an_id_that_names_no_message_deletes_none(network_id: str, converse: Converse) -> None:
    requests, outcome = converse(TELEGRAM.delete(network_id, ACCOUNT))
    assert requests == []
    assert outcome.ended is TryEnd.REJECTED


def test_rendering_twice_gives_the_same_bytes(occasion: Occasion, pictures: tuple[MediaReference, ...]) -> None:
    content = Content(text="Look", hashtags=("aws",), link="https://example.com/a", media=pictures)
    assert json.dumps(TELEGRAM.render(content, occasion)) == json.dumps(Telegram().render(content, occasion))
