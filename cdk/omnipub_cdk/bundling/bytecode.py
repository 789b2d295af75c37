"""Bytecode in the bundle: /var/task is read-only, so what is not compiled here is compiled at every cold start."""

import os
import subprocess
from pathlib import Path

from omnipub_cdk.bundling.errors import BundleError
from omnipub_cdk.runtime_python import Interpreter

MOUNT = "/var/task"
"""Where Lambda unpacks a function; tracebacks name files by it."""

# One process, sorted names, fixed hash seed: the same sources give the same bytes, wherever they lie.
# Unchecked: Lambda neither hashes nor stats the source again. Shipped sources that do not compile are samples.
_COMPILE = """
import py_compile, sys
from pathlib import Path
root, mount = Path(sys.argv[1]), sys.argv[2]
for path in sorted(root.rglob("*.py")):
    name = path.relative_to(root).as_posix()
    cache = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    try:
        py_compile.compile(str(path), str(cache), f"{mount}/{name}", doraise=True, optimize=0, invalidation_mode=mode)
    except py_compile.PyCompileError as error:
        sys.exit(f"{name}: {error.exc_value}")
"""


def environment() -> dict[str, str]:
    """This process's environment without what would change how Python runs, and with a fixed hash seed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {"PYTHONHASHSEED": "0"}


def compile_tree(tree: Path, interpreter: Interpreter) -> None:
    """Write the bytecode of every source under `tree` beside it.

    Raises:
        BundleError: A source does not compile; names it.
    """
    done = subprocess.run(  # noqa: S603  the interpreter that was found, with our own program
        [interpreter.path, "-S", "-s", "-c", _COMPILE, tree, MOUNT],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BundleError(
            f"Python {interpreter.version} cannot compile what goes into the bundle: {done.stderr.strip()[-400:]}",
            hint="Run .venv/bin/ruff check src; it names the line.",
        )
