"""People who post by hand, on the same accounts, what is nearly or exactly what a message says."""

from collections.abc import Callable
from typing import Any

from omnipub.domain.delivery.model import Delivery
from simulation.ports import Post

OTHER_LINK = "https://theirs.example/news"
OLDER_BY = 14_000
"""Milliseconds: what is older than a try by more than this was surely not made by it.

Ten seconds are left where the network said its time. The clock of the try and that of the look may each be 2 s off.
"""


def by_hand(history: Any) -> None:
    """Post a few times during the storm."""
    chance, network = history.hub.chance, history.network
    while history.hub.time < history.storm:
        history.hub.wait(chance.randint(10_000, 240_000))
        if not history.asked:
            continue
        text = chance.choice(chance.choice(history.asked).texts)
        words, _, link = text.partition("https://")
        nearly = [f"{words}{OTHER_LINK}", f"{words}", f"{text}!", "something else"]
        said = text if chance.random() < 0.3 else chance.choice(nearly)
        post = Post(
            id=f"hand-{len(network.posts) + 1}",
            account="acc-looked",
            key="",
            text=said,
            at=history.hub.time,
            listed_at=history.hub.time,
        )
        network.posts.append(post)
        history.hub.tell(f"posts by hand as {post.id}: {said!r} ({link})")


def check_adopted(delivery: Delivery, post: Post, first_claim: int | None, fail: Callable[[str], Any]) -> None:
    """What somebody made by hand is adopted only if nothing tells it from ours."""
    if post.key:
        return
    if delivery.frozen is None or post.text.split() != str(delivery.frozen.body["text"]).split():
        fail(f"{delivery.channel} has adopted {post.id}, which says {post.text!r}")
    if first_claim is None or post.at < first_claim - OLDER_BY:
        fail(f"{delivery.channel} has adopted {post.id}, which is older than its first try at {first_claim} ms")
