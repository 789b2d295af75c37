"""What the architecture page names is there: every file, and every function in it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = re.sub(
    r"<!-- generated.*?<!-- end -->",
    "",
    (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"),
    flags=re.DOTALL,
)
FUNCTIONS = re.findall(r"`((?:src|cdk)/[\w/]+\.py):([\w.]+)`", PAGE)
FILES = sorted(set(re.findall(r"`((?:src|cdk|tests|docs)/[\w/.]+\.\w+)`", PAGE)))


def defined(path: Path, name: str) -> bool:
    """Whether a module defines a function, or a class with a method, of that dotted name."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for part in name.split("."):
        kinds = (ast.FunctionDef, ast.ClassDef)
        node = next((one for one in body if isinstance(one, kinds) and one.name == part), None)
        if node is None:
            return False
        body = node.body
    return True


@pytest.mark.parametrize(("file", "name"), FUNCTIONS)
def test_every_function_of_the_page_is_there(file: str, name: str) -> None:
    assert defined(ROOT / file, name)


@pytest.mark.parametrize("file", [file for file in FILES if "NAME" not in file and "GROUP" not in file])
def test_every_file_of_the_page_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


def test_the_page_names_the_whole_way() -> None:
    assert len(FUNCTIONS) >= 12
    assert len(FILES) >= 15
