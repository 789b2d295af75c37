"""Whatever is typed, a person meets a sentence and a code of the table: never a traceback, never a mistake of ours."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from omnipub.wiring.assemble import System
from omnipub_cli.framework.exit_codes import ExitCode

from .test_commands import made
from .test_contract import leaves
from .test_contract import load as command_of

SEEDS = range(2)
"""A seed is one line of each command."""

RUNS_ON = {
    "demo": "starts a system",
    "up": "runs until it is stopped",
    "deploy": "needs a checkout and AWS",
    "diff": "likewise",
    "status": "likewise",
    "outputs": "likewise",
    "rollback": "likewise",
    "destroy": "likewise",
    "logs tail": "likewise",
    "users": "likewise",
    "stream tail": "follows until it is stopped",
}
"""Command, or the group of several → why it is not among those that are tried."""

STRANGE = [
    "x",
    "-",
    "--",
    "-1",
    "0",
    "1e400",
    "nan",
    "9" * 400,
    "a\nb",
    "\x1b[31mred",
    "🎉" * 200,
    "ﷺ",
    "/dev/null",
    "/proc/self/mem",
    "/",
    "a/../../b",
    "[" * 2_000,
    "{}",
    "=",
    "facebook",
    "facebook=",
    "facebook:x",
    "account:facebook/",
    "everything",
    "0001-01-01",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59+14:00",
    "2027-02-29",
    "2027-03-28T02:30",
    "99999999999d",
    "999999h",
    "0s",
    "Europe/Berlin",
    "../../etc/passwd",
    "https://[::1",
    "http://\u0661/",
    "MSG#",
    "failed",
    "csv",
    "2h",
]
"""Values that somebody, or a script, may give to any option."""


def tried() -> Iterator[str]:
    for path in leaves():
        if path not in RUNS_ON and path.partition(" ")[0] not in RUNS_ON:
            yield path


TRIED = list(tried())


def line(path: str, chance: random.Random, known: str) -> list[str]:
    """A command with what it needs and some of what it may have, in strange values."""
    command: Any = command_of(path.partition(" ")[0])
    for name in path.split()[1:]:
        command = command.loaded()[name] if hasattr(command, "loaded") else command.commands[name]
    words: list[str] = []
    for one in command.params:
        if "--data" in one.opts or "--stage" in one.opts or not (one.required or chance.random() < 0.4):
            continue
        value = known if chance.random() < 0.3 else chance.choice(STRANGE)
        if one.param_type_name == "argument":
            words += [value]
        elif one.is_flag:
            words += [one.opts[0]]
        else:
            words += [f"{max(one.opts, key=len)}={value}"]
    if "--timeout" in {option for one in command.params for option in one.opts}:
        words = [one for one in words if not one.startswith("--timeout")] + ["--timeout=0"]
    return [*path.split(), *words]


def test_most_commands_are_tried() -> None:
    assert len(TRIED) > 40
    assert set(RUNS_ON) <= {name for path in leaves() for name in (path, path.partition(" ")[0])}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("path", TRIED)
def test_no_line_ends_in_a_mistake_of_ours(
    path: str, seed: int, run: Callable[..., Any], system: System, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    known = made(run, "Hello", "--to", "facebook")
    system.close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("omnipub_cli.commands._shared.watch.sleep", lambda _: None)
    chance = random.Random(f"{path} {seed}")  # noqa: S311  one seed, one line
    for _ in range(4):
        typed = line(path, chance, known)
        ran = run(*typed)
        assert ran.code in set(ExitCode), typed
        assert "made a mistake" not in ran.err, (typed, ran.err)
        assert "Traceback" not in ran.out + ran.err, typed
        assert "\x1b" not in ran.out + ran.err, typed
        assert not ran.err.startswith("unavailable: ") or "OMNIPUB_DEBUG" not in ran.err, (typed, ran.err)
