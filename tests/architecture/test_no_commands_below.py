"""No sentence below the command line names a command: what helps is a hint, which each edge words for its readers."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import omnipub

ROOT = Path(omnipub.__file__).parent

GROUPS = (
    "accounts|adopt|certs|channels|completion|connections|demo|deploy|destroy|diff|doctor|init|logs|messages|outputs|"
    "pause|resume|rollback|schedule|status|stream|table|up|users"
)
COMMAND = re.compile(rf"\bomnipub (?:{GROUPS})\b")
QUOTED = re.compile(r"`[^`]*\s[^`]*`|`(?:" + GROUPS + ")`")


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module that are no docstrings, those of f-strings without their values."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(one) for one in node.values}
            yield node.lineno, "".join(one.value if isinstance(one, ast.Constant) else "X" for one in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | parts:
            yield node.lineno, node.value


def commands_in(text: str) -> bool:
    return bool(COMMAND.search(text) or QUOTED.search(text))


def test_what_is_looked_for_is_recognised() -> None:
    assert commands_in("See it: omnipub certs show X")
    assert commands_in("`omnipub pause` lists what is.")
    assert commands_in("Look with `table verify`.")
    assert commands_in("Check it: `ls -ld X`")
    assert not commands_in("The IANA zone of a local time in `at`.")
    assert not commands_in("An omnipub of another release runs on X.")


def test_no_sentence_below_the_command_line_names_a_command() -> None:
    read = [(path, line, text) for path in sorted(ROOT.rglob("*.py")) for line, text in literals(path)]
    assert len(read) > 1000
    found = [f"{path.relative_to(ROOT)}:{line}: {text}" for path, line, text in read if commands_in(text)]
    assert found == []
