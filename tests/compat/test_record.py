"""The record of the items is up to date, and what may change in it is decided by rules."""

import ast
import copy
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import omnipub
from compat import record
from compat.description import name_of
from compat.examples import SEALED
from compat.goldens import goldens
from compat.record import current, golden_files, read_goldens, recorded
from compat.verdict import report
from omnipub.ports.table import Item, Key
from omnipub.storage import items, keys, schema
from omnipub.storage.kinds import SECRETS, ItemKind
from omnipub.storage.schema import MEANING, fingerprint

ROOT = Path(omnipub.__file__).parent
WRITERS = ("omnipub.services.", "omnipub.seed.", "omnipub.sandbox.")
Change = Callable[[Any], object]


@pytest.fixture
def shown(tmp_path: Path) -> list[Item]:
    return goldens(tmp_path)


def test_the_record_says_what_this_code_writes(shown: list[Item]) -> None:
    if said := report(recorded(), current(shown)):
        pytest.fail(said, pytrace=False)


def test_the_goldens_are_the_same_at_each_run(shown: list[Item], tmp_path: Path) -> None:
    assert goldens(tmp_path / "again") == shown


def test_every_kind_of_item_and_every_key_that_can_be_spelled_has_a_golden(shown: list[Item]) -> None:
    names = {name_of(item) for item in shown}
    assert names >= {kind.value for kind in ItemKind if kind not in {ItemKind.SYSTEM, ItemKind.SANDBOX}}
    systems = {text for text in _literals(inspect.getsource(keys)) if re.fullmatch(r"SYSTEM#[A-Z]+", text)}
    assert len(systems) >= 8
    assert names >= {text.replace("#", " ").lower() for text in systems}
    of_the_sandbox = {name for name in names if name.startswith("sandbox ")}
    assert len(of_the_sandbox) == inspect.getsource(keys).count("{SANDBOX_PREFIX}")


def test_every_place_that_writes_a_plain_item_has_a_golden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    met: set[tuple[str, str]] = set()

    def meet(key: Key, **attributes: Any) -> Item:
        caller = sys._getframe(1).f_code
        functions = [part for part in caller.co_qualname.split(".") if part != "<locals>"]
        met.update((Path(caller.co_filename).name, function) for function in functions)
        return items.plain_item(key, **attributes)

    for name, module in list(sys.modules.items()):
        if name.startswith(WRITERS) and hasattr(module, "plain_item"):
            monkeypatch.setattr(module, "plain_item", meet)
    goldens(tmp_path)
    places = {place for path in sorted(ROOT.rglob("*.py")) for place in _places(path)}
    assert len(places) >= 12
    assert places - met == set()


def test_every_attribute_of_the_record_is_in_some_golden(shown: list[Item]) -> None:
    found = {(name_of(item), path) for item in shown for path in _paths(item)}
    names = {name for name, _ in found}
    parts = {
        (name, path)
        for name, paths in recorded()["items"].items()
        if name in names
        for path in paths
        if paths[path.partition(".")[0]].get("told_by") != "the key"  # which is always there
    }
    assert len(parts) > 100
    assert {(name, path) for name, path in parts if "*" not in path} - found == set()


def test_no_golden_holds_a_secret() -> None:
    items_ = [item for path in golden_files().values() for item in read_goldens(path)]
    assert any(True for item in items_ for _ in _secrets(item))
    for item in items_:
        assert set(_secrets(item)) <= {SEALED}


def test_another_meaning_is_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setattr(schema, "MEANING", MEANING + 1)
    assert fingerprint() != before


# The command.


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A record of code that wrote one attribute more than this."""
    then = copy.deepcopy(dict(recorded()))
    then["items"]["delivery"]["colour"] = {"is": "text", "absent": ""}
    monkeypatch.setattr(record, "ITEMS", tmp_path / "items.json")
    monkeypatch.setattr(record, "GOLDENS", tmp_path / "goldens")
    record.write(then, [{"PK": "SYSTEM#CURSOR", "SK": "METADATA"}])
    return tmp_path


def contents(path: Path) -> dict[str, str]:
    return {one.name: one.read_text() for one in path.rglob("*") if one.is_file()}


def test_the_command_writes_nothing_while_the_number_is_not_raised(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(elsewhere)
    assert record.main() == 1
    assert "delivery.colour: is gone." in capsys.readouterr().err
    assert contents(elsewhere) == before


def test_the_command_keeps_the_goldens_of_lower_numbers(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(elsewhere)
    monkeypatch.setattr(record, "MEANING", MEANING + 1)
    assert record.main() == 0
    after = contents(elsewhere)
    first, second = f"{MEANING}.jsonl", f"{MEANING + 1}.jsonl"
    assert after[first] == before[first]
    assert after[second].count("\n") > 30
    assert recorded()["meaning"] == MEANING + 1
    assert report(recorded(), recorded()) == ""


def _literals(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _places(path: Path) -> Iterator[tuple[str, str]]:
    """The functions of a file that write a plain item."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef):
            calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
            if any(isinstance(one, ast.Name) and one.id == "plain_item" for one in calls):
                yield path.name, function.name


def _paths(value: Any, prefix: str = "") -> Iterator[str]:
    match value:
        case dict():
            for name, part in value.items():
                yield f"{prefix}{name}"
                yield from _paths(part, f"{prefix}{name}.")
        case list():
            for part in value:
                yield f"{prefix.removesuffix('.')}[]"
                yield from _paths(part, f"{prefix.removesuffix('.')}[].")


def _secrets(value: Any) -> Iterator[str]:
    match value:
        case dict():
            yield from (part for name, part in value.items() if name in SECRETS)
            for part in value.values():
                yield from _secrets(part)
        case list():
            for part in value:
                yield from _secrets(part)
