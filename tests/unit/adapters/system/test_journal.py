"""The level of a line: what somebody filters by must find what went wrong."""

import json
import logging
import re
from functools import partial
from pathlib import Path

import pytest

from omnipub.adapters.system.journal import LogJournal
from omnipub.adapters.system.log_output import FILE, logger_for
from omnipub.config import LogLevel, Settings
from omnipub.log_events import LogEvent

ROOT = Path(__file__).parents[4]
SOURCES = "\n".join(path.read_text() for path in (ROOT / "src" / "omnipub").rglob("*.py"))


def written(path: Path, *events: LogEvent, least: LogLevel = LogLevel.INFO) -> list[tuple[str, str]]:
    journal = LogJournal(partial(logger_for, Settings(data=str(path), log_level=least)))
    for event in events:
        journal.note(event, error="x")
    journal.close()
    lines = (path / FILE).read_text().splitlines() if (path / FILE).exists() else []
    return [(line["message"], line["level"]) for line in map(json.loads, lines)]


def test_a_mistake_of_ours_is_an_error_and_what_heals_by_itself_a_warning(tmp_path: Path) -> None:
    assert written(tmp_path, LogEvent.TICK, LogEvent.RECORD_FAILED, LogEvent.DELAY_LOST) == [
        ("tick", "INFO"),
        ("record_failed", "ERROR"),
        ("delay_lost", "WARNING"),
    ]


def test_a_stage_that_logs_errors_alone_still_tells_of_mistakes(tmp_path: Path) -> None:
    assert written(tmp_path, LogEvent.TICK, LogEvent.WORKER_BROKE, least=LogLevel.ERROR) == [("worker_broke", "ERROR")]


@pytest.mark.parametrize("event", LogEvent)
def test_every_event_is_noted_somewhere(event: LogEvent) -> None:
    assert re.search(rf"\.note\(\s*LogEvent\.{event.name}\b", SOURCES)


def test_no_event_is_noted_by_a_bare_name() -> None:
    assert re.findall(r"\.note\(\s*\"", SOURCES) == []


def test_the_logger_is_made_once_and_not_before_the_first_line(tmp_path: Path) -> None:
    made: list[logging.Logger] = []

    def make() -> logging.Logger:
        made.append(logger_for(Settings(data=str(tmp_path))))
        return made[-1]

    journal = LogJournal(make)
    journal.close()
    assert made == []
    journal.note("tick")
    journal.note("tick")
    journal.close()
    assert len(made) == 1
    assert len((tmp_path / FILE).read_text().splitlines()) == 2
