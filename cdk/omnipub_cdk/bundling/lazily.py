"""Packages whose `__init__` imports all they offer, made to import a name when it is first asked for (PEP 562).

Only names that `__init__` merely passes on become lazy. What it uses itself, and a name that a module of the
package bears too, stays as it was: the import system would put the module in the name's place.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

from omnipub_cdk.bundling.errors import BundleError

_GETATTR = """

_LAZY = {table}


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_LAZY[name], __name__), name)
    return value
"""


def rewrite(libraries: Path, packages: Iterable[str]) -> None:
    """Rewrite the `__init__` of each package that is there.

    Raises:
        BundleError: There is nothing to make lazy in one: it has changed its form.
    """
    for package in packages:
        init = libraries.joinpath(*package.split("."), "__init__.py")
        if libraries.joinpath(package.partition(".")[0]).is_dir():
            init.write_text(lazy(init.read_text(encoding="utf-8"), package, modules_beside(init)), encoding="utf-8")


def modules_beside(init: Path) -> set[str]:
    """The names of the modules and packages in the folder of `init`."""
    return {path.stem for path in init.parent.iterdir() if path.suffix == ".py" or path.is_dir()}


def lazy(source: str, package: str, modules: set[str]) -> str:
    """The source with its passed-on names lazy; `modules` are the package's own."""
    parsed = ast.parse(source)
    used = {node.id for node in ast.walk(parsed) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    table: dict[str, str] = {}
    kept: list[ast.stmt] = []
    for node in parsed.body:
        if isinstance(node, ast.ImportFrom) and not any(_stays(alias, used | modules) for alias in node.names):
            table |= {alias.name: "." * node.level + (node.module or "") for alias in node.names}
        else:
            kept.append(node)
    if not table:
        raise BundleError(
            f"{package} has no names that could be imported later; LAZY in bundling/tables.py is out of date.",
            hint="Take the package out of LAZY, and measure with bench/cold_start.py.",
        )
    parsed.body = kept
    return ast.unparse(parsed) + _GETATTR.format(table=table)


def _stays(alias: ast.alias, taken: set[str]) -> bool:
    return alias.asname is not None or alias.name == "*" or alias.name in taken
