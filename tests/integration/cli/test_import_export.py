"""Messages in and out of files, over real systems on which nothing runs."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Message
from omnipub.domain.timestamps import EPOCH
from omnipub.errors import ConflictError, InvalidInputError, UnavailableError
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.services.bulk.plan import PlannedRow
from omnipub.services.bulk.row import Picture, Row
from omnipub.services.messages.create import CreateMessage
from omnipub.services.messages.read import Viewer
from omnipub.wiring.assemble import System
from omnipub.wiring.local import one_machine
from omnipub_cli.__main__ import main
from omnipub_cli.output.json_schemas import json_schema

from .test_commands import AHEAD, PNG, made, misfits

pytestmark = pytest.mark.usefixtures("system")

Run = Callable[..., Any]

HEAD = "key,text,channels,at,zone\n"
GOOD = HEAD + (
    'a,"Hello, all\nof you",facebook,2027-12-01T09:00,Europe/Berlin\n'
    'b,Doors open,"linkedin,bluesky",2027-12-02T09:00Z,\n'
    "c,And again,facebook,2027-12-03T09:00Z,\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def write(text: str | bytes, name: str = "rows.csv") -> str:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path / name)

    return write


def imported(run: Run, *arguments: str, code: int = 0) -> Any:
    ran = run("messages", "import", *arguments, "--json")
    assert ran.code == code, ran.err
    assert misfits(ran.json, json_schema("messages import")) == []
    return ran.json


def results(told: Any) -> list[str]:
    return [one["result"] for one in told["messages"]]


def messages(system: System) -> list[Message]:
    """Every message there is, by what it says."""
    viewer = Viewer(owner=LOCAL_OWNER, operator=True)
    rows = system.lists.page(ParentKind.MESSAGE, viewer, limit=100).rows
    found = [system.showing.one(Parent(kind=ParentKind.MESSAGE, id=row.parent.id), viewer).subject for row in rows]
    return sorted((one for one in found if isinstance(one, Message)), key=lambda one: (one.content.text, one.id))


def comparable(found: list[Message]) -> list[Message]:
    """Without what belongs to one table alone."""
    return [replace(one, id="", created_at=EPOCH, write_id="", version=1, revision=1, imported="") for one in found]


def windows(system: System) -> list[timedelta]:
    """How long after its due moment each delivery may begin, in the order of the messages."""
    viewer = Viewer(owner=LOCAL_OWNER)
    shown = [system.showing.one(Parent(kind=ParentKind.MESSAGE, id=one.id), viewer) for one in messages(system)]
    found = [one for whole in shown for one in whole.deliveries]
    return [one.not_after - one.due_at for one in found if one.not_after and one.due_at]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Run, System]]:
    """Another, empty data directory with the same accounts."""
    data = tmp_path / "elsewhere"
    system = one_machine(open_data(data))
    for network in system.channels:
        system.accounts.connect(owner=LOCAL_OWNER, channel=network, account=f"{network}-2", token=Secret("t"))
    yield lambda *argv: main([*argv, "--data", str(data)]), system
    system.close()


def test_every_row_becomes_a_message(run: Run, system: System, file: Callable[..., str]) -> None:
    told = imported(run, file(GOOD), "--yes")
    assert results(told) == ["created"] * 3
    assert [one["line"] for one in told["messages"]] == [2, 4, 5]
    again, doors, hello = messages(system)
    assert hello.content.text == "Hello, all\nof you"
    assert (hello.schedule.local, hello.schedule.zone) == ("2027-12-01T09:00:00", "Europe/Berlin")
    assert doors.channels == ("linkedin", "bluesky")
    assert again.owner == LOCAL_OWNER


def test_importing_again_creates_nothing_twice(run: Run, system: System, file: Callable[..., str]) -> None:
    first = imported(run, file(GOOD), "--yes")
    second = imported(run, file(GOOD))
    assert results(second) == ["already_there"] * 3
    assert [one["id"] for one in second["messages"]] == [one["id"] for one in first["messages"]]
    assert len(messages(system)) == 3


def test_rows_without_a_key_are_not_created_twice_either(run: Run, system: System, file: Callable[..., str]) -> None:
    rows = "text,channels,at\n" + "The same,facebook,2027-12-01T09:00Z\n" * 2
    assert results(imported(run, file(rows), "--yes")) == ["created"] * 2
    assert results(imported(run, file(rows), "--yes")) == ["already_there"] * 2
    assert len(messages(system)) == 2


def test_an_import_that_was_killed_half_way_is_completed_by_importing_again(
    run: Run, system: System, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compose, made_before = CreateMessage.message, []

    def dies_at_the_second(self: CreateMessage, **asked: Any) -> Any:
        if len(made_before) == 1:
            raise SystemExit(137)  # what a shell reports of a killed process: nothing after it runs
        made_before.append(asked)
        return compose(self, **asked)

    monkeypatch.setattr(CreateMessage, "message", dies_at_the_second)
    assert run("messages", "import", file(GOOD), "--yes").code == 137
    assert len(messages(system)) == 1
    monkeypatch.setattr(CreateMessage, "message", compose)
    assert results(imported(run, file(GOOD), "--yes")) == ["already_there", "created", "created"]
    assert len(messages(system)) == 3


def test_storage_that_fails_half_way_is_said_with_what_to_do(
    run: Run, system: System, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compose, tried = CreateMessage.message, []

    def fails_at_the_second(self: CreateMessage, **asked: Any) -> Any:
        tried.append(asked)
        if len(tried) == 2:
            raise UnavailableError("The disk is full.")
        return compose(self, **asked)

    monkeypatch.setattr(CreateMessage, "message", fails_at_the_second)
    ran = run("messages", "import", file(GOOD), "--yes")
    assert ran.code == 1
    assert [line.split("\t")[:2] for line in ran.out.splitlines()] == [
        ["2", "created"],
        ["4", "refused"],
        ["5", "not_created"],
    ]
    assert "The disk is full." in ran.out
    assert "Run the same command again" in ran.err
    assert results(imported(run, file(GOOD), "--yes")) == ["already_there", "created", "created"]
    assert len(messages(system)) == 3


def test_a_moment_that_passes_between_check_and_creation_refuses_its_row_and_says_to_correct_it(
    run: Run, system: System, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compose, tried = CreateMessage.message, []

    def too_late_for_the_second(self: CreateMessage, **asked: Any) -> Any:
        tried.append(asked)
        if len(tried) == 2:
            raise InvalidInputError("It lies in the past.")
        return compose(self, **asked)

    monkeypatch.setattr(CreateMessage, "message", too_late_for_the_second)
    ran = run("messages", "import", file(GOOD), "--yes")
    assert ran.code == 1
    assert "Correct what is refused, then run the same command again" in ran.err
    assert len(messages(system)) == 1
    tried.clear()
    fresh = GOOD.replace("\na,", "\nA,").replace("\nb,", "\nB,").replace("\nc,", "\nC,")
    told = imported(run, file(fresh), "--yes", "--partial", code=1)
    assert results(told) == ["created", "not_created", "created"]


def test_an_interrupt_ends_it_between_two_rows(
    run: Run, system: System, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = CreateMessage.message

    def interrupts(self: CreateMessage, **asked: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return compose(self, **asked)

    monkeypatch.setattr(CreateMessage, "message", interrupts)
    told = imported(run, file(GOOD), "--yes", code=1)
    assert results(told) == ["created", "not_created", "not_created"]
    assert len(messages(system)) == 1


BAD = HEAD + (
    "a,Fine,facebook,2027-12-01T09:00Z,\n"
    "a,Same key,facebook,2027-12-01T09:00Z,\n"
    "b,,facebook,,\n"
    "c,Nowhere,,,\n"
    "d,Past,facebook,2020-01-01T00:00Z,\n"
    "e,No zone,facebook,2027-12-01T09:00,\n"
    "f,Zone alone,facebook,,Europe/Berlin\n"
    f"g,{'x' * 301},bluesky,,\n"
    "h,No account,linkedin:team,,\n"
    "i,Unknown,myspace,,\n"
)
WINDOWS = (
    "text,channels,at,not_after\nA,facebook,2027-12-01T09:00Z,soon\nB,facebook,2027-12-01T09:00Z,2027-12-01T08:00Z\n"
)
EXPECTED = [
    (3, "key"),
    (4, "text"),
    (5, "channels"),
    (6, "at"),
    (7, "at"),
    (8, "at"),
    (9, "channels.bluesky"),
    (10, "channels.linkedin:team"),
    (11, "channels"),
]


def test_one_bad_row_keeps_all_from_being_created(run: Run, system: System, file: Callable[..., str]) -> None:
    ran = run("messages", "import", file(BAD), "--yes")
    assert ran.code == 2
    assert "9 rows of 10 cannot be imported; none was." in ran.err
    assert "line 9, channels.bluesky: Bluesky: The text has 301 graphemes; at most 300 are allowed." in ran.err
    assert messages(system) == []


def test_a_dry_run_tells_every_problem_with_its_line_and_creates_nothing(
    run: Run, system: System, file: Callable[..., str]
) -> None:
    told = imported(run, file(BAD), "--dry-run", code=1)
    assert [(one["line"], one["field"]) for one in told["problems"]] == EXPECTED
    assert results(told) == ["would_be_created"]
    assert results(imported(run, file(GOOD), "--dry-run")) == ["would_be_created"] * 3
    assert messages(system) == []


def test_a_window_that_makes_no_sense_is_a_rows_problem(run: Run, file: Callable[..., str]) -> None:
    told = imported(run, file(WINDOWS), "--dry-run", code=1)
    assert [(one["line"], one["field"]) for one in told["problems"]] == [(2, "not_after"), (3, "not_after")]


def test_partial_creates_the_good_rows_names_the_bad_ones_and_fails(
    run: Run, system: System, file: Callable[..., str]
) -> None:
    told = imported(run, file(BAD), "--partial", "--yes", code=1)
    assert [(one["line"], one["field"]) for one in told["problems"]] == EXPECTED
    assert [one.content.text for one in messages(system)] == ["Fine"]


def test_a_refusal_names_fifty_problems_and_where_to_find_the_others(run: Run, file: Callable[..., str]) -> None:
    ran = run("messages", "import", file(HEAD + "".join(f"k{n},,facebook,,\n" for n in range(60))), "--yes")
    assert ran.code == 2
    assert ran.err.count("Say something") == 50
    assert "10 more are told by --dry-run." in ran.err


def test_a_key_that_stood_for_another_row_is_refused(run: Run, system: System, file: Callable[..., str]) -> None:
    imported(run, file(GOOD), "--yes")
    ran = run("messages", "import", file(GOOD.replace("Doors open", "Doors closed")), "--yes")
    assert ran.code == 2
    assert "line 4, key: This key stood for another row in an earlier import; use a new one." in ran.err
    assert len(messages(system)) == 3


@pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
def test_a_key_has_its_own_limits(key: str, run: Run, file: Callable[..., str]) -> None:
    row = json.dumps({"key": key, "text": "Hi", "channels": "facebook"})
    told = imported(run, file(row, "rows.jsonl"), "--dry-run", code=1)
    assert [one["field"] for one in told["problems"]] == ["key"]


def test_it_is_asked_before_anything_is_created(
    run: Run, system: System, file: Callable[..., str], type_: Callable[[str], None]
) -> None:
    rows = file(GOOD + "d,At once,facebook,,\n")
    refused = run("messages", "import", rows)
    assert (refused.code, "creates 4 messages, 1 of them due at once" in refused.err) == (2, True)
    type_("n")
    assert run("messages", "import", rows).code == 130
    assert messages(system) == []
    type_("y")
    assert run("messages", "import", rows).code == 0
    assert len(messages(system)) == 4


def test_images_are_read_beside_the_file_and_nowhere_else(
    run: Run, system: System, tmp_path: Path, file: Callable[..., str], data: Path
) -> None:
    (tmp_path / "front.png").write_bytes(PNG)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "back.png").write_bytes(PNG + b"1")
    row: dict[str, Any] = {"text": "Hi", "channels": ["facebook"], "at": "2027-12-01T09:00Z"}
    inside = row | {"images": [{"file": "front.png", "alt": "A door"}, "below/back.png"]}
    rows = file(json.dumps(inside), "rows.jsonl")
    assert imported(run, rows, "--dry-run")["problems"] == []
    assert not (data / "media").exists()
    imported(run, rows, "--yes")
    (message,) = messages(system)
    assert [one.alt for one in message.content.media] == ["A door", ""]
    assert [system.world.media.bytes_of(one.key) for one in message.content.media] == [PNG, PNG + b"1"]
    for bad in ("../front.png", str(tmp_path / "front.png"), "none.png", "front.png\0"):
        outside = file(json.dumps(row | {"images": bad}), "below/rows.jsonl")
        told = imported(run, outside, "--dry-run", code=1)
        assert [one["field"] for one in told["problems"]] == ["images"]
    assert imported(run, file(json.dumps(inside), "below/rows.jsonl"), "--images", str(tmp_path), "--dry-run")


def test_an_image_that_changes_between_check_and_creation_is_not_published(system: System) -> None:
    viewer = Viewer(owner=LOCAL_OWNER)
    row = Row(line=1, text="Hi", channels=("facebook",), at="2027-12-01T09:00Z", images=(Picture(file="a.png"),))
    (planned,) = system.importing.planned([row], owner=LOCAL_OWNER, viewer=viewer, pictures=lambda _: PNG)
    assert isinstance(planned, PlannedRow)
    with pytest.raises(ConflictError, match="was changed meanwhile"):
        system.importing.create(planned, owner=LOCAL_OWNER, pictures=lambda _: PNG + b"other", name="n")
    assert messages(system) == []


def test_what_is_no_image_or_not_stored_is_a_rows_problem(run: Run, file: Callable[..., str]) -> None:
    file("no image", "a.png")
    rows = [{"text": "Hi", "channels": "facebook", "images": one} for one in ("a.png", f"sha256:{'0' * 64}")]
    told = imported(run, file("\n".join(map(json.dumps, rows)), "rows.jsonl"), "--dry-run", code=1)
    assert [(one["line"], one["field"]) for one in told["problems"]] == [(1, "images"), (2, "images")]


def everything(run: Run, tmp_path: Path) -> None:
    """Messages with all that a message may have."""
    picture = tmp_path / "front.png"
    picture.write_bytes(PNG)
    made(run, "=1+1\r\n\"quoted\", 'so'", "--to", "facebook", *AHEAD, "--hashtag", "one,two")
    made(
        run,
        *("See us 👨‍👩‍👧", "--to", "linkedin,bluesky", "--at", "2027-12-02T09:00+02:00"),
        *("--link", "https://example.com/a?b=c", "--link-title", "-Title", "--variant", "linkedin=For work"),
        *("--image", str(picture), "--alt", 'A door, "front"\nand back'),
    )
    made(run, "Soon old", "--to", "facebook", *AHEAD, "--not-after", "3h")
    twice = ("--at", "2027-10-31T02:30", "--zone", "Europe/Berlin")
    made(run, "Earlier", "--to", "facebook", *twice, "--fold", "earlier")
    made(run, "Later", "--to", "facebook", *twice, "--fold", "later")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("all.csv", ()),
        ("all.jsonl", ()),
        ("all.csv", ("--excel", "comma")),
        ("all.csv", ("--excel", "semicolon")),
    ],
)
def test_what_was_exported_is_the_same_after_importing_it_elsewhere(
    name: str, options: tuple[str, ...], run: Run, system: System, elsewhere: tuple[Run, System], tmp_path: Path
) -> None:
    everything(run, tmp_path)
    (tmp_path / "out").mkdir()
    target = str(tmp_path / "out" / name)
    ran = run("messages", "export", target, "--images", str(tmp_path / "out" / "pictures"), *options)
    assert ran.code == 0, ran.err
    there, other = elsewhere
    assert there("messages", "import", target, "--images", str(tmp_path / "out" / "pictures"), "--yes") == 0
    assert comparable(messages(other)) == comparable(messages(system))
    assert windows(other) == windows(system)
    assert len(set(windows(other))) == 2
    assert len(messages(other)) == 5
    assert there("messages", "import", target, "--images", str(tmp_path / "out" / "pictures"), "--yes") == 0
    assert len(messages(other)) == 5


@pytest.mark.parametrize("name", ["all.csv", "all.jsonl"])
def test_what_was_exported_is_there_already_where_it_came_from(
    name: str, run: Run, system: System, tmp_path: Path
) -> None:
    everything(run, tmp_path)
    made(run, "Due at once", "--to", "facebook")
    target = str(tmp_path / name)
    assert run("messages", "export", target).code == 0
    assert results(imported(run, target)) == ["already_there"] * 6
    assert len(messages(system)) == 6


def test_an_exported_row_that_was_changed_is_no_new_message(run: Run, system: System, tmp_path: Path) -> None:
    id_ = made(run, "Old", "--to", "facebook", *AHEAD)
    target = tmp_path / "all.csv"
    run("messages", "export", str(target))
    target.write_text(target.read_text().replace("Old", "New"))
    ran = run("messages", "import", str(target), "--yes")
    assert ran.code == 2
    assert f"The message {id_} is here and says something else" in ran.err
    assert [one.content.text for one in messages(system)] == ["Old"]


def test_what_is_past_is_not_published_again_by_importing_it(
    run: Run, elsewhere: tuple[Run, System], tmp_path: Path, system: System
) -> None:
    id_ = made(run, "Out long ago", "--to", "facebook", *AHEAD)
    target = tmp_path / "all.csv"
    run("messages", "export", str(target))
    target.write_text(target.read_text().replace("2027-", "2025-"))
    there, other = elsewhere
    assert there("messages", "import", str(target), "--yes") == 2
    assert messages(other) == []
    assert [one.id for one in messages(system)] == [id_]


def test_exports_go_to_standard_output_as_they_are(run: Run) -> None:
    id_ = made(run, "Line one\nline two", "--to", "facebook", *AHEAD)
    ran = run("messages", "export")
    (row,) = csv.DictReader(io.StringIO(ran.out, newline=""))
    assert (row["key"], row["text"], row["channels"]) == (id_, "Line one\nline two", "facebook")
    assert ran.err == ""
    (line,) = run("messages", "export", "--format", "jsonl").out.splitlines()
    assert json.loads(line)["text"] == "Line one\nline two"
    assert run("messages", "export", "-q").out == f"{id_}\n"


def test_an_export_as_json_holds_the_rows_unless_they_are_in_a_file(run: Run, tmp_path: Path) -> None:
    id_ = made(run, "Hello", "--to", "facebook", *AHEAD)
    told = run("messages", "export", "--json").json
    assert misfits(told, json_schema("messages export")) == []
    assert [one["key"] for one in told["messages"]] == [id_]
    filed = run("messages", "export", str(tmp_path / "all.jsonl"), "--json").json
    assert misfits(filed, json_schema("messages export")) == []
    assert (filed["exported"], filed["messages"]) == (1, None)


def test_an_export_is_narrowed_like_a_list(run: Run) -> None:
    made(run, "Here", "--to", "facebook", *AHEAD)
    work = made(run, "There", "--to", "linkedin", *AHEAD)
    run("messages", "cancel", work)
    assert run("messages", "export", "--channel", "linkedin", "-q").out == f"{work}\n"
    assert run("messages", "export", "--status", "cancelled", "-q").out == f"{work}\n"
    assert run("messages", "export", "--until", "2020-01-01", "-q").out == ""
    assert run("messages", "export", "--status", "lost").code == 2


def test_more_messages_than_a_page_holds_are_all_exported(run: Run, file: Callable[..., str]) -> None:
    rows = HEAD + "".join(f"k{n},Row {n},facebook,2027-12-01T09:00Z,\n" for n in range(105))
    imported(run, file(rows), "--yes")
    told = run("messages", "export", "--json").json["messages"]
    assert {one["text"] for one in told} == {f"Row {n}" for n in range(105)}
    assert len(told) == 105


def test_a_file_that_is_there_is_overwritten_only_if_that_is_wanted(run: Run, tmp_path: Path) -> None:
    made(run, "Hello", "--to", "facebook", *AHEAD)
    target = tmp_path / "all.csv"
    target.write_text("precious")
    assert run("messages", "export", str(target)).code == 2
    assert target.read_text() == "precious"
    assert run("messages", "export", str(target), "--yes").code == 0
    assert "Hello" in target.read_text()
    assert target.stat().st_mode & 0o077 == 0


def test_an_export_that_fails_leaves_the_old_file_and_no_half_of_a_new_one(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "out" / "all.csv"
    target.parent.mkdir()
    target.write_text("precious")
    assert run("messages", "export", str(target), "--status", "lost", "--yes").code == 2
    assert [path.name for path in target.parent.iterdir()] == ["all.csv"]
    assert target.read_text() == "precious"
    assert run("messages", "export", str(tmp_path / "no" / "all.csv")).code == 2


def test_images_that_stay_behind_are_mentioned(run: Run, tmp_path: Path) -> None:
    everything(run, tmp_path)
    assert "--images DIR" in run("messages", "export", str(tmp_path / "all.csv")).err
    ran = run("messages", "export", str(tmp_path / "all.jsonl"), "--images", str(tmp_path / "pictures"))
    assert "--images" not in ran.err
    assert [path.suffix for path in (tmp_path / "pictures").iterdir()] == [".png"]


def test_nothing_secret_is_exported(run: Run, system: System) -> None:
    made(run, "Hello", "--to", ",".join(system.channels), *AHEAD)
    out = run("messages", "export", "--format", "jsonl").out
    assert not [one.sealed for one in system.accounts.of(LOCAL_OWNER) if one.sealed in out]
    assert set(json.loads(out)) <= {"key", "text", "channels", "at", "zone"}


@pytest.mark.parametrize("name", ["rows.txt", "rows"])
def test_a_file_of_unknown_format_asks_for_it(name: str, run: Run, file: Callable[..., str]) -> None:
    ran = run("messages", "import", file(GOOD, name), "--dry-run")
    assert (ran.code, "--format csv|jsonl" in ran.err) == (2, True)
    assert run("messages", "import", file(GOOD, name), "--format", "csv", "--dry-run").code == 0


def test_an_import_killed_with_no_chance_to_say_anything_is_completed_by_importing_again(
    run: Run, system: System, file: Callable[..., str], data: Path
) -> None:
    rows = file(HEAD + "".join(f"k{n},Row {n},facebook,2027-12-01T09:00Z,\n" for n in range(120)))
    command = [sys.executable, "-m", "omnipub_cli", "messages", "import", rows, "--yes", "--data", str(data)]
    viewer = Viewer(owner=LOCAL_OWNER)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603  ours
        while len(system.lists.page(ParentKind.MESSAGE, viewer, limit=20).rows) < 20:
            assert process.poll() is None, "it ended before it could be killed"
        process.kill()
    again = results(imported(run, rows, "--yes"))
    assert set(again) == {"already_there", "created"}
    told = run("messages", "export", "--json").json["messages"]
    assert sorted(one["text"] for one in told) == sorted(f"Row {n}" for n in range(120))


NO_TIME = HEAD + (
    "a,At nine,facebook,2027-12-01T09:00Z,\n"
    "b,Now,facebook,,\n"
    'c,Now too,linkedin," ",\n'
    "d,At ten,facebook,2027-12-01T10:00Z,\n"
)


@pytest.mark.parametrize("how", ["--dry-run", "--yes"])
def test_rows_without_a_time_are_said_before_they_go_out(how: str, run: Run, file: Callable[..., str]) -> None:
    ran = run("messages", "import", file(NO_TIME), how)
    assert ran.code == 0
    assert ran.err.startswith("warning: 2 rows have no time: they go out now (line 3, 4).\n")


def test_rows_without_a_time_are_counted_for_programs(run: Run, file: Callable[..., str]) -> None:
    assert imported(run, file(GOOD), "--dry-run")["at_once"] == 0
    assert imported(run, file(NO_TIME), "--dry-run")["at_once"] == 2
    assert imported(run, file(NO_TIME), "--yes")["at_once"] == 2
    assert imported(run, file(NO_TIME), "--yes")["at_once"] == 0  # they are there already


def test_one_row_without_a_time_is_said_before_the_question(run: Run, file: Callable[..., str]) -> None:
    ran = run("messages", "import", file(HEAD + "b,Now,facebook,,\n"))
    assert ran.code == 2
    assert ran.err.startswith("warning: 1 row has no time: it goes out now (line 2).\n")
    assert "This creates 1 message, 1 of them due at once." in ran.err


def test_where_all_rows_have_a_time_nothing_is_said(run: Run, file: Callable[..., str]) -> None:
    assert "no time" not in run("messages", "import", file(GOOD), "--yes").err


def test_an_export_for_excel_says_that_it_is_utf_8_and_is_divided_as_that_excel_expects(
    run: Run, tmp_path: Path
) -> None:
    made(run, "Grüße", "--to", "facebook,linkedin", *AHEAD)
    target = tmp_path / "all.csv"
    assert run("messages", "export", str(target), "--excel", "semicolon").code == 0
    data = target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfkey;text;link;")
    assert ";Grüße;".encode() in data
    assert data.endswith(b"\r\n")
    assert not run("messages", "export").out.startswith("\ufeff")


def test_only_csv_is_written_for_excel(run: Run, tmp_path: Path) -> None:
    ran = run("messages", "export", str(tmp_path / "all.jsonl"), "--excel", "comma")
    assert (ran.code, ran.out) == (2, "")
    assert "--excel is about CSV." in ran.err
    assert list(tmp_path.glob("*.jsonl")) == []


def test_what_a_german_excel_saved_is_imported(run: Run, tmp_path: Path) -> None:
    rows = tmp_path / "excel.csv"
    rows.write_bytes(
        "\ufeffKEY;Text;Channels;AT;Zone;;\r\n"
        'a;"Grüße; alle";facebook,linkedin;2027-12-01T09:00;Europe/Berlin;;\r\n;;;;;;\r\n'.encode()
    )
    ran = run("messages", "import", str(rows), "--yes", "--json")
    assert ran.code == 0, ran.err
    (one,) = ran.json["messages"]
    assert (one["key"], one["channels"]) == ("a", ["facebook", "linkedin"])
    assert run("messages", "show", one["id"], "--json").json["content"]["text"] == "Grüße; alle"


def test_a_relative_time_in_a_file_is_refused_as_another_day_would_mean_another(run: Run, tmp_path: Path) -> None:
    rows = tmp_path / "a.csv"
    rows.write_text("text,channels,at,zone\nHi,facebook,tomorrow 9:00,Europe/Berlin\n")
    ran = run("messages", "import", str(rows), "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert "line 2, at: 'tomorrow 9:00' is not a time. Use ISO 8601" in ran.err
