"""Conversations in a session, and the check whether an app password opens one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from omnipub.channels.answers import accepted, sound_token, text_in, words
from omnipub.channels.networks.bluesky.endpoint import DID, TITLE
from omnipub.channels.networks.bluesky.errors import SESSION_OVER, TAKEDOWN, error_in, failure_of
from omnipub.channels.networks.bluesky.requests import xrpc_request
from omnipub.channels.networks.bluesky.sessions import Sessions
from omnipub.domain.conversation import Account, Published, Publishing, Request, RequestFailedError, Response, Secret
from omnipub.domain.delivery.outcome import Outcome, TryEnd

LOGIN_TIMEOUT = 10.0

NO_HANDLE = "handle.invalid"
"""What Bluesky says for a handle that does not lead to the account."""


def check_password(account: Account) -> Publishing:
    """Open a session, which is all that an app password is for; it is not kept."""
    answer = yield _login(account)
    if _session_in(answer) is not None:
        known_as = answer.body.get("handle")
        unknown = not isinstance(known_as, str) or known_as == NO_HANDLE
        handle = account.id if unknown else words(known_as)
        if answer.body.get("active") is False:
            plain = f"“{handle}” is deactivated; its owner can reactivate it in Bluesky's settings."
            return Outcome(ended=TryEnd.REJECTED, code="deactivated", sentence=plain)
        did = text_in(answer.body.get("did"))
        return Outcome(
            ended=TryEnd.PUBLISHED,
            network_id=did if DID.fullmatch(did) else account.id,
            title=handle,
            sentence=f"{TITLE} opens sessions of “{handle}”.",
        )
    failed = failure_of(answer, publishes=False, login=True)
    # A new password would not help an account that was taken down.
    return replace(failed, ended=TryEnd.REJECTED) if failed.code == TAKEDOWN else failed


def _same(request: Request) -> Request:
    return request


def signed_in(
    sessions: Sessions, talk: Publishing, account: Account, now: Callable[[], datetime] | None = None
) -> Publishing:
    """Hold `talk` with a session, and once more if the session turns out to have ended.

    Without a session, one is opened first.

    Without a clock a session's age cannot be told: then one that is known is tried, and none is kept.
    """
    session = sessions.find(account, now() if now else None)
    renewed = False
    go_on: Callable[[], Request | Published] = partial(next, talk)
    while True:
        try:
            request = go_on()
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        if isinstance(request, Published):
            yield request
            go_on = partial(next, talk)
            continue
        if session is None:
            answer = yield _login(account)
            session = _session_in(answer)
            if session is None:
                return failure_of(answer, publishes=False, now=now() if now else None, login=True)
            if now:
                sessions.keep(account, session, now())
        try:
            answer = yield replace(request, headers={"Authorization": session})
        except RequestFailedError as error:
            go_on = partial(talk.throw, error)
            continue
        if not renewed and error_in(answer) in SESSION_OVER:
            sessions.drop(account, session)
            session, renewed = None, True
            go_on = partial(_same, request)
            continue
        go_on = partial(talk.send, answer)


class _Credentials(dict[str, str]):
    """The body of a login: sent like any other, but never shown."""

    def __repr__(self) -> str:
        return "_Credentials('***')"


def _login(account: Account) -> Request:
    return xrpc_request(
        "POST",
        account,
        "com.atproto.server.createSession",
        json=_Credentials(identifier=account.id, password=account.token.reveal()),
        total_timeout=LOGIN_TIMEOUT,
    )


def _session_in(answer: Response) -> Secret | None:
    """What the Authorization header says in this session."""
    token = answer.body.get("accessJwt") if accepted(answer) and isinstance(answer.body, dict) else None
    return Secret(f"Bearer {token}") if sound_token(token) else None
