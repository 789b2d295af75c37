"""What calls of the scheduler carry reads back as it was, and as other releases wrote it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from omnipub.domain.ids import Parent, ParentKind
from omnipub.services.scheduling.run_now import RunNowReport, RunNowResult
from omnipub.services.stream.wire_format import (
    ROWS,
    delayed_from,
    pointer_from_text,
    report_from,
    report_to,
    run_now_from,
    run_now_to_text,
)

LAMBDA_ANSWERS = 6 * 1024 * 1024
PARENTS = [
    Parent(kind=ParentKind.MESSAGE, id="01KB0CVP6ZJ7X3Q5N8T4W2E9HD"),
    Parent(kind=ParentKind.CERTIFICATION, id="7" * 26),
]
PUT = RunNowResult(pk="MSG#01KB0CVP6ZJ7X3Q5N8T4W2E9HD", channel="facebook", ready=True, dispatched=True, why="due")
AHEAD = RunNowResult(
    pk="CERT#" + "7" * 26, channel="linkedin:team", ready=False, dispatched=False, why="not due yet: 2026"
)
LOST = replace(PUT, dispatched=False, why="the stream did not take it")
REPORT = RunNowReport(rows=[PUT, AHEAD, LOST], dispatched=1, skipped=2, lost=1)


def over_the_wire(report: RunNowReport) -> dict[str, Any]:
    answer = json.loads(json.dumps(report_to(report)))
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize("parents", [[], PARENTS])
def test_a_run_now_names_the_same_parents_at_its_other_end(parents: list[Parent]) -> None:
    assert run_now_from(json.loads(run_now_to_text(parents))) == parents


def test_a_run_now_that_names_nothing_does_not_mean_all() -> None:
    with pytest.raises(KeyError):
        run_now_from({"source": "omnipub.run-now"})


def test_an_answer_reads_as_it_was_written() -> None:
    assert report_from(over_the_wire(REPORT)) == REPORT


def test_what_a_newer_release_adds_is_ignored() -> None:
    asked = json.loads(run_now_to_text(PARENTS))
    asked |= {"by": "ada", "parents": [one | {"since": "2026"} for one in asked["parents"]]}
    assert run_now_from(asked) == PARENTS
    answer = over_the_wire(REPORT)
    answer |= {"parked": 3, "rows": [row | {"group": "facebook/1"} for row in answer["rows"]]}
    assert report_from(answer) == REPORT


def test_what_an_older_release_does_not_count_is_counted_from_its_rows() -> None:
    rows = [{key: value for key, value in row.items() if key != "why"} for row in over_the_wire(REPORT)["rows"]]
    read = report_from({"rows": rows})
    assert (read.dispatched, read.skipped, read.lost, read.left_out) == (1, 2, 1, 0)
    assert [row.why for row in read.rows] == ["", "", ""]


@pytest.mark.parametrize("answer", [{}, {"rows": None}, {"rows": {"a": 1}}, {"rows": [{"pk": "MSG#1"}]}, {"due": 1}])
def test_another_answer_is_none(answer: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError)):
        report_from(answer)


def test_an_answer_is_short_rather_than_too_long_and_its_counts_are_whole() -> None:
    longest = replace(AHEAD, channel="n" * 20 + ":" + "a" * 33, why="the stream did not take it " * 5)
    answer = report_to(RunNowReport(rows=[longest] * (ROWS + 5), dispatched=7, skipped=ROWS - 2))
    assert len(json.dumps(answer).encode()) < LAMBDA_ANSWERS / 2
    read = report_from(answer)
    assert (len(read.rows), read.dispatched, read.skipped, read.left_out) == (ROWS, 7, ROWS - 2, 5)


@pytest.mark.parametrize("at", ["soon", 3, None, "", "0001-01-01T00:00:00+14:00", "2026-12-01T09:00:00", [], {}])
def test_a_pointer_with_a_moment_that_is_none_is_foreign(at: object) -> None:
    fields = {"pk": "MSG#1", "sk": "CHANNEL#facebook", "group": "facebook/1", "why": "due", "at": at}
    assert pointer_from_text(json.dumps(fields)) is None
    assert delayed_from(json.dumps({"due": [fields]})) is None
