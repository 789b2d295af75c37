"""The bill: units times prices, behind what AWS gives to every account, line by line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from types import MappingProxyType

from omnipub_cli.deployment.cost.prices import COMPONENTS, PRICES, Price
from omnipub_cli.deployment.cost.usage import Part

PLANS: Mapping[str, float] = MappingProxyType(
    {"plan.free": 1_000_000, "plan.pro": 10_000_000, "plan.business": 125_000_000}
)
"""CloudFront's flat-rate plans by their prices' names → the requests a month that each bears."""

IN_A_PLAN = ("cloudfront.requests", "cloudfront.out", "cloudfront.back", "waf.acls", "waf.rules", "waf.requests")
"""What a plan takes the place of."""


@dataclass(frozen=True, kw_only=True)
class Charge:
    """All units of one price.

    Attributes:
        name: The price's.
        units: Of all parts together, what is free included.
        dollars: What is paid; None if nobody could read the price.
    """

    name: str
    price: Price
    units: float
    dollars: float | None
    parts: Sequence[Part]

    @property
    def measured(self) -> bool:
        """Whether CloudWatch counted all of it."""
        return all(part.measured for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A component with everything that is paid for it; None if that is not known."""

    name: str
    dollars: float | None
    charges: Sequence[Charge]


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What a month costs."""

    charges: Sequence[Charge]

    @cached_property
    def lines(self) -> Sequence[Line]:
        """The components, in the order of the price table; what has no known price has a line of its own."""
        return list(self._lines())

    @cached_property
    def total(self) -> float:
        """Dollars, without what has no known price."""
        return sum(one.dollars for one in self.charges if one.dollars is not None)

    @cached_property
    def unknown(self) -> Sequence[Charge]:
        """What nobody could read a price of, and what is therefore not in the total."""
        return [one for one in self.charges if one.dollars is None]

    def of(self, *names: str) -> float:
        """The dollars of these prices together."""
        return sum(one.dollars or 0.0 for one in self.charges if one.name in names)

    def _lines(self) -> Iterator[Line]:
        for component, charges in groupby(self.charges, key=lambda one: one.price.component):
            found = list(charges)
            known = [one for one in found if one.dollars is not None]
            if known:
                yield Line(name=component, dollars=sum(one.dollars or 0.0 for one in known), charges=known)
            for one in found:
                if one.dollars is None:
                    what = one.price.unit.partition(";")[0]
                    yield Line(name=f"{component}: {what}", dollars=None, charges=[one])


def bill(parts: Iterable[Part], *, allowances: bool = True) -> Bill:
    """The bill for these units.

    Args:
        parts: Units by their prices.
        allowances: Whether the account still has what AWS gives for ever; it is one allowance for all its stages.
    """
    by_price: dict[str, list[Part]] = {}
    for part in parts:
        by_price.setdefault(part.price, []).append(part)
    _both_architectures(by_price)
    charges = []
    for name, found in by_price.items():
        price, units = PRICES[name], sum(part.units for part in found)
        dollars = price.of(units, free=None if allowances else 0.0)
        charges.append(Charge(name=name, price=price, units=units, dollars=dollars, parts=found))
    order = list(PRICES)
    charges.sort(key=lambda one: (COMPONENTS.index(one.price.component), order.index(one.name)))
    return Bill(charges=charges)


def _both_architectures(by_price: Mapping[str, Sequence[Part]]) -> None:
    """The free GB-seconds are one allowance for both processors, and a stage has functions for one of them."""
    if "lambda.arm" in by_price and "lambda.x86" in by_price:
        raise AssertionError("the functions of a stage are for one processor")


def with_plan(parts: Iterable[Part]) -> Sequence[Part]:
    """The same with the smallest flat-rate plan of CloudFront that bears the requests; it includes the firewall.

    Above the largest plan nothing changes: there is none to ask for.
    """
    found = list(parts)
    requests = sum(part.units for part in found if part.price == "cloudfront.requests")
    plan = next((name for name, most in PLANS.items() if requests <= most), "")
    if not plan:
        return found
    return [*(part for part in found if part.price not in IN_A_PLAN), Part(price=plan, units=1)]


def plan_of(made: Bill) -> str:
    """The plan in a bill, by its price's name; "" without one."""
    return next((one.name for one in made.charges if one.name in PLANS), "")
