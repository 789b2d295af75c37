"""Docstrings, help, messages and pages have short sentences, and name the thing itself instead of a picture of it."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST = 20
"""Words of a sentence. A piece of code counts as one."""

SENTENCE_END = re.compile(r"(?<=[.!?])(?<!e\.g\.)[\"')”*_]*\s+")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
SECTION = re.compile(r"\s*(?:Args|Attributes|Raises|Returns|Yields|Rules of [^:]*):\s*")
FIRST_ONLY = (
    "cdk/omnipub_cdk/stacks/worker.py",
    "cdk/omnipub_cdk/stages.py",
    "src/omnipub/config.py",
    "src/omnipub/handlers/sender.py",
    "src/omnipub/handlers/worker.py",
    "src/omnipub/services/delivery/batch.py",
    "src/omnipub/services/delivery/fan_out.py",
)
"""Only the first sentences of these docstrings are short as yet."""

PART = re.compile(r"\s+\w+(?: \([^)]*\))?: |\d+\. |- ")
LIST_ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s+")
CODE = re.compile(r"`[^`]*`")
PICTURES = re.compile(
    r"\b(?:(?:this|the|a) room|rooms|houses?|hands that|in the hands of|shel(?:f|ves)|drawers?|doors?|takes? its leave|"
    r"spares everybody|the whole world|idiolect|drowns?|swallows?|starves?)\b",
    re.IGNORECASE,
)
"""Words that a reader would have to translate back into what happens."""


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Each source file, parsed."""
    for source in ("src", "cdk"):
        for path in sorted((ROOT / source).rglob("*.py")):
            if not {"node_modules", "cdk.out"} & set(path.parts):
                yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def pages() -> Iterator[Path]:
    """What people read about omnipub."""
    yield from sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def paragraphs(markdown: str) -> Iterator[str]:
    """Paragraphs, items of lists and cells of tables; without code, headings and what is generated."""
    markdown = re.sub(r"```.*?```|<!-- generated.*?<!-- end -->|<!--.*?-->", "\n", markdown, flags=re.DOTALL)
    block: list[str] = []
    for line in [*markdown.splitlines(), ""]:
        row = line.startswith("|")
        if block and (row or not line.strip() or line.startswith("#") or LIST_ITEM.match(line)):
            yield LIST_ITEM.sub("", " ".join(block), count=1) if LIST_ITEM.match(block[0]) else " ".join(block)
            block = []
        if row:
            yield from line.strip("|").split("|")
        elif line.strip() and not line.startswith("#"):
            block.append(line)


MODULES = dict(modules())
PACKAGES = sorted({path.parent.as_posix() for path in MODULES})


def words(sentence: str) -> int:
    """How many words a reader reads."""
    return sum(bool(re.search(r"\w", word)) for word in LINK.sub(r"\1", CODE.sub("CODE", sentence)).split())


def sentences(text: str) -> list[str]:
    """A text's sentences, with single spaces."""
    return [one for one in SENTENCE_END.split(" ".join(text.split())) if one]


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The docstrings of a module, of what is in it, and of its values."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            for one in node.body:
                if (
                    isinstance(one, ast.Expr)
                    and isinstance(one.value, ast.Constant)
                    and isinstance(one.value.value, str)
                ):
                    yield one.lineno, inspect.cleandoc(one.value.value)


def parts(docstring: str) -> Iterator[str]:
    """Paragraphs, arguments and rules of a docstring."""
    block: list[str] = []
    for line in [*docstring.splitlines(), ""]:
        heading, item = SECTION.fullmatch(line), PART.match(line)
        if block and (heading or item or not line.strip()):
            yield PART.sub("", " ".join(block), count=1) if PART.match(block[0]) else " ".join(block)
            block = []
        if line.strip() and not heading:
            block.append(line)


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What is said to people: texts that end as a sentence, and the help of options; a value counts as a word."""
    skipped = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    helped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "help"}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(one) for one in ast.walk(node) if one is not node}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        text = ""
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(one.value) if isinstance(one, ast.Constant) else "X" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        if " " in text and (text.rstrip().endswith((".", "!", "?")) or id(node) in helped):
            yield node.lineno, text  # type: ignore[attr-defined]


def too_long(text: str) -> list[str]:
    """Sentences that need a second reading."""
    return [f"{words(one)} words: {one}" for one in sentences(text) if words(one) > MOST]


def test_what_is_measured() -> None:
    assert words("One `a piece of code`, two - and 3.") == 5
    assert too_long("Short. W" + "ord " * 21 + "end.") == ["22 words: W" + "ord " * 21 + "end."]
    assert not too_long("word " * 19 + "end. A second one.")
    tree = ast.parse(
        'def go():\n    """Say it."""\n    raise Error(f"It is {x} and {y}.", hint="Try.")\nOption(help="no stop")'
    )
    assert [text for _, text in texts(tree)] == ["It is X and X.", "no stop"]
    assert [text for _, text in docstrings(tree)] == ["Say it."]
    assert list(parts("One.\n\nTwo\nthree.\n\nArgs:\n    a: First\n        more.\n    b: Second.")) == [
        "One.",
        "Two three.",
        "First         more.",
        "Second.",
    ]
    page = "# A title\n\nOne\ntwo. [Three](a/b c.md)!\n\n- item\n  more\n- next\n\n| a | b |\n\n```\ncode\n```\n"
    assert [text.strip() for text in paragraphs(page)] == [
        "One two. [Three](a/b c.md)!",
        "item   more",
        "next",
        "a",
        "b",
    ]
    assert PICTURES.search("Hands that work side by side.")
    assert not PICTURES.search("There is no room for it; it handles that.")
    assert len(MODULES) > 500


@pytest.mark.parametrize("package", PACKAGES)
def test_sentences_of_docstrings_are_short(package: str) -> None:
    found = [
        f"{path}:{line}: {long}"
        for path, tree in MODULES.items()
        if path.parent.as_posix() == package
        for line, text in docstrings(tree)
        for part in (sentences(text)[:1] if path.as_posix() in FIRST_ONLY else parts(text))
        for long in too_long(part)
    ]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_sentences_to_people_are_short(package: str) -> None:
    found = [
        f"{path}:{line}: {long}"
        for path, tree in MODULES.items()
        if path.parent.as_posix() == package
        for line, text in texts(tree)
        for long in too_long(text)
    ]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_and_sentences_name_the_thing_itself(package: str) -> None:
    found = [
        f"{path}:{line}: {text}"
        for path, tree in MODULES.items()
        if path.parent.as_posix() == package
        for line, text in [*docstrings(tree), *texts(tree)]
        if PICTURES.search(text)
    ]
    assert found == []


@pytest.mark.parametrize("page", list(pages()), ids=lambda page: page.name)
def test_sentences_of_pages_are_short(page: Path) -> None:
    read = list(paragraphs(page.read_text(encoding="utf-8")))
    assert read
    assert [long for text in read for long in too_long(text)] == []
    assert [text for text in read if PICTURES.search(CODE.sub("CODE", text))] == []


def test_every_package_says_what_it_is() -> None:
    inits = {path: ast.get_docstring(tree) for path, tree in MODULES.items() if path.name == "__init__.py"}
    assert [path for path, text in inits.items() if not text] == []
