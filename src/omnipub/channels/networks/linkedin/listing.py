"""What several pages of LinkedIn's listing prove together, while others post, edit and delete.

LinkedIn pages by place, last modified first. A deletion moves what follows up, and over the edge between two pages.
An edit takes a post to the top, past whoever reads on below. So pages overlap, and the top is read once more:

1. Two pages that share a post untouched since have nothing between them.
2. Whatever was touched since the first page stands above its posts. A second reading of the top that still shows
   one of them shows all of that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from omnipub.domain.delivery.outcome import FoundPost

PAGE_SIZE = 50
"""Posts of one request: that many of the longest still fit into the answer that is read."""

OVERLAP = 10
"""So many posts may be deleted between two requests without a gap."""

STEP = PAGE_SIZE - OVERLAP

PAGES_AT_MOST = 25

POSTS_AT_MOST = STEP * PAGES_AT_MOST

MOVED = "The account's posts moved while they were read: somebody posts, edits or deletes there."
TOO_MANY = f"The account has more than {POSTS_AT_MOST:,} posts since the try; a look reads no more."


@dataclass(frozen=True)
class Listed:
    """A post and when it was touched last."""

    post: FoundPost
    modified_at: datetime


def meet(earlier: Sequence[Listed], later: Sequence[Listed]) -> bool:
    """Whether two pages share a post that was not touched between them; an empty page has nothing to miss."""
    marks = {(one.post.network_id, one.modified_at) for one in earlier}
    return not later or any((one.post.network_id, one.modified_at) in marks for one in later)


def newest_first(pages: Iterable[Sequence[Listed]]) -> tuple[FoundPost, ...]:
    """Every post once, as it was seen last."""
    posts = {each.post.network_id: each.post for page in pages for each in page}.values()
    return tuple(sorted(posts, key=lambda post: post.created_at, reverse=True))
