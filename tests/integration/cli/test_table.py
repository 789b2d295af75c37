"""`omnipub table …` over a real data directory on which nothing runs."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omnipub.domain.delivery.actions import doubted
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, Reason
from omnipub.domain.ids import Parent, ParentKind
from omnipub.names import LOCAL_OWNER, SEED_OWNER
from omnipub.onebox.data_directory import alone
from omnipub.ports.table import Delete, Key
from omnipub.services.messages.read import Viewer
from omnipub.wiring.assemble import System
from omnipub_cli.__main__ import main
from omnipub_cli.output.json_schemas import json_schema

from .conftest import Ran
from .test_commands import AHEAD, made, misfits

Run = Callable[..., Any]


def fits(ran: Any, command: str, code: int = 0) -> Any:
    assert ran.code == code, ran.err
    assert misfits(ran.json, json_schema(command)) == []
    return ran.json


def delivery(system: System, id_: str) -> Delivery:
    (found,) = system.showing.one(Parent(kind=ParentKind.MESSAGE, id=id_), Viewer(owner=LOCAL_OWNER)).deliveries
    return found


def kept(data: Path) -> list[Path]:
    return list(data.glob("table.db.before-*"))


def test_seed_and_unseed_fill_and_empty_the_table(run: Run) -> None:
    seeded = fits(run("table", "seed", "--messages", "40", "--seed", "3", "--yes", "--json"), "table seed")
    assert (seeded["seed"], seeded["messages"], seeded["owner"]) == (3, 40, SEED_OWNER)
    assert len(run("messages", "list", "--limit", "100", "-q").out.split()) >= 30
    assert fits(run("table", "unseed", "--yes", "--json"), "table unseed") == {"removed": 40}
    assert run("messages", "list", "-q").out == ""
    ran = run("table", "unseed")
    assert (ran.code, ran.out) == (0, "")
    assert "Nothing is invented" in ran.err
    assert "omnipub table seed --data" in ran.err


def test_seed_says_that_nothing_of_it_is_sent_and_how_to_remove_it(run: Run) -> None:
    ran = run("table", "seed", "-n", "5", "--yes")
    assert ran.out.splitlines()[2] == "messages:\t5"
    assert "none is ever sent" in ran.err
    assert "omnipub table unseed --data" in ran.err


@pytest.mark.parametrize("verb", ["seed", "unseed"])
def test_seeding_and_removing_it_need_a_yes(run: Run, verb: str) -> None:
    run("table", "seed", "-n", "5", "--yes")
    before = run("table", "stats").out
    ran = run("table", verb)
    assert (ran.code, ran.out) == (2, "")
    assert "--yes" in ran.err
    assert run("table", "stats").out == before


def test_a_second_seed_is_a_conflict_that_names_the_way_out(run: Run) -> None:
    run("table", "seed", "-n", "5", "--yes")
    ran = run("table", "seed", "-n", "5", "--seed", "2", "--yes")
    assert ran.code == 4
    assert "table unseed" in ran.err


def test_a_live_directory_is_not_seeded(run: Run, data: Path) -> None:
    data.mkdir()
    (data / "mode").write_text("live")
    ran = run("table", "seed", "--yes")
    assert ran.code == 6
    assert "real publications" in ran.err


@pytest.mark.usefixtures("system")
def test_inspect_shows_items_index_keys_and_what_may_be_typed(run: Run) -> None:
    id_ = made(run, "Hello", "--to", "facebook", *AHEAD)
    document = fits(run("table", "inspect", id_, "--json"), "table inspect")
    message, delivery_ = document["items"]
    assert (message["kind"], delivery_["kind"]) == ("message", "delivery")
    assert message["index_keys"]
    assert all(key["right"] for one in document["items"] for key in one["index_keys"])
    assert any(f"messages cancel {id_} --channel facebook" in words for words in delivery_["commands"])
    shown = run("table", "inspect", f"MSG#{id_}/CHANNEL#facebook")
    assert shown.out.startswith(f"MSG#{id_}/CHANNEL#facebook (delivery)\n")
    assert "GSI1PK: STATUS#scheduled" in shown.out
    assert "may cancel → cancelled" in shown.out
    assert run("table", "inspect", id_, "-q").out.splitlines() == [f"MSG#{id_}", f"MSG#{id_}/CHANNEL#facebook"]


@pytest.mark.usefixtures("system")
def test_inspect_raw_prints_an_item_a_line_in_dynamodbs_json(run: Run) -> None:
    id_ = made(run)
    lines = [json.loads(line) for line in run("table", "inspect", id_, "--raw").out.splitlines()]
    assert [line["PK"] for line in lines] == [{"S": f"MSG#{id_}"}] * 2
    document = fits(run("table", "inspect", id_, "--raw", "--json"), "table inspect")
    assert [one["item"] for one in document["items"]] == lines


def test_inspect_covers_tokens(run: Run, system: System) -> None:
    connection = system.accounts.find(LOCAL_OWNER, "facebook")
    assert connection is not None
    for way in ((), ("--json",), ("--raw",)):
        ran = run("table", "inspect", "USER#local", *way)
        assert ran.code == 0
        assert connection.sealed not in ran.out
        assert "(sealed)" in ran.out


def test_inspect_points_out_what_is_wrong(run: Run, system: System) -> None:
    id_ = made(run)
    key = Key(f"MSG#{id_}", "CHANNEL#facebook")
    item = system.world.table.get(key)
    assert item is not None
    system.world.table.put(item | {"GSI1PK": "STATUS#held"})
    ran = run("table", "inspect", id_)
    assert "GSI1PK: STATUS#held (WRONG: it should be STATUS#scheduled)" in ran.out
    assert "omnipub table verify --data" in ran.err


@pytest.mark.usefixtures("system")
def test_stats_are_counts_moments_gate_and_size(run: Run) -> None:
    made(run)
    found = fits(run("table", "stats", "--json"), "table stats")
    assert found["messages"] == {"message": {"number": 1, "more": False}, "certification": {"number": 0, "more": False}}
    assert found["statuses"]["scheduled"]["number"] == 1
    assert (found["gate"], found["seeded"]) == ({"open": True, "why": None}, 0)
    assert found["bytes"] > 0
    lines = dict(line.split("\t") for line in run("table", "stats").out.splitlines())
    assert (lines["scheduled:"], lines["gate:"], lines["last tick:"]) == ("1", "open", "")


def test_stats_stop_counting_and_say_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("table", "seed", "-n", "50", "--yes")
    monkeypatch.setattr("omnipub.services.table.stats.CAP", 3)
    ran = run("table", "stats")
    assert "messages:\t3+\n" in ran.out
    assert "Counting stops where there is a +" in ran.err
    assert fits(run("table", "stats", "--json"), "table stats")["messages"]["message"] == {"number": 3, "more": True}


@pytest.mark.usefixtures("system")
def test_a_sound_table_verifies_with_exit_code_0(run: Run) -> None:
    made(run)
    run("table", "seed", "-n", "50", "--yes")
    found = fits(run("table", "verify", "--json"), "table verify")
    assert (found["clean"], found["findings"]) == (True, [])
    assert found["items"] == sum(found["kinds"].values()) > 250
    ran = run("table", "verify")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing is wrong" in ran.err


def test_findings_are_rows_with_the_next_command_and_exit_code_1(run: Run, system: System) -> None:
    id_ = made(run)
    system.world.table.transact([Delete(key=Key(f"MSG#{id_}", "METADATA"))])
    ran = run("table", "verify")
    assert ran.code == 1
    (row,) = ran.out.splitlines()
    check, key, what, following = row.split("\t")
    assert (check, key, what) == ("orphan_delivery", f"MSG#{id_}/CHANNEL#facebook", "Its message does not exist.")
    assert following.startswith(f"omnipub table inspect 'MSG#{id_}/CHANNEL#facebook'")
    found = fits(run("table", "verify", "--json"), "table verify", code=1)
    assert (found["clean"], found["counts"]) == (False, {"orphan_delivery": 1})
    assert run("table", "verify", "-q").out.strip() == key


@pytest.fixture
def elsewhere(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """The command line over another directory."""

    def run(*argv: str) -> Ran:
        code = main([*argv, "--data", str(tmp_path / "elsewhere")])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


def test_export_and_import_carry_a_table_to_a_new_directory(
    run: Run, elsewhere: Run, system: System, tmp_path: Path
) -> None:
    id_ = made(run)
    run("table", "seed", "-n", "30", "--yes")
    file = tmp_path / "all.jsonl"
    exported = fits(run("table", "export", str(file), "--json"), "table export")
    assert exported["items"] == len(file.read_text().splitlines()) - 1
    connection = system.accounts.find(LOCAL_OWNER, "facebook")
    assert connection is not None
    assert connection.sealed not in file.read_text()

    tried = fits(elsewhere("table", "import", str(file), "--dry-run", "--json"), "table import")
    assert (tried["written"], tried["absent"]) == (0, exported["items"])
    ran = elsewhere("table", "import", str(file))
    assert (ran.code, ran.out) == (2, "")
    ran = elsewhere("table", "import", str(file), "--yes")
    assert ran.code == 0, ran.err
    assert "A copy is not the original" in ran.err
    assert "table adopt" in ran.err
    assert f"without their tokens: {len(system.channels)}." in ran.err
    assert elsewhere("table", "verify").code == 0
    assert elsewhere("schedule", "run-now").code == 4
    assert elsewhere("table", "import", str(file), "--yes").code == 4
    merged = fits(elsewhere("table", "import", str(file), "--merge", "--yes", "--json"), "table import")
    assert (merged["written"], merged["present"]) == (0, exported["items"])
    adopted = elsewhere("table", "adopt", "--original-is-retired", "--json").json
    assert [one["id"] for one in adopted["deliveries"]] == [id_]


def test_an_export_is_private_overwrites_nothing_and_leaves_no_part_behind(run: Run, tmp_path: Path) -> None:
    run("table", "seed", "-n", "5", "--yes")
    file = tmp_path / "out" / "all.jsonl"
    assert run("table", "export", str(file)).code == 2
    file.parent.mkdir()
    assert run("table", "export", str(file), "-q").out == f"{file}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]
    written = file.read_bytes()
    assert run("table", "export", str(file)).code == 4
    assert file.read_bytes() == written


def test_a_spoilt_file_is_refused_with_its_lines_and_nothing_is_written(
    run: Run, elsewhere: Run, tmp_path: Path
) -> None:
    run("table", "seed", "-n", "5", "--yes")
    file = tmp_path / "all.jsonl"
    run("table", "export", str(file))
    file.write_text(file.read_text() + "{}\n")
    ran = elsewhere("table", "import", str(file), "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert "line 1: It promises" in ran.err
    assert "It is no item" in ran.err
    assert elsewhere("table", "stats", "--json").json["gate"]["open"] is True
    assert elsewhere("table", "verify", "--json").json["items"] == 1  # its gate
    file.write_bytes(b"\xff\xfe")
    assert "not UTF-8" in elsewhere("table", "import", str(file), "--yes").err


def test_import_waits_for_up_to_be_stopped(run: Run, data: Path, tmp_path: Path) -> None:
    run("table", "seed", "-n", "5", "--yes")
    file = tmp_path / "all.jsonl"
    run("table", "export", str(file))
    with alone(data):
        ran = run("table", "import", str(file), "--merge", "--yes")
    assert ran.code == 4
    assert "already runs" in ran.err
    assert run("table", "stats", "--json").json["gate"]["open"] is True


def test_a_restored_table_retries_and_sends_nothing_until_it_is_adopted(
    run: Run, system: System, data: Path, tmp_path: Path
) -> None:
    id_ = made(run)
    one = delivery(system, id_)
    system.operate.recording.move(one, doubted(one, system.world.clock.now(), sentence="Who knows."))
    file = tmp_path / "monday.db"
    made_ = fits(run("table", "backup", str(file), "--json"), "table backup")
    assert made_ == {"file": str(file), "bytes": file.stat().st_size}
    second = made(run)
    restored = fits(run("table", "restore", str(file), "--yes", "--json"), "table restore")
    assert [str(path) for path in kept(data)] == [restored["kept"]]
    assert run("messages", "show", second).code == 3
    retry = ("messages", "retry", id_, "--channel", "facebook", "--yes")
    for refused in (retry, ("schedule", "run-now")):
        ran = run(*refused)
        assert ran.code == 4
        assert "was restored from a backup" in ran.err
        assert "omnipub table adopt" in ran.err
    assert run("table", "stats", "--json").json["gate"]["open"] is False
    assert run("table", "adopt", "--original-is-retired").code == 0
    assert run(*retry).code == 0


def test_adopting_warns_of_what_the_original_may_have_retried(
    run: Run, system: System, data: Path, tmp_path: Path
) -> None:
    warned = "Somebody may have retried it in the original since"
    first, second = made(run), tmp_path / "monday.db"
    run("table", "backup", str(tmp_path / "before.db"))
    one = delivery(system, first)
    at = system.world.clock.now()
    reason = Reason(code="missed", sentence="It was overdue past its window.", at=at)
    system.operate.recording.move(one, replace(one, status=Status.MISSED, next_at=at, reason=reason))
    run("table", "backup", str(second))
    run("table", "restore", str(tmp_path / "before.db"), "--yes")
    assert warned not in run("table", "adopt", "--original-is-retired").err
    run("table", "restore", str(second), "--yes")
    ran = run("table", "adopt", "--original-is-retired")
    assert f"There is what was missed when the copy was taken. {warned}" in ran.err
    assert f"omnipub messages stuck --data {data}" in ran.err


def test_restoring_needs_a_yes_and_says_what_it_does(run: Run, data: Path, tmp_path: Path) -> None:
    run("table", "seed", "-n", "5", "--yes")
    file = tmp_path / "monday.db"
    run("table", "backup", str(file))
    ran = run("table", "restore", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert "Nothing is sent from it until it is adopted" in ran.err
    assert kept(data) == []


def test_a_restore_while_up_runs_is_a_conflict(run: Run, data: Path, tmp_path: Path) -> None:
    run("table", "seed", "-n", "5", "--yes")
    run("table", "backup", str(tmp_path / "monday.db"))
    with alone(data):
        ran = run("table", "restore", str(tmp_path / "monday.db"), "--yes")
    assert ran.code == 4
    assert kept(data) == []


def test_a_file_that_is_no_backup_is_refused_before_anybody_is_asked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database")
    ran = run("table", "restore", str(tmp_path / "x.db"))
    assert ran.code == 2
    assert "is no backup, or is damaged" in ran.err
    assert run("table", "restore", str(tmp_path / "y.db")).code == 3
