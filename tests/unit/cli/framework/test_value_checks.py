"""What was given empty is refused: every option and argument of every command is walked."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

from omnipub_cli.app import load
from omnipub_cli.framework import inputs, value_checks
from omnipub_cli.output.output import Output
from support.commands import COMMANDS, GROUPS

EMPTY = ["", " ", "\t\n", "\u200b", "\u00a0\u2060"]


def taken(path: str, command: Any) -> Iterator[tuple[str, Any, list[str]]]:
    """The command, each of its parameters that takes a value, and what must stand before that value."""
    before: list[str] = []
    for one in command.params:
        if one.param_type_name == "argument":
            yield path, one, list(before)
            before.append("x")
        elif not (one.is_flag or one.count):
            yield from ((path, one, [spelled]) for spelled in one.opts)


TAKEN = [
    *(found for path, command in COMMANDS.items() for found in taken(path, command)),
    *(found for path in GROUPS for found in taken(path, load(path))),
]
REFUSED = [
    (path, one, before) for path, one, before in TAKEN if value_checks.name_of(one) not in value_checks.MAY_BE_EMPTY
]


def test_the_walk_finds_the_whole_tree() -> None:
    assert len({path for path, _, _ in REFUSED}) > 60
    assert len(REFUSED) > 450


@pytest.mark.parametrize(
    ("path", "parameter", "before"), REFUSED, ids=[f"{path} {value_checks.name_of(one)}" for path, one, _ in REFUSED]
)
def test_what_is_given_empty_is_refused_and_nothing_is_done(
    path: str, parameter: Any, before: list[str], run: Callable[..., Any], tmp_path: Path
) -> None:
    for value in EMPTY:
        ran = run(*path.split(), *before, value)
        assert (ran.code, ran.out) == (2, "")
        sentence, hint = ran.err.splitlines()
        assert sentence == f"not accepted: {value_checks.name_of(parameter)} was given and is empty."
        assert hint.startswith("hint: ")
        assert hint.endswith(".")
    assert list(tmp_path.iterdir()) == []


REPEATABLE = [
    (path, one, before)
    for path, one, before in REFUSED
    if (one.nargs != 1 or getattr(one, "multiple", False)) and value_checks.name_of(one) not in value_checks.FREE
]


@pytest.mark.parametrize(("path", "parameter", "before"), REPEATABLE)
def test_a_part_of_a_list_may_not_be_empty_either(
    path: str, parameter: Any, before: list[str], run: Callable[..., Any], tmp_path: Path
) -> None:
    for value in (",", "a,", ",a", "a,,b", "a, ,b"):
        ran = run(*path.split(), *before, value)
        assert ran.code == 2
        assert f"{value_checks.name_of(parameter)} was given as '{value}': a part of it is empty." in ran.err
    assert list(tmp_path.iterdir()) == []


def test_there_are_lists_of_each_kind() -> None:
    names = {value_checks.name_of(one) for _, one, _ in REPEATABLE}
    assert {"--to", "--channel", "--hashtag", "--clear", "ID", "CHANNEL"} <= names


def test_an_empty_value_is_found_among_others(run: Callable[..., Any], tmp_path: Path) -> None:
    for given in (["--to", "facebook", "--to", ""], ["--to=facebook", "--at="], ["--to", "facebook", "--", ""]):
        assert run("messages", "create", *given).code == 2
    assert run("messages", "cancel", "01M844K2KM12R6W346XR7QK44W", "").code == 2
    assert list(tmp_path.iterdir()) == []


def test_help_is_given_all_the_same(run: Callable[..., Any]) -> None:
    ran = run("messages", "create", "", "--help")
    assert ran.code == 0
    assert "Usage:" in ran.out


def test_each_exception_is_an_option_that_there_is() -> None:
    names = {value_checks.name_of(one) for _, one, _ in TAKEN}
    commands = {f"{path} {value_checks.name_of(one)}" for path, one, _ in TAKEN}
    assert value_checks.MAY_BE_EMPTY
    for name in (*value_checks.MAY_BE_EMPTY, *value_checks.FREE, *value_checks.LEFT_OUT):
        assert name in names | commands


@pytest.mark.parametrize("text", ["", "\n", " \r\n\t", "\u200b\n"])
def test_an_empty_standard_input_is_no_text(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    with pytest.raises(inputs.InvalidInputError, match="is empty"):
        inputs.text_of("-", Output())


def test_an_empty_file_is_no_text(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text("\n")
    ran = run("messages", "validate", "--file", str(file), "--to", "facebook")
    assert (ran.code, f"The file {file} is empty." in ran.err) == (2, True)


def test_a_variant_says_something(run: Callable[..., Any]) -> None:
    ran = run("messages", "validate", "Hello", "--to", "facebook", "--variant", "facebook= ")
    assert ran.code == 2
    assert ran.err.startswith("not accepted: --variant facebook= has no text.\n")


@pytest.mark.parametrize(("name", "command"), [(name, load(name)) for name in GROUPS])
def test_the_shared_options_may_not_be_empty_before_a_verb(name: str, command: Any, run: Callable[..., Any]) -> None:
    assert isinstance(command, TyperGroup)
    for option in ("--data", "--stage", "--region", "--profile"):
        assert run(option, "", name).code == run(name, option, "").code == 2


def test_an_empty_variable_names_no_stage(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIPUB_STAGE", "")
    ran = run("messages", "list")
    assert (ran.code, ran.err.startswith("configuration: OMNIPUB_STAGE is empty.")) == (6, True)


def test_an_empty_variable_means_the_usual_data_directory(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OMNIPUB_DATA", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    assert run("messages", "list").code == 0
    assert [one.name for one in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("name", ["OMNIPUB_STAGE", "OMNIPUB_DATA"])
def test_a_variable_that_has_only_spaces_is_refused(
    name: str, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, " ")
    ran = run("messages", "list")
    assert (ran.code, ran.err.startswith(f"configuration: {name} has only spaces.")) == (6, True)


NUMBERS = [(path, one, before) for path, one, before in TAKEN if one.type.name.split()[0] in value_checks.NUMBERS]
NO_NUMBERS = ["x", "nan", "inf", "-inf", "-1", "1e400", str(10**30), "9" * 5_000, "0x10", "1,5", "½"]


def needed(path: str) -> list[str]:
    """What a command cannot do without."""
    words: list[str] = []
    for one in COMMANDS[path].params:
        if one.required:
            words += ["x"] if one.param_type_name == "argument" else [one.opts[0], "x"]
    return words


def test_the_walk_finds_numbers() -> None:
    names = {value_checks.name_of(one) for _, one, _ in NUMBERS}
    assert {"--limit", "--timeout", "--port", "--rate", "--seconds", "--messages"} <= names


@pytest.mark.parametrize(("path", "parameter", "before"), NUMBERS)
def test_what_is_no_number_or_out_of_range_is_told_what_is_allowed(
    path: str, parameter: Any, before: list[str], run: Callable[..., Any], tmp_path: Path
) -> None:
    allowed = value_checks.range_of(parameter)
    assert allowed.startswith(f"{value_checks.name_of(parameter)} takes a ")
    for value in NO_NUMBERS:
        ran = run(*path.split(), *needed(path), *before, value)
        assert (ran.code, ran.out) == (2, ""), value
        assert allowed in ran.err
        assert len(ran.err) < 500
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_half_a_character_is_refused_wherever_it_stands(place: int, run: Callable[..., Any], tmp_path: Path) -> None:
    arguments = ["messages", "create", "Hello", "--to=facebook"]
    arguments[place] += "\udcff"
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert f"{arguments[place][:-1]}\\xff' has half a character; it is not UTF-8." in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("read", [b"\xff", b"x" * 2_000_000, b"\xff" * 2_000_000])
def test_a_text_that_cannot_be_one_is_refused(read: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(read)))
    with pytest.raises(inputs.InvalidInputError, match="standard input"):
        inputs.text_of("-", Output())


def test_a_token_that_is_not_utf8_is_refused_and_never_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"secret\xff")))
    with pytest.raises(inputs.InvalidInputError, match="not UTF-8") as caught:
        inputs.secret(from_stdin=True, prompt="")
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value)
