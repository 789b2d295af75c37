"""Posts as records: their URIs, links and permalinks."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from omnipub.channels.answers import accepted
from omnipub.channels.networks.bluesky.endpoint import NAME, POSTS
from omnipub.domain.conversation import Account, Response
from omnipub.domain.message import Content

POST_URI = re.compile(
    rf"at://(?P<author>did:[a-z]{{1,32}}:[A-Za-z0-9._:%-]{{1,256}})/{re.escape(POSTS)}/(?P<key>[A-Za-z0-9._:~-]{{1,512}})"
)


def link_card(content: Content) -> dict[str, str]:
    """Bluesky does not fetch the page: what stands on the card is ours to give, and both words are required."""
    title = content.link_title.strip() or urlsplit(content.link).hostname or content.link
    return {"uri": content.link, "title": title, "description": ""}


def permalink(uri: str, account: Account) -> str:
    """Where a person sees the post: on Bluesky, wherever the account's data are, or on the sandbox's pages.

    A data server is addressed by its origin alone; the sandbox, which has many networks, by a path.
    """
    stand_in = urlsplit(account.base_url)
    if stand_in.path == f"/{NAME}":
        return f"{stand_in.scheme}://{stand_in.netloc}/posts/{NAME}/{quote(uri, safe='')}"
    post = POST_URI.fullmatch(uri)
    return f"https://bsky.app/profile/{post['author']}/post/{post['key']}" if post else ""


def uri_in(answer: Response) -> str:
    """Return the URI of the record that an answer names; empty if it names none."""
    uri = answer.body.get("uri") if accepted(answer) and isinstance(answer.body, dict) else None
    return uri if isinstance(uri, str) and POST_URI.fullmatch(uri) else ""


def links_in(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The links of a record that do not stand in its text: the card's, and those behind other words."""
    embed = record.get("embed") or {}
    card = embed.get("external", {}).get("uri") if embed.get("$type") == "app.bsky.embed.external" else None
    features = [feature for facet in record.get("facets") or () for feature in facet.get("features", ())]
    behind = [feature["uri"] for feature in features if feature.get("$type") == "app.bsky.richtext.facet#link"]
    return tuple(map(str, (*((card,) if card else ()), *behind)))
