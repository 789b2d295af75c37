"""The two programs that a build runs: uv, and a CPython of the runtime's version."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from omnipub_cdk.bundling.errors import BundleError
from omnipub_cdk.bundling.tables import PYTHON

VARIABLE = "OMNIPUB_BUNDLE_PYTHON"
"""Names the interpreter that compiles, where it cannot be found."""

_SAY_VERSION = "import platform, sys; print(sys.implementation.name, platform.python_version())"


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """An interpreter that answered, and the version it said, e.g. 3.13.5."""

    path: Path
    version: str


def uv() -> Path:
    """Where uv is: beside this Python, or on PATH."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if found is None:
        raise BundleError(
            "uv is needed to fetch the packages of a bundle, and it is neither in the virtual environment nor on PATH.",
            hint="Type: .venv/bin/pip install uv",
        )
    return Path(found)


def interpreter() -> Interpreter:
    """A CPython of the runtime's version; its bytecode is what Lambda reads."""
    named = os.environ.get(VARIABLE)
    for path in [Path(named)] if named else _candidates():
        version = _version(path)
        if version is not None:
            return Interpreter(path=path, version=version)
    where = f"{VARIABLE} names {named}, which is not a CPython {PYTHON}" if named else f"No Python {PYTHON} was found"
    raise BundleError(
        f"{where}; it compiles the bytecode with which a function starts fast.",
        hint=f"Type: .venv/bin/uv python install {PYTHON}   (or set {VARIABLE}=/path/to/python{PYTHON})",
    )


def _candidates() -> Iterator[Path]:
    """Where a CPython of that version may be. A shim of pyenv answers only while its version is chosen."""
    yield Path(sys.executable)
    name = f"python{PYTHON}"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if folder and (Path(folder) / name).is_file():
            yield Path(folder) / name
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    for pattern in (f"{PYTHON}.*/bin/{name}", f"{PYTHON}.*/python.exe"):
        yield from sorted(pyenv.glob(f"versions/{pattern}"), reverse=True)
    managed = subprocess.run(  # noqa: S603  uv's own answer about the interpreters it installed
        [uv(), "python", "find", "--managed-python", "--no-python-downloads", PYTHON],
        capture_output=True,
        text=True,
        check=False,
    )
    if managed.returncode == 0:
        yield Path(managed.stdout.strip())
    for folder in ("/usr/local/bin", "/opt/homebrew/bin", "/usr/bin"):
        yield Path(folder) / name


@cache  # several functions ask in one run
def _version(path: Path) -> str | None:
    try:
        said = subprocess.run(  # noqa: S603  asks an interpreter for its version
            [path, "-I", "-c", _SAY_VERSION], capture_output=True, text=True, check=False, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    name, _, version = said.stdout.strip().partition(" ")
    right = said.returncode == 0 and name == "cpython" and version.startswith(f"{PYTHON}.")
    return version if right else None
