"""`omnipub doctor` on a real data directory: a line for everything, an exit code for what is bad."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnipub.config import Mode
from omnipub.domain.conversation import Secret
from omnipub.domain.delivery import decide
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.names import LOCAL_OWNER
from omnipub.onebox import machine_checks
from omnipub.onebox.data_directory import open_data
from omnipub.services.messages.read import Viewer
from omnipub.wiring.assemble import System
from omnipub.wiring.local import one_machine

Run = Callable[..., Any]

LOOKED_AT = [
    "versions",
    "mode",
    "up",
    "file system",
    "disk",
    "key",
    "files",
    "evidence",
    "gate",
    "scheduler",
    "clock",
    "due",
    "publishing",
    "held",
    "pause",
    "interface",
    "resting",
    "account",
    "tokens",
    "unconfirmed",
    "failed",
    "missed",
    "parked",
    "stream",
    "told",
]


@pytest.fixture(autouse=True)
def on_a_disk(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the tests' files lie: data in memory are a finding."""
    mounts = tmp_path_factory.mktemp("mounts") / "mountinfo"
    mounts.write_text("1 0 0:1 / / rw - ext4 /dev/a rw\n")
    monkeypatch.setattr(machine_checks, "MOUNTS", mounts)


@pytest.mark.usefixtures("system")
def test_every_check_has_its_line_with_verdict_and_what_to_type(run: Run, data: Path) -> None:
    ran = run("doctor")
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [row[0] for row in rows] == LOOKED_AT
    assert {row[1] for row in rows} <= {"ok", "warn"}
    assert ["up", "warn", "", "Nothing runs on it, so nothing is published.", f"omnipub up --data {data}"] in rows


def test_what_is_bad_is_exit_code_one_and_quiet_names_it(run: Run, system: System) -> None:
    connection = system.accounts.find(LOCAL_OWNER, "facebook")
    assert connection is not None
    system.accounts.hold(connection, reason="The token expired.")
    ran = run("doctor", "--json")
    assert (ran.code, ran.json["ok"]) == (1, False)
    (finding,) = [one for one in ran.json["findings"] if one["verdict"] == "bad"]
    assert finding["name"] == "account"
    assert finding["next"].startswith("omnipub connections test facebook")
    assert "account" in run("doctor", "-q").out.splitlines()


def test_what_is_held_is_told_with_the_pause_that_ends_or_the_account_that_is_asked(run: Run, system: System) -> None:
    clock, moves = system.world.clock, system.operate.recording
    system.accounts.connect(owner="bob", channel="linkedin:b", account="of-bob", token=Secret("t"))
    content = Content(text="Hello")
    for owner, channel in ((LOCAL_OWNER, "facebook"), ("bob", "linkedin:b"), (LOCAL_OWNER, "webhook")):
        made = system.compose.message(owner=owner, content=content, channels=[channel], schedule=None)
        parent = Parent(kind=ParentKind.MESSAGE, id=made.id)
        (one,) = system.showing.one(parent, Viewer(owner=owner)).deliveries
        moves.move(one, decide.held(one, clock.now(), sentence="It waits."))
        connection = system.accounts.find(owner, channel)
        assert connection is not None
        if channel != "webhook":
            system.accounts.hold(connection, reason="The token expired.")
    system.pauses.pause("channel:webhook", reason="It moves.", by="ops")
    told = [one for one in run("doctor", "--json").json["findings"] if one["name"] in {"held", "account"}]
    typed = {one["next"].partition(" --data ")[0]: one["what"] for one in told}
    assert set(typed) == {
        "omnipub resume channel:webhook",
        "omnipub connections test facebook",
        "omnipub connections test linkedin:b --owner bob",
    }
    assert typed["omnipub resume channel:webhook"].startswith("Held while channel:webhook is paused: 1, ")
    bobs = "linkedin:b (of-bob) of bob needs its owner (held for it: 1): The token expired."
    assert typed["omnipub connections test linkedin:b --owner bob"] == bobs
    assert run("connections", "list", "--owner", "bob", "-q").out.split() == ["linkedin:b"]


def test_a_key_that_others_can_read_does_not_keep_it_from_telling_so(run: Run, system: System, data: Path) -> None:
    system.close()
    (data / "vault.key").chmod(0o644)
    ran = run("doctor")
    assert ran.code == 1
    assert f"chmod 600 {data / 'vault.key'}" in ran.out
    assert "table\tbad\t\tWhat the table says could not be looked at to the end" in ran.out
    (data / "vault.key").chmod(0o600)
    assert run("doctor").code == 0


def test_a_table_that_is_damaged_is_told_and_not_a_crash(run: Run, system: System, data: Path) -> None:
    system.close()
    for name in ("table.db", "table.db-wal", "table.db-shm"):
        (data / name).unlink(missing_ok=True)
    (data / "table.db").write_bytes(b"this is no database, but it is long enough to look like one" * 100)
    ran = run("doctor")
    assert ran.code == 1
    assert "table\tbad\t" in ran.out
    assert "made a mistake" not in ran.err


@pytest.mark.usefixtures("system")
def test_on_a_terminal_what_to_type_stands_on_a_line_of_its_own(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnipub_cli.output.output._is_terminal", lambda _: True)
    monkeypatch.setenv("NO_COLOR", "1")
    lines = run("doctor").out.splitlines()
    at = lines.index("warn up: Nothing runs on it, so nothing is published.")
    assert lines[at + 1].strip() == f"next: omnipub up --data {data}"


def test_without_data_it_says_how_to_begin_and_makes_nothing(run: Run, data: Path) -> None:
    ran = run("doctor")
    assert ran.code == 0
    assert "There is no data in" in ran.out
    assert not data.exists()


def test_without_any_account_it_says_so_with_what_to_type(run: Run, data: Path) -> None:
    one_machine(open_data(data)).close()
    ran = run("doctor", "--json")
    (finding,) = [one for one in ran.json["findings"] if one["name"] == "accounts"]
    assert (finding["verdict"], finding["next"]) == (
        "warn",
        f"omnipub up --data {data}",
    )
    assert "nowhere to publish" in finding["what"]
    assert "All is well." not in run("doctor").err
    assert "You have connected no account" in run("doctor").out


def test_where_posts_are_real_an_account_is_connected_by_hand(run: Run, data: Path) -> None:
    one_machine(open_data(data, mode=Mode.LIVE)).close()
    (finding,) = [one for one in run("doctor", "--json").json["findings"] if one["name"] == "accounts"]
    assert finding["next"] == f"omnipub connections connect --help --data {data}"


@pytest.mark.usefixtures("system")
def test_with_an_account_nothing_is_said_of_connecting(run: Run) -> None:
    assert "accounts" not in [one["name"] for one in run("doctor", "--json").json["findings"]]


@pytest.mark.usefixtures("system")
def test_what_is_due_while_nothing_runs_is_an_error(run: Run, data: Path) -> None:
    assert run("messages", "create", "Hello", "--to", "facebook").code == 0
    ran = run("doctor", "--json")
    assert ran.code == 1
    (finding,) = [one for one in ran.json["findings"] if one["name"] == "due"]
    assert (finding["verdict"], finding["next"]) == ("bad", f"omnipub up --data {data}")
    assert "Nothing runs, so nobody publishes it." in finding["what"]
