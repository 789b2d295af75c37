"""Messages that were sent, as Telegram names them."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from omnipub.channels.networks.telegram.endpoint import NAME
from omnipub.channels.networks.telegram.requests import is_done
from omnipub.domain.conversation import Account, Response

SENT_MESSAGE = re.compile(r"(?P<chat>-?[0-9]{1,19})/(?P<messages>[0-9]{1,19}(,[0-9]{1,19})*)")
_PUBLIC_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_CHAT_OF_LINKS = re.compile(r"-100([0-9]+)")


@dataclass(frozen=True, kw_only=True)
class SentMessages:
    """What was sent as Telegram names it: the chat's number, its public name if it has one, the messages' numbers."""

    chat: int
    username: str
    messages: tuple[int, ...]

    @property
    def id(self) -> str:
        """The post in all of Telegram: messages are counted in each chat anew, and an album is several."""
        return f"{self.chat}/{','.join(map(str, self.messages))}"


def permalink(sent: SentMessages, account: Account) -> str:
    """Where a person sees the message, if its chat has such a place: on Telegram, or on the sandbox's pages.

    A Bot API server is addressed by its origin alone; the sandbox, which has many networks, by a path.
    """
    stand_in = urlsplit(account.base_url)
    if stand_in.path == f"/{NAME}":
        return f"{stand_in.scheme}://{stand_in.netloc}/posts/{NAME}/{quote(sent.id, safe='')}"
    if sent.username:
        return f"https://t.me/{sent.username}/{sent.messages[0]}"
    private = _CHAT_OF_LINKS.fullmatch(str(sent.chat))
    return f"https://t.me/c/{private[1]}/{sent.messages[0]}" if private else ""


def sent_in(answer: Response) -> SentMessages | None:
    """Return what an answer says was sent; None if it does not say so."""
    try:
        result = answer.body["result"] if is_done(answer) else []
        messages = result if isinstance(result, list) else [result]
        chat = messages[0]["chat"]
        named = chat.get("username")
        return SentMessages(
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
