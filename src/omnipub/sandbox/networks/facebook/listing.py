"""A page's published posts as Facebook lists them: newest first, page by page."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from omnipub.sandbox.http_exchange import SandboxAnswer, SandboxRequest, json_answer
from omnipub.sandbox.ledger import Post
from omnipub.sandbox.network import SandboxState
from omnipub.sandbox.networks.facebook.errors import NETWORK, VERSION, refused
from omnipub.sandbox.networks.facebook.fields import requested_fields, whole_number

_FIELDS = frozenset({"id", "message", "created_time", "permalink_url", "attachments"})
_UNASKED = ("id", "message", "created_time")
_FAR_FUTURE = 10**11


def published_posts(request: SandboxRequest, stock: SandboxState, page: str) -> SandboxAnswer:
    """One leaf of the list; `paging.next` is there only if another leaf is."""
    fields = requested_fields(request, _FIELDS) or _UNASKED
    limit = whole_number(request, "limit", default=25, least=1, most=100)
    since = whole_number(request, "since", default=0, least=0, most=_FAR_FUTURE)
    below = _number_behind(request.query.get("after", ""))
    found = stock.ledger.listed(NETWORK, page, limit=limit + 1, below=below, since_ms=since * 1000)
    shown = found[:limit]
    content: dict[str, object] = {"data": [_shown(request, post, fields) for post in shown]}
    if shown:
        after = _cursor(shown[-1])
        paging: dict[str, object] = {"cursors": {"before": _cursor(shown[0]), "after": after}}
        if len(found) > limit:
            query = urlencode(dict(request.query) | {"after": after})
            paging["next"] = f"{request.base_url}/{NETWORK}/{VERSION}/{quote(page)}/published_posts?{query}"
        content["paging"] = paging
    return json_answer(content)


def permalink(request: SandboxRequest, post: Post) -> str:
    """Where people see the post: on the sandbox's wall."""
    return f"{request.base_url}/posts/{NETWORK}/{quote(post.id, safe='')}"


def _shown(request: SandboxRequest, post: Post, fields: Sequence[str]) -> dict[str, object]:
    created = datetime.fromtimestamp(post.received_at // 1000, UTC)
    cards = _cards(request, post)
    values: dict[str, object] = {
        "id": post.id,
        "message": post.text,
        "created_time": f"{created:%Y-%m-%dT%H:%M:%S}+0000",
        "permalink_url": permalink(request, post),
        "attachments": {"data": cards},
    }
    left_away = {name for name, there in (("message", post.text), ("attachments", cards)) if not there}
    names = [name for name in fields if name not in left_away]  # Graph leaves away what is empty
    return {name: values[name] for name in dict.fromkeys(["id", *names])}


def _cards(request: SandboxRequest, post: Post) -> list[dict[str, str]]:
    """What stands beside the text: a card of its link, behind Facebook's own address, or pictures."""
    if post.link:
        around = f"https://l.facebook.com/l.php?{urlencode({'u': post.link})}"
        return [{"type": "share", "url": around, "unshimmed_url": post.link}]
    return [{"type": "photo", "url": permalink(request, post)} for _ in post.media[:1]]


def _cursor(post: Post) -> str:
    return base64.urlsafe_b64encode(f"post:{post.number}".encode()).decode()


def _number_behind(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor).removeprefix(b"post:"))
    except (binascii.Error, ValueError) as error:
        raise refused("parameter", "after is no cursor of this list") from error
