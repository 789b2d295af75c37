"""Which modules of omnipub a function needs: all that its entry imports, directly or not, inside functions too."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import grimp

from omnipub_cdk.bundling.errors import BundleError
from omnipub_cdk.bundling.tables import ENTRIES, NOT_FOLLOWED, PACKAGES

ROOT = "omnipub"


@dataclass(frozen=True, kw_only=True)
class Closure:
    """The omnipub modules that are shipped, by name, and the packages that they import."""

    modules: dict[str, Path]
    packages: frozenset[str]


def closure_of(function: str, sources: Path) -> Closure:
    """Return what `function` imports.

    Args:
        function: One of ENTRIES.
        sources: The folder that holds the package omnipub.

    Raises:
        BundleError: A module imports something that is neither omnipub's, the standard library's nor in the table of
            packages. Or this Python imports omnipub from somewhere else than `sources`.
    """
    names, packages = reachable(import_graph(ROOT), ENTRIES[function])
    return Closure(modules={name: _file_of(name, sources) for name in sorted(names)}, packages=packages)


@cache  # several functions are built in one run
def import_graph(root: str) -> grimp.ImportGraph:
    """Read all imports of a package's modules, without those that only a type checker reads."""
    return grimp.build_graph(root, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None)


def reachable(graph: grimp.ImportGraph, entry: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the modules to which the imports of `entry` lead, and the packages that they need.

    An import of a module also runs the packages around it. Modules in NOT_FOLLOWED are left out.
    """
    root = entry.partition(".")[0]
    modules: set[str] = set()
    packages: set[str] = set()
    waiting = with_parents(entry)
    while waiting:
        module = waiting.pop()
        if module in modules:
            continue
        modules.add(module)
        for imported in graph.find_modules_directly_imported_by(module):
            if imported.partition(".")[0] == root:
                waiting.extend(_shipped(with_parents(imported)))
            elif imported not in sys.stdlib_module_names or imported in PACKAGES:
                packages.add(_package_of(imported, module))
    return frozenset(modules), frozenset(packages)


def _shipped(names: Iterable[str]) -> list[str]:
    return [name for name in names if not any(fnmatchcase(name, pattern) for pattern in NOT_FOLLOWED)]


def _package_of(name: str, module: str) -> str:
    if name not in PACKAGES:
        raise BundleError(
            f"{module} imports {name}, and bundling/tables.py does not say which package that is.",
            hint="Add it to PACKAGES there, or import it only where no handler leads.",
        )
    return PACKAGES[name]


def _file_of(module: str, sources: Path) -> Path:
    base = sources.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    raise BundleError(
        f"{module} is not in {sources}, so this Python imports omnipub from somewhere else.",
        hint="Use the virtual environment of this checkout: .venv/bin/uv sync --inexact --all-extras --group cdk",
    )


def with_parents(module: str) -> list[str]:
    """Return a module's name after the names of the packages around it."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
