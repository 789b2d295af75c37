"""The question whether a page's token works."""

from dataclasses import replace

from omnipub.channels.answers import words
from omnipub.channels.networks.facebook.endpoint import TITLE
from omnipub.channels.networks.facebook.errors import OBJECT_UNSEEN, OWNER_MUST_AUTHORISE, failure_of
from omnipub.channels.networks.facebook.requests import LOOK_TIMEOUT, graph_request, id_in
from omnipub.domain.conversation import Account, Publishing
from omnipub.domain.delivery.outcome import Outcome, TryEnd


def check_page(account: Account) -> Publishing:
    """Ask for the page's name, which changes nothing."""
    answer = yield graph_request("GET", account, account.id, query={"fields": "id,name"}, total_timeout=LOOK_TIMEOUT)
    found = id_in(answer)
    if found == account.id:
        name = words(answer.body.get("name")) or found
        return Outcome(
            ended=TryEnd.PUBLISHED, network_id=found, sentence=f"{TITLE} shows the page “{name}” to the token."
        )
    if found:
        return Outcome(
            ended=TryEnd.REJECTED, code="other_page", sentence=f"The token belongs to the page “{words(found)}”."
        )
    failed = failure_of(answer, publishes=False, may_hold=False)
    if failed.code == "/".join(map(str, OBJECT_UNSEEN)):
        return replace(failed, sentence="Facebook shows no such page to this token; check the page's id.")
    # What the owner has to do in the page's settings is no matter of the token.
    return replace(failed, ended=TryEnd.REJECTED) if str(OWNER_MUST_AUTHORISE) in failed.code.split("/") else failed
