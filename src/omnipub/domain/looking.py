"""What a look at an account proves about a post that may be out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from omnipub.domain.finding import Seen
from omnipub.domain.fingerprint import fingerprint
from omnipub.domain.outcome import FoundPost, Sighting

CLOCK_DIFFERENCE = timedelta(seconds=120)
"""How far a network's clock may be behind ours: posts this much older than the try may be ours."""


def read(sighting: Sighting, *, text: str, since: datetime, owners: Mapping[str, str], ours: str) -> Seen:
    """Judge a sighting.

    Args:
        sighting: What the look saw.
        text: The text that the try sent.
        since: The start of the first try that may be out.
        owners: Which delivery each seen post belongs to, as far as known (network id → delivery).
        ours: The delivery that is looked for.
    """
    if sighting.failed is not None:
        return Seen(sentence=sighting.failed.sentence, wait=sighting.failed.wait)
    start = since - CLOCK_DIFFERENCE
    recent = [post for post in sighting.posts if post.created_at >= start]
    candidates = [post for post in recent if owners.get(post.network_id, ours) == ours]
    wanted = fingerprint(text)
    # Posts without text look all alike, so they are never taken for ours.
    matching = [post for post in candidates if wanted and fingerprint(post.text) == wanted]
    if matching:
        return Seen(found=_earliest(matching))
    if sighting.doubt:
        return Seen(sentence=sighting.doubt)
    if sighting.reaches_back_to is None or sighting.reaches_back_to > start:
        return Seen(sentence="The look-up did not reach back to the start of the try.")
    if candidates:
        return Seen(sentence="The account has a new post that no delivery accounts for; it may be this one.")
    return Seen(clear=True)


def _earliest(posts: list[FoundPost]) -> FoundPost:
    return min(posts, key=lambda post: (post.created_at, post.network_id))
