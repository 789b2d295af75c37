"""The packages of a bundle: fetched as wheels of the function's platform, stripped, checked against the pins."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from omnipub_cdk.bundling import botocore_data, hashes, pins, tools
from omnipub_cdk.bundling.errors import BundleError
from omnipub_cdk.bundling.tables import (
    LEFT_OUT_FILES,
    LEFT_OUT_FOLDERS,
    LEFT_OUT_PARTS,
    LEFT_OUT_SUFFIXES,
    OPERATIONS,
)
from omnipub_cdk.runtime_python import PYTHON

_OTHER_BYTES = ("hash mismatch", "hash-checking")

_UNREACHABLE = ("dns error", "error sending request", "failed to fetch", "could not connect", "network was disabled")


def install(
    requirements: Sequence[str],
    pinned: Mapping[str, str],
    interpreter: tools.Interpreter,
    *,
    platform: str | None,
    into: Path,
) -> None:
    """Put what a function reads of the packages into the folder `into`, for `platform` or else for this machine.

    Raises:
        BundleError: A package cannot be fetched, has no wheel for the platform, or is not pinned.
    """
    text = hashes.FILE.read_text(encoding="utf-8")
    hashes.check(text, pinned)
    fetch(requirements, pinned, interpreter, platform=platform, into=into, digests=text)
    strip(into)
    if (into / "botocore").is_dir():
        botocore_data.trim(into / "botocore" / "data", OPERATIONS)


def fetch(
    requirements: Sequence[str],
    pinned: Mapping[str, str],
    interpreter: tools.Interpreter,
    *,
    platform: str | None,
    into: Path,
    digests: str,
) -> None:
    """Put the packages and what they need into the folder `into` as they are, in no other versions than `pinned`.

    What is fetched must be among `digests`; without any (a comparison, nothing that is deployed) only versions count.
    """
    into.mkdir(parents=True)
    constraints = into.with_name("constraints.txt")
    versions = "".join(f"{name}=={version}\n" for name, version in sorted(pinned.items()))
    constraints.write_text(digests or versions)
    command = [
        *(tools.uv(), "pip", "install", "--quiet", "--no-installer-metadata", "--no-compile-bytecode"),
        *("--link-mode", "copy", "--only-binary", ":all:"),
        *("--python", interpreter.path, "--python-version", PYTHON),
        *(("--python-platform", platform) if platform else ()),
        *(("--require-hashes",) if digests else ()),
        *("--constraints", constraints, "--target", into, *requirements),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  uv, with our own pins
    if done.returncode:
        raise _refused(done.stderr, requirements, platform or "this machine")
    pins.check(into, pinned)


def strip(libraries: Path) -> None:
    """Remove what no function reads."""
    for part in LEFT_OUT_PARTS:
        shutil.rmtree(libraries / part, ignore_errors=True)
    for path in sorted(libraries.rglob("*"), reverse=True):
        if path.is_dir() and path.name in LEFT_OUT_FOLDERS:
            shutil.rmtree(path)
        elif path.is_file() and (path.suffix in LEFT_OUT_SUFFIXES or path.name in LEFT_OUT_FILES):
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _refused(output: str, requirements: Sequence[str], target: str) -> BundleError:
    wanted = ", ".join(requirements)
    if any(sign in output.lower() for sign in _UNREACHABLE):
        return BundleError(
            f"The packages of the bundle could not be fetched for {target}: {wanted}. The package index does "
            "not answer, and uv's cache does not hold them.",
            hint="Connect to the network, then type: cd cdk && ../.venv/bin/python -m omnipub_cdk.bundling",
        )
    if any(sign in output.lower() for sign in _OTHER_BYTES):
        return BundleError(
            f"What the package index serves for {target} is not what {hashes.FILE.name} names: {_last(output)}",
            hint=f"If a pin was changed, type: {hashes.RENEW}. If none was, do not build: the package was replaced.",
        )
    return BundleError(
        f"uv could not install the packages of the bundle for {target} ({wanted}): {_last(output)}",
        hint="Every pin needs a wheel for Lambda's Python and platform; choose a version that has one.",
    )


def _last(output: str) -> str:
    return " ".join(output.split())[-600:]
