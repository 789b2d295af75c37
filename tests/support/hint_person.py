"""A person who runs a command, reads what it says to type next, and types exactly that."""

import io
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from threading import Thread
from types import CodeType, FrameType
from typing import Any

import pytest

from omnipub.hints import Action
from omnipub_cli.__main__ import main
from omnipub_cli.framework.hint_commands import WORDS
from support.hint_places import SOURCES, HintPlace

PLACEHOLDER = re.compile(r"(?<![\w/.-])(TEXT|TIME|ID|FILE|URL|DIR|CHANNEL|SCOPE)(?=(\.\w+)?( |$))")
"""What a person puts something of their own for."""

FILLED = {
    "TEXT": "It's not \u2013 like that",
    "TIME": "+2h",
    "URL": "https://hooks.example.com/T0/B1/s3cret",
    "ID": "7",
}
"""What the person puts there, if a scenario names nothing else."""


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.out}\n{self.err}"

    @property
    def commands(self) -> list[str]:
        """The command lines in it, as they stand there."""
        found = []
        for line in re.split(r"[\t\n]", self.text):
            quoted = re.findall(r"`(omnipub [^`]+|(?:ls|df|fuser|mkdir|chmod) [^`]+)`", line)
            last = re.search(r"(?:^|: )((?:omnipub|ls|df|fuser|mkdir|chmod|timedatectl)(?: [^`]*)?)$", line)
            found += [*quoted, *([last[1]] if last else [])]
        return found


class Terminal(io.StringIO):
    """Standard input of a person who is there."""

    def isatty(self) -> bool:
        return True


@dataclass(kw_only=True)
class Person:
    """Somebody at a terminal, whose data directory has a name that a shell would cut in pieces.

    Attributes:
        where: Options that each first command gets; what is typed from a hint gets none.
        typed: The hints that were typed.
        ran: The functions of omnipub that were called meanwhile, as `file:qualified.name`.
    """

    capsys: pytest.CaptureFixture[str]
    changed: pytest.MonkeyPatch
    where: Sequence[str] = ()
    typed: list[str] = field(default_factory=list)
    ran: set[str] = field(default_factory=set)

    def run(self, line: str, *, answers: str = "") -> Said:
        """Type a command of one's own."""
        return self._main([*shlex.split(line), *self.where], answers)

    def type(
        self, said: Said, begins: str, *, code: int = 0, answers: str = "y", fill: Mapping[str, str] | None = None
    ) -> Said:
        """Type the one command that begins like this and that `said` tells, word for word.

        Args:
            said: What told it.
            begins: Its first words.
            code: The exit code that is right.
            answers: What is answered if it asks.
            fill: What stands for the words in capitals.
        """
        line = self._line(said, begins)
        if begins.startswith("omnipub connections connect"):
            line += " --unchecked"  # the networks themselves cannot be asked from here
        for word, value in (FILLED | dict(fill or {})).items():
            line = re.sub(rf"(?<![\w/.-]){word}(?=(\.\w+)?( |$))", lambda _, v=value: shlex.quote(v), line)
        if not line.startswith("omnipub "):
            done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)  # noqa: S603, S607
            result = Said(done.returncode, done.stdout, done.stderr)
        else:
            result = self._main(shlex.split(line)[1:], answers)
        assert result.code == code, f"{line}\n→ {result.code}\n{result.text}"
        return result

    @contextmanager
    def running(self, said: Said, begins: str) -> Iterator[str]:
        """Type the `up` that was told, and let it run; what it said when it was ready."""
        with running(shlex.split(self._line(said, begins))[1:]) as ready:
            yield ready

    def _line(self, said: Said, begins: str) -> str:
        lines = list(dict.fromkeys(one for one in said.commands if one.startswith(begins)))
        assert len(lines) == 1, f"{begins!r} in\n{said.text}"
        assert not lines[0].endswith("."), lines[0]
        self.typed.append(lines[0])
        return lines[0]

    def _main(self, argv: Sequence[str], answers: str) -> Said:
        self.changed.setattr("sys.stdin", Terminal(f"{answers}\n") if answers else io.StringIO())
        self.changed.setattr("getpass.getpass", lambda _: "a-token-of-mine")
        with _noted(self.ran):
            code = main(list(argv))
        captured = self.capsys.readouterr()
        return Said(code, captured.out, captured.err)


@contextmanager
def running(argv: Sequence[str]) -> Iterator[str]:
    """A command that runs until it is asked to stop; what it said until it was ready."""
    words = [sys.executable, "-m", "omnipub_cli", *argv]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        first = process.stdout.readline()
        assert process.stderr is not None
        told = [first]
        if first:
            for line in process.stderr:
                told.append(line)
                if "Ctrl-C" in line:
                    break
        errors = "" if first else process.stderr.read()
        drained = [Thread(target=stream.read, daemon=True) for stream in (process.stdout, process.stderr)]
        for one in drained:
            one.start()
        try:
            assert "omnipub runs" in first, f"{argv}: {errors}"
            yield "".join(told)
        finally:
            process.terminate()
            process.wait(timeout=30)
            for one in drained:
                one.join()


Act = Callable[..., None]
SCENARIOS: dict[str, tuple[Act, ...]] = {}
"""A place's key → the scenarios that type what it tells."""


def tells(*keys: str) -> Callable[[Act], Act]:
    """Mark a scenario: what these places tell is typed in it. Each key is `file:function:command`."""

    def mark(act: Act) -> Act:
        @wraps(act)
        def checked(person: Person, **more: Any) -> None:
            act(person=person, **more)
            check(person, keys)

        for key in keys:
            SCENARIOS[key] = (*SCENARIOS.get(key, ()), checked)
        return checked

    return mark


def check(person: Person, keys: Sequence[str]) -> None:
    """What a scenario claims to type was told by the code it names, and was typed."""
    for key in keys:
        file, function, command = key.split(":", 2)
        if function:
            assert f"{file}:{function}" in person.ran, f"{key} was not run"
        beginning = re.compile(first_words(command))
        assert any(beginning.match(line) for line in person.typed), f"{key} was not typed: {person.typed}"


def first_words(command: str) -> str:
    """A pattern of the words of a command before its first value."""
    if command in Action.__members__:
        row = WORDS[Action[command]]
        pieces = [one if isinstance(one, str) else "" for one in row.command]
        words = ("omnipub " if row.ours else "") + " ".join(one for one in pieces if one)
    else:
        words = f"omnipub {command}"
    before = re.sub(r"\{[^}]*\}(?= (?:show|list|--))", "\0", words)
    before = before.partition("{")[0].rstrip()
    return re.escape(before).replace("\0", ".*")


@contextmanager
def _noted(ran: set[str]) -> Iterator[None]:
    """Note each function of omnipub that is called."""
    names: dict[CodeType, str] = {}
    root = str(SOURCES)

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code not in names:
            inside = code.co_filename.startswith(root)
            file = code.co_filename[len(root) + 1 :] if inside else ""
            names[code] = f"{file}:{code.co_qualname.replace('.<locals>', '')}"
            if inside:
                ran.add(names[code])

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


def place_of(places: Sequence[HintPlace], key: str) -> HintPlace:
    """The place of that key."""
    return next(one for one in places if one.key == key)


def data_of(folder: Path) -> Path:
    """A data directory whose name a shell would cut in pieces."""
    return folder / "Ada's data & more"
