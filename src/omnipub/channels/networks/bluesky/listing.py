"""An account's posts as its data server lists them."""

from dataclasses import dataclass
from datetime import datetime

from omnipub.channels.answers import ASTRAY, CURSOR_AT_MOST, accepted, text_in
from omnipub.channels.networks.bluesky.endpoint import POSTS
from omnipub.channels.networks.bluesky.errors import failure_of
from omnipub.channels.networks.bluesky.posts import POST_URI, links_in, permalink
from omnipub.channels.networks.bluesky.requests import xrpc_request
from omnipub.channels.numbers import moment_of
from omnipub.domain.conversation import Account, Looking, Response
from omnipub.domain.delivery.outcome import FoundPost, Sighting

LOOK_TIMEOUT = 10.0
PAGE_SIZE = 100
PAGES_AT_MOST = 10


def read_posts(account: Account, since: datetime) -> Looking:
    """Read the account's posts until one is older than `since`; everybody may.

    They come in the order of their keys, and keys are their authors' choice. So a look shows posts,
    but only one that saw the very first post says that there are no others.
    """
    posts: list[FoundPost] = []
    cursor = ""
    for _ in range(PAGES_AT_MOST):
        query = {"repo": account.id, "collection": POSTS, "limit": str(PAGE_SIZE)}
        answer = yield xrpc_request(
            "GET",
            account,
            "com.atproto.repo.listRecords",
            query=query | ({"cursor": cursor} if cursor else {}),
            total_timeout=LOOK_TIMEOUT,
        )
        page = _page_of(answer, account)
        if page is None:
            return Sighting(failed=failure_of(answer, publishes=False))
        posts += page.posts
        if not (page.posts and page.cursor):
            return Sighting(posts=tuple(posts), reaches_back_to=since)
        if posts[-1].created_at < since:
            break
        if page.cursor == cursor or len(page.cursor) > CURSOR_AT_MOST:
            return Sighting(posts=tuple(posts), doubt=ASTRAY)
        cursor = page.cursor
    return Sighting(posts=tuple(posts))


@dataclass(frozen=True)
class _Page:
    posts: tuple[FoundPost, ...]
    cursor: str


def _page_of(answer: Response, account: Account) -> _Page | None:
    """A page of posts.

    None if the answer is none, because a post that cannot be read cannot be ruled out.
    """
    if not accepted(answer):
        return None
    try:
        posts = tuple(
            FoundPost(
                network_id=(uri := text_in(record["uri"])),
                text=record["value"]["text"],
                created_at=moment_of(record["value"]["createdAt"]),
                permalink=permalink(uri, account) if POST_URI.fullmatch(uri) else "",
                links=links_in(record["value"]),
            )
            for record in answer.body["records"]
        )
        return _Page(posts, text_in(answer.body.get("cursor")))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None
