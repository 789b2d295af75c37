"""Telegram's Bot API for channels and groups, strictly: messages, photos, albums, deletion."""

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from omnipub.sandbox.http_exchange import SandboxAnswer, SandboxRequest, json_answer
from omnipub.sandbox.ledger import Draft, Post, now_ms
from omnipub.sandbox.network import Dialect, Endpoint, FaultAnswer, PostChange, RequestTarget, SandboxState
from omnipub.sandbox.networks.telegram.errors import NETWORK, bot_error, refused, throttled
from omnipub.sandbox.networks.telegram.fields import (
    ALBUM,
    CAPTION_UNITS,
    METHODS,
    TEXT_UNITS,
    checked_length,
    fitting_fields,
    given_fields,
)

TOKEN = r"[0-9]{5,12}:[A-Za-z0-9_-]{30,64}"  # noqa: S105 - a pattern, not a token
PHOTO_BYTES = 10_000_000
_ATTACHED = "attach://"
_DELETABLE_MS = 48 * 3600 * 1000


_ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {"deleteMessage": Endpoint.DELETE} | dict.fromkeys(("getMe", "getChat", "getChatMember"), Endpoint.CHECK)
)
"""What a method wants, if not to publish."""


def place(request: SandboxRequest, _stock: SandboxState) -> RequestTarget | None:
    """Where a request leads; the bot's token is a piece of the path."""
    match (request.method, *request.path):
        case ("POST", _, bot, method) if bot.startswith("bot") and method in METHODS:
            endpoint = _ENDPOINTS.get(method, Endpoint.PUBLISH)
            return RequestTarget(str(given_fields(request).get("chat_id", "")), endpoint)
    return None


def answer(request: SandboxRequest, stock: SandboxState, twist: PostChange) -> SandboxAnswer:
    """Do what a request asks."""
    where = place(request, stock)
    token = request.path[1].removeprefix("bot") if len(request.path) > 1 else ""
    if where is None or not re.fullmatch(TOKEN, token):
        raise refused("absent")
    if not stock.ledger.knows_token(NETWORK, token):
        raise refused("token")
    method = request.path[2]
    values = fitting_fields(request, method)
    if method == "getMe":
        number = int(token.partition(":")[0])
        return _done({"id": number, "is_bot": True, "first_name": "Sandbox bot", "username": f"sandbox{number}_bot"})
    account = _account(stock, where.account)
    if stock.ledger.token(NETWORK, account) != token:
        raise refused("outside")
    allowed = AllowedRequest(stock=stock, twist=twist, account=account, values=values, files=request.form.files)
    return _ACTIONS[method](allowed)


@dataclass(frozen=True, kw_only=True)
class AllowedRequest:
    """A request that was understood and is allowed."""

    stock: SandboxState
    twist: PostChange
    account: str
    values: Mapping[str, Any]
    files: Mapping[str, bytes]

    def publish(self, text: str, *, link: str = "", media: Sequence[dict[str, str]] = ()) -> Post:
        """Accept a message, or an album as one post of several messages."""
        chat, parts = _chat(self.account)["id"], max(1, len(media))
        draft = Draft(
            network=NETWORK,
            account=self.account,
            name=lambda number: f"{chat}/{','.join(map(str, _numbers(number, parts)))}",
            text=text,
            link=link,
            media=media,
            sent=self.values,
        )
        return self.stock.ledger.add(draft, hidden_ms=self.twist.hidden_ms)

    def picture(self, source: object, caption: str) -> dict[str, str]:
        """What an address or the name of an attached file stands for; Telegram has no descriptions."""
        if not isinstance(source, str) or not source.startswith(_ATTACHED):
            if not re.fullmatch(r"https?://[^\s/]+\S*", str(source)):
                raise refused("request", "wrong HTTP URL specified")
            return {"url": str(source), "alt": caption}  # kept as an address: the sandbox fetches nothing
        content = self.files.get(source.removeprefix(_ATTACHED))
        if content is None:
            raise refused("request", f"sandbox: no file was sent as {source}")
        if len(content) > PHOTO_BYTES:
            raise refused("request", "file is too big")
        picture = self.stock.pictures.keep(content, alt=caption)
        if picture is None:
            raise refused("request", "IMAGE_PROCESS_FAILED")
        return picture


def _account(stock: SandboxState, chat: str) -> str:
    """The account of a chat that is named by its public name or its number."""
    accounts = [row["account"] for row in stock.ledger.accounts() if row["network"] == NETWORK]
    found = next((account for account in accounts if chat in {account, str(_chat(account)["id"])}), None)
    if found is None:
        raise refused("request", "chat not found")
    return found


def _chat(account: str) -> dict[str, Any]:
    """The chat as answers describe it: one with a public name has a number too, here made from the name."""
    if account.startswith("@"):
        digest = hashlib.sha256(account.encode()).digest()
        number = -1_000_000_000_000 - int.from_bytes(digest[:4], "big") - 1
        return {"id": number, "title": account[1:], "username": account[1:], "type": "channel"}
    number = int(account) if re.fullmatch(r"-?[0-9]{1,20}", account) else 0
    return {"id": number, "title": account, "type": "channel"}


def _numbers(number: int, parts: int) -> list[int]:
    """The messages' numbers; every post has room for an album."""
    return [number * ALBUM[1] + part for part in range(parts)]


def _send_message(allowed: AllowedRequest) -> SandboxAnswer:
    if allowed.files:
        raise refused("request", "sandbox: sendMessage takes no files")
    text = checked_length(str(allowed.values["text"]), TEXT_UNITS, "Text is too long")
    preview = allowed.values.get("link_preview_options", {})
    link = "" if preview.get("is_disabled") else str(preview.get("url", ""))
    post = allowed.publish(text, link=link)
    return _done(_message(allowed.account, post, 0, text=text))


def _send_photo(allowed: AllowedRequest) -> SandboxAnswer:
    caption = _caption(allowed.values)
    if set(allowed.files) - {"photo"} or len(allowed.files) + ("photo" in allowed.values) != 1:
        raise refused("request", "there is no photo in the request")
    source = allowed.values.get("photo", f"{_ATTACHED}photo")
    post = allowed.publish(caption, media=[allowed.picture(source, "")])
    return _done(_message(allowed.account, post, 0, caption=caption))


def _send_album(allowed: AllowedRequest) -> SandboxAnswer:
    """Several photos, one post; clients show the first one's caption under all of them."""
    items = allowed.values["media"]
    captions = [_caption(item) for item in items]
    wanted = {item["media"].removeprefix(_ATTACHED) for item in items if item["media"].startswith(_ATTACHED)}
    if wanted != set(allowed.files):
        raise refused("request", "sandbox: the files are not those that media names")
    media = [
        allowed.picture(item["media"], caption if at else "")
        for at, (item, caption) in enumerate(zip(items, captions, strict=True))
    ]
    post = allowed.publish(captions[0], media=media)
    return _done([_message(allowed.account, post, at, caption=caption) for at, caption in enumerate(captions)])


def _caption(values: Mapping[str, Any]) -> str:
    return checked_length(str(values.get("caption", "")), CAPTION_UNITS, "message caption is too long")


def _delete(allowed: AllowedRequest) -> SandboxAnswer:
    """Delete a message, of an album that message alone; this bot has no right to delete old ones."""
    wanted = int(allowed.values["message_id"])
    number = wanted // ALBUM[1]
    posts = allowed.stock.ledger.newest(network=NETWORK, account=allowed.account, limit=1_000_000)
    post = next((post for post in posts if post.number == number and wanted in _numbers_of(post)), None)
    if post is None or post.deleted_at:
        raise refused("request", "message to delete not found")
    if now_ms() - post.received_at > _DELETABLE_MS:
        raise refused("request", "message can't be deleted")
    if not allowed.stock.ledger.delete_part(post, wanted, of=len(_numbers_of(post))):
        raise refused("request", "message to delete not found")
    return _done(True)


def _numbers_of(post: Post) -> list[int]:
    return [int(number) for number in post.id.rpartition("/")[2].split(",")]


def _message(account: str, post: Post, part: int, **said: str) -> dict[str, object]:
    known = {"message_id": _numbers_of(post)[part], "date": int(time.time()), "chat": _chat(account)}
    return known | {name: value for name, value in said.items() if value}


def _done(result: object) -> SandboxAnswer:
    return json_answer({"ok": True, "result": result})


def _member(allowed: AllowedRequest) -> SandboxAnswer:
    """Only the bot itself is asked about, which is an administrator wherever its token belongs."""
    user = {"id": allowed.values["user_id"], "is_bot": True, "first_name": "Sandbox bot"}
    return _done({"status": "administrator", "user": user, "can_post_messages": True})


_ACTIONS: Mapping[str, Callable[[AllowedRequest], SandboxAnswer]] = MappingProxyType(
    {
        "sendMessage": _send_message,
        "sendPhoto": _send_photo,
        "sendMediaGroup": _send_album,
        "deleteMessage": _delete,
        "getChat": lambda allowed: _done(_chat(allowed.account)),
        "getChatMember": _member,
    }
)

DIALECT = Dialect(
    network=NETWORK,
    place=place,
    answer=answer,
    troubles={
        FaultAnswer.THROTTLED: lambda _account, wait: throttled(wait),
        FaultAnswer.BROKEN: lambda _account, _wait: bot_error("internal"),
        FaultAnswer.EXPIRED: lambda _account, _wait: bot_error("token"),
        FaultAnswer.REJECTED: lambda _account, _wait: bot_error("request", "the message is refused"),
    },
    without_id=lambda _answer: _done(True),
    token=TOKEN,
    lists=False,  # a bot cannot read what stands in a channel
    colour=("#1e8bc3", "#5cc0ee"),
)
