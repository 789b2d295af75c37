"""The command line as a contract: every command's JSON is as published, whatever the command is.

A new command without an entry in RUNS fails here; its help, its options and a wrong input of it are asked for in
the unit tests of the tree.
"""

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

from integration.deploy.test_commands import RUNS as ON_AWS
from omnipub.domain.delivery import actions, decide, moves
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, Reason
from omnipub.domain.ids import Parent, ParentKind
from omnipub.names import LOCAL_OWNER
from omnipub.services.messages.read import Viewer
from omnipub.wiring.assemble import System
from omnipub_cli.app import ENTRIES, load
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.output.json_documents.machine_documents import FailedJson
from omnipub_cli.output.json_schemas import DOCUMENTS, json_schema, schema_of

from .test_commands import AHEAD, ANNOUNCE, made, misfits

Run = Callable[..., Any]


def leaves() -> Iterator[str]:
    """Every command that does something, however deep in the tree."""
    for name in ENTRIES:
        yield from _leaves(name, load(name))


def _leaves(name: str, command: Any) -> Iterator[str]:
    if not isinstance(command, TyperGroup):
        yield name
        return
    inside = command.loaded() if isinstance(command, LazyGroup) else command.commands
    for inner, found in inside.items():
        yield from _leaves(f"{name} {inner}", found)


RUNS: dict[str, tuple[str, ...]] = {
    "messages create": ("Hello", "--to", "facebook,linkedin", "--variant", "facebook=Hi"),
    "messages validate": ("Hello", "--to", "facebook,webhook"),
    "messages preview": ("Hello", "--to", "facebook,webhook"),
    "messages import": ("ROWS", "--yes"),
    "messages export": ("NEW.csv", "--yes"),
    "messages list": (),
    "messages show": ("FAILED",),
    "messages stuck": (),
    "messages watch": ("PUBLISHED", "--timeout", "0"),
    "messages reconcile": ("DOUBTFUL", "--yes"),
    "messages edit": ("SCHEDULED", "--text", "Bye"),
    "messages cancel": ("SCHEDULED",),
    "messages retry": ("FAILED",),
    "messages dismiss": ("FAILED", "--reason", "Old news"),
    "messages mark-published": ("DOUBTFUL", "--channel", "facebook", "--network-id", "1_1"),
    "messages unpublish": ("PUBLISHED", "--yes"),
    "certs announce": (*ANNOUNCE[2:], "--to", "facebook"),
    "certs list": (),
    "certs show": ("CERTIFICATION",),
    "certs types": ("--all",),
    "schedule list": (),
    "schedule pause": ("--reason", "Crisis"),
    "schedule resume": ("--late", "send"),
    "schedule run-now": (),
    "stream stats": (),
    "stream tail": (),
    "stream replay": ("--since", "1h", "--dry-run"),
    "pause": ("channel:facebook", "--reason", "Down"),
    "resume": ("everything", "--late", "send"),
    "channels list": (),
    "channels limits": (),
    "connections list": (),
    "connections show": ("facebook",),
    "connections connect": (
        "bluesky:b",
        "--account",
        "ada.example.com",
        "--url",
        "http://127.0.0.1:9",
        "--unchecked",
        "--token-stdin",
    ),
    "connections test": (),
    "connections refresh": ("bluesky",),
    "connections disconnect": ("facebook", "--yes"),
    "table seed": ("--messages", "3", "--yes"),
    "table unseed": ("--yes",),
    "table inspect": ("SCHEDULED",),
    "table stats": (),
    "table verify": (),
    "table export": ("NEW.jsonl",),
    "table import": ("EXPORTED", "--merge", "--yes"),
    "table backup": ("NEW.db",),
    "table restore": ("BACKUP", "--yes"),
    "table adopt": ("--original-is-retired",),
    "notify set": (
        "mail",
        "--to",
        "ada@example.com",
        "--from",
        "o@example.com",
        "--server",
        "127.0.0.1",
        "--tls",
        "none",
    ),
    "notify test": (),
    "notify list": (),
    "notify remove": ("mail", "--yes"),
    "completion": ("bash",),
    "doctor": (),
    "cost": (),
}
"""Command → what it is given here; words in capitals stand for what `Stage` makes."""

PROCESSES = {"up": ("--port", "0"), "demo": ("--seconds", "1")}
"""Commands that run the whole system: each gets a process of its own."""


class Stage:
    """A table with something in every state, made as it is asked for."""

    def __init__(self, run: Run, system: System, directory: Path) -> None:
        self._run, self._system, self._directory = run, system, directory

    def words(self, given: tuple[str, ...]) -> list[str]:
        """`given` with what its capitals stand for."""
        return [getattr(self, f"_{word.lower()}")() if self._stands(word) else self._file(word) for word in given]

    def prepare(self, command: str) -> None:
        """What a command needs besides its arguments."""
        if command in {"resume", "schedule resume"}:
            assert self._run("pause", "everything", "--reason", "Crisis").code == 0
        if command == "table unseed":
            assert self._run("table", "seed", "--messages", "2", "--yes").code == 0
        if command.startswith("notify ") and command != "notify set":
            assert self._run("notify", "set", *RUNS["notify set"], "--port", "9").code == 0
        if command in {"stream replay", "stream tail", "messages list", "schedule list"}:
            made(self._run)

    def _stands(self, word: str) -> bool:
        return word.isupper() and hasattr(self, f"_{word.lower()}")

    def _file(self, word: str) -> str:
        return str(self._directory / word) if word.startswith("NEW.") else word

    def _scheduled(self) -> str:
        return made(self._run, "Hello", "--to", "facebook", *AHEAD)

    def _certification(self) -> str:
        return str(self._run(*ANNOUNCE, "--to", "webhook", "-q").out.strip())

    def _doubtful(self) -> str:
        return self._moved(lambda one, now: actions.doubted(one, now, sentence="Who knows."))

    def _failed(self) -> str:
        reason = Reason(code="400", sentence="It said no.", at=self._system.world.clock.now())
        return self._moved(lambda one, now: replace(moves.missed(one, now), status=Status.FAILED, reason=reason))

    def _published(self) -> str:
        return self._moved(
            lambda one, now: replace(
                one, status=Status.PUBLISHED, published_at=now, next_at=None, network_id="1_2", attempts=1
            )
        )

    def _moved(self, change: Callable[[Delivery, Any], Delivery]) -> str:
        id_ = made(self._run)
        (one,) = self._system.showing.one(Parent(kind=ParentKind.MESSAGE, id=id_), Viewer(owner=LOCAL_OWNER)).deliveries
        self._system.operate.recording.move(one, change(one, self._system.world.clock.now()))
        return id_

    def _rows(self) -> str:
        file = self._directory / "rows.csv"
        file.write_text("text,channels\nHello from a file,facebook\n")
        return str(file)

    def _exported(self) -> str:
        made(self._run)
        file = self._directory / "exported.jsonl"
        assert self._run("table", "export", str(file)).code == 0
        return str(file)

    def _backup(self) -> str:
        made(self._run)
        file = self._directory / "backup.db"
        assert self._run("table", "backup", str(file)).code == 0
        return str(file)


@pytest.fixture
def stage(run: Run, system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"secret")))
    return Stage(run, system, tmp_path)


def test_every_command_is_run_here_or_in_a_process_of_its_own_or_on_aws() -> None:
    assert sorted([*RUNS, *PROCESSES, *ON_AWS]) == sorted(leaves())


def test_every_command_has_a_published_schema_and_no_schema_is_left_over() -> None:
    assert sorted(DOCUMENTS) == sorted(leaves())


@pytest.mark.parametrize("command", RUNS)
def test_what_a_command_prints_with_json_is_as_its_schema_says(command: str, run: Run, stage: Stage) -> None:
    stage.prepare(command)
    ran = run(*command.split(), *stage.words(RUNS[command]), "--json")
    # Codes 1 and 5 are verdicts here: nothing runs that could be asked.
    assert ran.code in {0, 1, 5}, ran.err
    assert misfits(ran.json, json_schema(command)) == []


@pytest.mark.parametrize("command", PROCESSES)
def test_what_a_process_prints_with_json_is_as_its_schema_says(command: str, tmp_path: Path) -> None:
    environment = os.environ | {"OMNIPUB_DATA": str(tmp_path / "data")}
    words = [sys.executable, "-m", "omnipub_cli", command, *PROCESSES[command], "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:  # noqa: S603  our own
        assert process.stdout is not None
        if command == "up":
            told = process.stdout.readline()
            process.send_signal(signal.SIGTERM)
        else:
            told = process.stdout.read()
        assert process.wait(60) == 0
    assert misfits(json.loads(told), json_schema(command)) == []


OPEN = {
    "messages preview": ["$.channels.[].body is open"],  # the request as its network has it
    "messages export": ["$.messages.0.[] is open"],  # a row has only the fields that are not empty
    "table inspect": ["$.items.[].item is open"],  # an item as it is stored
}
"""Objects whose fields are not ours to promise, each with its reason."""


@pytest.mark.parametrize("command", DOCUMENTS)
def test_every_schema_says_what_kind_everything_is_and_leaves_nothing_open(command: str) -> None:
    """As much of JSON Schema as ours use: a schema that named another keyword would be checked by nobody."""
    known = {"type", "format", "properties", "required", "additionalProperties", "items", "anyOf"}

    def strange(schema: Any, path: str) -> Iterator[str]:
        if not (set(schema) <= known and ("type" in schema or "anyOf" in schema)):
            yield path
        if schema.get("type") == "object" and schema.get("additionalProperties", True) is True:
            yield f"{path} is open"
        inner = [*schema.get("properties", {}).items(), *enumerate(schema.get("anyOf", ()))]
        inner += [("[]", schema["items"])] if "items" in schema else []
        more = schema.get("additionalProperties")
        inner += [("*", more)] if isinstance(more, dict) else []
        for name, one in inner:
            yield from strange(one, f"{path}.{name}")

    assert list(strange(json_schema(command), "$")) == OPEN.get(command, [])


@pytest.mark.parametrize("words", [("-q",), ("--json",), ()])
def test_what_is_only_held_has_an_exit_code_of_its_own(run: Run, system: System, words: tuple[str, ...]) -> None:
    id_ = made(run)
    (one,) = system.showing.one(Parent(kind=ParentKind.MESSAGE, id=id_), Viewer(owner=LOCAL_OWNER)).deliveries
    system.operate.recording.move(one, decide.held(one, system.world.clock.now(), sentence="It is paused."))
    assert run("messages", "watch", id_, "--timeout", "0", *words).code == ExitCode.PAUSED


def test_an_error_is_as_its_schema_says_and_stands_on_standard_error(run: Run) -> None:
    ran = run("messages", "create", "Hello", "--to", "myspace,face book", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert misfits(json.loads(ran.err), schema_of(FailedJson)) == []


SPOILT = {
    "NO_COLOR": ({"NO_COLOR": "1"}, False),
    "TERM": ({"TERM": "dumb"}, False),
    "nothing": ({}, True),
}


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("words", [("doctor",), ("connections", "list"), ("connections", "show", "myspace")])
def test_colours_are_drawn_on_a_terminal_that_wants_them(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], spoilt: str
) -> None:
    environment, coloured = SPOILT[spoilt]
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("omnipub_cli.output.output._is_terminal", lambda _: True)
    ran = run(*words)
    assert (COLOUR.search(ran.out + ran.err) is not None) == coloured


COLOUR = re.compile(r"\033\[(?:\d+;)*(?:3[0-7]|9[0-7])m")
"""Bold and dim are no colours: they may stay."""


def completed(line: str, directory: Path) -> list[str]:
    """What bash itself offers behind `line`, with the script that `omnipub completion bash` prints."""
    program = Path(sys.executable).parent / "omnipub"
    script = (
        f'omnipub() {{ "{program}" "$@"; }}; export -f omnipub; PATH="{program.parent}:$PATH"\n'
        'eval "$(omnipub completion bash)"\n'
        f'COMP_LINE="{line}"; read -ra COMP_WORDS <<< "$COMP_LINE"\n'
        '[[ "$COMP_LINE" == *" " ]] && COMP_WORDS+=("")\n'
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
        "_omnipub_completion omnipub\n"
        "printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    environment = os.environ | {"OMNIPUB_DATA": str(directory / "data")}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=environment)  # noqa: S603, S607
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("omnipub mess", ["messages"]),
        ("omnipub connections re", ["refresh"]),
        ("omnipub connections connect --tok", ["--token-stdin"]),
        ("omnipub table in", ["inspect"]),
        ("omnipub completion ", ["bash", "zsh", "fish"]),
    ],
)
def test_bash_completes_commands_and_options(line: str, offered: list[str], tmp_path: Path) -> None:
    assert completed(line, tmp_path) == offered
    assert not (tmp_path / "data").exists()


def test_completing_imports_nothing_heavy_and_only_the_command_that_is_named(tmp_path: Path) -> None:
    script = (
        "import sys; from omnipub_cli.__main__ import main\n"
        "try: main([])\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    asked = {"COMP_WORDS": "omnipub connections connect --", "COMP_CWORD": "3", "_OMNIPUB_COMPLETE": "complete_bash"}
    environment = os.environ | asked | {"OMNIPUB_DATA": str(tmp_path / "data")}
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)  # noqa: S603  our own
    imported = set(done.stderr.splitlines()[-1].split())
    assert "--token-stdin" in done.stdout.split()
    assert not imported & {
        "pydantic",
        "boto3",
        "urllib3",
        "cryptography",
        "sqlite3",
        "omnipub.wiring.assemble",
        "rich.table",
    }
    commands = {name for name in imported if name.startswith("omnipub_cli.commands.")}
    assert commands == {"omnipub_cli.commands.connections", "omnipub_cli.commands.connections.connect"}


def test_bash_offers_every_command_there_is(tmp_path: Path) -> None:
    assert completed("omnipub ", tmp_path) == list(ENTRIES)
