"""What is shipped follows from the imports, and what stays behind is named."""

import ast
from fnmatch import fnmatchcase
from pathlib import Path

import grimp
import pytest

from omnipub_cdk.bundling import BundleError, closure
from omnipub_cdk.bundling.closure import closure_of, import_graph, reachable
from omnipub_cdk.bundling.tables import ENTRIES, NOT_FOLLOWED

ROOT = Path(__file__).parents[2]
HANDLER = "omnipub.handlers.worker"


def graph(*imports: tuple[str, str]) -> grimp.ImportGraph:
    """A graph of these imports; names outside omnipub are packages."""
    made = grimp.ImportGraph()
    for name in {part for pair in imports for end in pair for part in closure.with_parents(end)}:
        made.add_module(name, is_squashed=not name.startswith("omnipub"))
    for importer, imported in imports:
        made.add_import(importer=importer, imported=imported)
    return made


@pytest.mark.parametrize("function", ENTRIES)
def test_a_bundle_holds_the_entry_and_neither_the_command_line_nor_the_one_machine_system(function: str) -> None:
    modules = closure_of(function, ROOT / "src").modules
    assert ENTRIES[function] in modules
    is_sandbox = function == "sandbox"
    assert ("omnipub.wiring.aws" in modules) is not is_sandbox, "the sandbox has the table and nothing else"
    above = ("omnipub.onebox", "omnipub_cli", *([] if is_sandbox else ["omnipub.sandbox"]))
    assert [name for name in modules if name.startswith(above)] == []
    assert all(path.is_relative_to(ROOT / "src") for path in modules.values())


@pytest.mark.parametrize("function", ENTRIES)
def test_no_function_carries_what_only_one_machine_or_an_operator_uses(function: str) -> None:
    needed = closure_of(function, ROOT / "src")
    left = [name for name in needed.modules if any(fnmatchcase(name, pattern) for pattern in NOT_FOLLOWED)]
    assert left == []
    assert "cryptography" not in needed.packages


@pytest.mark.parametrize("pattern", NOT_FOLLOWED)
def test_what_is_not_followed_exists_and_is_imported_somewhere(pattern: str) -> None:
    whole = import_graph(closure.ROOT)
    named = [name for name in whole.modules if fnmatchcase(name, pattern)]
    assert named
    assert any(whole.find_modules_that_directly_import(name) for name in named)


def test_only_the_api_needs_pydantic() -> None:
    needing = {name for name in ENTRIES if "pydantic" in closure_of(name, ROOT / "src").packages}
    assert needing == {"api"}


def test_imports_are_followed_through_packages_as_python_runs_them() -> None:
    shipped = graph(
        (HANDLER, "omnipub.first"),
        (HANDLER, "omnipub.deep.second"),
        ("omnipub.deep", "urllib3"),
        ("omnipub.first", "zoneinfo"),
        ("omnipub.unused", "omnipub.first"),
    )
    modules, packages = reachable(shipped, HANDLER)
    names = {"first", "deep", "deep.second", "handlers", "handlers.worker"}
    assert modules == {"omnipub", *(f"omnipub.{name}" for name in names)}
    assert packages == {"tzdata", "urllib3"}


def test_what_the_table_does_not_follow_stays_behind_with_all_that_it_imports() -> None:
    shipped = graph(
        (HANDLER, "omnipub.adapters.local.sqlite.table"),
        ("omnipub.adapters.local.sqlite.table", "sqlite3"),
        ("omnipub.adapters.local.sqlite.table", "omnipub.adapters.local.sqlite.query"),
        (HANDLER, "json"),
    )
    modules, packages = reachable(shipped, HANDLER)
    assert modules == {"omnipub", "omnipub.handlers", HANDLER, "omnipub.adapters", "omnipub.adapters.local"}
    assert packages == frozenset()


def test_imports_inside_functions_count_and_those_of_a_type_checker_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "sampled"
    package.mkdir()
    for name, text in {
        "__init__": "",
        "entry": (
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from sampled import typed\nelse:\n    import urllib3\n"
            "def late():\n    from sampled import inner\n"
        ),
        "typed": "",
        "inner": "",
    }.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    modules, packages = reachable(import_graph.__wrapped__("sampled"), "sampled.entry")
    assert modules == {"sampled", "sampled.entry", "sampled.inner"}
    assert packages == {"urllib3"}


def test_the_graph_has_every_import_that_the_sources_have() -> None:
    """A reader of the sources that is not grimp's finds no import of omnipub that the graph lacks."""
    whole = import_graph(closure.ROOT)
    missing: list[tuple[str, str]] = []
    count = 0
    for importer, path in closure_of("worker", ROOT / "src").modules.items():
        for node in _run(ast.parse(path.read_text())):
            for imported in _imported(node, set(whole.modules)):
                count += 1
                if imported not in whole.find_modules_directly_imported_by(importer):
                    missing.append((importer, imported))
    assert count > 1000
    assert missing == []


def _imported(node: ast.AST, known: set[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in known]
    if not isinstance(node, ast.ImportFrom) or node.module is None:
        return []
    names = [f"{node.module}.{alias.name}" for alias in node.names]
    submodules = [name for name in names if name in known]
    return submodules if len(submodules) == len(names) else [*submodules, *({node.module} & known)]


def _run(tree: ast.AST) -> list[ast.AST]:
    nodes = []
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")):
            nodes += [node, *_run(node)]
    return nodes


def test_a_package_that_is_in_no_table_is_named() -> None:
    with pytest.raises(
        BundleError, match=r"omnipub\.handlers\.worker imports rich, and bundling/tables\.py does not say"
    ) as refused:
        reachable(graph((HANDLER, "rich")), HANDLER)
    assert "PACKAGES" in refused.value.hint


def test_sources_of_another_checkout_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        BundleError, match=r"is not in .*, so this Python imports omnipub from somewhere else"
    ) as refused:
        closure_of("worker", tmp_path)
    assert "uv sync" in refused.value.hint
