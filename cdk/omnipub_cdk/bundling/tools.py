"""The two programs that a build runs: uv, and a CPython of the runtime's version."""

import os
from pathlib import Path

from omnipub_cdk.bundling.errors import BundleError
from omnipub_cdk.runtime_python import PYTHON, VARIABLE, Interpreter, find_interpreter, find_uv, missing


def uv() -> Path:
    """Where uv is.

    Raises:
        BundleError: It is nowhere.
    """
    found = find_uv()
    if found is None:
        raise BundleError(
            "uv fetches the packages of a bundle, and it is neither in the virtual environment nor on PATH.",
            hint="Type: .venv/bin/pip install uv",
        )
    return found


def interpreter() -> Interpreter:
    """A CPython of the runtime's version; its bytecode is what Lambda reads.

    Raises:
        BundleError: There is none.
    """
    found = find_interpreter(os.environ)
    if found is None:
        raise BundleError(
            missing(os.environ),
            hint=f"Type: .venv/bin/uv python install {PYTHON}   (or set {VARIABLE}=/path/to/python{PYTHON})",
        )
    return found
