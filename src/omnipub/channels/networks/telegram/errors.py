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
    answer: Response, *, publishes: bool, now: datetime | None = None, refused: AnswerMeaning = _REFUSED
) -> Outcome:
    """What an answer without the expected content means."""
    detail = words(description_in(answer))
    verdict = BY_STATUS.get(answer.status)
    verdict = refused if verdict is _REFUSED else verdict
    if verdict is None:
        return unclear(answer, network=TITLE, publishes=publishes, detail=detail)
    return Outcome(
        ended=verdict.ended,
        code=str(answer.status),
        sentence=sentence(verdict.sentence, TITLE, detail),
        wait=_wait(answer, now) if verdict.ended is TryEnd.THROTTLED else None,
    )


def _wait(answer: Response, now: datetime | None) -> timedelta:
    return seconds_in(parameter_in(answer, "retry_after")) or wait_in_headers(answer, now) or REGAIN
