"""The tables that a bill is made from: prices, figures and inventories."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from omnipub.domain.message import Content
from omnipub.storage.schema import INDEXES
from omnipub_cli.deployment import cost
from omnipub_cli.deployment.cost.bill import PLANS
from omnipub_cli.deployment.cost.containers import LAYOUTS, container_usage
from omnipub_cli.deployment.cost.figures import FIGURES, Origin, not_counted, value
from omnipub_cli.deployment.cost.inventory import INVENTORIES, PLANNED, Inventory, planned, unbuilt
from omnipub_cli.deployment.cost.prices import COMPONENTS, PRICES, newest, oldest
from omnipub_cli.deployment.cost.traffic import Traffic
from omnipub_cli.deployment.cost.usage import usage
from support.world import OWNER, TestBed, make_bed

CODE = "\n".join(path.read_text() for path in Path(cost.__file__).parent.glob("*.py"))
PROD = INVENTORIES["prod"]
EVERYTHING = replace(PROD, config=True, security_hub=True, mail=True, text_messages=True, architecture="x86_64")
TRAFFIC = Traffic(requests_per_day=10_000)


@pytest.mark.parametrize("name", PRICES)
def test_every_price_says_where_and_when_it_was_read(name: str) -> None:
    one = PRICES[name]
    assert re.fullmatch(r"https://aws\.amazon\.com/[a-z0-9/-]+/pricing/", one.source)
    assert one.read_in
    assert date(2026, 1, 1) <= one.on <= date(2027, 12, 31)
    assert one.unit
    assert one.per in {1, 1_000, 10_000, 100_000, 1_000_000}


def test_a_price_of_zero_is_one_that_aws_names_and_an_unknown_one_is_none() -> None:
    assert [name for name, one in PRICES.items() if one.dollars == 0] == ["plan.free"]
    unknown = [name for name, one in PRICES.items() if one.dollars is None]
    assert unknown == ["sms.messages", "cloudwatch.triggers", "ecr.stored"]
    assert all(PRICES[name].of(1_000_000) is None for name in unknown)
    assert all(PRICES[name].read_in == "nowhere yet" for name in unknown)


def test_what_is_free_is_taken_off_once_and_never_gives_money_back() -> None:
    price = PRICES["dynamodb.stored"]
    assert price.of(25) == 0
    assert price.of(0) == 0
    assert price.of(27) == pytest.approx(0.5)
    assert price.of(27, free=0) == pytest.approx(6.75)


def test_every_price_is_used_for_something() -> None:
    parts = [*usage(TRAFFIC, EVERYTHING), *usage(TRAFFIC, planned(PROD))]
    parts += [one for layout in LAYOUTS.values() for one in container_usage(TRAFFIC, PROD, layout)]
    assert {one.price for one in parts} | set(PLANS) == set(PRICES)


def test_the_dates_of_the_prices_are_those_of_the_table() -> None:
    assert oldest() == date(2026, 8, 21)
    assert newest() == date(2026, 9, 29)


def test_components_are_named_once_and_their_prices_stand_together() -> None:
    assert len(COMPONENTS) == len(set(COMPONENTS)) == len({one.component for one in PRICES.values()})


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_used_and_says_how_it_is_known(name: str) -> None:
    one = FIGURES[name]
    kind = name.partition(".")[2]
    assert f'value("{name}")' in CODE or (name.startswith("writes.") and kind in {"keyed", "looked_up", "blind"})
    assert one.value > 0
    assert one.unit
    assert one.source


def test_what_nobody_has_counted_is_told_apart_from_what_somebody_has() -> None:
    assert set(not_counted()) == {name for name, one in FIGURES.items() if one.origin is Origin.CEILING}
    assert {FIGURES[name].origin for name in ("kb.delivery", "writes.tick")} == {Origin.COUNTED}


def test_a_network_costs_the_writes_of_how_its_missing_answers_are_found_out() -> None:
    kinds = Traffic(requests_per_day=1, channels=["facebook", "linkedin:team", "bluesky", "telegram", "webhook"]).kinds
    assert kinds == {"keyed": 2, "looked_up": 2, "blind": 1}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Bytes a message of what the services store of fifty messages on three channels, as DynamoDB weighs."""
    bed = make_bed(tmp_path_factory.mktemp("weighed"))
    bed.system.gate.enter()
    for number in range(50):
        content = Content(text="x" * 280 + str(number))
        bed.system.compose.message(owner=OWNER, content=content, channels=["keyed", "looked", "blind"])
        bed.run_stream()
    weights = _weights(bed)
    bed.close()
    return {name: weight / 50 for name, weight in weights.items()}


def _weights(bed: TestBed) -> dict[str, float]:
    found = {"message": 0.0, "delivery": 0.0, "expiring": 0.0, "indexes": 0.0}
    for item in bed.system.world.table.everything(limit=10_000).items:
        mark = item["SK"].partition("#")[0]
        kind = {"METADATA": "message", "CHANNEL": "delivery", "ATTEMPT": "expiring"}.get(mark)
        if item["PK"].startswith("POST#"):
            kind = "expiring"
        if kind:
            found[kind] += _weight(item) + 100
        for index in INDEXES.values():
            if item.get(index.partition):
                kept = {*index.projected, "PK", "SK", index.partition, index.sort}
                found["indexes"] += _weight({name: one for name, one in item.items() if name in kept}) + 100
    return found


def _weight(value: object) -> int:
    match value:
        case str():
            return len(value.encode())
        case bool() | None:
            return 1
        case int() | float():
            return len(str(value)) // 2 + 2
        case dict():
            return sum(len(name.encode()) + _weight(one) for name, one in value.items())
        case list() | tuple():
            return 3 + sum(_weight(one) + 1 for one in value)
    raise AssertionError(f"nothing says what {type(value)} weighs")


@pytest.mark.parametrize(
    ("figure", "kind", "of"), [("message", "message", 1), ("delivery", "delivery", 3), ("expiring", "expiring", 3)]
)
def test_bytes_are_what_the_services_store(stored: dict[str, float], figure: str, kind: str, of: int) -> None:
    assert stored[kind] / of / 1000 == pytest.approx(value(f"kb.{figure}"), rel=0.25)


def test_bytes_of_the_indexes_are_what_the_services_store(stored: dict[str, float]) -> None:
    assert stored["indexes"] / 3 / 1000 == pytest.approx(value("kb.indexes"), rel=0.25)


def test_what_is_planned_is_added_once_and_then_nothing_is_missing() -> None:
    whole = planned(PROD)
    assert planned(whole) == whole
    assert unbuilt(whole) == []
    assert len(unbuilt(PROD)) == len(PLANNED)
    assert unbuilt(INVENTORIES["dev"]) == [one.what for one in PLANNED.values()]


def test_nothing_that_a_stage_says_is_lost_by_what_is_planned() -> None:
    mine = Inventory(functions={"api": 1024, "worker": 256, "scheduler": 256, "sender": 128}, media_days=7, queues=1)
    whole = planned(mine)
    assert whole.functions == mine.functions
    assert whole.media_days == 7
