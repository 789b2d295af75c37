"""A check that a function would start: it imports each module and makes each client of AWS."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from omnipub_cdk.bundling.bytecode import environment
from omnipub_cdk.bundling.errors import BundleError
from omnipub_cdk.bundling.tables import OPERATIONS
from omnipub_cdk.runtime_python import Interpreter

# Without `site`, nothing but the bundle's modules, its packages and the standard library can be imported.
_PROGRAM = """
import importlib, sys
from pathlib import Path
own, packages, modules, services = sys.argv[1:]
sys.path[:0] = [own, packages]
for module in modules.split():
    importlib.import_module(module)
if Path(packages, "botocore").is_dir():
    from botocore.session import Session
    session = Session()
    for service in services.split():
        session.create_client(service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")
"""


def check(modules: Iterable[str], *, own: Path, packages: Path, interpreter: Interpreter) -> None:
    """Refuse a bundle in which a module cannot be imported or a client cannot be made.

    Args:
        modules: The names of omnipub's modules in the bundle.
        own: The folder that holds them.
        packages: The folder of their packages, in builds that this machine can import.
        interpreter: A Python of the runtime's version.

    Raises:
        BundleError: The function would not start; the message ends with the error of Python.
    """
    done = subprocess.run(  # noqa: S603  the interpreter that was found, with our own program
        [interpreter.path, "-S", "-s", "-B", "-c", _PROGRAM, own, packages, " ".join(modules), " ".join(OPERATIONS)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = " … ".join(done.stderr.strip().splitlines()[-3:])
        raise BundleError(
            f"The function would not start: {reason}",
            hint="Import what it names in a function if only one machine needs it. Else take it out of NOT_FOLLOWED "
            "in bundling/tables.py, or add its package to PACKAGES there.",
        )
