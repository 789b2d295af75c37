"""The question whether an organisation's or a member's token works."""

from dataclasses import replace
from urllib.parse import quote

from omnipub.channels.answers import accepted, words
from omnipub.channels.networks.linkedin.endpoint import ORGANISATION, TITLE
from omnipub.channels.networks.linkedin.errors import failure_of
from omnipub.channels.networks.linkedin.requests import LOOK_TIMEOUT, rest_request
from omnipub.domain.conversation import Account, Publishing, Response
from omnipub.domain.delivery.outcome import NOT_TOLD, Outcome, TryEnd


def check_organisation(account: Account) -> Publishing:
    """Ask for the organisation by its number."""
    number = account.id.removeprefix(ORGANISATION)
    answer = yield rest_request("GET", account, f"organizations/{quote(number, safe='')}", total_timeout=LOOK_TIMEOUT)
    body = answer.body if accepted(answer) and isinstance(answer.body, dict) else {}
    if str(body.get("id", "")) == number:
        name = words(body.get("localizedName")) or account.id
        return _works(account, name, f"{TITLE} shows the organisation “{name}” to the token.")
    return _not_shown(answer, account)


def check_member(account: Account) -> Publishing:
    """Two interfaces tell who a member is, by what the token was granted; the second is OpenID Connect's."""
    answer = yield rest_request("GET", account, "me", total_timeout=LOOK_TIMEOUT)
    field = "id"
    if answer.status == 403:  # noqa: PLR2004 - HTTP's own number
        answer = yield replace(
            rest_request("GET", account, "me", total_timeout=LOOK_TIMEOUT), url=f"{account.base_url}/v2/userinfo"
        )
        field = "sub"
    body = answer.body if accepted(answer) and isinstance(answer.body, dict) else {}
    member = str(body.get(field) or "")
    if member and member == account.id.rpartition(":")[2]:
        return _works(account, account.id, f"{TITLE} knows the token as this member's.")
    if member:
        return Outcome(ended=TryEnd.REJECTED, code="other_member", sentence="The token belongs to another member.")
    return _not_shown(answer, account)


def _works(account: Account, title: str, plain: str) -> Outcome:
    return Outcome(ended=TryEnd.PUBLISHED, network_id=account.id, title=title, sentence=plain)


def _not_shown(answer: Response, account: Account) -> Outcome:
    """Reading who one is takes another permission than publishing: a refusal is about the former alone."""
    failed = failure_of(answer, account, publishes=False, may_hold=False)
    if answer.status == 403:  # noqa: PLR2004 - HTTP's own number
        plain = "The token may not read who it belongs to, so it cannot be told whether it may publish."
        return Outcome(ended=TryEnd.NOT_SENT, code=NOT_TOLD, sentence=plain)
    return replace(failed, sentence="LinkedIn does not find the account.") if answer.status == 404 else failed  # noqa: PLR2004 - likewise
