"""What was given empty is refused: every option and argument of every command is walked."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

from omnipub_cli import blank, inputs
from omnipub_cli.output import Output
from omnipub_cli.tree import load

from .test_tree import COMMANDS, GROUPS

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
REFUSED = [(path, one, before) for path, one, before in TAKEN if blank.name_of(one) not in blank.MAY_BE_EMPTY]


def test_the_walk_finds_the_whole_tree() -> None:
    assert len({path for path, _, _ in REFUSED}) > 60
    assert len(REFUSED) > 450


@pytest.mark.parametrize(
    ("path", "parameter", "before"), REFUSED, ids=[f"{path} {blank.name_of(one)}" for path, one, _ in REFUSED]
)
def test_what_is_given_empty_is_refused_and_nothing_is_done(
    path: str, parameter: Any, before: list[str], run: Callable[..., Any], tmp_path: Path
) -> None:
    for value in EMPTY:
        ran = run(*path.split(), *before, value)
        assert (ran.code, ran.out) == (2, "")
        sentence, hint = ran.err.splitlines()
        assert sentence == f"not accepted: {blank.name_of(parameter)} was given and is empty."
        assert hint.startswith("hint: ")
        assert hint.endswith(".")
    assert list(tmp_path.iterdir()) == []


REPEATABLE = [
    (path, one, before)
    for path, one, before in REFUSED
    if (one.nargs != 1 or getattr(one, "multiple", False)) and blank.name_of(one) not in blank.FREE
]


@pytest.mark.parametrize(("path", "parameter", "before"), REPEATABLE)
def test_a_part_of_a_list_may_not_be_empty_either(
    path: str, parameter: Any, before: list[str], run: Callable[..., Any], tmp_path: Path
) -> None:
    for value in (",", "a,", ",a", "a,,b", "a, ,b"):
        ran = run(*path.split(), *before, value)
        assert ran.code == 2
        assert f"{blank.name_of(parameter)} was given as '{value}': a part of it is empty." in ran.err
    assert list(tmp_path.iterdir()) == []


def test_there_are_lists_of_each_kind() -> None:
    names = {blank.name_of(one) for _, one, _ in REPEATABLE}
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
    names = {blank.name_of(one) for _, one, _ in TAKEN}
    commands = {f"{path} {blank.name_of(one)}" for path, one, _ in TAKEN}
    assert blank.MAY_BE_EMPTY
    for name in (*blank.MAY_BE_EMPTY, *blank.FREE, *blank.LEFT_OUT):
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
