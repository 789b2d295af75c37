"""What Graph's errors mean: the code in the body decides, never the status."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from omnipub.channels.answers import AnswerMeaning, bounded_wait, sentence, unclear, wait_in_headers, words
from omnipub.channels.networks.facebook.endpoint import TITLE
from omnipub.channels.numbers import whole_number
from omnipub.domain.conversation import Response
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.strict_json import loads

REGAIN = timedelta(hours=1)
"""How long to stay away when Graph throttles without saying how long."""

TOO_FAST = timedelta(hours=3)
"""1390008 asks for "hours" and never says how many; 368 without a subcode is a block that ends by itself."""

_FAR = 10**9
"""No code of Graph's and no number of minutes is larger."""

_THROTTLED = AnswerMeaning(TryEnd.THROTTLED, "Facebook asks to slow down.")
_TOKEN = AnswerMeaning(TryEnd.AUTH, "Facebook no longer accepts the page's token; connect the page again.")
_PERMISSION = AnswerMeaning(TryEnd.AUTH, "The token may not do this; connect the page again and grant what is asked.")
_PROOF = AnswerMeaning(
    TryEnd.AUTH,
    "The token's app asks for a proof with each call; switch off 'Require app secret' in its settings.",
)
_PARAMETER = AnswerMeaning(TryEnd.REJECTED, "Facebook does not accept the post as it is.")
_FILE = AnswerMeaning(
    TryEnd.REJECTED, "Facebook does not accept one of the images; JPEG or PNG of less than 4 MB work best."
)
_BLOCKED = AnswerMeaning(TryEnd.REJECTED, "Facebook refuses the post under its rules, or has restricted the page.")
_RESTS = AnswerMeaning(TryEnd.THROTTLED, "Facebook has blocked the page from posting for a while.")
_DUPLICATE = AnswerMeaning(TryEnd.ALREADY_THERE, "Facebook has the same post already.")

# Missing on purpose are 1, 2, 1363047, 1609010 and whatever Graph may invent: a failure of the service
# is `unclear`, and what that means depends on whether the request publishes.
BY_CODE: Mapping[int, AnswerMeaning] = MappingProxyType(
    dict.fromkeys((4, 17, 32, 341, 613, *range(80000, 80007), 80008, 80009, 80014), _THROTTLED)
    | dict.fromkeys((102, 190), _TOKEN)
    | dict.fromkeys((3, 10, *range(200, 300)), _PERMISSION)
    | {100: _PARAMETER, 368: _RESTS, 506: _DUPLICATE}
)

# Their source names these without saying whether they come as code or as subcode; both are looked up.
BY_EITHER: Mapping[int, AnswerMeaning] = MappingProxyType(
    {
        1390008: AnswerMeaning(TryEnd.THROTTLED, "Facebook finds that this page posts too fast."),
        1404078: AnswerMeaning(
            TryEnd.AUTH, "Facebook wants the page's owner to authorise publishing in the page's settings."
        ),
        1346003: _BLOCKED,
        1404102: _BLOCKED,
        1404112: _BLOCKED,
        4854002: AnswerMeaning(TryEnd.REJECTED, "Facebook wants the page's owner to confirm their identity first."),
        1609008: AnswerMeaning(TryEnd.REJECTED, "Facebook does not accept links to facebook.com in a post."),
        2061006: AnswerMeaning(TryEnd.REJECTED, "Facebook does not accept the link."),
        1349125: _PARAMETER,
        1366046: _FILE,
        2069019: _FILE,
        1366051: _DUPLICATE,
    }
)

# Only for answers without a known code, which come from what stands in front of Graph.
BY_STATUS: Mapping[int, AnswerMeaning] = MappingProxyType({429: _THROTTLED})

PROOF_ASKED = "appsecret_proof"
"""Stands in the message of a 100 that is about the app and not about the post."""

OBJECT_UNSEEN = (100, 33)
"""Code and subcode of "no such object, or this token cannot see it"."""

OWNER_MUST_AUTHORISE = 1404078
"""Of the codes that hold an account, the one that no new token helps against."""

NOT_DELETED = AnswerMeaning(TryEnd.REJECTED, "Facebook does not delete the post.")
_UNSEEN = AnswerMeaning(TryEnd.REJECTED, "Facebook shows no such post to this page's token; it may be gone already.")


def failure_of(
    answer: Response,
    *,
    publishes: bool,
    now: datetime | None = None,
    may_hold: bool = True,
    refused: AnswerMeaning = _PARAMETER,
) -> Outcome:
    """What an answer without the expected content means; `refused` is said where a parameter is wrong.

    Without `may_hold` a missing permission holds no account: reading and deleting take others than publishing.
    """
    error = error_in(answer)
    code, subcode = code_in(error.get("code")), code_in(error.get("error_subcode"))
    detail = words(error.get("error_user_msg") or error.get("message"))
    verdict = _UNSEEN if (code, subcode) == OBJECT_UNSEEN else BY_EITHER.get(subcode) or BY_EITHER.get(code)
    verdict = verdict or BY_CODE.get(code) or BY_STATUS.get(answer.status)
    if verdict is _PARAMETER and PROOF_ASKED in str(error.get("message")):
        verdict = _PROOF
    verdict = refused if verdict is _PARAMETER else verdict
    if not may_hold and verdict is _PERMISSION:
        verdict = replace(_PERMISSION, ended=TryEnd.REJECTED)
    name = f"{code}/{subcode}" if subcode else str(code or f"http_{answer.status}")
    passing = verdict is not None and verdict.ended is TryEnd.REJECTED and error.get("is_transient") is True
    if verdict is None or passing:  # what Graph itself calls transient is not refused for good
        return unclear(answer, network=TITLE, publishes=publishes, detail=detail, code=name, by_status=not code)
    return Outcome(
        ended=verdict.ended,
        code=name,
        sentence=sentence(verdict.sentence, TITLE, detail),
        wait=_wait(answer, {code, subcode}, now) if verdict.ended is TryEnd.THROTTLED else None,
    )


def error_in(answer: Response) -> Mapping[str, Any]:
    """Return the error in an answer; empty if there is none."""
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    return error if isinstance(error, dict) else {}


def code_in(value: object) -> int:
    """Return a code or a number of minutes as Graph writes it; 0 if there is none."""
    return whole_number(value, most=_FAR) or 0


def _wait(answer: Response, codes: set[int], now: datetime | None) -> timedelta:
    """How long to stay away: Graph's own estimate, which comes as JSON in a header, else a rule of thumb."""
    usual = TOO_FAST if codes & {368, 1390008} else REGAIN
    try:
        usage = loads(answer.headers.get("x-business-use-case-usage", "{}"), lenient=True)
        estimates = [code_in(row["estimated_time_to_regain_access"]) for rows in usage.values() for row in rows]
    except (AttributeError, KeyError, TypeError, ValueError):
        estimates = []
    minutes = max(estimates, default=0)
    if not minutes:
        return wait_in_headers(answer, now) or usual
    return bounded_wait(timedelta(minutes=minutes))
