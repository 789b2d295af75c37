"""The question whether a bot's token works and what the bot sees of its chat."""

from dataclasses import replace

from omnipub.channels.answers import words
from omnipub.channels.networks.telegram.endpoint import TITLE
from omnipub.channels.networks.telegram.errors import failure_of
from omnipub.channels.networks.telegram.requests import BOT_TOKEN, bot_request, is_done, no_token
from omnipub.domain.conversation import Account, Publishing
from omnipub.domain.delivery.outcome import Outcome, TryEnd

CHECK_TIMEOUT = 10.0


def check_bot(account: Account) -> Publishing:
    """Ask who the bot is and what it sees of the chat; nobody else notices."""
    if not BOT_TOKEN.fullmatch(account.token.reveal()):
        return no_token()
    known = []
    for method, fields in (("getMe", {}), ("getChat", {"chat_id": account.id})):
        answer = yield replace(bot_request(account, method, json=fields), publishes=False, total_timeout=CHECK_TIMEOUT)
        result = answer.body.get("result") if is_done(answer) else None
        if not isinstance(result, dict):
            failed = failure_of(answer, publishes=False)
            # A bot that was shut out has to be let in again; a new token would be shut out as well.
            return replace(failed, ended=TryEnd.REJECTED) if failed.code == "403" else failed
        title = result.get("title") or result.get("username") or result.get("first_name")
        known.append(words(title) or str(result.get("id")))
    bot, chat = known
    return Outcome(
        ended=TryEnd.PUBLISHED, network_id=account.id, sentence=f"{TITLE} knows the bot “{bot}” and the chat “{chat}”."
    )
