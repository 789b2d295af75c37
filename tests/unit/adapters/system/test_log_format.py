"""The fields of a log line: metric filters, `omnipub logs` and people's own queries read them."""

import io
import json
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from omnipub.adapters.system.journal import LEVELS, LogJournal
from omnipub.adapters.system.log_format import JsonFormatter
from omnipub.adapters.system.log_output import logger_for
from omnipub.config import LogLevel, Settings
from omnipub.log_events import COUNTED, LogEvent


class Log:
    """A logger as a function on Lambda has it, and what it wrote."""

    def __init__(self, level: LogLevel = LogLevel.INFO) -> None:
        self.stream = io.StringIO()
        self.logger = logger_for(Settings(stage="prod", log_level=level))
        (handler,) = self.logger.handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(self.stream)
        self.journal = LogJournal(lambda: self.logger)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_line_has_its_fields_in_order_and_then_the_facts(log: Log) -> None:
    log.journal.note("try_ended", status="published", tries=2, reason=None)
    (line,) = log.lines()
    assert list(line) == ["timestamp", "level", "message", "location", "service", "stage", "status", "tries"]
    assert line | {"timestamp": "", "location": ""} == {
        "timestamp": "",
        "level": "INFO",
        "message": "try_ended",
        "location": "",
        "service": "omnipub",
        "stage": "prod",
        "status": "published",
        "tries": 2,
    }


def test_a_time_is_in_utc_to_the_millisecond() -> None:
    record = logging.makeLogRecord({"msg": "tick", "created": 1_777_803_619.65, "msecs": 650.0, "levelname": "INFO"})
    line = json.loads(JsonFormatter({}).format(record))
    assert line["timestamp"] == "2026-05-03T10:20:19.650Z"


def test_a_location_is_where_the_event_was_noted(log: Log) -> None:
    log.journal.note("tick")
    assert re.fullmatch(r"test_a_location_is_where_the_event_was_noted:\d+", log.lines()[0]["location"])


@pytest.mark.parametrize("level", [LogLevel.WARNING, LogLevel.ERROR])
def test_at_every_level_a_function_writes_the_lines_that_figures_are_counted_from(level: LogLevel) -> None:
    log = Log(level)
    for event in LogEvent:
        log.journal.note(event)
    least = logging.getLevelNamesMapping()[level]
    by_level = {event for event in LogEvent if LEVELS.get(event, logging.INFO) >= least}
    assert {line["message"] for line in log.lines()} == by_level | COUNTED
    assert LogEvent.RUN_NOW not in by_level | COUNTED


def test_debugging_shows_more_than_the_default_does() -> None:
    for level, shown in ((LogLevel.INFO, []), (LogLevel.DEBUG, ["detail"])):
        log = Log(level)
        log.logger.debug("detail")
        assert [line["message"] for line in log.lines()] == shown


def test_values_that_json_does_not_know_are_written_as_text(log: Log) -> None:
    log.journal.note(
        "tick", at=datetime(2026, 1, 1, tzinfo=UTC), late=timedelta(seconds=3.5), text="ä😀\n", keys=("a", "b")
    )
    (line,) = log.lines()
    assert line["at"] == "2026-01-01 00:00:00+00:00"
    assert line["late"] == "0:00:03.500000"
    assert line["text"] == "ä😀\n"
    assert line["keys"] == ["a", "b"]
    assert "ä😀" in log.stream.getvalue()


def test_a_fact_takes_no_other_fields_place_and_may_have_any_name(log: Log) -> None:
    log.journal.note("tick", level="none", stage="other", name="a fact", msg="another", module="a third")
    (line,) = log.lines()
    assert (line["level"], line["stage"]) == ("INFO", "prod")
    assert (line["name"], line["msg"], line["module"]) == ("a fact", "another", "a third")


def test_a_line_names_the_trace_that_lambda_set(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    log.journal.note("tick")
    assert log.lines()[0]["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"


def test_an_exception_is_part_of_its_line(log: Log) -> None:
    try:
        int("a reason")
    except ValueError:
        log.logger.exception("%s", "failed")
    (line,) = log.lines()
    assert (line["message"], line["exception_name"]) == ("failed", "ValueError")
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: invalid literal for int() with base 10: 'a reason'")
