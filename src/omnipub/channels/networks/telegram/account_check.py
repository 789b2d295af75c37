"""The question whether a bot's token works and what the bot sees of its chat."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from omnipub.channels.answers import words
from omnipub.channels.networks.telegram.endpoint import TITLE
from omnipub.channels.networks.telegram.errors import failure_of
from omnipub.channels.networks.telegram.requests import BOT_TOKEN, bot_request, is_done, no_token
from omnipub.domain.conversation import Account, Publishing
from omnipub.domain.delivery.outcome import Outcome, TryEnd

CHECK_TIMEOUT = 10.0


def check_bot(account: Account) -> Publishing:
    """Ask who the bot is, what it sees of the chat, and what it may do there; nobody else notices."""
    if not BOT_TOKEN.fullmatch(account.token.reveal()):
        return no_token()
    found: list[Mapping[str, Any]] = []
    for method in ("getMe", "getChat", "getChatMember"):
        fields: dict[str, Any] = {} if method == "getMe" else {"chat_id": account.id}
        fields |= {"user_id": found[0].get("id")} if method == "getChatMember" else {}
        answer = yield replace(bot_request(account, method, json=fields), publishes=False, total_timeout=CHECK_TIMEOUT)
        result = answer.body.get("result") if is_done(answer) else None
        if not isinstance(result, dict):
            failed = failure_of(answer, publishes=False)
            # A bot that was shut out has to be let in again; a new token would be shut out as well.
            return replace(failed, ended=TryEnd.REJECTED) if failed.code in {"400", "403"} else failed
        found.append(result)
    bot, chat, member = found
    if not _may_post(chat, member):
        plain = f"The bot may not post in “{_name(chat)}”; make it an administrator who may post."
        return Outcome(ended=TryEnd.REJECTED, code="no_right", sentence=plain)
    return Outcome(
        ended=TryEnd.PUBLISHED,
        network_id=str(chat["id"]) if isinstance(chat.get("id"), int) else account.id,
        title=_name(chat),
        sentence=f"{TITLE} knows the bot “{_name(bot)}”, which may post in “{_name(chat)}”.",
    )


def _may_post(chat: Mapping[str, Any], member: Mapping[str, Any]) -> bool:
    """In a channel only administrators with that right post; in a group every member whom nobody restricted."""
    status = member.get("status")
    if status == "creator":
        return True
    if chat.get("type") == "channel":
        return status == "administrator" and member.get("can_post_messages") is True
    return status in {"administrator", "member"} or (status == "restricted" and member.get("can_send_messages") is True)


def _name(known: Mapping[str, Any]) -> str:
    name = known.get("title") or known.get("username") or known.get("first_name")
    return words(name) or str(known.get("id"))
