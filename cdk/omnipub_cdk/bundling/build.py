"""One bundle from one checkout, kept in a cache by everything that could change its bytes."""

import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from omnipub_cdk.bundling import bytecode, hashes, libraries, pins, smoke_test, source_tree, tools
from omnipub_cdk.bundling.closure import Closure, closure_of
from omnipub_cdk.bundling.errors import BundleError
from omnipub_cdk.bundling.tables import ENTRIES, PLATFORMS

PROJECT = Path(__file__).resolve().parents[3]
CACHE = PROJECT / "build" / "bundles"
KEPT = 4
"""Builds of one kind that stay in the cache; the one used longest ago goes first."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What one bundle is made of; `base` and `key` stand for its packages and for all of it."""

    function: str
    architecture: str
    closure: Closure
    requirements: list[str]
    pinned: dict[str, str]
    interpreter: tools.Interpreter
    base: str
    key: str


def bundle(function: str, *, architecture: str = "arm64", cache: Path | None = None) -> Path:
    """The folder of a function's bundle: omnipub's modules, their packages, and the bytecode of both.

    Args:
        function: One of ENTRIES.
        architecture: arm64 or x86_64, the processor of the function.
        cache: Folder in which builds are kept; `build/bundles` of the checkout unless given.

    Raises:
        BundleError: The arguments name nothing that is there, or the build cannot be made; nothing half-built stays.
    """
    for value, allowed in ((function, ENTRIES), (architecture, PLATFORMS)):
        if value not in allowed:
            raise BundleError(f"There is no bundle of '{value}'.", hint=f"Allowed: {', '.join(allowed)}.")
    store = cache or CACHE
    recipe = _recipe(function, architecture)
    return _kept(store, f"{function}-{architecture}", recipe.key, lambda folder: _build(recipe, store, folder))


def packages_of_all() -> set[str]:
    """The packages that the modules of any function import."""
    return {package for function in ENTRIES for package in closure_of(function, PROJECT / "src").packages}


def _recipe(function: str, architecture: str) -> Recipe:
    closure = closure_of(function, PROJECT / "src")
    pinned = pins.read(PROJECT / "pyproject.toml")
    requirements = pins.requirements(closure.packages, pinned)
    interpreter = tools.interpreter()
    bundler = [path.read_bytes() for path in (*sorted(Path(__file__).parent.glob("*.py")), hashes.FILE)]
    base = _key(interpreter.version, *requirements, *map(str, sorted(pinned.items())), *bundler)
    sources = [part for path in _own(closure) for part in (str(path.relative_to(PROJECT)), path.read_bytes())]
    return Recipe(
        function=function,
        architecture=architecture,
        closure=closure,
        requirements=requirements,
        pinned=pinned,
        interpreter=interpreter,
        base=base,
        key=_key(base, *sources),
    )


def _build(recipe: Recipe, store: Path, folder: Path) -> None:
    packages = _packages(recipe, store, recipe.architecture)
    for path in _own(recipe.closure):
        target = folder / path.relative_to(PROJECT / "src")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    smoke_test.check(
        recipe.closure.modules,
        own=folder,
        packages=_packages(recipe, store, _here()),
        interpreter=recipe.interpreter,
    )
    bytecode.compile_tree(folder, recipe.interpreter)
    shutil.copytree(packages, folder, dirs_exist_ok=True)
    source_tree.seal(folder)


def _own(closure: Closure) -> list[Path]:
    """The files of omnipub in a bundle.

    Modules, and beside a module the data that bear its name, such as a page.
    """
    modules = closure.modules.values()
    data = {path for module in modules for path in module.parent.glob(f"{module.stem}.*") if path.is_file()}
    return sorted({*modules, *data})


def _packages(recipe: Recipe, store: Path, target: str) -> Path:
    """The packages for an architecture of Lambda, or, if `target` is none of them, for this machine."""

    def install(folder: Path) -> None:
        tags = PLATFORMS.get(target)
        libraries.install(recipe.requirements, recipe.pinned, recipe.interpreter, platform=tags, into=folder)
        bytecode.compile_tree(folder, recipe.interpreter)

    return _kept(store, f"packages-{target}", recipe.base, install)


def _here() -> str:
    """Whose packages this machine can import: often those of a function, which are then fetched once."""
    architecture = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())
    like_lambda = sys.platform == "linux" and platform.libc_ver()[0] == "glibc"
    return architecture if like_lambda and architecture else "here"


def _kept(store: Path, name: str, key: str, build: Callable[[Path], None]) -> Path:
    """The folder `name-key` of the cache, built aside and moved into place whole if it is not there."""
    final = store / f"{name}-{key}"
    if not final.is_dir():
        store.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".building-", dir=store))
        try:
            build(aside / name)
            with suppress(OSError):  # another process was first; its bytes are the same
                (aside / name).rename(final)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    os.utime(final)
    _prune(store, f"{name}-")
    return final


def _prune(store: Path, prefix: str) -> None:
    built = sorted(store.glob(f"{prefix}*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in built[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _key(*parts: str | bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        whole.update(len(raw).to_bytes(8, "big") + raw)
    return whole.hexdigest()[:16]
