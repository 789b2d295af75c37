import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

import omnipub_cli.commands
from omnipub_cli.app import ENTRIES, load
from omnipub_cli.framework.lazy_group import file_of
from omnipub_cli.output.json_schemas import DOCUMENTS, json_schema
from support.commands import COMMANDS, GROUPS, LAZY

FILES = Path(omnipub_cli.commands.__file__).parent
SHARED = {"--json", "--quiet", "--utc", "--wide", "--data", "--stage", "--region", "--profile", "--help"}

WRONG = {
    "messages create": (["Hello", "--to", "facebook", "--at", "tomorrow"], 2),
    "messages list": (["--limit", "1000"], 2),
    "messages show": (["01M844K2KM12R6W346XR7QK44W"], 3),
    "messages stuck": (["--limit", "0"], 2),
    "messages watch": (["01M844K2KM12R6W346XR7QK44W"], 3),
    "messages reconcile": (["--status", "published"], 2),
    "messages edit": (["01M844K2KM12R6W346XR7QK44W"], 2),
    "messages cancel": (["01M844K2KM12R6W346XR7QK44W"], 3),
    "messages retry": (["short"], 2),
    "messages dismiss": (["01M844K2KM12R6W346XR7QK44W", "--reason", " "], 2),
    "messages mark-published": (["01M844K2KM12R6W346XR7QK44W", "--channel", "facebook", "--network-id", "1"], 3),
    "messages validate": (["Hello"], 2),
    "messages preview": (["01M844K2KM12R6W346XR7QK44W"], 3),
    "messages import": (["no-such-file.csv"], 2),
    "messages export": (["messages.txt"], 2),
    "messages unpublish": (["01M844K2KM12R6W346XR7QK44W", "--yes"], 3),
    "certs announce": (["--member", "A", "--type", "SAA-C99", "--earned-on", "2026-11-20", "--to", "facebook"], 2),
    "certs list": (["--cursor", "x"], 2),
    "certs show": (["short"], 2),
    "certs types": (["--stage", "prod", "surplus"], 2),
    "schedule list": (["--since", "soon"], 2),
    "schedule pause": (["--reason", " "], 2),
    "schedule resume": ([], 3),
    "schedule run-now": (["01M844K2KM12R6W346XR7QK44W"], 3),
    "stream stats": (["--stage", "9prod"], 2),
    "stream tail": (["--since", "soon"], 2),
    "stream replay": (["--since", "1h", "--parked"], 2),
    "pause": (["channel:myspace", "--reason", "Down"], 2),
    "resume": (["everything"], 3),
    "channels list": (["--stage", "9prod"], 2),
    "channels limits": (["myspace"], 3),
    "connections connect": (["facebook", "--account", "1"], 5),
    "connections list": (["--stage", "9prod"], 2),
    "connections show": (["myspace"], 3),
    "doctor": (["--stage", "9prod"], 2),
    "notify set": (["pager"], 2),
    "notify test": (["mail"], 3),
    "notify list": (["--stage", "9prod"], 2),
    "notify remove": (["slack", "--yes"], 3),
    "completion": (["tcsh"], 2),
    "connections test": (["myspace"], 3),
    "connections refresh": (["My space"], 2),
    "connections disconnect": (["facebook", "--yes"], 3),
    "table seed": (["--messages", "0", "--yes"], 2),
    "table unseed": (["--stage", "9prod"], 2),
    "table inspect": (["MSG"], 2),
    "table stats": (["--stage", "9prod"], 2),
    "table verify": (["--stage", "9prod"], 2),
    "table export": (["/nowhere/table.jsonl"], 2),
    "table import": (["/nowhere/table.jsonl"], 3),
    "table backup": (["/nowhere/table.db"], 3),
    "table restore": (["/nowhere/table.db"], 3),
    "table adopt": (["--stage", "9prod"], 2),
    "deploy": (["--infra", "mainframe"], 2),
    "diff": (["NoStack", "--infra", "serverless"], 2),
    "status": (["--stage", "mars"], 2),
    "outputs": (["--stage", "mars"], 2),
    "cost": (["--to", "myspace"], 2),
    "logs tail": (["printer"], 2),
    "users create": (["ada"], 2),
    "users list": (["--limit", "0"], 2),
    "users show": (["ada", "--stage", "mars"], 2),
    "users disable": (["ada", "--stage", "mars"], 2),
    "users add-to-group": (["ada@example.com", "kings"], 2),
    "rollback": (["--stage", "mars"], 2),
    "destroy": ([], 2),
    "up": (["--port", "70000"], 2),
    "demo": (["--seconds", "soon"], 2),
}


def files_in(folder: Path) -> list[str]:
    """The commands; what begins with an underscore helps them."""
    return sorted(path.stem for path in folder.iterdir() if not path.name.startswith("_"))


def test_the_table_of_commands_names_exactly_the_files() -> None:
    assert sorted(ENTRIES) == files_in(FILES)


@pytest.mark.parametrize("name", LAZY)
def test_the_table_of_verbs_names_exactly_the_files(name: str) -> None:
    assert sorted(file_of(verb) for verb in LAZY[name].entries) == files_in(FILES / name)


@pytest.mark.parametrize(("name", "verb"), [(name, verb) for name in LAZY for verb in LAZY[name].entries])
def test_the_table_of_verbs_promises_what_the_verb_says_of_itself(name: str, verb: str) -> None:
    assert COMMANDS[f"{name} {verb}"].help == LAZY[name].entries[verb]


@pytest.mark.parametrize("name", ENTRIES)
def test_the_table_promises_what_the_command_says_of_itself(name: str) -> None:
    said = load(name).help.split("\n")[0]
    assert said == ENTRIES[name] or not isinstance(load(name), TyperGroup)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_in_one_sentence_what_it_does(name: str) -> None:
    said = COMMANDS[name].help
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize("name", ["", *GROUPS])
def test_a_list_of_commands_says_what_each_does_without_cutting_it_off(name: str, run: Callable[..., Any]) -> None:
    ran = run(*name.split(), "--help")
    assert ran.code == 0
    assert "..." not in ran.out.partition("Commands")[2].partition("Example")[0]


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_every_help_shows_an_example_of_itself(name: str, run: Callable[..., Any]) -> None:
    ran = run(*name.split(), "--help")
    assert ran.code == 0
    assert "Example" in ran.out
    assert f"omnipub {name}" in " ".join(ran.out.split()).partition("Example")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_the_shared_options(name: str) -> None:
    assert SHARED - {"--help"} <= {option for parameter in COMMANDS[name].params for option in parameter.opts}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_schema(name: str) -> None:
    assert json_schema(name)["type"] == "object"


def test_no_schema_describes_a_command_that_is_gone() -> None:
    assert set(DOCUMENTS) == set(COMMANDS)


def test_every_command_is_tried_with_a_wrong_input() -> None:
    assert set(WRONG) == set(COMMANDS)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_input_gets_a_sentence_a_hint_and_its_code(name: str, run: Callable[..., Any]) -> None:
    arguments, code = WRONG[name]
    ran = run(*name.split(), *arguments)
    assert ran.code == code
    assert ran.out == ""
    assert "Traceback" not in ran.err
    sentence, *rest = ran.err.splitlines()
    assert sentence.endswith((".", "?"))
    assert rest[-1].startswith("hint: ")


@pytest.mark.parametrize("name", WRONG)
def test_with_json_a_wrong_input_is_json_on_standard_error(name: str, run: Callable[..., Any]) -> None:
    arguments, code = WRONG[name]
    ran = run(*name.split(), *arguments, "--json")
    assert (ran.code, ran.out) == (code, "")
    error = json.loads(ran.err)["error"]
    assert error["message"]
    assert error["hint"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_misspelt_option_is_a_usage_error_with_help_named(name: str, run: Callable[..., Any]) -> None:
    ran = run(*name.split(), "--jsn")
    assert ran.code == 2
    assert ran.err.startswith("usage: No such option: --jsn.\nhint: Did you mean --json")
    assert ran.err.endswith(f"See `omnipub {name} --help`.\n")


def test_a_misspelt_group_gets_a_suggestion(run: Callable[..., Any]) -> None:
    ran = run("mesages", "list")
    assert ran.code == 2
    assert ran.err == "usage: No such command 'mesages'.\nhint: Did you mean messages? See `omnipub --help`.\n"


def test_a_misspelt_command_gets_a_suggestion(run: Callable[..., Any]) -> None:
    ran = run("messages", "lst")
    assert ran.err == "usage: No such command 'lst'.\nhint: Did you mean list? See `omnipub messages --help`.\n"


@pytest.mark.parametrize("arguments", [(), *((name,) for name in GROUPS)])
def test_a_bare_group_explains_itself(arguments: tuple[str, ...], run: Callable[..., Any]) -> None:
    ran = run(*arguments)
    assert ran.code == 0
    assert "Usage:" in ran.out


@pytest.mark.parametrize(
    "place", [("--json", "certs", "types"), ("certs", "--json", "types"), ("certs", "types", "--json")]
)
def test_shared_options_stand_anywhere(place: tuple[str, ...], run: Callable[..., Any]) -> None:
    assert json.loads(run(*place).out)["types"]


def test_an_option_before_the_group_wins_over_its_variable(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNIPUB_DATA", str(tmp_path / "variable"))
    run("--data", str(tmp_path / "option"), "messages", "list")
    assert [path.name for path in tmp_path.iterdir()] == ["option"]


def test_completion_is_offered_by_the_root_alone(run: Callable[..., Any]) -> None:
    assert "--install-completion" in run("--help").out
    assert not any("--install-completion" in run(name, "--help").out for name in GROUPS)


@pytest.mark.parametrize("arguments", [("--version",), ("-V",), ("--json", "--version")])
def test_the_version_is_told(arguments: tuple[str, ...], run: Callable[..., Any]) -> None:
    assert run(*arguments).out == "omnipub 0.1.0\n"


def imported_by(*arguments: str) -> set[str]:
    """The modules a fresh process has imported when the command has ended."""
    script = (
        "import sys; from omnipub_cli.__main__ import main; code = main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(  # noqa: S603  our own interpreter and code
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


HEAVY = {"pydantic", "boto3", "urllib3", "cryptography", "omnipub.services", "omnipub.wiring.assemble", "sqlite3"}


def test_the_version_imports_nothing_heavy_and_no_typer() -> None:
    assert not imported_by("--version") & {*HEAVY, "typer", "rich"}


@pytest.mark.parametrize("arguments", [("--help",), ("messages", "create", "--help")])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert not imported_by(*arguments) & HEAVY


@pytest.mark.parametrize("arguments", [("certs", "types"), ("certs", "types", "--json"), ("certs", "types", "-q")])
def test_what_is_piped_does_not_import_rich(arguments: tuple[str, ...]) -> None:
    assert "rich" not in imported_by(*arguments)


def test_only_the_called_group_is_imported() -> None:
    found = {name for name in imported_by("messages", "--help") if name.startswith("omnipub_cli.commands.")}
    assert found == {"omnipub_cli.commands.messages"}
