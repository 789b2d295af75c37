"""Telegram's dialect (messages, photos, albums, limits, errors)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import RemoteDisconnected
from typing import Any

import pytest

from integration.sandbox.driver import PNG, Reply, Sandbox
from omnipub.sandbox.faults import FaultKind
from omnipub.sandbox.ledger import now_ms

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
CHAT = "@omnipub"
NO_FILES: Mapping[str, bytes] = {}


@dataclass(frozen=True)
class Bot:
    """A bot in a chat."""

    sandbox: Sandbox
    account: str = CHAT
    token: str = TOKEN

    def call(self, method: str, body: object = None) -> Reply:
        return self.sandbox.send("POST", f"/telegram/bot{self.token}/{method}", body)

    def form(self, method: str, files: Mapping[str, bytes] = NO_FILES, **fields: object) -> Reply:
        values = {"chat_id": self.account} | fields
        parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in values.items()]
        parts += [f'name="{name}"; filename="a.png"\r\n\r\n'.encode() + content for name, content in files.items()]
        body = b"".join(b"--edge\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--edge--"
        headers = {"Content-Type": "multipart/form-data; boundary=edge"}
        return self.sandbox.send("POST", f"/telegram/bot{self.token}/{method}", body, headers=headers)

    def publish(self, text: str, **more: object) -> Reply:
        return self.call("sendMessage", {"chat_id": self.account, "text": text} | more)

    def photo(self, content: bytes = PNG, **fields: object) -> Reply:
        return self.form("sendPhoto", {"photo": content}, **fields)

    def album(self, *captions: str, files: Mapping[str, bytes] | None = None) -> Reply:
        media = [
            {"type": "photo", "media": f"attach://p{n}"} | ({"caption": caption} if caption else {})
            for n, caption in enumerate(captions)
        ]
        sent = {f"p{n}": PNG + bytes([n]) for n in range(len(captions))} if files is None else files
        return self.form("sendMediaGroup", sent, media=json.dumps(media))

    def delete(self, message: object) -> Reply:
        return self.call("deleteMessage", {"chat_id": self.account, "message_id": message})

    def count(self) -> dict[str, int]:
        return self.sandbox.count("telegram", self.account)


@pytest.fixture
def bot(sandbox: Sandbox) -> Bot:
    opened = Bot(sandbox)
    assert sandbox.open("telegram", opened.account, opened.token).status == 201
    return opened


def error(reply: Reply) -> tuple[int, str]:
    assert reply.json["ok"] is False
    assert reply.json["error_code"] == reply.status
    return reply.status, reply.json["description"]


def test_a_message_has_a_number_in_its_chat(bot: Bot) -> None:
    reply = bot.publish("Grüße 🌍")
    assert (reply.status, reply.json["ok"]) == (200, True)
    result: Any = reply.json["result"]
    assert (result["text"], result["chat"]["username"], result["chat"]["type"]) == ("Grüße 🌍", "omnipub", "channel")
    (post,) = bot.sandbox.posts()
    assert post["id"] == f"{result['chat']['id']}/{result['message_id']}"
    assert (post["text"], post["sent"]) == ("Grüße 🌍", {"chat_id": CHAT, "text": "Grüße 🌍"})


def test_a_chat_is_known_by_its_name_and_by_its_number(bot: Bot) -> None:
    number = bot.publish("by name").json["result"]["chat"]["id"]
    assert str(number).startswith("-100")
    assert bot.call("sendMessage", {"chat_id": number, "text": "by number"}).status == 200
    assert bot.call("sendMessage", {"chat_id": str(number), "text": "by number as text"}).status == 200
    assert bot.count()["posts"] == 3


def test_a_chat_without_a_public_name_has_only_its_number(sandbox: Sandbox) -> None:
    private = Bot(sandbox, account="-1001234567890")
    sandbox.open("telegram", private.account, private.token)
    chat = private.publish("x").json["result"]["chat"]
    assert chat["id"] == -1001234567890
    assert "username" not in chat


def test_a_preview_carries_the_link_unless_it_is_off(bot: Bot) -> None:
    bot.publish("a", link_preview_options={"url": "https://example.org/a"})
    bot.publish("b", link_preview_options={"url": "https://example.org/a", "is_disabled": True})
    assert [post["link"] for post in bot.sandbox.posts()] == ["", "https://example.org/a"]


def test_a_photo_has_a_caption(bot: Bot) -> None:
    reply = bot.photo(caption="look")
    assert reply.json["result"]["caption"] == "look"
    (post,) = bot.sandbox.posts()
    assert (post["text"], post["sent"]) == ("look", {"chat_id": CHAT, "caption": "look"})
    assert bot.sandbox.send("GET", f"/media/{post['media'][0]['sha']}").body == PNG
    assert bot.call("sendPhoto", {"chat_id": CHAT, "photo": "https://example.org/a.png"}).status == 200


def test_an_album_is_one_post_of_several_messages(bot: Bot) -> None:
    reply = bot.album("look", "", "third")
    numbers = [message["message_id"] for message in reply.json["result"]]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    (post,) = bot.sandbox.posts()
    assert post["id"].endswith(f"/{numbers[0]},{numbers[1]},{numbers[2]}")
    assert (post["text"], [picture["alt"] for picture in post["media"]]) == ("look", ["", "", "third"])


WRONG: list[tuple[dict[str, object], str]] = [
    ({"text": ""}, "message text is empty"),
    ({"text": " \n"}, "message text is empty"),
    ({"text": "😀" * 2_049}, "Text is too long"),
    ({"text": 1}, "/text"),
    ({"chat_id": "@nobody"}, "chat not found"),
    ({"chat_id": "omnipub"}, "/chat_id"),
    ({"chat_id": True}, "/chat_id"),
    ({"parse_mode": "HTML"}, "/parse_mode"),
    ({"link_preview_options": {"url": "no"}}, "url"),
    ({"link_preview_options": "x"}, "/link_preview_options"),
]


@pytest.mark.parametrize(("change", "named"), WRONG, ids=lambda value: str(value)[:50])
def test_a_message_that_telegram_would_not_take_is_refused_and_no_post(
    bot: Bot, change: dict[str, object], named: str
) -> None:
    status, description = error(bot.call("sendMessage", {"chat_id": CHAT, "text": "fine"} | change))
    assert status == 400
    assert description.startswith("Bad Request: ")
    assert named in description
    assert bot.sandbox.posts() == []


def test_a_photo_that_telegram_would_not_take_is_refused_and_no_post(bot: Bot) -> None:
    refused = [
        bot.photo(caption="x" * 1_025),
        bot.photo(b"%PDF-1.7"),
        bot.photo(PNG + b"x" * 10_000_000),
        bot.photo(photo="https://example.org/a.png"),
        bot.form("sendPhoto"),
        bot.form("sendPhoto", {"picture": PNG}),
        bot.call("sendPhoto", {"chat_id": CHAT, "photo": "attach://missing"}),
        bot.call("sendPhoto", {"chat_id": CHAT, "photo": "ftp://example.org"}),
        bot.album("alone"),
        bot.album(*["x"] * 11),
        bot.album("a", "b", files={"p0": PNG}),
        bot.album("a", "x" * 1_025),
        bot.form("sendMediaGroup", media="[broken"),
        bot.form("sendMessage", {"photo": PNG}, text="x"),
    ]
    assert [error(reply)[0] for reply in refused] == [400] * len(refused)
    assert bot.sandbox.posts() == []


@pytest.mark.parametrize(
    ("token", "status", "description"),
    [
        ("110201543:BBHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", 401, "Unauthorized"),
        ("nonsense", 404, "Not Found"),
        ("", 404, "Not Found"),
    ],
)
def test_a_wrong_token_leads_nowhere(bot: Bot, token: str, status: int, description: str) -> None:
    assert error(Bot(bot.sandbox, token=token).publish("x")) == (status, description)
    assert bot.sandbox.posts() == []


def test_a_bot_writes_only_where_it_is_a_member(bot: Bot) -> None:
    other = Bot(bot.sandbox, account="@elsewhere", token=TOKEN.replace("AAH", "BBH"))
    bot.sandbox.open("telegram", other.account, other.token)
    status, description = error(Bot(bot.sandbox, token=other.token).publish("x"))
    assert (status, description) == (403, "Forbidden: bot is not a member of the channel chat")


def test_a_token_must_look_like_one(sandbox: Sandbox) -> None:
    assert sandbox.open("telegram", CHAT, "secret").status == 400


def test_a_message_can_be_deleted_once(bot: Bot) -> None:
    message = bot.publish("soon gone").json["result"]["message_id"]
    assert bot.delete(message).json == {"ok": True, "result": True}
    assert error(bot.delete(message)) == (400, "Bad Request: message to delete not found")
    assert error(bot.delete(message + 1))[0] == 400
    assert error(bot.delete("x"))[0] == 400
    assert bot.count() == {"posts": 0, "doubles": 0, "repeats": 0, "deleted": 1}


def test_an_album_goes_message_by_message(bot: Bot) -> None:
    numbers = [message["message_id"] for message in bot.album("a", "b").json["result"]]
    assert [(bot.delete(number).status, bot.count()["deleted"]) for number in numbers] == [(200, 0), (200, 1)]


def test_no_message_of_an_album_is_deleted_twice(bot: Bot) -> None:
    first, second = [message["message_id"] for message in bot.album("a", "b").json["result"]]
    assert bot.delete(first).status == 200
    assert error(bot.delete(first)) == (400, "Bad Request: message to delete not found")
    assert bot.delete(second).status == 200
    assert error(bot.delete(second)) == (400, "Bad Request: message to delete not found")


def test_a_message_older_than_48_hours_stays(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    message = bot.publish("here to stay").json["result"]["message_id"]
    later = now_ms() + 48 * 3600 * 1000 + 1000
    monkeypatch.setattr("omnipub.sandbox.networks.telegram.endpoints.now_ms", lambda: later)
    assert error(bot.delete(message)) == (400, "Bad Request: message can't be deleted")
    assert bot.count()["deleted"] == 0


def test_there_is_nothing_to_look_up(bot: Bot) -> None:
    for method in ("getUpdates", "getChatHistory", "sendVideo"):
        assert error(bot.call(method, {"chat_id": CHAT})) == (404, "Not Found")
    assert bot.sandbox.send("GET", f"/telegram/bot{TOKEN}/sendMessage?chat_id={CHAT}&text=x").status == 404


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FaultKind.THROTTLE, (429, "Too Many Requests: retry after 34")),
        (FaultKind.ERROR_BEFORE, (500, "Internal Server Error")),
        (FaultKind.EXPIRED_TOKEN, (401, "Unauthorized")),
        (FaultKind.REJECT, (400, "Bad Request: the message is refused")),
    ],
)
def test_a_refusal_is_in_telegrams_words_and_nothing_is_out(
    bot: Bot, kind: FaultKind, expected: tuple[int, str]
) -> None:
    more = {"wait_seconds": 34} if kind is FaultKind.THROTTLE else {}
    bot.sandbox.order(network="telegram", kind=kind, account=CHAT, **more)
    reply = bot.publish("x")
    assert (error(reply), bot.sandbox.posts()) == (expected, [])
    assert reply.json.get("parameters") == ({"retry_after": 34} if kind is FaultKind.THROTTLE else None)
    assert bot.publish("x").status == 200


def test_an_answer_can_lack_the_messages_number(bot: Bot) -> None:
    bot.sandbox.order(network="telegram", kind=FaultKind.NO_ID)
    assert (bot.publish("x").json, bot.count()["posts"]) == ({"ok": True, "result": True}, 1)


def test_a_hang_publishes_and_the_same_again_is_a_double(bot: Bot) -> None:
    bot.sandbox.order(network="telegram", kind=FaultKind.ACCEPT_THEN_HANG, seconds=0.1)
    with pytest.raises(RemoteDisconnected):
        bot.publish("x")
    bot.publish("x")
    assert bot.count() == {"posts": 2, "doubles": 1, "repeats": 0, "deleted": 0}


def test_orders_meet_deletions_too(bot: Bot) -> None:
    message = bot.publish("x").json["result"]["message_id"]
    bot.sandbox.order(network="telegram", kind=FaultKind.ERROR_BEFORE, endpoint="delete")
    assert [bot.delete(message).status for _ in range(2)] == [500, 200]


@pytest.mark.parametrize("kind", ["listed_late", "duplicate_detection"])
def test_trouble_with_what_telegram_has_not_makes_no_sense(bot: Bot, kind: str) -> None:
    assert bot.sandbox.send("POST", "/_sandbox/faults", {"network": "telegram", "kind": kind}).status == 400


def test_the_wall_shows_the_post_and_never_the_token(bot: Bot) -> None:
    bot.publish("on the wall")
    (record,) = bot.sandbox.posts()
    page = bot.sandbox.send("GET", record["permalink"].removeprefix(bot.sandbox.url)).body.decode()
    assert 'class="telegram"' in page
    assert "on the wall" in page
    assert TOKEN not in page + json.dumps(record)
