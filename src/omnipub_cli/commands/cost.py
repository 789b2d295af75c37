"""`omnipub cost`: what a stage on AWS costs a month, line by line."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.option_groups import spread
from omnipub_cli.framework.options import Command, examples, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub_cli.deployment.cost.measured import Measurement
    from omnipub_cli.deployment.cost.quote import Quote
    from omnipub_cli.deployment.cost.traffic import Traffic
    from omnipub_cli.output.views import View

app = typer.Typer(add_completion=False)

MOST_REQUESTS = 10_000_000
MOST_MONTHS = 60
MOST_IMAGES = 20
MOST_IMAGE_KB = 10_240
MOST_DAYS = 60

PERCENT = 100

WITH_STAGE = ("--to", "--scheduled-share", "--images", "--image-kb", "--month", "--layout", "--days", "--no-allowances")
"""Options that make sense beside a measured stage: what no figure of CloudWatch tells."""


@dataclass(frozen=True, kw_only=True)
class TrafficOptions:
    """The traffic as it was typed; None where nothing was."""

    requests_per_day: Annotated[
        float | None,
        typer.Option(
            "--requests-per-day",
            metavar="N",
            min=0,
            max=MOST_REQUESTS,
            help="Requests of the API, of everybody together; else 1,000, 10,000 and 100,000 side by side.",
        ),
    ] = None
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="CHANNEL",
            help="Where each message goes, else facebook, linkedin and bluesky. Repeat it, or use commas.",
        ),
    ] = None
    publish_share: Annotated[
        float | None,
        typer.Option(
            "--publish-share",
            metavar="PERCENT",
            min=0,
            max=PERCENT,
            help="How many of the requests publish a message, else 20.",
        ),
    ] = None
    scheduled_share: Annotated[
        float | None,
        typer.Option(
            "--scheduled-share",
            metavar="PERCENT",
            min=0,
            max=PERCENT,
            help="How many of the messages are for a later moment, else 50.",
        ),
    ] = None
    images: Annotated[
        float | None,
        typer.Option("--images", metavar="N", min=0, max=MOST_IMAGES, help="Images of a message, else 0.5."),
    ] = None
    image_kb: Annotated[
        float | None,
        typer.Option("--image-kb", metavar="KB", min=0, max=MOST_IMAGE_KB, help="The size of an image, else 500."),
    ] = None
    month: Annotated[
        int,
        typer.Option(
            "--month",
            metavar="N",
            min=1,
            max=MOST_MONTHS,
            help="The month since the first deployment: what is kept grows.",
        ),
    ] = 12


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub cost",
        "omnipub cost --requests-per-day 5000 --to facebook,linkedin,telegram --images 0.2",
        "omnipub cost --infra containers --layout lean --json",
        "omnipub cost --stage prod --days 14",
        "omnipub cost --prices",
    ),
)
@spread
def cost(
    context: typer.Context,
    given: TrafficOptions,
    *,
    infra: Annotated[
        Literal["serverless", "containers"] | None, typer.Option("--infra", help="Only this one, else both.")
    ] = None,
    layout: Annotated[
        Literal["lean", "standard", "available"],
        typer.Option("--layout", help="How the containers are laid out."),
    ] = "available",
    values: Annotated[
        str,
        typer.Option("--values", metavar="NAME", help="The stage whose values count if none is measured, else prod."),
    ] = "",
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=MOST_DAYS, help="With --stage: how many days are measured.")
    ] = 7,
    no_allowances: Annotated[
        bool,
        typer.Option("--no-allowances", help="The account uses up elsewhere what AWS gives for ever."),
    ] = False,
    prices: Annotated[bool, typer.Option("--prices", help="Show the prices with their sources and no bill.")] = False,
) -> None:
    """Show what a stage costs a month: for a traffic, or with --stage as it is measured."""
    from omnipub_cli.commands._shared import cost_views
    from omnipub_cli.deployment.cost import quote as quotes
    from omnipub_cli.deployment.cost.prices import REGION
    from omnipub_cli.deployment.cost.seed_cells import CONTAINERS, SERVERLESS

    call = call_of(context)
    traffic = _traffic(given)
    if call.on_aws:
        _refuse_with_stage(given, values=values, infra=infra or "")
        made = quotes.measured_quote(
            _measured(call, days), traffic, stage=call.stage, layout_name=layout, allowances=not no_allowances
        )
    else:
        made = quotes.quote(
            traffic,
            levels=[] if given.requests_per_day is None else [given.requests_per_day],
            values=values or quotes.DEFAULT_VALUES,
            infras=[infra] if infra else [SERVERLESS, CONTAINERS],
            layout_name=layout,
            allowances=not no_allowances,
        )
    region = call.staged.region if call.on_aws else REGION
    call.output.data(
        *_views(call, made, prices=prices),
        json=cost_views.quote_json(made, stage=call.stage if call.on_aws else None, region=region),
        ids=[line.name for line in made.offers[0].bill.lines],
    )
    _say_which_prices(call, region)
    if not prices:
        _say_what_it_rests_on(call, made)


def _views(call: Call, made: "Quote", *, prices: bool) -> "Sequence[View]":
    from omnipub_cli.commands._shared import cost_views

    if prices:
        return [cost_views.price_table()]
    return list(cost_views.drawn(made, wide=call.wide)) if call.output.look.terminal else [cost_views.piped(made)]


def _traffic(given: TrafficOptions) -> "Traffic":
    from omnipub_cli.deployment.cost.traffic import Traffic

    shares = {"publish_share": given.publish_share, "scheduled_share": given.scheduled_share}
    typed: dict[str, Any] = {name: share / PERCENT for name, share in shares.items() if share is not None}
    typed |= {name: number for name in ("images", "image_kb") if (number := getattr(given, name)) is not None}
    if given.to is not None:
        typed["channels"] = listed(given.to)
    return Traffic(requests_per_day=given.requests_per_day or 0, month=given.month, **typed)


def _refuse_with_stage(given: TrafficOptions, *, values: str, infra: str) -> None:
    """Go on only if nothing was typed that a measured stage says itself.

    Raises:
        InvalidInputError: Something was.
    """
    typed = {
        "--requests-per-day": given.requests_per_day is not None,
        "--publish-share": given.publish_share is not None,
        "--values": bool(values),
        "--infra": bool(infra),
    }
    for option, was_typed in typed.items():
        if was_typed:
            raise InvalidInputError(
                f"{option} and --stage contradict each other: a stage is measured, beside the same on containers.",
                hint=f"Leave one of them out; with --stage: {', '.join(WITH_STAGE)}.",
            )


def _measured(call: Call, days: int) -> "Measurement":
    from omnipub_cli.deployment import wall_clock
    from omnipub_cli.deployment.cost.measured import measured

    stage = call.staged
    try:
        return measured(stage, days=days, now=wall_clock.now())
    finally:
        stage.account.close()


def _say_which_prices(call: Call, region: str) -> None:
    from omnipub_cli.deployment.cost import prices

    call.output.note(
        f"List prices of {prices.REGION}, read from {prices.oldest()} to {prices.newest()}, in US dollars without tax. "
        f"Each with its source: omnipub cost --prices --wide"
    )
    if region != prices.REGION:
        call.output.warn(f"The stage is in {region}, whose prices differ.")


def _say_what_it_rests_on(call: Call, made: "Quote") -> None:
    from omnipub_cli.deployment.cost.figures import not_counted

    out = call.output
    if made.unknown:
        out.note(f"In no total, as nobody could read their prices: {', '.join(made.unknown.values())}.")
    for sentence in made.not_built:
        out.note(f"Counted in and not built yet: {sentence}")
    found = made.measurement
    if found:
        out.note(
            f"Measured from {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC, of which the stage ran "
            f"{found.hours} hours: {found.requests_per_day:,.0f} requests and {found.deliveries_per_day:,.0f} "
            "deliveries a day. What is not marked as measured is computed from them."
        )
        return
    out.note(f"Numbers that stand for the design until somebody counts them: {len(not_counted())}; see docs/cost.md.")
    out.hint(f"See a traffic of yours: {call.typed('cost --requests-per-day 5000 --to facebook,telegram')}")
