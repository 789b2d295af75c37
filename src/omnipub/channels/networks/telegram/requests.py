"""Requests to the Bot API; each address carries the bot's token."""

import json
import re
from typing import Any

from omnipub.channels.answers import accepted
from omnipub.channels.drafting import part
from omnipub.domain.conversation import Account, FrozenBody, Request, Response
from omnipub.domain.delivery.outcome import Outcome, TryEnd

BOT_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")


class _Address(str):
    """A bot's address, which contains its token: used like any text, but never shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "_Address('***')"


def message_request(frozen: FrozenBody, account: Account, chat: str) -> Request:
    """Return the request that sends a message, a photo or an album."""
    text, images = frozen["text"], frozen["media"]
    caption = {"caption": text} if text else {}
    if len(images) == 1:
        return bot_request(account, "sendPhoto", form={"chat_id": chat} | caption, media=part(images[0], "photo"))
    if images:
        names = [f"image{number}" for number in range(len(images))]
        album = [{"type": "photo", "media": f"attach://{name}"} for name in names]
        album[0] |= caption  # the only one with words: clients then show them under the whole album
        form = {"chat_id": chat, "media": json.dumps(album, ensure_ascii=False)}
        return bot_request(account, "sendMediaGroup", form=form, files=tuple(map(part, images, names)))
    body: dict[str, Any] = {"chat_id": chat, "text": text}
    if frozen["link"]:
        # Else the preview would be of the first address in the text.
        body["link_preview_options"] = {"url": frozen["link"]}
    return bot_request(account, "sendMessage", json=body)


def bot_request(account: Account, method: str, **more: Any) -> Request:
    """Return the request that calls a method of the Bot API."""
    address = _Address(f"{account.base_url}/bot{account.token.reveal()}/{method}")
    return Request(method="POST", url=address, publishes=True, **more)


def no_token() -> Outcome:
    """Return the outcome for a token that cannot be one."""
    return Outcome(
        ended=TryEnd.AUTH,
        code="bad_token",
        sentence="The token is not of the form 123456:ABC…; connect the channel again.",
    )


def is_done(answer: Response) -> bool:
    """Whether an answer says that the method was carried out."""
    return accepted(answer) and isinstance(answer.body, dict) and answer.body.get("ok") is True
