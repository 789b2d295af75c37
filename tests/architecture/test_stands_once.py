"""Event names, exit codes, what a status allows and lateness stand in one place each."""

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.log_events import LogEvent

ROOT = Path(__file__).parents[2]
SOURCES = ("src", "cdk", "bench", "docs")

OTHER_MEANINGS: Mapping[tuple[str, str], str] = {
    ("src/omnipub/domain/delivery/decide.py", "account_rests"): "the reason of a delivery",
    ("src/omnipub/domain/delivery/lifecycle.py", "late_answer"): "an event of the state machine",
    ("src/omnipub/domain/delivery/outcome.py", "paused"): "an end of a try",
    ("src/omnipub/hints.py", "run_now"): "an act of a person",
    ("src/omnipub/services/pauses/release.py", "released"): "why a pointer is on the stream",
    ("src/omnipub/services/stream/replay.py", "worker_broke"): "the verdict on a replayed record",
    ("src/omnipub/services/table/dump_lines.py", "renewal_failed"): "a field of a connection's item",
    ("src/omnipub_cli/commands/_shared/accounts.py", "renewal_failed"): "a field of a JSON document",
    ("src/omnipub_cli/commands/connections/refresh.py", "released"): "a field of a JSON document",
    ("docs/stuck_day_story.py", "paused"): "a word of a page",
    ("docs/record_stuck_day.py", "paused"): "a field of a JSON document",
}
"""(File, text) that is spelled like an event of the log → what it is there."""

ALLOWED_ACTIONS = "src/omnipub/domain/delivery/"
"""The lifecycle and the table of status and action."""

STATUS_LISTS: Mapping[str, str] = {
    "src/omnipub/seed/messages.py": "which statuses invented messages get",
    "src/omnipub/services/health/stuck.py": "the order in which a person should look",
}
"""A file that lists statuses, although no action depends on it → why."""

EXITS = {"exit", "_exit", "Exit", "SystemExit"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Each source file, parsed."""
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            if not {"node_modules", "cdk.out"} & set(path.parts):
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


MODULES = dict(modules())


def event_literals(tree: ast.AST) -> Iterator[str]:
    """Texts that are spelled like an event of the log."""
    known = {event.value for event in LogEvent}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known:
            yield node.value


def exit_numbers(tree: ast.AST) -> Iterator[int]:
    """Lines that end a process with a number above one: those are the command line's contract."""
    for node in ast.walk(tree):
        value: ast.expr | None = None
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in EXITS and node.args:
            value = node.args[0]
        elif isinstance(node, ast.FunctionDef) and node.name in {"main", "exit_code", "code_of"}:
            yield from (line for one in node.body for line in returned_numbers(one))
        if isinstance(value, ast.Constant) and isinstance(value.value, int) and value.value > 1:
            yield node.lineno  # type: ignore[attr-defined]


def returned_numbers(tree: ast.AST) -> Iterator[int]:
    """Lines that return a number above one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
            value = node.value.value
            if isinstance(value, int) and value > 1:
                yield node.lineno


def status_lists(tree: ast.AST) -> Iterator[int]:
    """Lines with a set, list or tuple of two statuses and more."""
    values = {status.value for status in Status}
    for node in ast.walk(tree):
        if isinstance(node, ast.Set | ast.List | ast.Tuple):
            members = [one for one in node.elts if ast.unparse(one).startswith("Status.")]
            texts = [one for one in node.elts if isinstance(one, ast.Constant) and one.value in values]
            if len(members) > 1 or len(texts) > 1:
                yield node.lineno


def latenesses(tree: ast.AST) -> Iterator[int]:
    """Lines that subtract the moment asked for from that of a publication."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            left, right = ast.unparse(node.left), ast.unparse(node.right)
            if "published_at" in left and "due_at" in right:
                yield node.lineno


@pytest.mark.parametrize(
    ("looks", "text"),
    [
        (event_literals, 'journal.note("try_ended")'),
        (exit_numbers, "raise typer.Exit(7)"),
        (exit_numbers, "sys.exit(3)"),
        (exit_numbers, "def main() -> int:\n    if broken:\n        return 6\n    return 0"),
        (status_lists, "if delivery.status in {Status.FAILED, Status.MISSED}: pass"),
        (status_lists, 'if delivery.status.value in ("failed", "missed"): pass'),
        (latenesses, "late = one.published_at - one.due_at"),
        (latenesses, 'late = moment(row["published_at"]) - moment(row["due_at"])'),
    ],
)
def test_a_second_place_would_be_found(looks: Callable[[ast.AST], Iterator[object]], text: str) -> None:
    assert list(looks(ast.parse(text)))


def test_no_event_of_the_log_is_spelled_out() -> None:
    found = {
        (file, text)
        for file, tree in MODULES.items()
        if file != "src/omnipub/log_events.py"
        for text in event_literals(tree)
    }
    assert found == set(OTHER_MEANINGS)


def test_every_event_of_the_log_is_written_by_somebody() -> None:
    used = {
        node.attr
        for file, tree in MODULES.items()
        if file.startswith("src/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "LogEvent"
    }
    assert used == {event.name for event in LogEvent}


def test_no_exit_code_is_a_bare_number() -> None:
    assert [(file, line) for file, tree in MODULES.items() for line in exit_numbers(tree)] == []


def test_one_table_says_what_a_status_allows() -> None:
    found = {
        file
        for file, tree in MODULES.items()
        if file.startswith("src/") and not file.startswith(ALLOWED_ACTIONS) and list(status_lists(tree))
    }
    assert found == set(STATUS_LISTS)


def test_lateness_is_computed_once() -> None:
    found = [(file, line) for file, tree in MODULES.items() for line in latenesses(tree)]
    assert [file for file, _ in found] == ["src/omnipub/domain/delivery/model.py"]
