"""A person's terminal: commands as processes of their own in a folder, met at their end or before it."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OMNIPUB = [sys.executable, "-m", "omnipub_cli"]
Process = subprocess.Popen[str]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Its sentence, without the kind of error it is."""
        return self._line(": ", {"configuration", "conflict", "not accepted", "not built", "not found", "error"})

    @property
    def remedy(self) -> str:
        """What it says to type."""
        return self._line(": ", {"hint"}).rpartition(": ")[2]

    def _line(self, between: str, kinds: set[str]) -> str:
        (found,) = [line for line in self.err.splitlines() if line.partition(between)[0] in kinds]
        return found.partition(between)[2]


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """A terminal in a folder, with variables of its own."""

    folder: Path
    variables: dict[str, str]

    def run(self, *words: str, **variables: str) -> Ran:
        """Type a command of omnipub's."""
        return self._ran([*OMNIPUB, *words], variables)

    def type(self, line: str, **variables: str) -> Ran:
        """Type a line as a command said it; a question of omnipub's is answered with yes."""
        words = shlex.split(line)
        return self.run(*words[1:], "--yes", **variables) if words[0] == "omnipub" else self._ran(words, variables)

    def told(self, *words: str, **variables: str) -> Any:
        """What a command of omnipub's says for programs."""
        ran = self.run(*words, "--json", **variables)
        assert ran.out, ran.err
        return json.loads(ran.out)

    @contextmanager
    def begun(self, *words: str, **variables: str) -> Iterator[Process]:
        """A command of omnipub's under way, as a terminal has it in its foreground; it does not outlive the body."""
        with subprocess.Popen(  # noqa: S603  our own
            [*OMNIPUB, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.variables | variables,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def left(self) -> set[str]:
        """Everything that commands left in the folder."""
        paths = (path for path in self.folder.rglob("*") if not path.is_symlink())
        return {path.relative_to(self.folder).as_posix() for path in paths}

    def _ran(self, words: list[str], variables: dict[str, str]) -> Ran:
        done = subprocess.run(  # noqa: S603  our own, or what omnipub said to type
            words,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            env=self.variables | variables,
        )
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)


def clean() -> dict[str, str]:
    """This process's variables, but for those that say anything to AWS' tools or to omnipub."""
    ours = ("AWS_", "OMNIPUB_", "INFRA", "JSII_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def until(process: Process, words: str) -> str:
    """What it says on standard error up to a line with these words."""
    heard = []
    for line in process.stderr or ():
        heard.append(line)
        if words in line:
            return "".join(heard)
    raise AssertionError(f"it never said '{words}':\n{''.join(heard)}")


@dataclass(frozen=True, kw_only=True)
class Noted:
    """A program in another one's place, which notes the id of each process that is started of it."""

    path: Path
    notes: Path

    def wait_for(self, count: int, process: Process) -> None:
        """Wait until so many have been started."""
        while len(self._started()) < count:
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)

    def alive(self) -> list[int]:
        """Those that still do something; one that only waits for somebody to hear of its end does not."""
        return [one for one in self._started() if _lives(one)]

    def _started(self) -> list[int]:
        return [int(line) for line in self.notes.read_text().split()] if self.notes.exists() else []


def noted(program: Path, folder: Path) -> Noted:
    """`program`, started from `folder`."""
    made = Noted(path=folder / program.name, notes=folder / "started")
    made.path.write_text(
        f'#!/bin/sh\necho $$ >> {shlex.quote(str(made.notes))}\nexec {shlex.quote(str(program))} "$@"\n'
    )
    made.path.chmod(0o755)
    return made


def _lives(pid: int) -> bool:
    words = ["ps", "-o", "stat=", "-p", str(pid)]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603  a number
    return bool(said) and not said.startswith("Z")
