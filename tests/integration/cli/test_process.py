"""What only a process of its own shows."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

OMNIPUB = [sys.executable, "-m", "omnipub_cli"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OMNIPUB_")}
    return kept | {"OMNIPUB_DATA": str(tmp_path / "data"), "NO_COLOR": "1"}


def test_the_module_runs_as_the_script_does(environment: dict[str, str]) -> None:
    done = subprocess.run([*OMNIPUB, "--version"], capture_output=True, text=True, env=environment, check=True)  # noqa: S603  our own module
    assert done.stdout == "omnipub 0.1.0\n"


def test_a_reader_that_has_enough_is_no_error(environment: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(  # noqa: S603  our own module
            [*OMNIPUB, "certs", "types", "--json"], stdout=closed, stderr=subprocess.PIPE, env=environment, check=False
        )
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_encoding_without_the_characters_gets_escapes(environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603  our own module
        [*OMNIPUB, "certs", "types"], capture_output=True, env=environment | {"PYTHONIOENCODING": "ascii"}, check=False
    )
    assert done.returncode == 0
    assert rb"Developer \u2013 Associate" in done.stdout


def test_a_half_written_character_on_the_command_line_is_refused(environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603  our own module
        [*OMNIPUB, "messages", "create", b"\xff", "--to", "facebook"], capture_output=True, env=environment, check=False
    )
    assert done.returncode == 2
    assert b"half a character" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_stops_cleanly_when_it_is_asked_to(environment: dict[str, str], number: signal.Signals) -> None:
    with subprocess.Popen(  # noqa: S603  our own module
        [*OMNIPUB, "up", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert said["mode"] == "sandbox"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")


CREATE = ["messages", "create", "Hello", "--to", "facebook"]


def ran(environment: dict[str, str], words: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A shell's `omnipub` with redirections such as `>&-` after its arguments."""
    line = f"{shlex.join([*OMNIPUB, *arguments])} {words}"
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, check=False)  # noqa: S603, S607  our own module


@pytest.mark.parametrize(
    "arguments", [["messages", "list"], ["messages", "list", "--json"], ["--version"], ["--help"], CREATE, ["nonsense"]]
)
def test_with_a_closed_output_nothing_is_begun(
    arguments: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    done = ran(environment, ">&-", *arguments)
    assert done.returncode == 2
    assert "Standard output is closed, so nothing was done." in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_with_both_outputs_closed_the_code_is_left(environment: dict[str, str], tmp_path: Path) -> None:
    assert ran(environment, ">&- 2>&-", *CREATE).returncode == 2
    assert not (tmp_path / "data").exists()


def test_with_closed_errors_the_data_is_written_all_the_same(environment: dict[str, str]) -> None:
    done = ran(environment, "2>&-", "messages", "list", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"messages": [], "cursor": None})
    assert ran(environment, "2>&-", "messages", "show", "x").returncode == 2


@pytest.mark.parametrize("closed", ["0", "2"])
def test_nothing_gets_the_number_of_a_closed_stream(closed: str, environment: dict[str, str]) -> None:
    """Else a file of the table is written over by what is meant for the terminal."""
    script = (
        "import os, sys; from omnipub_cli.output.standard_streams import stand_in; stand_in();"
        "opened = os.open('/dev/null', os.O_RDONLY); sys.stdout.write(str(opened))"
    )
    line = f"{shlex.join([sys.executable, '-c', script])} {closed}>&-"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, check=True)  # noqa: S603, S607  our own module
    assert int(done.stdout) > 2


@pytest.mark.parametrize("arguments", [["certs", "types"], ["certs", "types", "--json"], ["--version"], ["--help"]])
def test_a_full_disk_behind_the_output_is_said_and_is_no_reason_to_repeat(
    arguments: list[str], environment: dict[str, str]
) -> None:
    done = ran(environment, ">/dev/full", *arguments)
    assert done.returncode == 1
    assert "The output cannot be written: No space left on device." in done.stderr
    assert "see it before you repeat this" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_full_disk_behind_the_errors_too_leaves_the_code(environment: dict[str, str]) -> None:
    assert ran(environment, ">/dev/full 2>/dev/full", "certs", "types").returncode == 1


@pytest.mark.parametrize(
    "arguments", [["--help"], ["messages", "--help"], ["messages", "list", "--help"], ["--version"]]
)
def test_a_reader_of_help_that_has_enough_is_no_error_either(arguments: list[str], environment: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(  # noqa: S603  our own module
            [*OMNIPUB, *arguments], stdout=closed, stderr=subprocess.PIPE, env=environment, check=False
        )
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("words", ["<&-", "</dev/null"])
def test_a_closed_input_is_an_empty_one(words: str, environment: dict[str, str]) -> None:
    done = ran(environment, words, "messages", "create", "-", "--to", "facebook")
    assert (done.returncode, "is empty" in done.stderr) == (2, True)


def test_an_endless_input_ends(environment: dict[str, str]) -> None:
    done = ran(environment, "</dev/zero", "messages", "create", "-", "--to", "facebook")
    assert (done.returncode, "more than 1,048,576 bytes" in done.stderr) == (2, True)


PLACES = {
    "file": 6,
    "file/below": 6,
    "/proc/omnipub": 6,
    "0" * 300: 6,
    "a" * 5_000: 6,
    "with\na line": 0,
    "with a space and 'quotes'": 0,
    "café": 0,
}


@pytest.mark.parametrize("place", PLACES)
def test_a_data_directory_is_used_or_refused_in_a_sentence(
    place: str, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    done = ran(environment, "", "messages", "list", "--data", str(tmp_path / place))
    assert done.returncode == PLACES[place]
    sentence, hint = done.stderr.splitlines()
    assert sentence.startswith("configuration: The data directory " if PLACES[place] else "There are no messages yet.")
    assert hint.startswith("hint: ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_waits_ends_with_a_word(environment: dict[str, str], number: signal.Signals) -> None:
    with subprocess.Popen(  # noqa: S603  our own module
        [*OMNIPUB, "messages", "create", "-", "--to", "facebook"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        time.sleep(1.5)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "interrupted: Stopped before it was done.\n")


@pytest.mark.parametrize("after", [0.02, 0.05, 0.1, 0.2, 0.3, 0.5])
def test_an_interruption_at_any_time_is_no_traceback(after: float, environment: dict[str, str]) -> None:
    with subprocess.Popen(  # noqa: S603  our own module
        [*OMNIPUB, "messages", "list"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    begun = 'File "<frozen' in err or process.returncode == -signal.SIGINT  # Python itself was still starting
    assert begun or "Traceback" not in err
