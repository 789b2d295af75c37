"""What a trial does, drawn from a seed: who is written to, when each life ends, and what the networks do wrong."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

NETWORKS = ("bluesky", "facebook", "linkedin", "telegram", "webhook")
"""All kinds of channel: own key, look-up (two), neither, constant id."""

ACCOUNTS = {
    "bluesky": "did:plc:crashaccount{0:0>12}",
    "facebook": "20000000000000{0}",
    "linkedin": "urn:li:organization:200{0}",
    "telegram": "@omnipub_crash_{0}",
    "webhook": "crash-{0}",
}
"""Network → the ids of further accounts."""

UNBORN, HASTE = (0.05, 0.8), (0.0, 0.12)
"""Seconds of a life from its birth, if it ends before it runs; and from there, if it ends while it is asked."""

SETTLE = 2
"""Seconds; every listing that comes late comes sooner than this, as the channels' own settle times promise."""

Fault = dict[str, object]

ONLY_SLOW: tuple[Fault, ...] = tuple(
    {"network": network, "kind": "slow", "seconds": 0.8, "times": 0} for network in NETWORKS
)
"""Each post is accepted a moment after it came in, also if whoever sent it is dead by then."""

_SHARES: tuple[tuple[str, float, dict[str, object], frozenset[str]], ...] = (
    ("accept_then_hang", 0.04, {"seconds": 20}, frozenset()),
    ("accept_after_client_left", 0.03, {"seconds": 20}, frozenset()),
    ("reset", 0.03, {}, frozenset()),
    ("reset_after", 0.04, {}, frozenset()),
    ("error_before", 0.03, {}, frozenset()),
    ("error_after", 0.04, {}, frozenset()),
    ("throttle", 0.05, {"wait_seconds": 1}, frozenset({"linkedin"})),
    ("slow", 0.15, {"seconds": 0.6}, frozenset()),
    ("no_id", 0.04, {}, frozenset({"webhook"})),
    ("listed_late", 0.05, {"seconds": 1.5}, frozenset({"webhook", "telegram"})),
)
"""Kind, share of the publishing requests it meets, its values, and the networks it is not ordered on.

LinkedIn's throttle means that the day is over, so a trial would wait a quarter of an hour for it.
"""

_LOOKED_UP = ("facebook", "linkedin")
_LOOK_SHARES: tuple[tuple[str, float], ...] = (("error_before", 0.05), ("reset", 0.05))


def every_fault(seed: int) -> tuple[Fault, ...]:
    """All kinds of trouble that leave a delivery possible, on every network where they make sense."""
    numbers = count(seed * 1000)
    publishing: list[Fault] = [
        {"network": network, "kind": kind, "share": share, "times": 0, "seed": next(numbers), **values}
        for network in NETWORKS
        for kind, share, values, without in _SHARES
        if network not in without
    ]
    looking: list[Fault] = [
        {"network": network, "kind": kind, "share": share, "times": 0, "seed": next(numbers), "endpoint": "look_up"}
        for network in _LOOKED_UP
        for kind, share in _LOOK_SHARES
    ]
    return (*publishing, *looking)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A message to compose.

    Attributes:
        number: Its text says it.
        channels: Whom it goes to.
        delay: In how many seconds it is due; None for now.
        again: Whether its POST comes twice, as from a client that lost the answer.
    """

    number: int
    channels: Sequence[str]
    delay: float | None
    again: bool


@dataclass(frozen=True, kw_only=True)
class Life:
    """One life of `omnipub up`.

    Attributes:
        messages: What is composed in it.
        seconds: After how long it is killed.
        ready: Whether the seconds count from when it said that it runs; else from its birth.
    """

    messages: Sequence[Planned]
    seconds: float
    ready: bool


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole trial; `aliases` are connected beside the sandbox's own accounts (channel → account)."""

    seed: int
    lives: Sequence[Life]
    faults: Sequence[Fault]
    aliases: dict[str, str] = field(default_factory=dict)

    @property
    def deliveries(self) -> int:
        """How many deliveries are asked for."""
        return sum(len(message.channels) for life in self.lives for message in life.messages)

    def text(self, number: int) -> str:
        """What message `number` says; no two say the same."""
        return f"Trial {self.seed} message {number}."


def draw(
    seed: int,
    *,
    kills: int,
    deliveries: int,
    faults: Sequence[Fault],
    accounts: int,
    seconds: tuple[float, float],
    unborn: float,
    hasty: float = 0.0,
) -> Plan:
    """A plan.

    Args:
        seed: Of everything random in it.
        kills: Lives, each ended by SIGKILL.
        deliveries: In all, over all networks.
        faults: Orders for the sandbox.
        accounts: Accounts of each network; many keep posts that may be somebody's from hiding each other's absence.
        seconds: The shortest and the longest life.
        unborn: Share of the lives that end before they have begun to run, or just then.
        hasty: Share of the others that end while messages are composed.
    """
    dice = random.Random(seed)  # noqa: S311  reproducible on purpose
    aliases = {
        f"{network}:n{number}": ACCOUNTS[network].format(number)
        for network in NETWORKS
        for number in range(2, accounts + 1)
    }
    channels = [*NETWORKS, *aliases]
    composed = list(_messages(dice, channels, deliveries))
    lives = []
    for number in range(kills):
        first, last = len(composed) * number // kills, len(composed) * (number + 1) // kills
        born = dice.random() >= unborn
        span = dice.uniform(*(seconds if dice.random() >= hasty else HASTE)) if born else dice.uniform(*UNBORN)
        lives.append(Life(messages=composed[first:last], seconds=span, ready=born))
    return Plan(seed=seed, lives=lives, faults=faults, aliases=aliases)


def _messages(dice: random.Random, channels: Sequence[str], deliveries: int) -> Iterator[Planned]:
    """Messages to a few channels each; every channel gets as many deliveries as every other, give or take one."""
    stack: list[str] = []
    for number in count():
        if deliveries == 0:
            return
        size = min(deliveries, dice.randint(1, 5))
        if len(stack) < size:
            stack += dice.sample(channels, len(channels))
        while len(set(stack[:size])) < size:
            size -= 1
        chosen, stack = stack[:size], stack[size:]
        deliveries -= len(chosen)
        yield Planned(
            number=number,
            channels=chosen,
            delay=dice.uniform(0.5, 12.0) if dice.random() < 0.5 else None,
            again=dice.random() < 0.1,
        )
