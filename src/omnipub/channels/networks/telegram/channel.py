"""Telegram channels and groups, through a bot.

The bot's token is a part of every address, so no address may be shown. Telegram has no key for repeats, and bots
cannot read what stands in a channel. A missing answer stays missing, and a person decides.
"""

import base64
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from omnipub.channels.answers import already_gone
from omnipub.channels.drafting import images_of
from omnipub.channels.networks.telegram.account_check import check_bot
from omnipub.channels.networks.telegram.endpoint import BASE_URL, NAME, TITLE
from omnipub.channels.networks.telegram.errors import NOT_DELETED, description_in, failure_of, parameter_in
from omnipub.channels.networks.telegram.requests import BOT_TOKEN, bot_request, is_done, message_request, no_token
from omnipub.channels.networks.telegram.sent_messages import SENT_MESSAGE, permalink, sent_in
from omnipub.domain.conversation import Account, Channel, FrozenBody, Looking, Occasion, Published, Publishing, Secret
from omnipub.domain.delivery.outcome import Outcome, Sighting, TryEnd
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import AccountIds, PostIds, SandboxAccount, Tokens

_AROUND_LINKS = ".,;:!?()[]{}<>\"'"

UPGRADED = 400
"""The status of "this group is a supergroup now"."""

MISSING = "message to delete not found"
_CHAT = re.compile(r"-?[0-9]{1,19}")


def _sandbox_token(entropy: bytes) -> str:
    """A bot's token is the bot's number and 35 characters."""
    number = 10**9 + int.from_bytes(entropy[:6], "big") % 10**9
    return f"{number}:{base64.urlsafe_b64encode(entropy[6:]).decode().rstrip('=')}"


class Telegram(Channel):
    """Messages of a bot in a chat; `account.id` is `@channel` or the chat's number (-100…)."""

    name = NAME
    title = TITLE
    base_url = BASE_URL
    own_ids = True
    settle = timedelta(0)  # nothing can be looked up
    pace = timedelta(seconds=3)  # 20 messages a minute in one group or channel
    limits = Limits(
        text=((4_096, Unit.UTF16),),
        caption=((1_024, Unit.UTF16),),
        images=10,
        image_types=("image/jpeg", "image/png"),
        image_bytes=10_000_000,
        # Telegram has no descriptions of images: one that was written for other networks is accepted here
        # so that the message need not go without it there, and is not sent.
        alt_text=2_000,
    )
    post_ids = PostIds(
        network=TITLE,
        pattern=SENT_MESSAGE,
        like="the chat's number, / and the message's number, like -1001234567890/12; an album's have commas",
        found="The message's number is the last part of its address: https://t.me/c/1234567890/12 means "
        "-1001234567890/12. The number of a chat with a name is in the ids of its earlier posts.",
    )

    tokens = Tokens(patterns=(r"(bot)?[0-9]{5,12}:[A-Za-z0-9_-]{30,}",))
    account_ids = AccountIds(
        pattern=re.compile(r"@[A-Za-z]\w{3,31}|-?[0-9]{1,20}", re.ASCII),
        like="@ and the channel's public name, or the chat's number, like @example or -1001234567890",
        readings=(
            (re.compile(r"(?:https?://)?t\.me/([A-Za-z]\w{3,31})/?", re.ASCII), r"@\1"),
            (re.compile(r"([A-Za-z]\w{3,31})", re.ASCII), r"@\1"),
        ),
    )
    sandbox_account = SandboxAccount(id="@omnipub_sandbox", title="Sandbox channel", token=_sandbox_token)

    def wrong_token(self, token: Secret) -> str:
        """Why a text is no bot's token."""
        return "" if BOT_TOKEN.fullmatch(token.reveal()) else "A bot's token is a number, a colon, letters and digits."

    def text(self, content: Content) -> str:
        """The text with its hashtags and its link.

        The link stands in the text even though Telegram shows a preview of it. A page that Telegram cannot fetch has
        none, and the link would be lost without a word.
        """
        text = content.with_hashtags()
        if not content.link or content.link in {word.strip(_AROUND_LINKS) for word in text.split()}:
            return text
        return "\n\n".join(each for each in (text, content.link) if each)

    def render(self, content: Content, occasion: Occasion) -> FrozenBody:
        """Text, link and images."""
        del occasion
        return {"text": self.text(content), "link": content.link, "media": images_of(content)}

    def text_of(self, frozen: FrozenBody) -> str:
        """The text."""
        return str(frozen["text"])

    def publish(self, frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
        """Send one message or album; once more where a group has become a supergroup, which has another number."""
        if not BOT_TOKEN.fullmatch(account.token.reveal()):
            return no_token()
        answer = yield message_request(frozen, account, account.id)
        moved_to = parameter_in(answer, "migrate_to_chat_id")
        # It was refused, so nothing is out; a server's failure would leave that open.
        if isinstance(moved_to, int) and _CHAT.fullmatch(str(moved_to)) and answer.status == UPGRADED:
            answer = yield message_request(frozen, account, str(moved_to))
        sent = sent_in(answer)
        if sent is None:
            return failure_of(answer, publishes=True, now=now())
        yield Published(network_id=sent.id)
        return Outcome(ended=TryEnd.PUBLISHED, network_id=sent.id, permalink=permalink(sent, account))

    def look_up(self, account: Account, since: datetime) -> Looking:
        """Bots cannot read what stands in a channel."""
        del account, since
        yield from ()
        failed = Outcome(ended=TryEnd.REJECTED, code="no_look_up", sentence="A bot cannot read a channel on Telegram.")
        return Sighting(failed=failed)

    def delete(self, network_id: str, account: Account) -> Publishing:
        """Delete a message, or all of an album's; what is gone already is gone. A missing answer is ambiguous."""
        if not BOT_TOKEN.fullmatch(account.token.reveal()):
            return no_token()
        named = SENT_MESSAGE.fullmatch(network_id)
        if named is None:
            plain = f"'{network_id}' names no message on Telegram; that would be chat/message, both numbers."
            return Outcome(ended=TryEnd.REJECTED, code="bad_id", sentence=plain)
        deleted = False
        for message in named["messages"].split(","):
            body = {"chat_id": int(named["chat"]), "message_id": int(message)}
            answer = yield bot_request(account, "deleteMessage", json=body)
            if not (is_done(answer) or MISSING in description_in(answer)):
                return failure_of(answer, publishes=True, may_hold=False, refused=NOT_DELETED)
            deleted = deleted or is_done(answer)
        return Outcome(ended=TryEnd.PUBLISHED, network_id=network_id) if deleted else already_gone(TITLE, network_id)

    def check(self, account: Account) -> Publishing:
        """Ask who the bot is and what it sees of the chat; nobody else notices."""
        return check_bot(account)
