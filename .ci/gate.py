"""The gate: everything a change must pass, each suite with its budget in seconds. Run it in the project's .venv.

A suite over its budget is reported, not failed: machines are noisy. All budgets together are under twenty minutes.
"""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

ROOT = Path(__file__).parent.parent
BIN = ROOT / ".venv" / "bin"
TESTS_ALREADY_RUN = "--without-tests" in sys.argv

SUITES: tuple[tuple[str, int, tuple[str, ...], Path], ...] = (
    ("lint", 10, ("ruff", "check", "."), ROOT),
    ("format", 5, ("ruff", "format", "--check", "."), ROOT),
    ("tests", 240, ("pytest", "-n", "2"), ROOT),
    ("cloud packages", 120, ("uv", "sync", "-q", "--inexact", "--all-extras", "--group", "cdk"), ROOT),
    ("types", 60, ("mypy",), ROOT),
    ("architecture", 10, ("lint-imports",), ROOT),
    ("stacks' architecture", 10, ("lint-imports",), ROOT / "cdk"),
    ("generated docs", 10, ("python", "docs/generate.py", "--check"), ROOT),
    ("stacks, bundles", 180, ("pytest", "tests/infrastructure", "tests/bundles"), ROOT),
)

WHOLE_STAGE = ("whole stage", 420, ("pytest", "-m", "ministack", "tests/integration/deploy/test_whole_stage.py"), ROOT)
"""Mostly waits for an emulator of AWS, so it runs beside what comes after the cloud packages.

Not beside the tests: the last of those measure time and run alone.
"""
AFTER = "cloud packages"


def run(
    name: str, budget: int, command: tuple[str, ...], folder: Path, output: IO[str] | None = None
) -> tuple[str, bool]:
    """Run one suite; its line of the table, and whether it passed."""
    began = time.monotonic()
    words = [BIN / command[0], *command[1:]]
    done = subprocess.run(words, cwd=folder, check=False, stdout=output, stderr=output)  # noqa: S603  our own tools
    took = time.monotonic() - began
    verdict = "passed" if done.returncode == 0 else "FAILED"
    over = "  over its budget" if took > budget else ""
    return f"{name:20} {verdict:8} {took:6.1f} s of {budget:4} s{over}", done.returncode == 0


def readme_command(title: str) -> str:
    """The command in the README's section `title`, exactly as a newcomer would type it."""
    section = (ROOT / "README.md").read_text().split(f"## {title}\n", 1)[1]
    found = re.search(r"```console\n(.+?)\n```", section, re.DOTALL)
    if found is None:
        raise SystemExit(f"README has no command under '{title}'")
    return found[1]


def main() -> int:
    """Run the suites and print the table."""
    if "--print-test-command" in sys.argv:
        print(readme_command("Run the tests"))  # noqa: T201  its purpose
        return 0
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    suites = [suite for suite in SUITES if not (TESTS_ALREADY_RUN and suite[0] == "tests")]
    results = []
    with ThreadPoolExecutor() as threads, TemporaryFile("w+") as output:
        for suite in suites:
            results.append(run(*suite))
            if suite[0] == AFTER:
                beside = threads.submit(run, *WHOLE_STAGE, output)
        results.append(beside.result())
        output.seek(0)
        print(output.read())  # noqa: T201  its purpose
    print("\n".join(["", *(line for line, _ in results)]))  # noqa: T201  its purpose
    return int(not all(passed for _, passed in results))


if __name__ == "__main__":
    sys.exit(main())
