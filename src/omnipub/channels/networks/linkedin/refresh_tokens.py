"""New access tokens for refresh tokens."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from omnipub.channels.answers import accepted, sentence, sound_token, unclear, wait_in_headers, words
from omnipub.channels.networks.linkedin.endpoint import BASE_URL, TITLE
from omnipub.channels.networks.linkedin.errors import BY_STATUS, THROTTLED_WAIT
from omnipub.channels.networks.linkedin.requests import LOOK_TIMEOUT
from omnipub.channels.numbers import whole_number
from omnipub.domain.conversation import Account, Request, Response, Secret
from omnipub.domain.delivery.outcome import Outcome, TryEnd

TOKENS = "https://www.linkedin.com"
"""Where tokens are renewed; the rest of the interface is elsewhere."""

YEARS = 10 * 366 * 24 * 60 * 60
"""A token that were to last longer, in seconds, is a mistake."""


class _Form(bytes):
    """A body with secrets in it: sent like any other, but never shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "_Form('***')"


def token_request(account: Account, credentials: Mapping[str, Secret]) -> Request:
    """Return the request for a new token."""
    home = TOKENS if account.base_url == BASE_URL else account.base_url
    fields = {"grant_type": "refresh_token"} | {name: value.reveal() for name, value in credentials.items()}
    return Request(
        method="POST",
        url=f"{home}/oauth/v2/accessToken",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        raw=_Form(urlencode(fields).encode()),
        total_timeout=LOOK_TIMEOUT,
    )


def token_in(answer: Response) -> tuple[Secret | None, timedelta | None]:
    """Return the new token and how long it lasts; None for what the answer does not say."""
    body = answer.body if accepted(answer) and isinstance(answer.body, dict) else {}
    token, seconds = body.get("access_token"), whole_number(body.get("expires_in"), most=YEARS)
    lasts = timedelta(seconds=seconds) if seconds and seconds < YEARS else None
    return (Secret(token), lasts) if sound_token(token) else (None, None)


def no_new_token(answer: Response) -> Outcome:
    """Return what an answer without a new token means."""
    body = answer.body if isinstance(answer.body, dict) else {}
    detail = words(body.get("error_description") or body.get("message"))
    if answer.status in {400, 401}:
        plain = "LinkedIn does not accept the refresh token or the application; connect the account again."
        return Outcome(ended=TryEnd.AUTH, code=str(answer.status), sentence=sentence(plain, TITLE, detail))
    if answer.status == 429:  # noqa: PLR2004 - HTTP's own number
        slower = BY_STATUS[answer.status].sentence
        return Outcome(
            ended=TryEnd.THROTTLED, code="429", sentence=slower, wait=wait_in_headers(answer) or THROTTLED_WAIT
        )
    return unclear(answer, network=TITLE, publishes=False, detail=detail)
