"""Telegram channels and groups, through a bot.

The bot's token is a part of every address, so no address may be shown. Telegram has no key for repeats,
and bots cannot read what stands in a channel: a missing answer stays missing, and a person decides.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

from omnipub.channels.answers import (
    Verdict,
    accepted,
    already_gone,
    asked_wait,
    seconds_in,
    sentence,
    unclear,
    words,
)
from omnipub.channels.drafting import images_of, part
from omnipub.domain.conversation import (
    Account,
    Channel,
    FrozenBody,
    Looking,
    Occasion,
    Published,
    Publishing,
    Request,
    Response,
)
from omnipub.domain.delivery.outcome import Ended, Outcome, Sighting
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import PostIds, SandboxAccount, Tokens

TITLE = "Telegram"

REGAIN = timedelta(minutes=1)
"""How long to stay away when Telegram throttles without saying how long: a channel gets 20 messages a minute."""

CHECK_TIMEOUT = 10.0

_TOKEN = Verdict(Ended.AUTH, "Telegram does not know the bot by this token; connect the channel with a valid one.")
_SHUT_OUT = Verdict(
    Ended.AUTH, "The bot may not post there; make it an administrator who may post, then connect the channel again."
)
_THROTTLED = Verdict(Ended.THROTTLED, "Telegram asks to slow down.")
_REFUSED = Verdict(Ended.REJECTED, "Telegram does not accept the post as it is.")
_KEPT = Verdict(
    Ended.REJECTED,
    "Telegram does not delete the message: a bot may for 48 hours, and later only where it has the right to delete.",
)

# A bot that was removed is refused with 403 whatever it posts: so the account is held until its owner has
# let the bot in again, and no post is failed. An unknown token is "Not Found", as it is a piece of the path.
BY_STATUS: Mapping[int, Verdict] = MappingProxyType(
    {400: _REFUSED, 401: _TOKEN, 403: _SHUT_OUT, 404: _TOKEN, 413: _REFUSED, 429: _THROTTLED}
)

_AROUND_LINKS = ".,;:!?()[]{}<>\"'"

UPGRADED = 400
"""The status of "this group is a supergroup now"."""

MISSING = "message to delete not found"

_BOT_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_CHAT = re.compile(r"-?[0-9]{1,19}")
_SENT_MESSAGE = re.compile(r"(?P<chat>-?[0-9]{1,19})/(?P<messages>[0-9]{1,19}(,[0-9]{1,19})*)")
_PUBLIC_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_CHAT_OF_LINKS = re.compile(r"-100([0-9]+)")


def _sandbox_token(entropy: bytes) -> str:
    """A bot's token is the bot's number and 35 characters."""
    number = 10**9 + int.from_bytes(entropy[:6], "big") % 10**9
    return f"{number}:{base64.urlsafe_b64encode(entropy[6:]).decode().rstrip('=')}"


class Telegram(Channel):
    """Messages of a bot in a chat; `account.id` is `@channel` or the chat's number (-100…)."""

    name = "telegram"
    title = TITLE
    base_url = "https://api.telegram.org"
    own_ids = True
    settle = timedelta(0)  # nothing can be looked up
    pace = timedelta(seconds=3)  # 20 messages a minute in one group or channel
    limits = Limits(
        text=((4_096, Unit.UTF16),),
        caption=((1_024, Unit.UTF16),),
        images=10,
        image_types=("image/jpeg", "image/png"),
        image_bytes=10_000_000,
        # Telegram has no descriptions of images: one that was written for other networks is accepted here
        # so that the message need not go without it there, and is not sent.
        alt_text=2_000,
    )
    post_ids = PostIds(
        network=TITLE,
        pattern=_SENT_MESSAGE,
        like="the chat's number, / and the message's number, like -1001234567890/12; an album's have commas",
        found="The message's number is the last part of its address: https://t.me/c/1234567890/12 means "
        "-1001234567890/12. The number of a chat with a name is in the ids of its earlier posts.",
    )

    tokens = Tokens(patterns=(r"(bot)?[0-9]{5,12}:[A-Za-z0-9_-]{30,}",))
    sandbox_account = SandboxAccount(id="@omnipub_sandbox", title="Sandbox channel", token=_sandbox_token)

    def text(self, content: Content) -> str:
        """The text with its hashtags and its link.

        The link stands in the text even though Telegram shows a preview of it: a page that Telegram cannot
        fetch has none, and the link would be lost without a word.
        """
        text = content.with_hashtags()
        if not content.link or content.link in {word.strip(_AROUND_LINKS) for word in text.split()}:
            return text
        return "\n\n".join(each for each in (text, content.link) if each)

    def render(self, content: Content, occasion: Occasion) -> FrozenBody:
        """Text, link and images."""
        del occasion
        return {"text": self.text(content), "link": content.link, "media": images_of(content)}

    def text_of(self, frozen: FrozenBody) -> str:
        """The text."""
        return str(frozen["text"])

    def publish(self, frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
        """Send one message or album; once more where a group has become a supergroup, which has another number."""
        if not _BOT_TOKEN.fullmatch(account.token.reveal()):
            return _no_token()
        answer = yield _message(frozen, account, account.id)
        moved_to = _parameter(answer, "migrate_to_chat_id")
        # It was refused, so nothing is out; a server's failure would leave that open.
        if isinstance(moved_to, int) and _CHAT.fullmatch(str(moved_to)) and answer.status == UPGRADED:
            answer = yield _message(frozen, account, str(moved_to))
        sent = _sent_in(answer)
        if sent is None:
            return _failure(answer, publishes=True, now=now())
        yield Published(network_id=sent.id)
        return Outcome(ended=Ended.PUBLISHED, network_id=sent.id, permalink=permalink(sent, account))

    def look_up(self, account: Account, since: datetime) -> Looking:
        """Bots cannot read what stands in a channel."""
        del account, since
        yield from ()
        failed = Outcome(ended=Ended.REJECTED, code="no_look_up", sentence="A bot cannot read a channel on Telegram.")
        return Sighting(failed=failed)

    def delete(self, network_id: str, account: Account) -> Publishing:
        """Delete a message, or all of an album's; what is gone already is gone. A missing answer is ambiguous."""
        if not _BOT_TOKEN.fullmatch(account.token.reveal()):
            return _no_token()
        named = _SENT_MESSAGE.fullmatch(network_id)
        if named is None:
            plain = f"'{network_id}' names no message on Telegram; that would be chat/message, both numbers."
            return Outcome(ended=Ended.REJECTED, code="bad_id", sentence=plain)
        deleted = False
        for message in named["messages"].split(","):
            body = {"chat_id": int(named["chat"]), "message_id": int(message)}
            answer = yield _request(account, "deleteMessage", json=body)
            if not (_done(answer) or MISSING in _description(answer)):
                return _failure(answer, publishes=True, refused=_KEPT)
            deleted = deleted or _done(answer)
        return Outcome(ended=Ended.PUBLISHED, network_id=network_id) if deleted else already_gone(TITLE, network_id)

    def check(self, account: Account) -> Publishing:
        """Ask who the bot is and what it sees of the chat; nobody else notices."""
        return _check(account)


class _Address(str):
    """A bot's address, which contains its token: used like any text, but never shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "_Address('***')"


@dataclass(frozen=True, kw_only=True)
class _Sent:
    """What was sent as Telegram names it: the chat's number, its public name if it has one, the messages' numbers."""

    chat: int
    username: str
    messages: tuple[int, ...]

    @property
    def id(self) -> str:
        """The post in all of Telegram: messages are counted in each chat anew, and an album is several."""
        return f"{self.chat}/{','.join(map(str, self.messages))}"


def permalink(sent: _Sent, account: Account) -> str:
    """Where a person sees the message, if its chat has such a place: on Telegram, or on the sandbox's pages.

    A Bot API server is addressed by its origin alone; the sandbox, which has many networks, by a path.
    """
    stand_in = urlsplit(account.base_url)
    if stand_in.path == f"/{Telegram.name}":
        return f"{stand_in.scheme}://{stand_in.netloc}/posts/{Telegram.name}/{quote(sent.id, safe='')}"
    if sent.username:
        return f"https://t.me/{sent.username}/{sent.messages[0]}"
    private = _CHAT_OF_LINKS.fullmatch(str(sent.chat))
    return f"https://t.me/c/{private[1]}/{sent.messages[0]}" if private else ""


def _message(frozen: FrozenBody, account: Account, chat: str) -> Request:
    text, images = frozen["text"], frozen["media"]
    caption = {"caption": text} if text else {}
    if len(images) == 1:
        return _request(account, "sendPhoto", form={"chat_id": chat} | caption, media=part(images[0], "photo"))
    if images:
        names = [f"image{number}" for number in range(len(images))]
        album = [{"type": "photo", "media": f"attach://{name}"} for name in names]
        album[0] |= caption  # the only one with words: clients then show them under the whole album
        form = {"chat_id": chat, "media": json.dumps(album, ensure_ascii=False)}
        return _request(account, "sendMediaGroup", form=form, files=tuple(map(part, images, names)))
    body: dict[str, Any] = {"chat_id": chat, "text": text}
    if frozen["link"]:
        # Else the preview would be of the first address in the text.
        body["link_preview_options"] = {"url": frozen["link"]}
    return _request(account, "sendMessage", json=body)


def _request(account: Account, method: str, **more: Any) -> Request:
    address = _Address(f"{account.base_url}/bot{account.token.reveal()}/{method}")
    return Request(method="POST", url=address, publishes=True, **more)


def _check(account: Account) -> Publishing:
    if not _BOT_TOKEN.fullmatch(account.token.reveal()):
        return _no_token()
    known = []
    for method, asked in (("getMe", {}), ("getChat", {"chat_id": account.id})):
        answer = yield replace(_request(account, method, json=asked), publishes=False, total_timeout=CHECK_TIMEOUT)
        result = answer.body.get("result") if _done(answer) else None
        if not isinstance(result, dict):
            failed = _failure(answer, publishes=False)
            # A bot that was shut out has to be let in again; a new token would be shut out as well.
            return replace(failed, ended=Ended.REJECTED) if failed.code == "403" else failed
        said = result.get("title") or result.get("username") or result.get("first_name")
        known.append(words(said) or str(result.get("id")))
    bot, chat = known
    return Outcome(
        ended=Ended.PUBLISHED, network_id=account.id, sentence=f"{TITLE} knows the bot “{bot}” and the chat “{chat}”."
    )


def _no_token() -> Outcome:
    return Outcome(
        ended=Ended.AUTH,
        code="bad_token",
        sentence="The token is not of the form 123456:ABC…; connect the channel again.",
    )


def _done(answer: Response) -> bool:
    return accepted(answer) and isinstance(answer.body, dict) and answer.body.get("ok") is True


def _sent_in(answer: Response) -> _Sent | None:
    try:
        result = answer.body["result"] if _done(answer) else []
        messages = result if isinstance(result, list) else [result]
        chat = messages[0]["chat"]
        named = chat.get("username")
        return _Sent(
            chat=_id_of(chat["id"]),
            username=named if isinstance(named, str) and _PUBLIC_NAME.fullmatch(named) else "",
            messages=tuple(_id_of(message["message_id"]) for message in messages),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None


def _id_of(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("Telegram's ids are whole numbers")
    return value


def _description(answer: Response) -> str:
    said = answer.body.get("description") if isinstance(answer.body, dict) else None
    return said if isinstance(said, str) else ""


def _parameter(answer: Response, name: str) -> object:
    """What an error comes with under that name; None if there is no such thing."""
    parameters = answer.body.get("parameters") if isinstance(answer.body, dict) else None
    return parameters.get(name) if isinstance(parameters, dict) else None


def _failure(answer: Response, *, publishes: bool, now: datetime | None = None, refused: Verdict = _REFUSED) -> Outcome:
    """What an answer without the expected content means."""
    said = words(_description(answer))
    verdict = BY_STATUS.get(answer.status)
    verdict = refused if verdict is _REFUSED else verdict
    if verdict is None:
        return unclear(answer, network=TITLE, publishes=publishes, said=said)
    return Outcome(
        ended=verdict.ended,
        code=str(answer.status),
        sentence=sentence(verdict.sentence, TITLE, said),
        wait=_wait(answer, now) if verdict.ended is Ended.THROTTLED else None,
    )


def _wait(answer: Response, now: datetime | None) -> timedelta:
    return seconds_in(_parameter(answer, "retry_after")) or asked_wait(answer, now) or REGAIN
