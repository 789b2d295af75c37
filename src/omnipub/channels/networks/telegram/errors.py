"""What the Bot API's errors mean: the status decides."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from omnipub.channels.answers import AnswerMeaning, seconds_in, sentence, unclear, wait_in_headers, words
from omnipub.channels.networks.telegram.endpoint import TITLE
from omnipub.domain.conversation import Response
from omnipub.domain.delivery.outcome import Outcome, TryEnd

REGAIN = timedelta(minutes=1)
"""How long to stay away when Telegram throttles without saying how long: a channel gets 20 messages a minute."""

_TOKEN = AnswerMeaning(
    TryEnd.AUTH, "Telegram does not know the bot by this token; connect the channel with a valid one."
)

_SHUT_OUT = AnswerMeaning(
    TryEnd.AUTH, "The bot may not post there; make it an administrator who may post, then connect the channel again."
)

_THROTTLED = AnswerMeaning(TryEnd.THROTTLED, "Telegram asks to slow down.")
_REFUSED = AnswerMeaning(TryEnd.REJECTED, "Telegram does not accept the post as it is.")

NOT_DELETED = AnswerMeaning(
    TryEnd.REJECTED,
    "Telegram does not delete the message. A bot may for 48 hours; later it needs the right to delete.",
)

_MOVED = AnswerMeaning(
    TryEnd.AUTH, "The group became a supergroup and has another id now; connect the channel again with that id."
)

_NO_CHAT = AnswerMeaning(
    TryEnd.AUTH, "Telegram finds no such chat, or the bot is not in it; check the id and let the bot in."
)

LOST_RIGHTS = (
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_admin_required",
    "chat_send_",  # CHAT_SEND_PHOTOS_FORBIDDEN and the like
    "bot is not a member",
    "bot was kicked",
    "group chat was deactivated",
    "group chat is deactivated",
    "channel_private",
)
"""What Telegram says with status 400 when a right was taken away, in small letters: the account's matter, no post's."""

# A bot that was removed is refused with 403 whatever it posts: so the account is held until its owner has
# let the bot in again, and no post is failed. An unknown token is "Not Found", as it is a piece of the path.
BY_STATUS: Mapping[int, AnswerMeaning] = MappingProxyType(
    {400: _REFUSED, 401: _TOKEN, 403: _SHUT_OUT, 404: _TOKEN, 413: _REFUSED, 429: _THROTTLED}
)


def description_in(answer: Response) -> str:
    """Return how an answer describes its error; empty if it does not."""
    description = answer.body.get("description") if isinstance(answer.body, dict) else None
    return description if isinstance(description, str) else ""


def parameter_in(answer: Response, name: str) -> object:
    """What an error comes with under that name; None if there is no such thing."""
    parameters = answer.body.get("parameters") if isinstance(answer.body, dict) else None
    return parameters.get(name) if isinstance(parameters, dict) else None


def failure_of(
    answer: Response,
    *,
    publishes: bool,
    now: datetime | None = None,
    may_hold: bool = True,
    refused: AnswerMeaning = _REFUSED,
) -> Outcome:
    """What an answer without the expected content means.

    Without `may_hold` a missing right holds no account: deleting takes another right than publishing.
    """
    detail = words(description_in(answer))
    verdict = (_of_account(answer) if may_hold else None) or BY_STATUS.get(answer.status)
    verdict = refused if verdict is _REFUSED else verdict
    if verdict is None:
        return unclear(answer, network=TITLE, publishes=publishes, detail=detail)
    return Outcome(
        ended=verdict.ended,
        code=str(answer.status),
        sentence=sentence(verdict.sentence, TITLE, detail),
        wait=_wait(answer, now) if verdict.ended is TryEnd.THROTTLED else None,
    )


def _of_account(answer: Response) -> AnswerMeaning | None:
    """What a 400 means that is about the chat and not about the post; None if it is not."""
    if answer.status != 400:  # noqa: PLR2004 - HTTP's own number
        return None
    if isinstance(parameter_in(answer, "migrate_to_chat_id"), int):
        return _MOVED
    description = description_in(answer).lower()
    if "chat not found" in description:
        return _NO_CHAT
    return _SHUT_OUT if any(phrase in description for phrase in LOST_RIGHTS) else None


def _wait(answer: Response, now: datetime | None) -> timedelta:
    return seconds_in(parameter_in(answer, "retry_after")) or wait_in_headers(answer, now) or REGAIN
