"""A page's posts as Graph lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from omnipub.channels.answers import accepted, text_in
from omnipub.channels.networks.facebook.endpoint import BASE_URL, HOST
from omnipub.channels.numbers import moment_of
from omnipub.domain.conversation import Account, Response
from omnipub.domain.delivery.outcome import FoundPost
from omnipub.domain.validation import web_address

ATTACHMENTS = "attachments{type,url,unshimmed_url}"
"""What a post shows beside its text; the second address is the one without Facebook's own around it."""

PAGE_SIZE = 50
PAGES_AT_MOST = 20
TOO_MANY = f"The page has more than {PAGE_SIZE * PAGES_AT_MOST:,} posts since the try; a look reads no more."


def permalink_in(post: Mapping[str, Any], account: Account) -> str:
    """The post's address for people, as Graph names it; else empty.

    It is on Facebook, or on the server that answers in its place.
    """
    address = web_address(post.get("permalink_url"))
    host = urlsplit(address).hostname or ""
    at_home = host == urlsplit(account.base_url).hostname and account.base_url != BASE_URL
    return address if at_home or host == HOST or host.endswith(f".{HOST}") else ""


@dataclass(frozen=True)
class PostsPage:
    """One page of the listing; `after` is the cursor of the next one, empty if there is none."""

    posts: tuple[FoundPost, ...]
    after: str


def page_of(answer: Response, account: Account) -> PostsPage | None:
    """A page of posts; None if the answer is no such page.

    A post that cannot be read cannot be ruled out.
    """
    if not accepted(answer):
        return None
    try:
        posts = tuple(
            FoundPost(
                network_id=text_in(post["id"]),
                text=post.get("message") or "",
                created_at=moment_of(post["created_time"]),
                permalink=permalink_in(post, account),
                links=_links_in(post),
            )
            for post in answer.body["data"]
        )
        paging = answer.body.get("paging", {})
        # Graph's own `next` is a whole URL that may carry a token, so only its cursor is followed.
        return PostsPage(posts, _cursor_in(paging) if "next" in paging else "")
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _links_in(post: Mapping[str, Any]) -> tuple[str, ...]:
    """The links of a post's cards; pictures are attachments as well, whose addresses lead to Facebook itself."""
    cards = [card for card in (post.get("attachments") or {}).get("data", ()) if card.get("type") == "share"]
    return tuple(str(card.get("unshimmed_url") or card.get("url") or "") for card in cards)


def _cursor_in(paging: Mapping[str, Any]) -> str:
    after = paging["cursors"]["after"]
    if not (isinstance(after, str) and after):
        raise ValueError("a list that goes on says where")
    return after
