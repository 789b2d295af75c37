"""Every figure that is counted, alarmed or drawn is one that something emits."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.system.journal import LogJournal
from omnipub.adapters.system.log_output import FILE, logger_for
from omnipub.config import Settings
from omnipub.domain.circuit_breaker import STRAINS_TO_TRIP
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule, to_text
from omnipub.log_events import COUNTED
from omnipub.services.scheduling.dispatch import TICK_EVERY
from support.filter_patterns import matches
from support.world import OWNER, TestBed, make_bed

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "src" / "omnipub").rglob("*.py")]


def signals() -> list[Any]:
    from omnipub_cdk.metrics import SIGNALS

    return list(SIGNALS)


def publish(bed: TestBed, text: str, channel: str = "looked", **values: Any) -> None:
    bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=[channel], **values)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The log of a bad day, as the handlers' own logger writes it."""
    path = tmp_path_factory.mktemp("bad-day")
    bed = make_bed(path)
    bed.system.gate.enter()
    publish(bed, "goes out")
    bed.network.orders = ["ok", "reject", "no_answer"]
    publish(bed, "is refused")
    bed.run_stream()
    publish(bed, "may be out", channel="blind")
    bed.network.orders = ["no_answer"]
    bed.run_stream()
    at = bed.clock.now() + timedelta(minutes=1)
    publish(bed, "late", channel="keyed", schedule=Schedule(at=at, local=to_text(at), zone="UTC"))
    bed.clock.advance(minutes=3, seconds=30)  # it is put again two minutes after its moment
    bed.system.dispatch.tick()
    bed.run_stream()
    bed.network.orders = ["throttle"] * STRAINS_TO_TRIP
    for number in range(STRAINS_TO_TRIP):
        publish(bed, f"number {number}")
    bed.run_stream()
    bed.stream.losing = True
    publish(bed, "lost by the stream", channel="keyed")
    bed.clock.advance(minutes=5)
    bed.system.dispatch.tick()
    bed.stream.losing = False
    bed.system.dispatch.tick()
    taken = bed.stream.take()
    bed.place.name = "elsewhere"
    bed.system.batches.run(taken)
    settings = Settings(data=str(path))
    journal = LogJournal(partial(logger_for, settings))
    for event, facts in bed.journal.notes:
        journal.note(event, **facts)
    journal.close()
    bed.close()
    return (path / FILE).read_text().splitlines()


def test_the_bad_day_gives_every_figure_but_our_own_mistakes(lines: list[str]) -> None:
    seen = {signal.name for signal in signals() if any(matches(signal.pattern, line) for line in lines)}
    assert seen == {signal.name for signal in signals()} - {"Broken"}


def test_what_is_counted_is_what_happened(lines: list[str]) -> None:
    counted: dict[str, int] = {}
    for signal in signals():
        for line in lines:
            if matches(signal.pattern, line):
                counted[signal.name] = counted.get(signal.name, 0) + int(json.loads(line).get(signal.amount, 1))
    events = [json.loads(line) for line in lines]
    ends = [event for event in events if event["message"] == "try_ended"]
    assert counted["Published"] == sum(end["status"] == "published" for end in ends) >= 2
    assert counted["PublishedLate"] == 1
    assert counted["Failed"] == 1
    assert counted["Ticks"] == sum(event["message"] == "tick" for event in events)
    assert counted["GateClosed"] == 1


def test_lines_that_are_not_ours_count_as_nothing() -> None:
    foreign = ["", "START RequestId: 1", '"tick"', "[]", '{"message": "tock"}', '{"type": "platform.report"}']
    assert not [(signal.name, line) for signal in signals() for line in foreign if matches(signal.pattern, line)]


@pytest.mark.parametrize("event", sorted({event for signal in signals() for event in signal.events}))
def test_an_event_that_is_counted_is_noted_somewhere(event: str) -> None:
    noted = re.compile(rf"note\(\s*LogEvent\.{event.upper()}\b")
    assert any(noted.search(path.read_text()) for path in SOURCES), f"nothing notes {event}"


def test_the_lines_that_figures_are_counted_from_are_those_that_are_always_written(
    synthesise: Callable[[Mapping[str, str]], Any],
) -> None:
    assert {event for signal in signals() for event in signal.events} == COUNTED
    quiet = synthesise({"stage": "staging", "log_level": "ERROR"})
    functions = [one for _, _, one in quiet.all("AWS::Lambda::Function") if "LoggingConfig" in one]
    assert functions
    for one in functions:
        assert one["Environment"]["Variables"]["OMNIPUB_LOG_LEVEL"] == "ERROR"
        assert one["LoggingConfig"]["ApplicationLogLevel"] == "INFO", "Lambda would drop the line of a tick"


def test_amounts_are_facts_that_are_noted_with_the_event() -> None:
    code = "\n".join(path.read_text() for path in SOURCES)
    assert [signal for signal in signals() if signal.amount and signal.events]
    for signal in signals():
        for event in signal.events if signal.amount else ():
            (call,) = re.findall(rf"note\(\s*LogEvent\.{event.upper()},([^\n]*)", code)[:1]
            assert re.search(rf"\b{signal.amount}=", call), f"{event} is noted without {signal.amount}"


def test_there_are_at_most_ten_figures_and_ten_alarms(prod: Any) -> None:
    filters = prod.of("Monitoring", "AWS::Logs::MetricFilter")
    transformed = [one["MetricTransformations"][0] for one in filters]
    assert {one["MetricNamespace"] for one in transformed} == {"omnipub/prod"}
    assert len({one["MetricName"] for one in transformed}) <= 10
    assert len(prod.of("Monitoring", "AWS::CloudWatch::Alarm")) <= 10


STACKS = {"delay": "Scheduler", "sender": "Worker"}
"""Functions that stand in another function's stack."""


def test_filters_read_the_log_of_the_function_that_notes_it(prod: Any) -> None:
    filters = prod.of("Monitoring", "AWS::Logs::MetricFilter")
    assert filters
    for one in filters:
        export = one["LogGroupName"]["Fn::ImportValue"]
        (transformation,) = one["MetricTransformations"]
        named = [
            signal
            for signal in signals()
            if signal.name == transformation["MetricName"] and signal.pattern == one["FilterPattern"]
        ]
        assert len(named) == 1
        assert transformation["MetricValue"] == named[0].value
        stacks = {STACKS.get(name, name.title()) for name in named[0].functions}
        assert any(export.startswith(f"Omnichannel{stack}Stack-prod:") for stack in stacks)


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    if "MetricName" in alarm:
        return [alarm]
    return [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]


OF_AWS = {
    ("AWS/Lambda", "AsyncEventsDropped"): {"FunctionName"},
    ("AWS/Lambda", "Errors"): {"FunctionName"},
    ("AWS/Lambda", "IteratorAge"): {"FunctionName"},
    ("AWS/Lambda", "OnFailureDestinationDeliveredEventCount"): {"EventSourceMappingUUID"},
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {"QueueName"},
}
"""Figures that AWS gives by itself, with the dimensions under which it does."""


def test_alarms_look_at_figures_that_exist(prod: Any) -> None:
    ours = {signal.name for signal in signals()}
    alarms = prod.of("Monitoring", "AWS::CloudWatch::Alarm")
    assert alarms
    for alarm in alarms:
        assert metrics_of(alarm)
        for metric in metrics_of(alarm):
            dimensions = {one["Name"] for one in metric.get("Dimensions", [])}
            if metric["Namespace"] == "omnipub/prod":
                assert metric["MetricName"] in ours
                assert not dimensions, "the filters give none"
            else:
                assert OF_AWS[metric["Namespace"], metric["MetricName"]] == dimensions


def test_the_trigger_gives_the_figure_of_parked_records(prod: Any) -> None:
    assert prod.only("Worker", "AWS::Lambda::EventSourceMapping")["MetricsConfig"] == {"Metrics": ["EventCount"]}


def test_silence_of_the_scheduler_is_a_failure_and_an_idle_night_is_not(prod: Any) -> None:
    missing = {
        alarm["AlarmName"].partition(" ")[2]: alarm["TreatMissingData"]
        for alarm in prod.of("Monitoring", "AWS::CloudWatch::Alarm")
    }
    assert missing.pop("Silence") == "breaching"
    assert set(missing.values()) == {"notBreaching"}


def test_two_lost_ticks_are_no_silence_yet(prod: Any) -> None:
    (alarm,) = (one for one in prod.of("Monitoring", "AWS::CloudWatch::Alarm") if one["AlarmName"].endswith("Silence"))
    (metric,) = metrics_of(alarm)
    assert timedelta(minutes=1) * alarm["EvaluationPeriods"] > 3 * TICK_EVERY
    assert (
        metric["MetricName"],
        alarm["Metrics"][0]["MetricStat"]["Period"] if "Metrics" in alarm else alarm["Period"],
    ) == ("Ticks", 60)


def test_every_alarm_tells_somebody_and_names_its_page(prod: Any) -> None:
    pages = (ROOT / "docs" / "runbooks.md").read_text()
    headings = {line[3:].strip() for line in pages.splitlines() if line.startswith("## ")}
    alarms = prod.of("Monitoring", "AWS::CloudWatch::Alarm")
    assert alarms
    for alarm in alarms:
        name = alarm["AlarmName"].partition(" ")[2]
        assert name in headings, f"docs/runbooks.md has no page {name}"
        assert f"docs/runbooks.md#{name.lower()}" in alarm["AlarmDescription"]
        assert alarm["AlarmActions"] == alarm["OKActions"] != []


def test_commands_in_the_runbooks_exist() -> None:
    known = set(re.findall(r"^##+ `(omnipub [a-z -]+)`$", (ROOT / "docs" / "cli.md").read_text(), re.MULTILINE))
    used = re.findall(
        r"omnipub ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)",
        "\n".join(re.findall(r"`(omnipub [^`]+)`", (ROOT / "docs" / "runbooks.md").read_text())),
    )
    assert len(used) > 10
    for command in used:
        assert f"omnipub {command}" in known or f"omnipub {command.split()[0]}" in known, command


def test_the_one_dashboard_begins_with_the_alarms(prod: Any) -> None:
    board = prod.only("Monitoring", "AWS::CloudWatch::Dashboard")
    text = json.dumps(board["DashboardBody"])
    assert text.index('\\"type\\":\\"alarm\\"') < text.index('\\"type\\":\\"metric\\"')
    for name in {signal.name for signal in signals()}:
        assert f'\\"{name}\\"' in text, f"{name} is counted and never drawn"
