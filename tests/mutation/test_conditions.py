"""The finder of conditions finds each kind, and the code it makes is without it."""

from pathlib import Path
from types import FunctionType

import pytest

from mutation.conditions import code_of, mutants

SOURCE = """
class Gate:
    def passes(self, age, put):
        if age < 3 and self is not None:
            return "young"
        some = [one for one in (1, 2) if one > 1]
        put(1, condition=some)
        return age == 7
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "gate.py").write_text(SOURCE)
    return tmp_path / "gate.py"


def test_each_condition_of_a_function_is_found_once_for_each_change(file: Path) -> None:
    found = [(one.kind, one.text) for one in mutants(file.parent, file)]
    test = "age < 3 and self is not None"
    assert sorted(found) == sorted(
        [
            ("true", test),
            ("false", test),
            ("without 0", f"{test} [age < 3]"),
            ("without 1", f"{test} [self is not None]"),
            ("bound", "age < 3"),
            ("true", "one > 1"),
            ("false", "one > 1"),
            ("bound", "one > 1"),
            ("unconditional", "put(1, condition=some)"),
            ("true", "age == 7"),
            ("false", "age == 7"),
        ]
    )


@pytest.mark.parametrize(
    ("kind", "text", "age", "answer"),
    [
        ("true", "age < 3 and self is not None", 9, "young"),
        ("false", "age < 3 and self is not None", 1, False),
        ("without 0", "age < 3 and self is not None [age < 3]", 9, "young"),
        ("bound", "age < 3", 3, "young"),
        ("true", "age == 7", 9, True),
        ("false", "age == 7", 7, False),
    ],
)
def test_the_code_of_a_mutant_is_without_its_condition(
    file: Path, kind: str, text: str, age: int, answer: object
) -> None:
    [mutant] = [one for one in mutants(file.parent, file) if (one.kind, one.text) == (kind, text)]
    passes = FunctionType(code_of(file.parent, mutant), {})
    assert passes("self", age, lambda *_, **__: None) == answer


def test_a_write_becomes_unconditional(file: Path) -> None:
    [mutant] = [one for one in mutants(file.parent, file) if one.kind == "unconditional"]
    given: list[dict[str, object]] = []
    FunctionType(code_of(file.parent, mutant), {})("self", 9, lambda *_, **words: given.append(words))
    assert given == [{}]
