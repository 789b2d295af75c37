"""What only a process of its own shows."""

import json
import os
import signal
import subprocess
import sys
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
