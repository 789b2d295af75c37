"""The tables of docs/cost.md, computed from the very tables and by the very code that `omnipub cost` uses."""

from omnipub_cli.commands._shared.cost_views import dollars, verdict
from omnipub_cli.deployment.cost.containers import LAYOUTS, layout
from omnipub_cli.deployment.cost.figures import FIGURES
from omnipub_cli.deployment.cost.inventory import INVENTORIES, PLANNED, planned
from omnipub_cli.deployment.cost.prices import COMPONENTS, PRICES
from omnipub_cli.deployment.cost.quote import Quote, quote
from omnipub_cli.deployment.cost.seed_cells import LEVELS, Variant, Verdict, on_containers
from omnipub_cli.deployment.cost.templates import BILLED, FREE
from omnipub_cli.deployment.cost.traffic import Traffic
from omnipub_cli.output.views import NOTHING

TRAFFIC = Traffic(requests_per_day=0)


def _table(heads: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows))


def _quoted() -> Quote:
    return quote(TRAFFIC)


def bills() -> str:
    """Every line of the bills at the three levels."""
    offers = _quoted().offers
    heads = [f"{one.infra if not one.asked_plan else 'with plan'}, {one.traffic.requests_per_day:,g}" for one in offers]
    found = [{line.name: dollars(line.dollars) for line in one.bill.lines} for one in offers]
    names = sorted(
        dict.fromkeys(name for one in found for name in one), key=lambda name: COMPONENTS.index(name.partition(":")[0])
    )
    rows = [[name, *(one.get(name, "") for one in found)] for name in names]
    return _table(
        ["dollars a month", *heads], [*rows, ["**Total**", *(f"**{dollars(one.bill.total)}**" for one in offers)]]
    )


def _verdicts(found: tuple[Verdict, ...]) -> str:
    rows = [
        [
            f"{one.requests_per_day:,} ({LEVELS[one.requests_per_day]})",
            f"{one.infra}{', with plan' if one.plan else ''}",
            f"{one.low:g} to {one.high:g}" if one.low else f"at most {one.high:g}",
            dollars(one.dollars),
            verdict(one),
        ]
        for one in found
    ]
    return _table(["requests a day", "infrastructure", "range", "bill", "the bill is"], rows)


def cells() -> str:
    """The seed's cells."""
    return _verdicts(tuple(_quoted().cells))


def goals() -> str:
    """Our goals."""
    return _verdicts(tuple(_quoted().goals))


def savings() -> str:
    """What would save more."""
    rows = [
        [
            one.saving.name,
            dollars(one.dollars),
            dollars(one.total_then),
            one.saving.safety,
            f"`{one.saving.how}`" if one.saving.how.startswith("-c") else one.saving.how,
        ]
        for one in _quoted().savings
    ]
    return _table(["measure", "saves", "then", "its price in safety", "how"], rows)


def prices() -> str:
    """The price table."""
    rows = [
        [
            one.component,
            one.unit,
            NOTHING
            if one.dollars is None
            else f"{one.dollars:.10f}".rstrip("0").rstrip(".") + ("" if one.per == 1 else f" for {one.per:,.0f}"),
            f"{one.free:,.0f}" if one.free else "",
            f"[page]({one.source})",
            one.read_in,
            one.on.isoformat(),
        ]
        for one in PRICES.values()
    ]
    return _table(["line", "unit", "dollars", "free a month", "check it on", "read in", "on"], rows)


def figures() -> str:
    """What a request, a message, a delivery or a tick takes."""
    rows = [[f"`{name}`", f"{one.value:,g}", one.unit, one.origin.value, one.source] for name, one in FIGURES.items()]
    return _table(["figure", "value", "unit", "known how", "source"], rows)


def resources() -> str:
    """Types of resources: what holds their price, or why they are free."""
    rows = [[f"`{kind}`", ", ".join(components)] for kind, components in BILLED.items()]
    rows += [[f"`{kind}`", f"free: {why}"] for kind, why in FREE.items()]
    return _table(["type", "in the bill"], sorted(rows))


def not_built() -> str:
    """What is counted in although no template has it."""
    return "\n".join(f"- {one.what}" for one in PLANNED.values())


def layouts() -> str:
    """The layouts of containers, each with its bill."""
    variant = Variant(traffic=TRAFFIC, inventory=planned(INVENTORIES["prod"]))
    rows = []
    for name, one in LAYOUTS.items():
        totals = [
            on_containers(Variant(traffic=TRAFFIC, inventory=variant.inventory, layout=layout(name)), level)
            .bill()
            .total
            for level in LEVELS
        ]
        rows.append([f"`{name}`", one.what, *map(dollars, totals)])
    return _table(["layout", "what it is", *(f"{level:,}" for level in LEVELS)], rows)
