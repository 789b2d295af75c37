"""The README's test command reaches every folder of tests, but for those that name why not."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"tests/bundles", "tests/infrastructure"}
"""They need the packages of group cdk; the gate installs those and runs them."""


def test_every_folder_with_tests_is_run_and_every_folder_that_is_run_has_tests() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = settings["tool"]["pytest"]["ini_options"]["testpaths"]
    tests = (ROOT / "tests").rglob("test_*.py")
    found = {"/".join(path.relative_to(ROOT).parts[:2]) for path in tests}
    assert {*named, *ELSEWHERE} == found
