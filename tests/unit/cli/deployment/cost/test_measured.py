"""A deployed stage as CloudWatch counted it, over answers in AWS's own form."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from omnipub.errors import ConfigurationError, InvalidInputError, NotFoundError, UnavailableError
from omnipub_cli.deployment.cost.bill import bill
from omnipub_cli.deployment.cost.figures import value
from omnipub_cli.deployment.cost.inventory import INVENTORIES
from omnipub_cli.deployment.cost.measured import RIGHTS, Measurement, measured
from omnipub_cli.deployment.cost.quote import measured_quote
from omnipub_cli.deployment.cost.stage_metrics import BY_RESOURCE, counted_metrics
from omnipub_cli.deployment.cost.traffic import Traffic
from omnipub_cli.deployment.cost.usage import HOURS, usage
from support.described import aws
from support.recorded_stage import EDGE, NOW, RECORDED, REGION, recorded_stage

ROOT = Path(__file__).parents[5]
ASSUMED = Traffic(requests_per_day=0)


Seen = Callable[..., Measurement]


@pytest.fixture
def seen() -> Seen:
    return lambda **cloudwatch: measured(recorded_stage(**cloudwatch), days=7, now=NOW)


def recorded(name: str, **where: str) -> list[float]:
    return [
        value
        for rows in RECORDED["cloudwatch"].values()
        for one in rows
        if one["MetricName"] == name and one["Dimensions"] == where
        for value in one["Values"]
    ]


def units(one: Measurement) -> dict[tuple[str, str], float]:
    assert all(part.measured for part in one.parts)
    return {part.key: part.units for part in one.parts}


def test_what_was_counted_is_scaled_to_a_month_by_the_hours_in_which_the_scheduler_ran(seen: Seen) -> None:
    one = seen()
    assert one.hours == 48
    counted = units(one)
    assert counted["lambda.requests", "scheduler"] == pytest.approx(60 * HOURS)
    requests = sum(recorded("Count", ApiId="abc123"))
    assert counted["http.requests", ""] == pytest.approx(requests / 48 * HOURS)
    assert one.requests_per_day == pytest.approx(requests / 2)


def test_seconds_of_a_function_become_gigabyte_seconds_by_its_memory(seen: Seen) -> None:
    milliseconds = sum(recorded("Duration", FunctionName="omnipub-dev-worker"))
    assert units(seen())["lambda.arm", "worker"] == pytest.approx(milliseconds / 1000 * 0.5 / 48 * HOURS)


def test_the_tables_units_are_those_of_the_table_and_its_indexes(seen: Seen) -> None:
    writes = sum(
        sum(recorded("ConsumedWriteCapacityUnits", TableName="table-1", **index))
        for index in ({}, {"GlobalSecondaryIndexName": "GSI1"}, {"GlobalSecondaryIndexName": "GSI2"})
    )
    counted = units(seen())
    assert counted["dynamodb.writes", ""] == pytest.approx(writes / 48 * HOURS)
    assert counted["dynamodb.stored", ""] == pytest.approx(0.078, abs=0.001)


def test_of_a_size_the_newest_counts_and_one_that_is_not_told_stays_computed(seen: Seen) -> None:
    assert units(seen())["s3.stored", ""] == pytest.approx(1.5)
    silent_sizes = [row for row in RECORDED["cloudwatch"][REGION] if row["MetricName"] == "BucketSizeBytes"]
    assert [row["Dimensions"]["BucketName"] for row in silent_sizes] == ["media-1"], "the other has told nothing"


def test_the_edge_is_asked_in_its_own_region_and_once() -> None:
    stage = recorded_stage()
    counted = units(measured(stage, days=7, now=NOW))
    (asked,) = stage.account.clients(EDGE).cloudwatch.asked
    spaces = {one["MetricStat"]["Metric"]["Namespace"] for one in asked["MetricDataQueries"]}
    assert spaces == {"AWS/CloudFront", "AWS/Logs"}
    requests = sum(recorded("Requests", DistributionId="E123", Region="Global")) / 48 * HOURS
    assert counted["cloudfront.requests", ""] == counted["waf.requests", ""] == pytest.approx(requests)


def test_everything_in_the_file_is_asked_for() -> None:
    stage = recorded_stage()
    measured(stage, days=7, now=NOW)
    asked = {
        (metric["Namespace"], metric["MetricName"], *sorted(one["Value"] for one in metric["Dimensions"]))
        for region in (REGION, EDGE)
        for call in stage.account.clients(region).cloudwatch.asked
        for query in call["MetricDataQueries"]
        for metric in [query["MetricStat"]["Metric"]]
    }
    there = {
        (one["Namespace"], one["MetricName"], *sorted(one["Dimensions"].values()))
        for rows in RECORDED["cloudwatch"].values()
        for one in rows
    }
    assert there <= asked


def test_whole_hours_are_asked_for_up_to_the_last_one() -> None:
    stage = recorded_stage()
    measured(stage, days=3, now=NOW)
    (call,) = stage.clients.cloudwatch.asked
    assert call["EndTime"] == NOW.replace(minute=0)
    assert (call["EndTime"] - call["StartTime"]).days == 3


def test_the_bill_takes_what_was_counted_and_computes_the_rest_from_it(seen: Seen) -> None:
    one = seen()
    traffic = one.traffic(ASSUMED)
    assert traffic.requests_per_day == pytest.approx(one.requests_per_day)
    assert traffic.deliveries == pytest.approx(one.deliveries_per_day * 30.4)
    charges = {charge.name: charge for charge in bill(one.instead_of(usage(traffic, one.inventory))).charges}
    assert charges["http.requests"].measured
    assert charges["lambda.arm"].measured
    assert not charges["kms.calls"].measured
    assert charges["kms.calls"].units == pytest.approx(
        traffic.deliveries * value("kms.delivery") + value("kms.encryption")
    )
    assert charges["kinesis.shard"].dollars == pytest.approx(10.95)


def test_what_a_measured_stage_is_billed_for_is_what_its_templates_hold(seen: Seen) -> None:
    inventory = seen().inventory
    assert inventory.functions == {"api": 512, "worker": 512, "scheduler": 256}
    assert (inventory.shards, inventory.firewall_rules, inventory.alarms, inventory.ticks) == (1, 5, 12, 43_800)


def test_a_measured_quote_has_no_ranges_and_nothing_planned(seen: Seen) -> None:
    made = measured_quote(seen(), ASSUMED, stage="dev")
    assert [one.infra for one in made.offers] == ["serverless", "serverless", "containers"]
    assert made.offers[0].bill.total > made.offers[1].bill.total > 0
    assert (made.cells, made.goals, made.not_built) == ((), (), ())


def test_what_comes_from_the_command_line_alone_is_no_request_and_still_counted(seen: Seen) -> None:
    from dataclasses import replace

    one = replace(seen(), requests_per_day=0.0, deliveries_per_day=30.0)
    traffic = one.traffic(ASSUMED)
    assert (traffic.requests_per_day, traffic.publish_share) == (10.0, 1.0)
    nothing = replace(one, deliveries_per_day=0.0).traffic(ASSUMED)
    assert (nothing.requests_per_day, nothing.publish_share) == (0.0, 0.0)


def test_a_stage_whose_scheduler_never_ran_has_no_month(seen: Seen) -> None:
    with pytest.raises(NotFoundError, match="no tick of stage dev in the last 7 days") as refused:
        seen(silent=True)
    assert refused.value.hint == "See how it stands: omnipub doctor --stage dev"


def test_what_cloudwatch_keeps_back_is_named_and_not_taken_for_none(seen: Seen) -> None:
    with pytest.raises(UnavailableError, match="AWS/Kinesis IncomingRecords"):
        seen(kept_back="IncomingRecords")


def test_without_the_right_to_look_all_rights_are_named(seen: Seen) -> None:
    with pytest.raises(ConfigurationError, match="CloudWatch") as refused:
        seen(denied=True)
    assert "cloudwatch:GetMetricData" in refused.value.hint
    assert all(right in refused.value.hint for right in RIGHTS)


@pytest.mark.parametrize("days", [0, 61])
def test_days_that_nobody_looks_at_are_refused(days: int) -> None:
    with pytest.raises(InvalidInputError, match="allowed: 1 to 60"):
        measured(recorded_stage(), days=days, now=NOW)


def test_each_right_is_an_operation_that_aws_has_and_the_page_names_it() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    for right in RIGHTS:
        service, _, action = right.partition(":")
        assert action in aws().get_service_model(service).operation_names
        assert f"`{right}`" in page


def test_a_metric_without_a_resource_of_its_kind_is_not_asked_for() -> None:
    asked = list(counted_metrics("dev", REGION, "table-1", INVENTORIES["dev"], []))
    spaces = {one.metric.space for one in asked}
    assert spaces == {"AWS/Lambda", "AWS/DynamoDB", "omnipub/dev"}


def test_every_kind_of_resource_that_is_asked_about_is_billed() -> None:
    from omnipub_cli.deployment.cost.prices import PRICES
    from omnipub_cli.deployment.cost.templates import BILLED

    for row in BY_RESOURCE:
        assert row.kind in BILLED
        assert row.price in PRICES


def test_answers_are_checked_by_botocore_itself() -> None:
    stage: Any = recorded_stage()
    with pytest.raises(ParamValidationError, match="Surplus"):
        stage.clients.cloudwatch.get_metric_data(MetricDataQueries=[], StartTime=NOW, EndTime=NOW, Surplus=1)
