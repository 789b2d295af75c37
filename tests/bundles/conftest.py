"""Bundles of this checkout: built once, kept in the cache that deployments use, so only a change builds again."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "cdk"))

from omnipub_cdk.bundling import BundleError, bundle, tools  # noqa: E402  it stands in cdk/

HERE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
"""The architecture whose bundles this machine can run."""

Run = Callable[..., str]


@pytest.fixture(scope="session")
def interpreter() -> tools.Interpreter:
    try:
        return tools.interpreter()
    except BundleError as error:
        pytest.skip(f"{error.message} {error.hint}")


@pytest.fixture(scope="session")
def built(interpreter: tools.Interpreter) -> Callable[[str], Path]:
    """A function's bundle for this machine."""
    assert interpreter.version.startswith("3.13.")
    return lambda function: bundle(function, architecture=HERE)


@pytest.fixture(scope="session")
def run(interpreter: tools.Interpreter) -> Run:
    """Run a program in the runtime's Python with only a bundle to import from; what it prints."""

    def running(program: str, folder: Path, *options: str, **variables: str) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS", "OMNIPUB"))}
        done = subprocess.run(  # noqa: S603  our own program
            [interpreter.path, "-s", *options, "-c", program],
            env=kept | variables | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return running
