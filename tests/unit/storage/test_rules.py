"""Rules that the source of the other rooms keeps: keys are spelled in one file, queries are made in one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import omnipub

ROOT = Path(omnipub.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
KEYS = ROOT / "storage" / "keys.py"
ACCESS = ROOT / "storage" / "access.py"
TABLE = ROOT / "storage" / "table.py"
PREFIXES = ("MSG#", "CERT#", "USER#", "STATUS#", "CHANNEL#", "ATTEMPT#")

every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


def documentation(tree: ast.AST) -> set[int]:
    """The literals that only document: texts standing alone, and what access paths say for people."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_path":
            found |= {id(part) for word in node.keywords for part in ast.walk(word.value)}
    return found


def key_literals(text: str, *, access: bool = False) -> Iterator[str]:
    """String literals, also parts of f-strings, that spell a key's prefix."""
    tree = ast.parse(text)
    skipped = documentation(tree)
    for node in ast.walk(tree):
        documents = id(node) in skipped and (access or not isinstance(node, ast.JoinedStr))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not documents:
            yield from (node.value for prefix in PREFIXES if prefix in node.value)


def made(text: str, name: str) -> int:
    """How often a class is constructed."""
    calls = (node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return sum(
        (isinstance(func, ast.Name) and func.id == name) or (isinstance(func, ast.Attribute) and func.attr == name)
        for func in calls
    )


@every_source
def test_no_other_file_than_keys_spells_a_keys_prefix(source: Path) -> None:
    if source != KEYS:
        assert not list(key_literals(source.read_text(encoding="utf-8")))


@every_source
def test_no_other_file_than_access_makes_a_query(source: Path) -> None:
    if source != ACCESS:
        assert made(source.read_text(encoding="utf-8"), "Query") == 0


def test_keys_spells_the_prefixes_and_access_makes_the_queries() -> None:
    assert list(key_literals(KEYS.read_text(encoding="utf-8")))
    assert made(ACCESS.read_text(encoding="utf-8"), "Query") >= 10


@pytest.mark.parametrize(
    "line",
    [
        'pk = "MSG#" + id',
        'pk = f"USER#{owner}"',
        'if sk.startswith("ATTEMPT#"): pass',
        'x = {"CHANNEL#": 1}',
        'f("CERT#")',
    ],
)
def test_the_search_for_prefixes_finds_them_however_they_are_used(line: str) -> None:
    assert list(key_literals(line))


@pytest.mark.parametrize(
    "line",
    ['"""A key is MSG#<id>."""', 'X = 1\n"""Of USER#<id>."""', '@_path(condition="PK = MSG#<id>")\ndef f(): ...'],
)
def test_the_search_for_prefixes_lets_documentation_be(line: str) -> None:
    assert not list(key_literals(line))


@pytest.mark.parametrize("line", ["Query(partition=x)", "table.Query(partition=x)", "run([Query(partition=x)])"])
def test_the_search_for_queries_finds_them(line: str) -> None:
    assert made(line, "Query") == 1


@every_source
def test_every_file_says_what_is_behind_its_door(source: Path) -> None:
    assert ast.get_docstring(ast.parse(source.read_text(encoding="utf-8")))
