"""The checkout that is deployed: where it is, and the files of it that say what a stage is."""

import importlib.util
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnipub import __version__
from omnipub.errors import ConfigurationError
from omnipub.strict_json import loads

OWN = Path(__file__).resolve().parents[3]
"""The checkout that this omnipub runs from, if it runs from one."""


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A clone of the repository."""

    root: Path

    @property
    def cdk(self) -> Path:
        """The folder of the stacks."""
        return self.root / "cdk"

    @property
    def build(self) -> Path:
        """Where everything goes that can be made again; git does not look there."""
        return self.root / "build"

    @property
    def pages(self) -> Path:
        """What users see: the built console, or the page that says whether omnipub lives."""
        console = self.root / "web" / "console" / "dist"
        return console if (console / "index.html").is_file() else self.root / "web" / "status"

    @property
    def version(self) -> str:
        """The version, with the commit if git knows one: `0.1.0+f9e941c`, and `-dirty` if something is not in it."""
        words = ["git", "-C", str(self.root), "describe", "--always", "--dirty", "--exclude=*"]
        try:
            described = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603  git as it is installed
        except OSError:
            described = ""
        return f"{__version__}+{described}" if described else __version__

    @property
    def pinned_cdk(self) -> str:
        """The version of CDK's command line in package.json.

        Raises:
            ConfigurationError: It is not pinned to one version.
        """
        package = loads((self.cdk / "package.json").read_text(), lenient=True)
        version = str(package.get("devDependencies", {}).get("aws-cdk", ""))
        if not version[:1].isdecimal():
            raise ConfigurationError(
                f"cdk/package.json asks for aws-cdk '{version}', which is no single version.",
                hint="Pin one: npm install --save-dev --save-exact aws-cdk@VERSION, in cdk/",
            )
        return version

    @property
    def installed_cdk(self) -> str:
        """The version that is installed beside it; "" if none is."""
        file = self.cdk / "node_modules" / "aws-cdk" / "package.json"
        return str(loads(file.read_text(), lenient=True)["version"]) if file.is_file() else ""

    def module(self, name: str) -> Any:
        """A file of omnipub_cdk that needs nothing but omnipub, imported without the folder becoming importable."""
        path = self.cdk / "omnipub_cdk" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"omnipub_cdk_{name}", path)
        if spec is None or spec.loader is None or not path.is_file():
            raise ConfigurationError(
                f"{path} is not there.", hint="Take a whole checkout: git status says what is missing."
            )
        made = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = made  # dataclasses look their module up
        spec.loader.exec_module(made)
        return made


def found(start: Path | None = None) -> Checkout:
    """The checkout around `start` (default: where the command is typed), else the one omnipub runs from.

    Raises:
        ConfigurationError: There is neither.
    """
    begin = (start or Path.cwd()).resolve()
    for root in (begin, *begin.parents, OWN):
        if (root / "cdk" / "app.py").is_file() and (root / "cdk" / "package.json").is_file():
            return Checkout(root=root)
    raise ConfigurationError(
        f"There is no cdk/ folder in {begin} or above it: omnipub is deployed from a checkout.",
        hint="Clone the repository and type it there.",
    )
