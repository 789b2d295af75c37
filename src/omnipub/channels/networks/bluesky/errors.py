"""What a data server's errors mean: their name decides, then the status."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from omnipub.channels.answers import AnswerMeaning, bounded_wait, sentence, unclear, wait_in_headers, words
from omnipub.channels.networks.bluesky.endpoint import TITLE
from omnipub.channels.numbers import whole_number
from omnipub.domain.conversation import Response
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.timestamps import EPOCH

REGAIN = timedelta(minutes=5)
"""How long to stay away when Bluesky throttles without saying how long: the span of its shortest limits."""

_FAR = 10**11
"""Seconds after 1970; no limit begins anew later than the year 5138."""

SESSION_OVER = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing"})
"""The session no longer counts, so the request did nothing. The first comes with status 400."""

TAKEDOWN = "AccountTakedown"
_PASSWORD = AnswerMeaning(TryEnd.AUTH, "Bluesky does not accept the app password; connect the account with a new one.")
_SESSION = AnswerMeaning(TryEnd.AUTH, "Bluesky accepts no session of this account; connect it with a new app password.")
_TAKEN_DOWN = AnswerMeaning(TryEnd.AUTH, "Bluesky has taken this account down; its owner has to talk to Bluesky.")
_ASLEEP = AnswerMeaning(TryEnd.AUTH, "The account is deactivated; its owner can reactivate it in Bluesky's settings.")
_THROTTLED = AnswerMeaning(TryEnd.THROTTLED, "Bluesky asks to slow down.")
_RECORD = AnswerMeaning(TryEnd.REJECTED, "Bluesky does not accept the post as it is.")
NOT_DELETED = AnswerMeaning(TryEnd.REJECTED, "Bluesky does not delete the post.")
_IMAGE = AnswerMeaning(TryEnd.REJECTED, "Bluesky does not accept one of the images.")
_OTHER = AnswerMeaning(TryEnd.ALREADY_THERE, "Bluesky has another post under this delivery's key, and keeps it.")

# A takedown refuses every post of the account, not this one: so the account is held, and no post is failed.
BY_ERROR: Mapping[str, AnswerMeaning] = MappingProxyType(
    dict.fromkeys(SESSION_OVER, _SESSION)
    | {
        "AuthenticationRequired": _PASSWORD,
        "AccountTakedown": _TAKEN_DOWN,
        "AccountDeactivated": _ASLEEP,
        "RateLimitExceeded": _THROTTLED,
        "InvalidRequest": _RECORD,
        "BlobNotFound": _IMAGE,
        "InvalidMimeType": _IMAGE,
        "InvalidSwap": _OTHER,
    }
)

# For errors without a known name. A 5xx stands in neither table: after a put it is ambiguous, and the
# same put again finds out.
BY_STATUS: Mapping[int, AnswerMeaning] = MappingProxyType({400: _RECORD, 401: _PASSWORD, 413: _IMAGE, 429: _THROTTLED})

_ERROR_NAME = re.compile(r"[A-Za-z]\w{0,63}")


def failure_of(
    answer: Response,
    *,
    publishes: bool,
    now: datetime | None = None,
    login: bool = False,
    refused: AnswerMeaning = _RECORD,
) -> Outcome:
    """What an answer without the expected content means; `refused` is said where the request itself is wrong."""
    name = error_in(answer)
    detail = words(answer.body.get("message") if isinstance(answer.body, dict) else "")
    verdict = BY_ERROR.get(name) or BY_STATUS.get(answer.status)
    verdict = refused if verdict is _RECORD else verdict
    if login and verdict and verdict.ended is TryEnd.REJECTED:
        verdict = _PASSWORD  # what is wrong with a login is wrong with the account, and not with the post
    if verdict is None:
        return unclear(answer, network=TITLE, publishes=publishes, detail=detail, code=name)
    return Outcome(
        ended=verdict.ended,
        code=name or str(answer.status),
        sentence=sentence(verdict.sentence, TITLE, detail),
        wait=_wait(answer, now) if verdict.ended is TryEnd.THROTTLED else None,
    )


def error_in(answer: Response) -> str:
    """Return the name of the error in an answer; empty if there is none."""
    name = answer.body.get("error") if isinstance(answer.body, dict) else None
    return name if isinstance(name, str) and _ERROR_NAME.fullmatch(name) else ""


def _wait(answer: Response, now: datetime | None) -> timedelta:
    """How long to stay away: as asked, else until the limit that was reached begins anew."""
    wait = wait_in_headers(answer, now)
    reset = answer.headers.get("ratelimit-reset", "")
    seconds = whole_number(reset, most=_FAR)
    if wait or now is None or seconds is None:
        return wait or REGAIN
    return bounded_wait(EPOCH + timedelta(seconds=seconds) - now)
