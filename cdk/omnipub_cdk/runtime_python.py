"""The CPython of the Lambda runtime's version: a build compiles with it, and this finds one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PYTHON = "3.13"
"""The Lambda runtime's Python; wheels are chosen and bytecode is compiled for it."""

VARIABLE = "OMNIPUB_BUNDLE_PYTHON"
"""Names the interpreter that compiles, where it cannot be found."""

_SAY_VERSION = "import platform, sys; print(sys.implementation.name, platform.python_version())"


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """An interpreter that answered, and the version it said, e.g. 3.13.5."""

    path: Path
    version: str


def find_interpreter(environment: Mapping[str, str]) -> Interpreter | None:
    """A CPython of the runtime's version: the one that the variable names, else the first that is found."""
    named = environment.get(VARIABLE)
    for path in [Path(named)] if named else _candidates(environment):
        version = _version(path)
        if version is not None:
            return Interpreter(path=path, version=version)
    return None


def missing(environment: Mapping[str, str]) -> str:
    """What to say where `find_interpreter` found none, without its remedy."""
    named = environment.get(VARIABLE)
    where = f"{VARIABLE} names {named}, which is not a CPython {PYTHON}" if named else f"No Python {PYTHON} was found"
    return f"{where}; it compiles the bytecode with which a function starts fast."


def find_uv() -> Path | None:
    """Where uv is: beside this Python, or on PATH."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.is_file() else shutil.which("uv")
    return Path(found) if found else None


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    """Where a CPython of that version may be. A shim of pyenv answers only while its version is chosen."""
    yield Path(sys.executable)
    name = f"python{PYTHON}"
    for folder in environment.get("PATH", "").split(os.pathsep):
        if folder and (Path(folder) / name).is_file():
            yield Path(folder) / name
    home = Path.home()
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv")
    for pattern in (f"{PYTHON}.*/bin/{name}", f"{PYTHON}.*/python.exe"):
        yield from sorted(pyenv.glob(f"versions/{pattern}"), reverse=True)
    if uv := find_uv():
        managed = subprocess.run(  # noqa: S603  uv's own answer about the interpreters it installed
            [uv, "python", "find", "--managed-python", "--no-python-downloads", PYTHON],
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
        output = subprocess.run(  # noqa: S603  asks an interpreter for its version
            [path, "-I", "-c", _SAY_VERSION], capture_output=True, text=True, check=False, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    name, _, version = output.stdout.strip().partition(" ")
    right = output.returncode == 0 and name == "cpython" and version.startswith(f"{PYTHON}.")
    return version if right else None
