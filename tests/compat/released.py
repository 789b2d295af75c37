"""The omnipub of an earlier revision, taken out of the history and run beside this one."""

import io
import json
import os
import select
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

REVISION = "bfd47cb0f3233d36ebf7a3d04ec0c6891421bea1"
"""What the code of before is: the last release, by its tag (`v0.1.0`), or its commit while there is no tag.

It is moved right after a release, in a change of its own; `docs/decisions/0011-what-items-mean.md` says more.
"""

ROOT = Path(__file__).parents[2]
NEW = ROOT / "src"
START_WITHIN = 30.0

_TYPED = r"""
import contextlib, io, json, runpy, sys
import omnipub
print(json.dumps(omnipub.__file__), flush=True)
for line in sys.stdin:
    out, err, code = io.StringIO(), io.StringIO(), 0
    sys.argv = ["omnipub", *json.loads(line)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_module("omnipub_cli", run_name="__main__", alter_sys=False)
        except SystemExit as end:
            code = end.code or 0
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""
"""One process that runs what is typed: the imports are most of what a command costs."""


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def taken_out(path: Path) -> Path:
    """The sources of REVISION, below `path`; without the history it skips, and in CI it fails."""
    asked = ["git", "-C", str(ROOT), "archive", REVISION, "src"]
    try:
        archive = subprocess.run(asked, capture_output=True, check=True).stdout  # noqa: S603  our own history
    except (OSError, subprocess.CalledProcessError) as error:
        missing(REVISION, error)
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(path, filter="data")
    return path / "src"


def missing(revision: str, cause: Exception | None = None) -> NoReturn:
    """Say that the history is not here: nobody may take these tests for passed."""
    what = f"The code of before, {revision}, is not in this checkout's history, so nothing was tried with it."
    if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
        raise AssertionError(f"{what} Check out with fetch-depth: 0.") from cause
    pytest.skip(f"{what} Fetch it: git fetch --unshallow --tags")


@dataclass(frozen=True)
class Cli:
    """The command line of some sources over a data directory."""

    process: "subprocess.Popen[str]"
    data: Path

    def __call__(self, *argv: str, code: int | None = 0) -> Ran:
        """Run a command; it must end with `code`, unless that is None."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps([*argv, "--data", str(self.data)]), file=self.process.stdin, flush=True)
        ran = Ran(*json.loads(self.process.stdout.readline()))
        assert code is None or ran.code == code, (argv, ran)
        return ran


@contextmanager
def cli(sources: Path, data: Path) -> Iterator[Cli]:
    """The command line of `sources`, whose every command runs in one process of its own."""
    with _started(["-c", _TYPED], sources) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == str(sources / "omnipub" / "__init__.py")
        yield Cli(process, data)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(START_WITHIN) == 0


@contextmanager
def up(sources: Path, data: Path) -> Iterator[Mapping[str, Any]]:
    """`omnipub up` of `sources`, with what it says of itself; at the end it is asked to stop."""
    with _started(["-m", "omnipub_cli", "up", "--port", "0", "--json", "--data", str(data)], sources) as process:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], START_WITHIN)
        assert ready, "it did not start in time"
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=START_WITHIN)
        assert (process.returncode, err) == (0, "")


@contextmanager
def _started(argv: list[str], sources: Path) -> Iterator["subprocess.Popen[str]"]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMNIPUB_", "PYTHON"))}
    process = subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=sources,
        env=kept | {"PYTHONPATH": str(sources), "NO_COLOR": "1"},
    )
    with process:  # it waits for the process's end, so that must come whatever went wrong
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
