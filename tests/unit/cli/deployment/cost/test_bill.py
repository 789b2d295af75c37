"""Bills: units times prices, plans, containers, ranges and what would save more."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnipub.errors import ConfigurationError, InvalidInputError
from omnipub_cli.deployment.cost.bill import PLANS, Bill, bill, plan_of, with_plan
from omnipub_cli.deployment.cost.containers import DEFAULT_LAYOUT, LAYOUTS, container_usage, layout, tasks
from omnipub_cli.deployment.cost.figures import value
from omnipub_cli.deployment.cost.inventory import INVENTORIES, planned
from omnipub_cli.deployment.cost.quote import quote
from omnipub_cli.deployment.cost.savings import SAVINGS, savings
from omnipub_cli.deployment.cost.seed_cells import GOALS, LEVELS, SEED, Standing, Variant, at, cells, goals
from omnipub_cli.deployment.cost.traffic import MOST_REQUESTS, Traffic
from omnipub_cli.deployment.cost.usage import Part, usage

PROD = planned(INVENTORIES["prod"])
KEYED = ["bluesky"] * 3

traffics = st.builds(
    Traffic,
    requests_per_day=st.floats(0, 1_000_000),
    channels=st.lists(st.sampled_from(["facebook", "linkedin", "bluesky", "telegram", "webhook"]), min_size=1),
    publish_share=st.floats(0, 1),
    scheduled_share=st.floats(0, 1),
    images=st.floats(0, 4),
    image_kb=st.floats(0, 4_000),
    month=st.integers(1, 60),
)


def made(**values: object) -> Bill:
    return bill(usage(Traffic(**{"requests_per_day": 10_000, **values}), PROD))


def test_a_stage_that_nobody_uses_pays_for_what_stands_there() -> None:
    idle = bill(usage(Traffic(requests_per_day=0), PROD))
    assert idle.of("kinesis.shard") == pytest.approx(10.95)
    assert idle.of("waf.acls", "waf.rules") == pytest.approx(10.00)
    assert idle.of("kms.keys", "secrets.kept") == pytest.approx(1.40)
    assert idle.of("cloudwatch.alarms") == pytest.approx(0.40)
    assert idle.of("lambda.requests", "lambda.arm", "scheduler.calls", "sqs.requests") == 0
    assert 22 < idle.total < 24


def test_units_are_those_of_the_tables_of_figures() -> None:
    one = made(channels=KEYED)
    messages = 10_000 * 30.4 * 0.2
    writes = next(charge for charge in one.charges if charge.name == "dynamodb.writes")
    assert writes.units == pytest.approx(
        messages * (value("writes.message") + 3 * value("writes.keyed")) + 43_800 * value("writes.tick")
    )
    assert writes.dollars == pytest.approx(writes.units * 0.625e-6)
    assert one.of("http.requests") == pytest.approx(0.304)


def test_a_body_larger_than_what_the_gateway_counts_as_one_request_is_several() -> None:
    small, large = made(image_kb=500, images=1), made(image_kb=1500, images=1)
    assert large.of("http.requests") - small.of("http.requests") == pytest.approx(10_000 * 30.4 * 0.2 * 2e-6)


def test_images_that_are_never_removed_add_up_and_others_do_not() -> None:
    forever = replace(PROD, media_days=None)
    first, later = (bill(usage(Traffic(requests_per_day=10_000, month=month), forever)) for month in (1, 12))
    assert later.of("s3.stored") == pytest.approx(12 * first.of("s3.stored"))
    assert made(month=12).of("s3.stored") == pytest.approx(made(month=2).of("s3.stored"))


def test_a_key_that_is_rotated_each_year_is_billed_for_two_rotations_at_most() -> None:
    assert [made(month=month).of("kms.keys") for month in (1, 12, 13, 25, 37)] == [1, 1, 2, 3, 3]


@given(traffics)
def test_no_bill_and_no_line_is_negative(traffic: Traffic) -> None:
    one = bill(usage(traffic, PROD))
    assert all(line.dollars is None or line.dollars >= 0 for line in one.lines)
    assert one.total == pytest.approx(sum(line.dollars or 0 for line in one.lines))


@given(traffics, st.floats(1, 10))
def test_more_requests_never_cost_less(traffic: Traffic, times: float) -> None:
    more = replace(traffic, requests_per_day=traffic.requests_per_day * times)
    assert bill(usage(more, PROD)).total >= bill(usage(traffic, PROD)).total - 1e-9


@given(traffics)
def test_without_allowances_nothing_is_cheaper_and_what_is_unknown_stays_unknown(traffic: Traffic) -> None:
    parts = usage(traffic, PROD)
    with_them, without = bill(parts), bill(parts, allowances=False)
    assert without.total >= with_them.total
    assert [one.name for one in without.unknown] == [one.name for one in with_them.unknown] == ["cloudwatch.triggers"]


def test_an_unknown_price_is_a_line_of_its_own_and_not_in_the_total() -> None:
    line = next(one for one in made().lines if one.name.startswith("CloudWatch: "))
    assert line.dollars is None
    known = next(one for one in made().lines if one.name == "CloudWatch")
    assert known.dollars == pytest.approx(0.40)


@pytest.mark.parametrize(
    ("requests_per_day", "plan"),
    [
        (1_000, "plan.free"),
        (21_000, "plan.free"),
        (23_000, "plan.pro"),
        (100_000, "plan.pro"),
        (1_000_000, "plan.business"),
    ],
)
def test_the_smallest_plan_that_bears_the_requests_takes_the_place_of_edge_and_firewall(
    requests_per_day: int, plan: str
) -> None:
    parts = usage(Traffic(requests_per_day=requests_per_day), PROD)
    one = bill(with_plan(parts))
    assert plan_of(one) == plan
    assert not [charge.name for charge in one.charges if charge.name.startswith(("waf.", "cloudfront."))]
    assert plan_of(bill(parts)) == ""


def test_above_the_largest_plan_there_is_none() -> None:
    parts = usage(Traffic(requests_per_day=MOST_REQUESTS), PROD)
    assert bill(with_plan(parts)).total == bill(parts).total
    assert list(PLANS.values()) == sorted(PLANS.values())


def test_a_function_that_nobody_priced_is_refused() -> None:
    more = replace(PROD, functions={**PROD.functions, "mystery": 128})
    with pytest.raises(ConfigurationError, match="mystery"):
        usage(Traffic(requests_per_day=1), more)


def test_without_a_sender_the_worker_pays_for_waiting_for_networks() -> None:
    older = replace(PROD, functions={"api": 512, "worker": 512, "scheduler": 256})
    seconds = {
        part.of: part.units for part in usage(Traffic(requests_per_day=10_000), older) if part.price == "lambda.arm"
    }
    newer = {
        part.of: part.units for part in usage(Traffic(requests_per_day=10_000), PROD) if part.price == "lambda.arm"
    }
    assert seconds["worker"] > 20 * newer["worker"]
    assert "sender" not in seconds


def test_networks_that_fetch_images_take_them_through_cloudfront() -> None:
    fetching = replace(PROD, images_fetched=True)
    traffic = Traffic(requests_per_day=100_000, channels=["facebook", "linkedin", "telegram"])
    parts = {part.price: part.units for part in usage(traffic, fetching)}
    before = {part.price: part.units for part in usage(traffic, PROD)}
    moved = before["transfer.out"] - parts["transfer.out"]
    assert moved == pytest.approx(traffic.messages * 2 * 0.5 * 500 / 1e6)
    assert parts["cloudfront.out"] - before["cloudfront.out"] == pytest.approx(moved)


WRONG = {
    "Requests a day: -1; allowed: 0 to 10,000,000": {"requests_per_day": -1},
    "Requests a day: 10,000,001": {"requests_per_day": MOST_REQUESTS + 1},
    "share that publishes": {"publish_share": 1.5},
    "share that is scheduled": {"scheduled_share": -0.1},
    "mages a message": {"images": 21},
    "KB of an image": {"image_kb": float("nan")},
    "allowed: 1 to 60": {"month": 0},
    "0 channels; allowed: 1 to 95": {"channels": []},
    "does not know the network 'myspace'": {"channels": ["myspace"]},
}


@pytest.mark.parametrize("told", WRONG)
def test_traffic_that_cannot_be_is_refused_with_what_is_allowed(told: str) -> None:
    with pytest.raises(InvalidInputError, match=told):
        Traffic(**{"requests_per_day": 1, **WRONG[told]})


@pytest.mark.parametrize("name", LAYOUTS)
def test_containers_keep_table_and_stream_and_have_no_function(name: str) -> None:
    traffic = Traffic(requests_per_day=1_000)
    names = {part.price for part in container_usage(traffic, PROD, layout(name))}
    assert not [one for one in names if one.startswith(("lambda.", "http.", "sqs.", "scheduler."))]
    assert {"kinesis.shard", "dynamodb.writes", "fargate.cpu", "alb.hours", "waf.acls"} <= names
    assert ("nat.hours" in names) is (LAYOUTS[name].gateways > 0)


def test_more_zones_and_tasks_cost_more() -> None:
    totals = [bill(container_usage(Traffic(requests_per_day=1_000), PROD, one)).total for one in LAYOUTS.values()]
    assert totals == sorted(totals)
    assert len(set(totals)) == len(totals)


def test_workers_are_added_where_the_busiest_minutes_need_them() -> None:
    small, large = (tasks(Traffic(requests_per_day=per_day), layout("lean")) for per_day in (1_000, 2_000_000))
    assert small == {"api": 1, "worker": 1, "scheduler": 1}
    assert large["worker"] > 5


def test_an_unknown_layout_or_stage_names_those_that_there_are() -> None:
    with pytest.raises(InvalidInputError) as refused:
        layout("vast")
    assert "lean, standard, available" in refused.value.hint
    with pytest.raises(InvalidInputError) as refused:
        quote(Traffic(requests_per_day=1), values="mars")
    assert "dev, test, staging, prod" in refused.value.hint


def variant(**values: object) -> Variant:
    return Variant(traffic=Traffic(**{"requests_per_day": 0, **values}), inventory=PROD, layout=layout(DEFAULT_LAYOUT))


def test_each_of_the_seeds_cells_holds_or_says_under_which_assumption_it_does() -> None:
    found = {(one.infra, one.requests_per_day): one for one in cells(variant())}
    assert set(found) == {(infra, level) for infra in SEED for level in LEVELS}
    holds = {key for key, one in found.items() if one.standing is Standing.HOLDS}
    assert holds == {("serverless", 10_000), ("containers", 1_000), ("containers", 100_000)}
    assert found["serverless", 1_000].when == "with CloudFront's plan"
    assert re.fullmatch(r"at most 0\.\d+ images a message", found["serverless", 100_000].when)
    medium = found["containers", 10_000]
    assert (medium.standing, medium.when) == (Standing.BELOW, "")


def test_the_goals_are_told_without_and_with_the_plan_and_the_highest_holds_with_few_images() -> None:
    found = goals(variant(month=3))
    assert [(one.high, one.plan) for one in found] == [
        (high, plan) for high in GOALS.values() for plan in (False, True)
    ]
    low, low_plan, medium, medium_plan, high, high_plan = found
    assert low.when == medium.when == "with CloudFront's plan"
    assert (low.dollars_then, medium.dollars_then) == (low_plan.dollars, medium_plan.dollars)
    assert low_plan.standing is medium_plan.standing is Standing.HOLDS
    assert high.standing is high_plan.standing is Standing.ABOVE
    assert re.fullmatch(r"at most 0\.\d+ images a message, on networks that take a key of ours", high.when)
    assert not high_plan.when, "the plan's requests cost more there than the firewall that it brings"
    assert high.dollars == pytest.approx(at(variant(), 100_000).bill().total), "it is month 12 that counts"
    text_only = goals(variant(images=0, channels=KEYED))
    assert text_only[-2].standing is Standing.HOLDS
    assert list(GOALS.values()) == [15, 20, 70]


@pytest.mark.parametrize("images", [0, 0.05, 0.3, 2])
def test_a_range_that_is_said_to_hold_does_hold(images: float) -> None:
    for one in (*cells(variant(images=images)), *goals(variant(images=images))):
        assert one.low <= one.high
        if one.when:
            assert one.standing is not Standing.HOLDS
            assert one.dollars_then is not None
            assert one.low <= one.dollars_then <= one.high
        assert (one.standing is Standing.HOLDS) == (one.low <= one.dollars <= one.high)


def test_what_would_bring_sixty_is_told_with_its_price_in_safety() -> None:
    found = savings(at(variant(), 100_000))
    assert found[-1].total_then < 60 < at(variant(), 100_000).bill().total
    assert all(one.dollars > 0 and one.saving.safety.endswith(".") for one in found)
    assert {one.saving.name for one in found} == {one.name for one in SAVINGS}
    totals = [at(variant(), 100_000).bill().total, *(one.total_then for one in found)]
    assert [one.dollars for one in found] == pytest.approx([before - after for before, after in pairwise(totals)])


def test_what_saves_nothing_is_not_offered() -> None:
    bare = replace(PROD, firewall_rules=0, guardduty=None, recovery=False, log_days=7)
    small = Variant(traffic=Traffic(requests_per_day=10, images=0), inventory=bare)
    assert savings(small) == []


def test_parts_of_both_processors_are_no_bill() -> None:
    with pytest.raises(AssertionError):
        bill([Part(price="lambda.arm", units=1), Part(price="lambda.x86", units=1)])
