"""The question whether a page's token works."""

from dataclasses import replace

from omnipub.channels.answers import words
from omnipub.channels.networks.facebook.endpoint import TITLE
from omnipub.channels.networks.facebook.errors import OBJECT_UNSEEN, OWNER_MUST_AUTHORISE, failure_of
from omnipub.channels.networks.facebook.requests import LOOK_TIMEOUT, graph_request, id_in
from omnipub.domain.conversation import Account, Publishing
from omnipub.domain.delivery.outcome import Outcome, TryEnd


def check_page(account: Account) -> Publishing:
    """Ask who the token is. Any token may read a page; only the page's own token is the page."""
    answer = yield graph_request("GET", account, "me", query={"fields": "id,name"}, total_timeout=LOOK_TIMEOUT)
    found = id_in(answer)
    name = words(answer.body.get("name")) if found else ""
    if found == account.id:
        plain = f"{TITLE} knows the token as the page's own: “{name or found}”."
        return Outcome(ended=TryEnd.PUBLISHED, network_id=found, title=name or found, sentence=plain)
    if found:
        plain = f"The token is not this page's: it belongs to {words(found)}, “{name}”. A page has a token of its own."
        return Outcome(ended=TryEnd.REJECTED, code="other_page", sentence=plain)
    failed = failure_of(answer, publishes=False, may_hold=False)
    if failed.code == "/".join(map(str, OBJECT_UNSEEN)):
        return replace(failed, sentence="Facebook shows no such page to this token; check the page's id.")
    # What the owner has to do in the page's settings is no matter of the token.
    return replace(failed, ended=TryEnd.REJECTED) if str(OWNER_MUST_AUTHORISE) in failed.code.split("/") else failed
