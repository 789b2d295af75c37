"""The seed's three levels of traffic, its dollar ranges, and our own goals.

It says which of them hold, and when.

What holds is computed. Where a bill is outside its range, the first assumption is told that brings it in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from omnipub_cli.deployment.cost.bill import Bill, bill, with_plan
from omnipub_cli.deployment.cost.containers import DEFAULT_LAYOUT, LAYOUTS, Layout, container_usage
from omnipub_cli.deployment.cost.inventory import Inventory
from omnipub_cli.deployment.cost.traffic import Traffic
from omnipub_cli.deployment.cost.usage import usage

LEVELS: Mapping[int, str] = MappingProxyType({1_000: "dev or low", 10_000: "medium", 100_000: "high"})
"""Requests a day → the seed's name of that level."""

SERVERLESS, CONTAINERS = "serverless", "containers"

SEED: Mapping[str, Mapping[int, tuple[float, float]]] = MappingProxyType(
    {
        SERVERLESS: MappingProxyType({1_000: (5, 15), 10_000: (20, 40), 100_000: (50, 80)}),
        CONTAINERS: MappingProxyType({1_000: (180, 200), 10_000: (200, 250), 100_000: (250, 350)}),
    }
)
"""Infrastructure → requests a day → from and to, in dollars a month."""

GOALS: Mapping[int, float] = MappingProxyType({1_000: 15, 10_000: 20, 100_000: 70})
"""Requests a day → what a serverless stage may cost at most, in month 12."""

GOAL_MONTH = 12

KEYED = "bluesky"
"""A network that takes a key of ours: the fewest writes."""

_FINEST = 100
"""Images a message are looked for in hundredths."""


class Standing(StrEnum):
    """How a bill stands to a range."""

    HOLDS = "holds"
    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What a bill is made for.

    Attributes:
        plan: Whether CloudFront's flat-rate plan is asked for.
        layout: Of containers; None for a serverless stage.
        allowances: Whether the account still has what AWS gives for ever.
    """

    traffic: Traffic
    inventory: Inventory
    plan: bool = False
    layout: Layout | None = None
    allowances: bool = True

    def bill(self) -> Bill:
        """The bill."""
        parts = (
            usage(self.traffic, self.inventory)
            if self.layout is None
            else container_usage(self.traffic, self.inventory, self.layout)
        )
        return bill(with_plan(parts) if self.plan else parts, allowances=self.allowances)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a range holds.

    Attributes:
        dollars: The bill as it stands.
        plan: Whether it is one with CloudFront's plan.
        when: Under which assumption the range holds if it does not as it stands; "" if under none that was tried.
        dollars_then: The bill under that assumption.
    """

    infra: str
    requests_per_day: int
    low: float
    high: float
    dollars: float
    standing: Standing
    plan: bool = False
    when: str = ""
    dollars_then: float | None = None


def cells(variant: Variant) -> Sequence[Verdict]:
    """The seed's six cells for this traffic at its three levels; a serverless stage pays by request."""
    return [
        *(_verdict(SERVERLESS, level, *SEED[SERVERLESS][level], at(variant, level), _serverless) for level in LEVELS),
        *(
            _verdict(CONTAINERS, level, *SEED[CONTAINERS][level], on_containers(variant, level), _laid_out)
            for level in LEVELS
        ),
    ]


def goals(variant: Variant) -> Sequence[Verdict]:
    """Our own goals, which are upper bounds: without CloudFront's plan, and with it."""
    goal = replace(variant, traffic=replace(variant.traffic, month=GOAL_MONTH))
    return [
        _verdict(SERVERLESS, level, 0, most, replace(at(goal, level), plan=plan), _serverless)
        for level, most in GOALS.items()
        for plan in (False, True)
    ]


def at(variant: Variant, requests_per_day: float) -> Variant:
    """The same, serverless, at another number of requests."""
    return replace(variant, layout=None, traffic=replace(variant.traffic, requests_per_day=requests_per_day))


def on_containers(variant: Variant, requests_per_day: float) -> Variant:
    """The same on containers; a plan of CloudFront is asked for by serverless stages."""
    laid_out = variant.layout or LAYOUTS[DEFAULT_LAYOUT]
    return replace(at(variant, requests_per_day), plan=False, layout=laid_out)


Assumed = Iterator[tuple[str, Variant]]


def _verdict(
    infra: str, level: int, low: float, high: float, variant: Variant, assumptions: Callable[[Variant, float], Assumed]
) -> Verdict:
    dollars = variant.bill().total
    standing = _standing(dollars, low, high)
    found = Verdict(
        infra=infra, requests_per_day=level, low=low, high=high, dollars=dollars, standing=standing, plan=variant.plan
    )
    if standing is Standing.HOLDS:
        return found
    for words, other in assumptions(variant, high):
        then = other.bill().total
        if _standing(then, low, high) is Standing.HOLDS:
            return replace(found, when=words, dollars_then=then)
    return found


def _standing(dollars: float, low: float, high: float) -> Standing:
    if dollars < low:
        return Standing.BELOW
    return Standing.ABOVE if dollars > high else Standing.HOLDS


def _serverless(variant: Variant, high: float) -> Assumed:
    """What may bring a serverless stage into a range, what gives up least first."""
    if not variant.plan:
        yield "with CloudFront's plan", replace(variant, plan=True)
    keyed = replace(variant.traffic, channels=[KEYED] * len(variant.traffic.channels))
    plans = {"": variant.plan} if variant.plan else {"": False, " and CloudFront's plan": True}
    for words, one in (("", variant), (", on networks that take a key of ours", replace(variant, traffic=keyed))):
        for plan_words, plan in plans.items():
            other = replace(one, plan=plan)
            most = _most_images(other, high)
            if most is not None:
                images = f"at most {most:g} images a message" if most else "without images"
                yield f"{images}{words}{plan_words}", _with_images(other, most)


def _laid_out(variant: Variant, _high: float) -> Assumed:
    for name, one in LAYOUTS.items():
        if one is not variant.layout:
            yield f"laid out as `{name}`", replace(variant, layout=one)


def _most_images(variant: Variant, high: float) -> float | None:
    """The most images a message with which a bill stays below, at most those of the traffic.

    None if none does.
    """
    low, top = 0, int(variant.traffic.images * _FINEST)
    if _with_images(variant, 0).bill().total > high:
        return None
    while low < top:
        middle = (low + top + 1) // 2
        fits = _with_images(variant, middle / _FINEST).bill().total <= high
        low, top = (middle, top) if fits else (low, middle - 1)
    return low / _FINEST


def _with_images(variant: Variant, images: float) -> Variant:
    return replace(variant, traffic=replace(variant.traffic, images=images))
