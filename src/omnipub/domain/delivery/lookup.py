"""What a look at an account proves about a post that may be out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from omnipub.domain.delivery.fingerprint import Likeness, SentPost, likeness
from omnipub.domain.delivery.outcome import FoundPost, Sighting
from omnipub.domain.delivery.reconcile import LookResult

CLOCK_DIFFERENCE = timedelta(seconds=120)
"""How far a network's clock may be off ours if nobody measured it: posts this much older may be ours."""

MEASURED = timedelta(seconds=10)
"""How much is left of that where the answer itself said what time it is there. It covers whole seconds, and the
answer's way to us."""

SURELY = timedelta(seconds=5)
"""A post that is older than the try by no more than this counts as younger. Clocks are that well set."""

NAMED = 3
"""So many candidates are named; more say nothing."""


def read(sighting: Sighting, *, sent: SentPost, since: datetime, owners: Mapping[str, str], ours: str) -> LookResult:
    """Judge a sighting.

    Args:
        sighting: What the look saw.
        sent: What the try sent.
        since: The start of the first try that may be out.
        owners: Which delivery each seen post belongs to, as far as known (network id → delivery).
        ours: The delivery that is looked for.
    """
    if sighting.failed is not None:
        return LookResult(sentence=sighting.failed.sentence, wait=sighting.failed.wait)
    known = [post for post in sighting.posts if owners.get(post.network_id) == ours]
    if known:
        return LookResult(found=_earliest(known))
    start = earliest(sighting, since)
    recent = [post for post in sighting.posts if post.created_at >= start and post.network_id not in owners]
    alike = {post.network_id: likeness(sent, post) for post in recent}
    same = [post for post in recent if alike[post.network_id][0] is Likeness.SAME]
    if len(same) == 1 and _is_younger(same[0], sighting, since):
        return LookResult(found=same[0])
    if same:
        why = f"there are {len(same)} of them" if len(same) > 1 else "it seems to be older than the try"
        return LookResult(sentence=_candidates(same, why))
    unclear = [post for post in recent if alike[post.network_id][0] is Likeness.UNCLEAR]
    if unclear:
        return LookResult(sentence=_candidates(unclear, alike[unclear[0].network_id][1]))
    if sighting.doubt:
        return LookResult(sentence=sighting.doubt)
    if sighting.reaches_back_to is None or sighting.reaches_back_to > start:
        return LookResult(sentence="The look-up did not reach back to the start of the try.")
    if recent:
        named = _named(recent)
        return LookResult(
            sentence=f"The account has a new post that no delivery accounts for; it may be this one: {named}."
        )
    return LookResult(clear=True)


def earliest(sighting: Sighting, since: datetime) -> datetime:
    """From when on, by the network's clock, a post may be of a try that began at `since`."""
    if sighting.clock_ahead is None:
        return since - CLOCK_DIFFERENCE
    return since + sighting.clock_ahead - MEASURED


def _is_younger(post: FoundPost, sighting: Sighting, since: datetime) -> bool:
    """Whether it is surely not older than the try, which nobody but somebody else could have made then."""
    return sighting.clock_ahead is not None or post.created_at >= since - SURELY


def _candidates(posts: Sequence[FoundPost], why: str) -> str:
    noun = "a post that looks" if len(posts) == 1 else "posts that look"
    return f"The account has {noun} like it, but {why}: {_named(posts)}."


def _named(posts: Sequence[FoundPost]) -> str:
    names = [post.permalink or post.network_id for post in posts]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _earliest(posts: Sequence[FoundPost]) -> FoundPost:
    return min(posts, key=lambda post: (post.created_at, post.network_id))
