"""What `omnipub cost` shows: tables and bars on a terminal, one table in a pipe, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub.domain.timestamps import to_text
from omnipub_cli.deployment.cost import figures, prices
from omnipub_cli.deployment.cost.seed_cells import CONTAINERS, LEVELS, Standing
from omnipub_cli.output.views import NOTHING, Cell, Column, LineView, StoryView, TableView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from omnipub_cli.deployment.cost.bill import Charge
    from omnipub_cli.deployment.cost.quote import Offer, Quote
    from omnipub_cli.deployment.cost.savings import Saved
    from omnipub_cli.deployment.cost.seed_cells import Verdict
    from omnipub_cli.deployment.cost.traffic import Traffic
    from omnipub_cli.output.json_documents.cost_documents import (
        BillJson,
        CostJson,
        PriceJson,
        SavingJson,
        TrafficJson,
        VerdictJson,
    )
    from omnipub_cli.output.views import View

TOTAL = "Total"
PLAN = "+PLAN"
BAR, LABEL = 44, 22
"""Columns of the longest bar, and of what stands before it: with the dollars they fit into 80."""

PIPED = (
    Column("INFRA"),
    Column("PLAN"),
    Column("REQUESTS A DAY"),
    Column("LINE"),
    Column("DOLLARS"),
)
PRICES = (
    Column("LINE"),
    Column("UNIT", flexible=True),
    Column("DOLLARS", right=True),
    Column("FREE A MONTH", right=True, rank=2),
    Column("READ"),
    Column("SOURCE", rank=1),
)

_HOLDS = {Standing.HOLDS: "holds", Standing.BELOW: "less than that", Standing.ABOVE: "more"}


def dollars(amount: float | None) -> str:
    """An amount; a price that nobody knows makes a dash, never zero."""
    return NOTHING if amount is None else f"{amount:,.2f}"


def plain_dollars(amount: float | None) -> str:
    """The same for programs, without commas between thousands."""
    return NOTHING if amount is None else f"{amount:.2f}"


def piped(quote: Quote) -> TableView:
    """Every line of every bill, a row each, and each bill's total."""
    rows: list[Sequence[Cell]] = []
    for offer in quote.offers:
        about = (offer.infra, "plan" if offer.asked_plan else NOTHING, f"{offer.traffic.requests_per_day:g}")
        rows += [(*about, line.name, plain_dollars(line.dollars)) for line in offer.bill.lines]
        rows.append((*about, TOTAL, plain_dollars(offer.bill.total)))
    return TableView(columns=PIPED, rows=rows)


def drawn(quote: Quote, *, wide: bool) -> Iterator[View]:
    """The whole answer for a terminal; `wide` adds the price of each unit."""
    for infra in dict.fromkeys(one.infra for one in quote.offers):
        offers = [one for one in quote.offers if one.infra == infra]
        yield StoryView(lines=[LineView((_heading(infra, quote),), heading=True)])
        yield _charges(offers, wide=wide) if len(quote.levels) == 1 else _lines(offers)
    yield StoryView(lines=list(_bars(quote)))
    if len(quote.levels) > 1:
        yield StoryView(lines=[*_verdicts("The seed's ranges, in dollars a month", quote.cells)])
        if quote.goals:
            yield StoryView(lines=[*_verdicts("Our goals for month 12", quote.goals)])
    if quote.savings:
        yield StoryView(lines=list(_savings(quote)))


def _heading(infra: str, quote: Quote) -> str:
    month = f"dollars in month {quote.offers[0].traffic.month}"
    if infra == CONTAINERS:
        return f"Containers, laid out as `{quote.layout}`: a design; {month}"
    when = "dollars a month, as measured" if quote.measurement else month
    return f"Serverless, {PLAN} with CloudFront's flat-rate plan; {when}"


def _lines(offers: Sequence[Offer]) -> TableView:
    """A row for each line, a column for each bill."""
    by_name = [{line.name: dollars(line.dollars) for line in one.bill.lines} for one in offers]
    names = [*dict.fromkeys(name for lines in by_name for name in lines)]
    names.sort(key=lambda name: prices.COMPONENTS.index(name.partition(":")[0]))
    columns = [Column(PLAN if one.asked_plan else f"{one.traffic.requests_per_day:,g}", right=True) for one in offers]
    rows: list[Sequence[Cell]] = [(name, *(lines.get(name, "") for lines in by_name)) for name in names]
    rows = [[one or " " for one in row] for row in rows]  # what is not there is no dash: that is unknown
    rows.append((TOTAL, *(dollars(one.bill.total) for one in offers)))
    return TableView(columns=(Column("LINE", flexible=True), *columns), rows=rows)


def _charges(offers: Sequence[Offer], *, wide: bool) -> TableView:
    """A row for each price, with its units; the last column has the bill with a plan."""
    columns = [
        Column("LINE"),
        Column("OF WHAT", flexible=True),
        Column("UNITS", right=True),
        *((Column("PRICE", right=True),) if wide else ()),
        Column("DOLLARS", right=True),
        *(Column(PLAN, right=True) for one in offers if one.asked_plan),
    ]
    found: dict[str, Charge] = {}
    for offer in offers:
        found |= {one.name: one for one in offer.bill.charges if one.name not in found}
    bills = [{one.name: dollars(one.dollars) for one in offer.bill.charges} for offer in offers]
    rows: list[Sequence[Cell]] = [
        (
            one.price.component,
            f"{one.price.unit}{' (measured)' if one.measured else ''}",
            _units(one.units),
            *((_price(one.price),) if wide else ()),
            *(lines.get(name, " ") for lines in bills),
        )
        for name, one in sorted(found.items(), key=lambda item: list(prices.PRICES).index(item[0]))
    ]
    rows.append((TOTAL, *([" "] * (3 if wide else 2)), *(dollars(one.bill.total) for one in offers)))
    return TableView(columns=columns, rows=rows)


def _units(units: float) -> str:
    return f"{units:,.0f}" if units >= 100 or units == int(units) else f"{units:,.2f}"  # noqa: PLR2004  three digits


def _price(price: prices.Price) -> str:
    if price.dollars is None:
        return NOTHING
    return f"{price.dollars:.10g}{'' if price.per == 1 else f' for {price.per:,.0f}'}"


def _bars(quote: Quote) -> Iterator[LineView]:
    """A bar for each bill's total; for one level, a bar for each line of the serverless bill before them."""
    totals = [(_label(one), one.bill.total) for one in quote.offers]
    if len(quote.levels) == 1:
        first = quote.offers[0]
        lines = [(one.name, one.dollars) for one in first.bill.lines if one.dollars]
        yield LineView((f"What is paid most for, {first.infra}",), heading=True)
        yield from _bars_of(sorted(lines, key=lambda one: -(one[1] or 0.0)))
        yield LineView()
    yield LineView(("Totals",), heading=True)
    yield from _bars_of(totals)


def _label(offer: Offer) -> str:
    return f"{offer.traffic.requests_per_day:,g} {offer.infra if not offer.asked_plan else PLAN.lower()}"


def _bars_of(amounts: Sequence[tuple[str, float | None]]) -> Iterator[LineView]:
    most = max((amount or 0.0 for _, amount in amounts), default=0.0)
    for label, amount in amounts:
        length = round(BAR * (amount or 0.0) / most) if most else 0
        yield LineView((f"{label[:LABEL]:<{LABEL}} {'█' * length:<{BAR}} {dollars(amount):>9}",), whole=True)


def _verdicts(heading: str, found: Sequence[Verdict]) -> Iterator[LineView]:
    yield LineView((heading,), heading=True)
    for one in found:
        goal = f"{one.low:g}–{one.high:g}" if one.low else f"≤ {one.high:g}"  # noqa: RUF001  a range
        about = f"{one.requests_per_day:>7,} {PLAN.lower() if one.plan else one.infra}, {goal}:"
        yield LineView((f"{about:<31}", f"{dollars(one.dollars):>6},", verdict(one)))


def verdict(one: Verdict) -> str:
    """Whether a range holds, and if not, under which assumption it does."""
    words = _HOLDS[one.standing]
    return f"{words}; {one.when}: {dollars(one.dollars_then)}" if one.when else words


def _savings(quote: Quote) -> Iterator[LineView]:
    level = max(quote.levels)
    yield LineView((f"What would save more at {level:,g} requests a day, and its price in safety",), heading=True)
    for one in quote.savings:
        yield LineView((f"-{dollars(one.dollars)} to {dollars(one.total_then)}: {one.saving.name}.", one.saving.safety))


def price_table() -> TableView:
    """Every price with its source."""
    rows: list[Sequence[Cell]] = [
        (
            one.component,
            one.unit,
            _price(one),
            f"{one.free:,.0f}" if one.free else " ",
            one.on.isoformat() if one.dollars is not None else NOTHING,
            one.source,
        )
        for one in prices.PRICES.values()
    ]
    return TableView(columns=PRICES, rows=rows)


def prices_json() -> list[PriceJson]:
    """Every price."""
    return [
        {
            "price": name,
            "component": one.component,
            "dollars": one.dollars,
            "per": one.per,
            "unit": one.unit,
            "free": one.free,
            "source": one.source,
            "read_in": one.read_in,
            "on": one.on.isoformat(),
        }
        for name, one in prices.PRICES.items()
    ]


def quote_json(quote: Quote, *, stage: str | None, region: str) -> CostJson:
    """The whole answer for programs."""
    measurement = quote.measurement
    return {
        "stage": stage,
        "values": quote.values,
        "region": region,
        "prices_of": prices.REGION,
        "currency": prices.CURRENCY,
        "prices_from": prices.oldest().isoformat(),
        "prices_until": prices.newest().isoformat(),
        "measured": {
            "since": to_text(measurement.since),
            "until": to_text(measurement.until),
            "hours": measurement.hours,
            "requests_per_day": measurement.requests_per_day,
            "deliveries_per_day": measurement.deliveries_per_day,
        }
        if measurement
        else None,
        "bills": [_offer_json(one) for one in quote.offers],
        "cells": [_verdict_json(one) for one in quote.cells],
        "goals": [_verdict_json(one) for one in quote.goals],
        "savings": [_saved_json(one) for one in quote.savings],
        "not_built": list(quote.not_built),
        "unknown": dict(quote.unknown),
        "figures": [
            {"figure": name, "value": one.value, "unit": one.unit, "origin": one.origin.value, "source": one.source}
            for name, one in figures.FIGURES.items()
        ],
        "prices": prices_json(),
    }


def _offer_json(offer: Offer) -> BillJson:
    return {
        "infra": offer.infra,
        "plan": offer.plan or None,
        **_traffic_json(offer.traffic),
        "total": round(offer.bill.total, 4),
        "lines": [
            {"line": one.name, "dollars": None if one.dollars is None else round(one.dollars, 4)}
            for one in offer.bill.lines
        ],
        "charges": [
            {
                "price": one.name,
                "component": one.price.component,
                "units": one.units,
                "unit": one.price.unit,
                "dollars": None if one.dollars is None else round(one.dollars, 4),
                "measured": one.measured,
            }
            for one in offer.bill.charges
        ],
    }


def _traffic_json(traffic: Traffic) -> TrafficJson:
    return {
        "requests_per_day": traffic.requests_per_day,
        "channels": list(traffic.channels),
        "publish_share": traffic.publish_share,
        "scheduled_share": traffic.scheduled_share,
        "images": traffic.images,
        "image_kb": traffic.image_kb,
        "month": traffic.month,
    }


def _verdict_json(one: Verdict) -> VerdictJson:
    return {
        "requests_per_day": one.requests_per_day,
        "level": LEVELS[one.requests_per_day],
        "infra": one.infra,
        "plan": one.plan,
        "from": one.low,
        "to": one.high,
        "dollars": round(one.dollars, 4),
        "standing": one.standing.value,
        "holds_when": one.when or None,
        "dollars_then": None if one.dollars_then is None else round(one.dollars_then, 4),
    }


def _saved_json(one: Saved) -> SavingJson:
    return {
        "measure": one.saving.name,
        "how": one.saving.how or None,
        "safety": one.saving.safety,
        "saves": round(one.dollars, 4),
        "total_then": round(one.total_then, 4),
    }
