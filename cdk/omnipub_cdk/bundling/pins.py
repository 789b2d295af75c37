"""The exact versions of pyproject.toml: a bundle holds nothing that is not pinned there."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PathDistribution
from pathlib import Path

from omnipub_cdk.bundling.errors import BundleError

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[A-Za-z0-9.!+_-]+)")


def read(pyproject: Path) -> dict[str, str]:
    """Version by package name, from `[tool.uv] constraint-dependencies`.

    Raises:
        BundleError: A line there is not an exact pin.
    """
    lines = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["uv"]["constraint-dependencies"]
    pins = {}
    for line in lines:
        pin = _PIN.fullmatch(line)
        if pin is None:
            raise BundleError(
                f"'{line}' in constraint-dependencies of {pyproject.name} is not an exact pin.",
                hint="Write it as name==version.",
            )
        pins[normal(pin["name"])] = pin["version"]
    return pins


def requirements(packages: Iterable[str], pins: Mapping[str, str]) -> list[str]:
    """The packages as exact requirements, sorted.

    Raises:
        BundleError: One of them is not pinned.
    """
    missing = sorted(name for name in packages if normal(name) not in pins)
    if missing:
        raise _unpinned(missing)
    return sorted(f"{normal(name)}=={pins[normal(name)]}" for name in packages)


def check(libraries: Path, pins: Mapping[str, str]) -> None:
    """Refuse an installed tree that holds a package without a pin, or in another version."""
    found = [PathDistribution(info) for info in sorted(libraries.glob("*.dist-info"))]
    unlike = [f"{one.name} {one.version}" for one in found if pins.get(normal(one.name)) != one.version]
    if unlike:
        raise _unpinned(unlike)


def normal(name: str) -> str:
    """A package's name in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _unpinned(names: list[str]) -> BundleError:
    return BundleError(
        f"Not pinned in pyproject.toml: {', '.join(names)}. A bundle would differ from one day to the next.",
        hint="Add name==version to constraint-dependencies there, then type: .venv/bin/uv sync --inexact --all-extras",
    )
