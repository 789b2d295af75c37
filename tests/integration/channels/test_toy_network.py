"""A new network is one file for its channel, one for its sandbox, and one line in each of the two registries."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnipub.channels.registry import CHANNELS
from omnipub.sandbox.faults import KINDS
from omnipub.sandbox.registry import DIALECTS

ROOT = Path(__file__).parents[3]
TOY = ROOT / "tests" / "support" / "toy_network"
CHANNEL, SANDBOX = "src/omnipub/channels/networks/toy.py", "src/omnipub/sandbox/networks/toy.py"
REGISTRIES = ("src/omnipub/channels/registry.py", "src/omnipub/sandbox/registry.py")
LINES = ('        "toy": toy.Toy(),\n', '        "toy": toy.DIALECT,\n')
IMPORTS = ("from omnipub.channels.networks import toy\n", "from omnipub.sandbox.networks import toy\n")


class Copy:
    """The sources and documents with a network more."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for part in ("src", "docs"):
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "README.md", root)
        shutil.copy(TOY / "channel.py", root / CHANNEL)
        shutil.copy(TOY / "sandbox.py", root / SANDBOX)
        for registry, line, imported in zip(REGISTRIES, LINES, IMPORTS, strict=True):
            path = root / registry
            text = path.read_text(encoding="utf-8")
            assert text.count("    {\n") == 1
            path.write_text(
                text.replace("    {\n", "    {\n" + line).replace("\nfrom omnipub", f"\n{imported}from omnipub", 1),
                encoding="utf-8",
            )

    def run(self, *command: str) -> str:
        """What a program of the copy prints."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OMNIPUB_")}
        state = {"XDG_STATE_HOME": str(self.root / "state"), "XDG_CONFIG_HOME": str(self.root / "config")}
        done = subprocess.run(  # noqa: S603  our own modules
            [sys.executable, *command],
            capture_output=True,
            text=True,
            cwd=self.root,
            env=kept | state | {"PYTHONPATH": str(self.root / "src"), "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def omnipub(self, *words: str) -> Any:
        """What a command says as JSON."""
        return json.loads(self.run("-m", "omnipub_cli", *words, "--json"))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    root = tmp_path_factory.mktemp("toy")
    yield Copy(root)
    shutil.rmtree(root)


def changed(old: Path, new: Path) -> set[str]:
    """The files that are only in one of two directories, or differ."""
    compared = filecmp.dircmp(old, new, ignore=["__pycache__"])
    _, differing, unread = filecmp.cmpfiles(old, new, compared.common_files, shallow=False)
    found = {*compared.left_only, *compared.right_only, *differing, *unread}
    for name in compared.common_dirs:
        found |= {f"{name}/{one}" for one in changed(old / name, new / name)}
    return found


def test_two_new_files_and_a_line_in_two_others_are_all_it_takes(copy: Copy) -> None:
    assert changed(ROOT / "src", copy.root / "src") == {
        path.removeprefix("src/") for path in (CHANNEL, SANDBOX, *REGISTRIES)
    }
    for registry in REGISTRIES:
        before = (ROOT / registry).read_text(encoding="utf-8").splitlines()
        after = (copy.root / registry).read_text(encoding="utf-8").splitlines()
        assert len(after) == len(before) + 2, "the import and the entry"
        assert [line for line in after if line not in before] == [line.rstrip() for line in after if "toy" in line]


def test_a_new_network_is_published_on_counted_and_listed(copy: Copy) -> None:
    shown = copy.omnipub("demo", "--seconds", "1", "--keep")
    assert shown["ok"], shown["differences"]
    assert {one["channel"] for one in shown["deliveries"]} == {*CHANNELS, "toy"}
    toys = [one for one in shown["deliveries"] if one["channel"] == "toy"]
    assert [one["status"] for one in toys] == ["published"] * 3
    (counted,) = shown["count"]["networks"]["toy"].values()
    assert (counted["posts"], counted["doubles"]) == (3, 0)
    try:
        listed = {one["network"]: one for one in copy.omnipub("channels", "list", "--data", shown["data"])["channels"]}
    finally:
        shutil.rmtree(shown["data"])
    assert set(listed) == {*CHANNELS, "toy"}
    assert [one["standing"] for one in listed["toy"]["accounts"]] == ["active"]


def test_a_new_network_is_documented(copy: Copy) -> None:
    page = copy.root / "docs" / "deliveries.md"
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| toy |")]
    assert rows == []
    copy.run("docs/generate.py")
    (row,) = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| toy |")]
    assert "777 characters" in row
    assert "left to a person" in row


FAULTS = """
import json
from omnipub.sandbox.faults import KINDS, UnknownOrderError, read_order
from omnipub.sandbox.registry import DIALECTS

taken = []
for kind in KINDS:
    try:
        taken.append(read_order({"network": "toy", "kind": kind.value}, DIALECTS).kind.value)
    except UnknownOrderError:
        pass
print(json.dumps(taken))
"""


def test_a_new_network_has_its_faults(copy: Copy) -> None:
    assert "toy" not in DIALECTS
    taken = json.loads(copy.run("-c", FAULTS))
    assert set(taken) == {kind.value for kind in KINDS} - {"listed_late", "duplicate_detection"}
