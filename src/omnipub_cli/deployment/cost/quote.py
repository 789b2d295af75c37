"""Everything that is told about what a stage costs: the bills that were asked for, and what they rest on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from omnipub.errors import InvalidInputError
from omnipub_cli.deployment.cost.bill import Bill, bill, plan_of, with_plan
from omnipub_cli.deployment.cost.containers import DEFAULT_LAYOUT, Layout, layout
from omnipub_cli.deployment.cost.inventory import INVENTORIES, Inventory, planned, unbuilt
from omnipub_cli.deployment.cost.measured import Measurement
from omnipub_cli.deployment.cost.savings import Saved, savings
from omnipub_cli.deployment.cost.seed_cells import (
    CONTAINERS,
    LEVELS,
    SERVERLESS,
    Variant,
    Verdict,
    at,
    cells,
    goals,
    on_containers,
)
from omnipub_cli.deployment.cost.traffic import Traffic
from omnipub_cli.deployment.cost.usage import usage

DEFAULT_VALUES = "prod"
"""Whose values a bill is made with if no stage is measured and none is named."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One bill, and what it is for.

    Attributes:
        plan: The price's name of the flat-rate plan of CloudFront that is in it; "" without one.
        asked_plan: Whether a plan was asked for; above the largest there is none.
    """

    infra: str
    traffic: Traffic
    bill: Bill
    asked_plan: bool = False

    @property
    def plan(self) -> str:
        """The plan in it."""
        return plan_of(self.bill)


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The answer.

    Attributes:
        values: The stage whose values it was made with.
        offers: The bills; for a serverless stage first without, then with CloudFront's plan.
        not_built: What is counted in although no template has it.
        layout: The name of the containers' layout.
    """

    values: str
    layout: str
    offers: Sequence[Offer]
    cells: Sequence[Verdict] = ()
    goals: Sequence[Verdict] = ()
    savings: Sequence[Saved] = ()
    not_built: Sequence[str] = field(default_factory=tuple)
    measurement: Measurement | None = None

    @property
    def levels(self) -> Sequence[float]:
        """The requests a day that there are bills for."""
        return list(dict.fromkeys(one.traffic.requests_per_day for one in self.offers))

    @property
    def unknown(self) -> Mapping[str, str]:
        """What has no known price and is in no total: the price's name → what is counted."""
        return {one.name: one.price.unit for offer in self.offers for one in offer.bill.unknown}


def inventory_of(values: str) -> Inventory:
    """What the templates of a stage hold.

    Raises:
        InvalidInputError: There is no such stage.
    """
    if values not in INVENTORIES:
        raise InvalidInputError(f"There is no stage '{values}'.", hint=f"There are: {', '.join(INVENTORIES)}.")
    return INVENTORIES[values]


def quote(
    traffic: Traffic,
    *,
    levels: Sequence[float] = (),
    values: str = DEFAULT_VALUES,
    infras: Sequence[str] = (SERVERLESS, CONTAINERS),
    layout_name: str = DEFAULT_LAYOUT,
    allowances: bool = True,
) -> Quote:
    """What a traffic costs on a stage as it is designed.

    Args:
        traffic: Whose number of requests counts only where `levels` are empty.
        levels: Requests a day that a bill is made for; the seed's three if this is None.
        values: The stage whose values count.
        infras: Which of the two.
        layout_name: How the containers are laid out.
        allowances: Whether the account still has what AWS gives for ever.

    Raises:
        InvalidInputError: There is no such stage or layout.
    """
    inventory = inventory_of(values)
    variant = Variant(traffic=traffic, inventory=planned(inventory), layout=layout(layout_name), allowances=allowances)
    chosen = levels or list(LEVELS)
    wanted = [one for one in cells(variant) if one.infra in infras]
    return Quote(
        values=values,
        layout=layout_name,
        offers=[one for infra in infras for level in chosen for one in _offers(variant, infra, level)],
        cells=wanted,
        goals=goals(variant) if SERVERLESS in infras else (),
        savings=savings(at(variant, max(chosen))) if SERVERLESS in infras else (),
        not_built=unbuilt(inventory),
    )


def measured_quote(
    measurement: Measurement,
    assumed: Traffic,
    *,
    stage: str,
    layout_name: str = DEFAULT_LAYOUT,
    allowances: bool = True,
) -> Quote:
    """What a deployed stage costs a month, going by what CloudWatch counted; containers for the same traffic."""
    traffic = measurement.traffic(assumed)
    inventory = measurement.inventory
    parts = measurement.instead_of(usage(traffic, inventory))
    laid_out: Layout = layout(layout_name)
    variant = Variant(traffic=traffic, inventory=inventory, layout=laid_out, allowances=allowances)
    return Quote(
        values=stage,
        layout=layout_name,
        offers=[
            Offer(infra=SERVERLESS, traffic=traffic, bill=bill(parts, allowances=allowances)),
            Offer(
                infra=SERVERLESS,
                traffic=traffic,
                bill=bill(with_plan(parts), allowances=allowances),
                asked_plan=True,
            ),
            *_offers(variant, CONTAINERS, traffic.requests_per_day),
        ],
        measurement=measurement,
    )


def _offers(variant: Variant, infra: str, level: float) -> Iterator[Offer]:
    if infra == CONTAINERS:
        one = on_containers(variant, level)
        yield Offer(infra=infra, traffic=one.traffic, bill=one.bill())
        return
    one = at(variant, level)
    yield Offer(infra=infra, traffic=one.traffic, bill=one.bill())
    yield Offer(infra=infra, traffic=one.traffic, bill=replace(one, plan=True).bill(), asked_plan=True)
