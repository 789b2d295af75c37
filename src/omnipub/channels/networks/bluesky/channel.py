"""Bluesky, through the account's own data server.

A post is a record under a key that its author chooses. And `swapRecord: null` lets a put create it, or leave it if it
is there exactly so. The same put twice is one post, as long as the record does not change. So all of it is frozen, its
time of creation too.

A connection's token is an app password. It opens sessions, of which an account gets 30 in five minutes and 300 in a
day. So a session is kept in this process, and opened again when it is over. Each process opens its own, 15 a day.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from omnipub.channels.drafting import images_of, text_with_link
from omnipub.channels.networks.bluesky.endpoint import BASE_URL, NAME, POSTS, TITLE
from omnipub.channels.networks.bluesky.facets import facets
from omnipub.channels.networks.bluesky.listing import read_posts
from omnipub.channels.networks.bluesky.posts import POST_URI, link_card, links_in
from omnipub.channels.networks.bluesky.publishing import delete_record, put_record
from omnipub.channels.networks.bluesky.record_key import record_key
from omnipub.channels.networks.bluesky.sessions import Sessions
from omnipub.channels.networks.bluesky.sign_in import check_password, signed_in
from omnipub.domain.announcement_templates import SHORT
from omnipub.domain.conversation import Account, Channel, FrozenBody, Looking, Occasion, Publishing
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import AccountIds, OwnAddress, PostIds, SandboxAccount, Tokens
from omnipub.domain.timestamps import to_text
from omnipub.strict_json import loads


class Bluesky(Channel):
    """Posts of an account; `account.id` is its DID or its handle."""

    name = NAME
    title = TITLE
    base_url = BASE_URL
    own_ids = False  # the same handle may be on two data servers, and nobody has asked them yet
    settle = timedelta(0)  # nothing waits for a look-up: the same put again tells
    pace = timedelta(seconds=2.2)  # 5,000 points an hour and account, 3 for each new post
    limits = Limits(
        text=((300, Unit.GRAPHEMES), (3_000, Unit.BYTES)),
        images=4,
        image_types=("image/jpeg", "image/png"),  # GIFs would be taken, and stand still
        image_bytes=2_000_000,
        alt_text=2_000,  # what Bluesky's own app allows; the record's definition names no bound
    )

    post_ids = PostIds(
        network=TITLE,
        pattern=POST_URI,
        like=f"at://, the account's DID, /{POSTS}/ and the post's key, like at://did:plc:…/{POSTS}/3m2qrrgw222xy",
        found="The key is the last part of the post's address: https://bsky.app/profile/ada.example.com/post/3m2qrrgw222xy",
    )

    own_address = OwnAddress(whose="Bluesky's data servers", server="data server")
    tokens = Tokens(patterns=(r"[a-z0-9]{4}(-[a-z0-9]{4}){3}",))  # app passwords
    announcement = SHORT
    account_ids = AccountIds(
        pattern=re.compile(
            r"did:[a-z]+:[A-Za-z0-9._:%-]{1,256}|(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*|[^\s@]+@[^\s@]+\.[^\s@]+"
        ),
        like="a handle, a DID or the account's mail address, like ada.example.com",
        readings=(
            (re.compile(r"https?://bsky\.app/profile/([^/?#\s]+)/?"), r"\1"),
            (re.compile(r"@([^@\s]+)"), r"\1"),
        ),
        small=True,
    )
    sandbox_account = SandboxAccount(id="did:plc:omnipubsandboxaccount222", title="Sandbox account")

    def __init__(self) -> None:
        self._sessions = Sessions()

    def remedy(self, account_id: str) -> ReconcileMethod:
        """A put under the same key cannot double."""
        del account_id
        return ReconcileMethod.RESEND

    def text(self, content: Content) -> str:
        """The text; beside images it carries the link, as a post has a card or images."""
        return text_with_link(content)

    def render(self, content: Content, occasion: Occasion) -> FrozenBody:
        """The record as JSON, its key, and the images; only these are still missing in the record."""
        text = self.text(content)
        record: dict[str, Any] = {"$type": POSTS, "text": text, "createdAt": to_text(occasion.moment)}
        marked = facets(text, content.link)
        if marked:
            record["facets"] = marked
        if content.link and not content.media:
            record["embed"] = {"$type": "app.bsky.embed.external", "external": link_card(content)}
        return {
            "rkey": record_key(occasion),
            # As text, because its numbers must come back from the table as the same numbers.
            "record": json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")),
            "media": images_of(content),
        }

    def text_of(self, frozen: FrozenBody) -> str:
        """The text."""
        return str(loads(frozen["record"], lenient=True)["text"])

    def links_of(self, frozen: FrozenBody) -> tuple[str, ...]:
        """The link of the card."""
        return links_in(loads(frozen["record"], lenient=True))

    def publish(self, frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
        """Upload the images, then put the record.

        An upload may be repeated: Bluesky names bytes by their content, so the record stays the same.
        """
        return signed_in(self._sessions, put_record(frozen, account, now), account, now)

    def look_up(self, account: Account, since: datetime) -> Looking:
        """Read the account's posts until one is older than `since`; everybody may."""
        return read_posts(account, since)

    def delete(self, network_id: str, account: Account) -> Publishing:
        """Delete a post; one that is gone already is gone. A missing answer is ambiguous."""
        return signed_in(self._sessions, delete_record(network_id, account), account)

    def check(self, account: Account) -> Publishing:
        """Open a session, which is all that an app password is for; it is not kept."""
        return check_password(account)
