"""Each wall between packages is broken on purpose once, in a copy, and the linter names the import that broke it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")

BROKEN: dict[str, tuple[str, str]] = {
    "Imports only go down": ("omnipub.storage.keys", "omnipub.services.messages.read"),
    "The command line stands on top": ("omnipub.config", "omnipub_cli.app"),
    "Inside the command line: deployment below output below framework below commands": (
        "omnipub_cli.output.views",
        "omnipub_cli.framework.options",
    ),
    "Deployment has no terminal": ("omnipub_cli.deployment.rollback", "rich"),
    "Services, from the use cases down to the protocol": (
        "omnipub.services.protocol.gate",
        "omnipub.services.table.adopt",
    ),
    "Domain, ports, storage and services do no I/O": ("omnipub.domain.limits", "sqlite3"),
    "Only the operator's side uses boto3": ("omnipub.adapters.aws.clients", "boto3"),
    "AWS and one machine do not know each other": ("omnipub.adapters.aws.kinesis", "omnipub.adapters.local.lock"),
    "Networks do not know each other": ("omnipub.channels.networks.webhook", "omnipub.channels.networks.telegram"),
    "Networks in the sandbox do not know each other": (
        "omnipub.sandbox.networks.webhook",
        "omnipub.sandbox.networks.telegram",
    ),
    "The sandbox shares no knowledge of networks with the channels": (
        "omnipub.sandbox.ledger",
        "omnipub.channels.answers",
    ),
    "No two packages beside each other import each other": (
        "omnipub.adapters.http.ssrf_guard",
        "omnipub.adapters.system.clock",
    ),
    "Commands do not know each other": ("omnipub_cli.commands.doctor", "omnipub_cli.commands.pause"),
}
"""Contract → an import that breaks it: from this module, of that one."""

CIRCLE = ("omnipub.adapters.system.clock", "omnipub.adapters.http.ssrf_guard")
"""With the import of `No two packages …` it makes a circle that no layer forbids."""

BROKEN_STACKS: dict[str, tuple[str, str]] = {
    "Stacks take names, settings, the table's shape and errors from omnipub, and nothing else": (
        "omnipub_cdk.functions",
        "omnipub.services.messages.read",
    ),
    "From the stacks down to their values; bundling knows none of them": (
        "omnipub_cdk.stages",
        "omnipub_cdk.stacks.data",
    ),
    "No two modules beside each other import each other": ("omnipub_cdk.bundling.pins", "omnipub_cdk.bundling.build"),
}
"""The same of the contracts of the stacks."""


def broken_copy(to: Path, imports: list[tuple[str, str]]) -> Path:
    """A copy of the sources, with these imports added."""
    for part in ("src", "cdk/omnipub_cdk"):
        shutil.copytree(ROOT / part, to / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "cdk/pyproject.toml"):
        shutil.copy(ROOT / part, to / part)
    for module, imported in imports:
        (path,) = [
            found
            for root in ("src", "cdk")
            for end in (".py", "/__init__.py")
            if (found := to / root / f"{module.replace('.', '/')}{end}").exists()
        ]
        path.write_text(path.read_text() + f"\nimport {imported}\n")
    return to


def linted(folder: Path, copy: Path) -> str:
    """What the linter says in `folder` of the sources in `copy`."""
    done = subprocess.run(  # noqa: S603  our own tool
        [str(LINTER), "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(copy / "src"), str(copy / "cdk")]), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def section(report: str, contract: str) -> str:
    """What a report says of one broken contract."""
    found = re.search(rf"^{re.escape(contract)}\n-+\n(.*?)(?=^[^\n]+\n-{{4,}}\n|\Z)", report, re.DOTALL | re.MULTILINE)
    assert found, f"{contract} is kept"
    return found[1]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    copy = broken_copy(tmp_path_factory.mktemp("broken"), [*BROKEN.values(), CIRCLE])
    return linted(copy, copy)


@pytest.fixture(scope="module")
def report_of_stacks(tmp_path_factory: pytest.TempPathFactory) -> str:
    copy = broken_copy(tmp_path_factory.mktemp("broken"), list(BROKEN_STACKS.values()))
    return linted(copy / "cdk", copy)


def names(text: str, module: str, imported: str) -> bool:
    """Whether a report names an import, or the circle of packages that it closes."""
    pairs = list(zip(module.split("."), imported.split("."), strict=False))
    shared = list(takewhile(lambda pair: pair[0] == pair[1], pairs))
    circle = f"No cycles are allowed in {'.'.join(name for name, _ in shared)}."
    if circle in text:
        one, other = pairs[len(shared)]
        part = text[text.index(circle) :]
        return f".{one} -> .{other}" in part or f".{other} -> .{one}" in part
    return f"{module} -> {imported}" in text


@pytest.mark.parametrize("contract", BROKEN)
def test_each_wall_is_missed_when_it_is_broken(report: str, contract: str) -> None:
    assert names(section(report, contract), *BROKEN[contract])


@pytest.mark.parametrize("contract", BROKEN_STACKS)
def test_each_wall_of_the_stacks_is_missed_when_it_is_broken(report_of_stacks: str, contract: str) -> None:
    assert names(section(report_of_stacks, contract), *BROKEN_STACKS[contract])


@pytest.mark.parametrize(("file", "broken"), [("pyproject.toml", BROKEN), ("cdk/pyproject.toml", BROKEN_STACKS)])
def test_every_contract_is_broken_here(file: str, broken: dict[str, tuple[str, str]]) -> None:
    contracts = tomllib.loads((ROOT / file).read_text())["tool"]["importlinter"]["contracts"]
    assert [one["name"] for one in contracts] == list(broken)
