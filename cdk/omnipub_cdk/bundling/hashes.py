"""The digests of the wheels that bundles are made of.

A wheel with another digest is refused, and nothing is built.

They stand in `hashes.txt`, which uv writes. A digest names bytes and no host, so any index may serve them.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from omnipub_cdk.bundling import pins, tools
from omnipub_cdk.bundling.errors import BundleError
from omnipub_cdk.bundling.tables import PLATFORMS
from omnipub_cdk.runtime_python import PYTHON

FILE = Path(__file__).with_name("hashes.txt")
RENEW = "cd cdk && ../.venv/bin/python -m omnipub_cdk.bundling --renew-hashes"

_ENTRY = re.compile(
    r"(?m)^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[A-Za-z0-9.!+_-]+)(?P<digests>(?: \\\n +--hash=\S+)*)$"
)
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def read(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and SHA-256 digests by package name.

    Raises:
        BundleError: There are no entries, or one without digests.
    """
    found = {
        pins.normal(entry["name"]): (entry["version"], frozenset(_DIGEST.findall(entry["digests"])))
        for entry in _ENTRY.finditer(text)
    }
    without = sorted(name for name, (_, digests) in found.items() if not digests)
    if without or not found:
        raise BundleError(f"{FILE.name} has no digests of: {', '.join(without) or 'anything'}.", hint=f"Type: {RENEW}")
    return found


def check(text: str, pinned: Mapping[str, str]) -> None:
    """Refuse digests of other versions than pyproject.toml pins.

    Raises:
        BundleError: Names what differs.
    """
    unlike = [f"{name} {version}" for name, (version, _) in sorted(read(text).items()) if pinned.get(name) != version]
    if unlike:
        plain = f"{FILE.name} has digests of versions that pyproject.toml does not pin: {', '.join(unlike)}."
        raise BundleError(plain, hint=f"Type: {RENEW}")


def renewed(packages: Iterable[str], pinned: Mapping[str, str], interpreter: tools.Interpreter) -> str:
    """The digests of all wheels of these packages and of what they need, for every platform; asks the package index.

    Raises:
        BundleError: uv cannot find them.
    """
    wanted = pins.requirements(packages, pinned)
    entries: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as aside:
        constraints = Path(aside) / "constraints.txt"
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in sorted(pinned.items())))
        for platform in PLATFORMS.values():
            text = _compiled(wanted, constraints, interpreter, platform)
            entries |= {entry["name"]: f"{entry[0]}\n" for entry in _ENTRY.finditer(text)}
    made = "".join(entry for _, entry in sorted(entries.items()))
    check(made, pinned)
    return made


def _compiled(wanted: list[str], constraints: Path, interpreter: tools.Interpreter, platform: str) -> str:
    command = [
        *(tools.uv(), "pip", "compile", "-", "--quiet", "--generate-hashes", "--no-header", "--no-annotate"),
        *("--only-binary", ":all:", "--python", interpreter.path, "--python-version", PYTHON),
        *("--python-platform", platform, "--constraints", constraints),
    ]
    done = subprocess.run(  # noqa: S603  uv, with our own pins
        command, input="\n".join(wanted), capture_output=True, text=True, check=False
    )
    if done.returncode:
        plain = f"uv could not find the packages of the bundles: {' '.join(done.stderr.split())[-600:]}"
        raise BundleError(plain, hint=f"Connect this machine to the network, then type: {RENEW}")
    return done.stdout
