"""Which modules of omnipub a function needs: the imports, followed from its entry, those inside functions too."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from omnipub_cdk.bundling.errors import BundleError
from omnipub_cdk.bundling.tables import ENTRIES, NOT_FOLLOWED, PACKAGES

ROOT = "omnipub"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, kw_only=True)
class Closure:
    """The omnipub modules that are shipped, by name, and the packages that they import."""

    modules: dict[str, Path]
    packages: frozenset[str]


def closure_of(function: str, sources: Path) -> Closure:
    """What `function` imports, directly or not; `sources` is the folder that holds the package omnipub.

    Raises:
        BundleError: An import is neither omnipub's, the standard library's nor in the table of packages.
    """
    modules: dict[str, Path] = {}
    packages: set[str] = set()
    waiting = _with_parents(ENTRIES[function])
    while waiting:
        module = waiting.pop()
        if module in modules:
            continue
        path = _file_of(module, sources)
        if path is None:
            raise BundleError(
                f"{module} is imported on the way from {ENTRIES[function]} and is not in {sources}.",
                hint="Run .venv/bin/mypy; it names the import that leads nowhere.",
            )
        modules[module] = path
        parsed = ast.parse(path.read_bytes(), str(path))
        at_start = set(_imported(_run(parsed, without=_FUNCTIONS), sources))
        for name in _imported(_run(parsed), sources):
            if name.partition(".")[0] == ROOT:
                waiting.extend(part for part in _with_parents(name) if name in at_start or not _stays_behind(part))
            elif (package := _package_of(name, path)) is not None:
                packages.add(package)
    return Closure(modules=modules, packages=frozenset(packages))


def _imported(nodes: Iterable[ast.AST], sources: Path) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield module
                # `from package import module`: the names may be modules themselves.
                if module.partition(".")[0] == ROOT:
                    yield from (
                        f"{module}.{alias.name}" for alias in names if _file_of(f"{module}.{alias.name}", sources)
                    )


def _run(parsed: ast.Module, *, without: tuple[type[ast.AST], ...] = ()) -> Iterator[ast.AST]:
    """Every node but those that only a type checker reads."""
    stack: list[ast.AST] = list(parsed.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            stack.extend(node.orelse)
        elif not isinstance(node, without):
            yield node
            stack.extend(ast.iter_child_nodes(node))


def _stays_behind(module: str) -> bool:
    return any(fnmatchcase(module, pattern) for pattern in NOT_FOLLOWED)


def _package_of(name: str, path: Path) -> str | None:
    top = name.partition(".")[0]
    if top in PACKAGES:
        return PACKAGES[top]
    if top in sys.stdlib_module_names:
        return None
    raise BundleError(
        f"{path.name} imports {top}, and bundling/tables.py does not say which package that is.",
        hint="Add it to PACKAGES there, or import it only where no handler leads.",
    )


def _file_of(module: str, sources: Path) -> Path | None:
    base = sources.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def _with_parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
