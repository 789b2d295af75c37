"""What LinkedIn's errors mean: the status decides, but for duplicates."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from omnipub.channels.answers import AnswerMeaning, sentence, unclear, wait_in_headers, words
from omnipub.channels.networks.linkedin.endpoint import TITLE, VERSION
from omnipub.channels.networks.linkedin.requests import POST_URN, permalink
from omnipub.domain.conversation import Account, Response
from omnipub.domain.delivery.outcome import Outcome, TryEnd

THROTTLED_WAIT = timedelta(minutes=15)
"""A 429 names no time. The day's quota resets at midnight UTC, but the same status protects LinkedIn's machines for
minutes. So waiting for midnight at once would make most posts needlessly late. A throttled try uses none of the
delivery's tries."""

DUPLICATE = "DUPLICATE_POST"
_POST = AnswerMeaning(TryEnd.REJECTED, "LinkedIn does not accept the post as it is.")
NOT_DELETED = AnswerMeaning(TryEnd.REJECTED, "LinkedIn does not delete the post.")
_PERMISSION = AnswerMeaning(
    TryEnd.AUTH, "The token may not do this; connect the account again and grant what is asked."
)
_DUPLICATE = AnswerMeaning(TryEnd.ALREADY_THERE, "LinkedIn has the same post already.")

BY_STATUS: Mapping[int, AnswerMeaning] = MappingProxyType(
    {
        400: _POST,
        401: AnswerMeaning(TryEnd.AUTH, "LinkedIn no longer accepts the account's token; connect the account again."),
        403: _PERMISSION,
        404: AnswerMeaning(TryEnd.REJECTED, "LinkedIn does not find the author or an image of the post."),
        422: _POST,
        426: AnswerMeaning(
            TryEnd.THROTTLED,
            f"LinkedIn has switched off version {VERSION} of its interface; omnipub needs an update.",
            of_network=True,
        ),
        429: AnswerMeaning(TryEnd.THROTTLED, "LinkedIn asks to slow down."),
    }
)


def failure_of(
    answer: Response,
    account: Account,
    *,
    publishes: bool,
    now: datetime | None = None,
    may_hold: bool = True,
    refused: AnswerMeaning = _POST,
) -> Outcome:
    """What an answer without the expected content means; `refused` is said where the request itself is wrong.

    Without `may_hold` a missing permission holds no account: reading and deleting take others than publishing.
    """
    body = answer.body if isinstance(answer.body, dict) else {}
    detail = words(body.get("message"))
    codes = _input_codes(body)
    duplicate = answer.status == 422 and DUPLICATE in codes  # noqa: PLR2004 - HTTP's own number
    verdict = _DUPLICATE if duplicate else BY_STATUS.get(answer.status)
    verdict = refused if verdict is _POST else verdict
    if not may_hold and verdict is _PERMISSION:
        verdict = replace(_PERMISSION, ended=TryEnd.REJECTED)
    code = DUPLICATE if duplicate else _word(body.get("code"))
    if verdict is None:
        return unclear(answer, network=TITLE, publishes=publishes, detail=detail, code=code)
    known = POST_URN.search(str(body.get("message"))) if duplicate else None
    return Outcome(
        ended=verdict.ended,
        code=code or str(answer.status),
        sentence=sentence(verdict.sentence, TITLE, detail),
        wait=(wait_in_headers(answer, now) or THROTTLED_WAIT) if verdict.ended is TryEnd.THROTTLED else None,
        of_network=verdict.of_network,
        network_id=known[0] if known else "",
        permalink=permalink(known[0], account) if known else "",
    )


def _input_codes(body: Mapping[str, Any]) -> set[str]:
    details = body.get("errorDetails")
    inputs = details.get("inputErrors") if isinstance(details, dict) else None
    return {_word(each.get("code")) for each in inputs or () if isinstance(each, dict)}


def _word(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[A-Z][A-Z0-9_]{1,63}", value) else ""
