"""Which promises a trial broke: the table's word for each delivery against the sandbox's own posts. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from omnipub.domain.delivery.reconcile import DEATHS_AT_MOST, LOOKS_AT_MOST
from omnipub.domain.ids import network_of

BLIND = frozenset({"telegram"})
"""Networks that cannot be asked what they have."""

_NUMBER = re.compile(r"Trial (\d+) message (\d+)\.")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the table says of a delivery; `message` is the number in the plan."""

    message: int
    id: str
    channel: str
    account: str
    status: str
    network_id: str
    deaths: int = 0
    looks: int = 0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A post as the sandbox keeps it; `repeats` is how often its sender sent it again under the same id."""

    network: str
    account: str
    id: str
    text: str
    repeats: int = 0


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A promise broken: to which message and channel (None, "": to none in particular), and how."""

    message: int | None
    channel: str
    how: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came out of a trial.

    Attributes:
        rows: Network, published, unconfirmed with a post, unconfirmed without, sent again under one id.
        died: Deliveries that a kill met while somebody was at them.
        stopped: Unconfirmed on a network that can tell, because workers died over it or looks stayed unclear.
        broken: What must not be.
    """

    rows: Sequence[tuple[str, int, int, int, int]]
    died: int
    stopped: int
    broken: Sequence[Broken]


def judge(seed: int, asked: Mapping[int, Sequence[str]], told: Sequence[Told], seen: Sequence[Seen]) -> Verdict:
    """Judge a trial.

    Args:
        seed: The trial's.
        asked: Message number → its channels, for every message that was answered 2xx.
        told: Every delivery in the table.
        seen: Every post in the sandbox.
    """
    posts: dict[tuple[int, str, str], list[Seen]] = defaultdict(list)
    broken = _missing(asked, told)
    for post in seen:
        found = _NUMBER.search(post.text)
        if found is None or int(found[1]) != seed:
            broken.append(Broken(message=None, channel=post.network, how=f"post {post.id} belongs to nobody"))
        else:
            posts[int(found[2]), post.network, post.account].append(post)
    counts: Counter[tuple[str, str]] = Counter()
    for one in told:
        mine = posts.pop((one.message, network_of(one.channel), one.account), [])
        how = _breach(one, mine)
        if how:
            broken.append(Broken(message=one.message, channel=one.channel, how=how))
        kind = one.status if one.status != "unconfirmed" else f"unconfirmed {len(mine)}"
        counts[network_of(one.channel), kind] += 1
        counts[network_of(one.channel), "repeats"] += sum(post.repeats for post in mine)
    broken += [
        Broken(message=number, channel=network, how=f"{len(strays)} posts on {account} that no delivery asked for")
        for (number, network, account), strays in posts.items()
    ]
    networks = sorted({network_of(one.channel) for one in told})
    kinds = ("published", "unconfirmed 1", "unconfirmed 0", "repeats")
    return Verdict(
        rows=[(network, *(counts[network, kind] for kind in kinds)) for network in networks],  # type: ignore[misc]
        died=sum(one.deaths > 0 for one in told),
        stopped=sum(one.status == "unconfirmed" and network_of(one.channel) not in BLIND for one in told),
        broken=broken,
    )


def _missing(asked: Mapping[int, Sequence[str]], told: Sequence[Told]) -> list[Broken]:
    there = Counter((one.message, one.channel) for one in told)
    wanted = {(number, channel) for number, channels in asked.items() for channel in channels}
    lost = [Broken(message=number, channel=channel, how="accepted and lost") for number, channel in wanted - set(there)]
    ids = {(one.message, one.id) for one in told}
    made = Counter(number for number, _ in ids)
    doubled = [
        Broken(message=number, channel="", how=f"one request made {times} messages")
        for number, times in made.items()
        if times > 1
    ]
    return [*lost, *doubled]


def _breach(one: Told, posts: Sequence[Seen]) -> str:
    """How the delivery's posts break what its status promises; empty if they do not."""
    if len(posts) > 1:
        return f"{len(posts)} posts: {', '.join(post.id for post in posts)}"
    if one.status == "published":
        if not posts:
            return "published, says the table, and there is no post"
        if one.network_id and network_of(one.channel) != "webhook" and one.network_id != posts[0].id:
            return f"the table has {one.network_id}, the network {posts[0].id}"
        return ""
    if one.status != "unconfirmed":
        return f"ended as {one.status} with {len(posts)} posts"
    if network_of(one.channel) in BLIND or one.deaths >= DEATHS_AT_MOST or one.looks >= LOOKS_AT_MOST:
        return ""
    return f"unconfirmed after {one.deaths} deaths and {one.looks} looks, where the network can tell"
