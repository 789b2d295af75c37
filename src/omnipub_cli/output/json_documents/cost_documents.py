"""What `omnipub cost` prints with --json; an unknown price makes null, never zero."""

from typing_extensions import TypedDict

from omnipub.services.json_formats import Day, Moment


class MeasuredTrafficJson(TypedDict):
    """What a stage did, and for how long that was looked at."""

    since: Moment
    until: Moment
    hours: int
    requests_per_day: float
    deliveries_per_day: float


class BillLineJson(TypedDict):
    """A line of a bill."""

    line: str
    dollars: float | None


class ChargeJson(TypedDict):
    """What a line is made of: units at a price."""

    price: str
    component: str
    units: float
    unit: str
    dollars: float | None
    measured: bool


class TrafficJson(TypedDict):
    """What a bill assumes of a month."""

    requests_per_day: float
    channels: list[str]
    publish_share: float
    scheduled_share: float
    images: float
    image_kb: float
    month: int


class BillJson(TrafficJson):
    """The bill of a month."""

    infra: str
    plan: str | None
    total: float
    lines: list[BillLineJson]
    charges: list[ChargeJson]


VerdictJson = TypedDict(
    "VerdictJson",
    {
        "requests_per_day": int,
        "level": str,
        "infra": str,
        "plan": bool,
        "from": float,
        "to": float,
        "dollars": float,
        "standing": str,
        "holds_when": str | None,
        "dollars_then": float | None,
    },
)
"""A range of dollars, and whether a bill is in it: as it stands, or under which assumption."""


class SavingJson(TypedDict):
    """A measure, and what it saves."""

    measure: str
    how: str | None
    safety: str
    saves: float
    total_then: float


class FigureJson(TypedDict):
    """A figure that bills rest on, and where it comes from."""

    figure: str
    value: float
    unit: str
    origin: str
    source: str


class PriceJson(TypedDict):
    """A price, and where and when it was read."""

    price: str
    component: str
    dollars: float | None
    per: float
    unit: str
    free: float
    source: str
    read_in: str
    on: Day


class CostJson(TypedDict):
    """`cost`."""

    stage: str | None
    values: str
    region: str
    prices_of: str
    currency: str
    prices_from: Day
    prices_until: Day
    measured: MeasuredTrafficJson | None
    bills: list[BillJson]
    cells: list[VerdictJson]
    goals: list[VerdictJson]
    savings: list[SavingJson]
    not_built: list[str]
    unknown: dict[str, str]
    figures: list[FigureJson]
    prices: list[PriceJson]
