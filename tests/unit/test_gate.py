"""The gate's own words: the tests that the README names, and an end in time."""

from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

MINUTES = 20
"""What the workflow gives the whole."""


@pytest.fixture
def gate() -> dict[str, Any]:
    return run_path(str(Path(__file__).parents[2] / ".ci" / "gate.py"))


def test_it_runs_the_tests_as_the_readme_does(gate: dict[str, Any]) -> None:
    (tests,) = [command for name, _, command, _ in gate["SUITES"] if name == "tests"]
    assert gate["readme_command"]("Run the tests").endswith(f" .venv/bin/{' '.join(tests)}")


def test_all_budgets_one_after_the_other_end_in_time(gate: dict[str, Any]) -> None:
    budgets = [budget for _, budget, _, _ in (*gate["SUITES"], gate["WHOLE_STAGE"])]
    assert len(budgets) > 5
    assert sum(budgets) < MINUTES * 60


def test_the_whole_stage_starts_after_a_suite_that_there_is(gate: dict[str, Any]) -> None:
    assert gate["AFTER"] in [name for name, *_ in gate["SUITES"]]
