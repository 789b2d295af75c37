"""No test can pass for having looked at nothing: one whose assertions all stand in loops loops over something."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FILES = sorted(TESTS.rglob("test_*.py"))

MAY_FIND_NOTHING = {
    "test_no_answer_breaks_a_look_or_gets_a_post_adopted_under_an_id_that_is_none": "reading is enough",
}
"""Test → why there need not be anything in its loops."""

AS_FULL_AS_ITS_ARGUMENTS = {"combinations", "enumerate", "list", "product", "reversed", "set", "sorted", "tuple", "zip"}
AS_FULL_AS_ITS_OBJECT = {"items", "keys", "values"}


def cannot_fail(source: str) -> list[str]:
    """The tests whose every assertion stands in a loop over what may be empty."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [
        one.name
        for one in functions
        if one.name.startswith("test_") and (found := list(_assertions(one.body, one, idle=False))) and all(found)
    ]


def _assertions(body: Sequence[ast.stmt], function: ast.FunctionDef, *, idle: bool) -> Iterator[bool]:
    """For each assertion, and each context such as `pytest.raises`, whether it may not run at all."""
    for node in body:
        match node:
            case ast.Assert():
                yield idle
            case ast.With():
                yield idle
                yield from _assertions(node.body, function, idle=idle)
            case ast.For():
                yield from _assertions(node.body, function, idle=idle or _may_be_empty(node.iter, function))
            case ast.If() | ast.Try() | ast.While():
                inner = [*node.body, *node.orelse]
                yield from _assertions(inner, function, idle=idle)


def _may_be_empty(node: ast.expr, function: ast.FunctionDef) -> bool:
    match node:
        case ast.List() | ast.Tuple() | ast.Set():
            return not node.elts
        case ast.Dict():
            return not node.keys
        case ast.Name(id=name):
            given = [value for one in ast.walk(function) if (value := _given(one, name)) is not None]
            return name[0].islower() and (len(given) != 1 or _may_be_empty(given[0], function))
        case ast.Subscript(value=value):
            return _may_be_empty(value, function)
        case ast.Call(func=ast.Name(id="range")):
            return False
        case ast.Call(func=ast.Name(id=name)) if name in AS_FULL_AS_ITS_ARGUMENTS:
            return any(_may_be_empty(one, function) for one in node.args)
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in AS_FULL_AS_ITS_OBJECT:
            return _may_be_empty(value, function)
    return not isinstance(node, ast.Constant)


def _given(node: ast.AST, name: str) -> ast.expr | None:
    """What a statement gives that name."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    named = any(isinstance(one, ast.Name) and one.id == name for one in targets)
    return node.value if named and isinstance(node, ast.Assign | ast.AnnAssign) else None


def test_the_tests_are_found() -> None:
    assert len(FILES) > 150


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(TESTS)))
def test_no_test_asserts_only_in_a_loop_over_what_may_be_empty(file: Path) -> None:
    found = [name for name in cannot_fail(file.read_text()) if name not in MAY_FIND_NOTHING]
    assert found == [], "assert first that there is something"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("for one in made(): assert one", True),
        ("for one in []: assert one", True),
        ("found = made()\n for one in found: assert one", True),
        ("for one in (1, 2): assert one", False),
        ("for one in sorted(NAMES.items()): assert one", False),
        ("found = made()\n assert found\n for one in found: assert one", False),
        ("for one in made():\n  with pytest.raises(ValueError): one()", True),
        ("made()", False),
    ],
)
def test_such_a_test_is_found(body: str, found: bool) -> None:  # noqa: FBT001  a parameter of the test
    assert cannot_fail(f"def test_it():\n {body}\n") == (["test_it"] if found else [])
