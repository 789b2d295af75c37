"""Typer is used through what it publishes, so that a release of it may move what it does not."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
FILES = [path for folder in ("src/omnipub_cli", "docs", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]


def names_of_typer(tree: ast.AST) -> Iterator[str]:
    """What a module takes of Typer, as dotted names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.split(".")[0] == "typer")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "typer":
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "typer":
            yield f"typer.{node.attr}"


def test_no_file_takes_a_private_name_of_typer() -> None:
    taken = {(path.name, name) for path in FILES for name in names_of_typer(ast.parse(path.read_text()))}
    assert len(taken) > 100
    assert [one for one in taken if any(part.startswith("_") for part in one[1].split("."))] == []


@pytest.mark.parametrize(
    "code", ["from typer._click import Context", "import typer._click", "from typer.core import _main", "typer._click"]
)
def test_a_private_name_would_be_found(code: str) -> None:
    assert any("._" in name for name in names_of_typer(ast.parse(code)))
