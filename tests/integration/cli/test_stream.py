"""See and replay the stream of a data directory: on its own, and beside an `up` that runs."""

import io
import json
import re
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.local.sqlite.stream import LANES, SqliteStream
from omnipub.adapters.local.sqlite.stream_reader import RETENTION_MS
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.sandbox_process import control
from omnipub.onebox.system import OneMachine
from omnipub.ports.stream import Pointer
from omnipub.wiring.assemble import System
from omnipub_cli.commands.stream import tail as tail_file
from omnipub_cli.framework.signals import deferred
from omnipub_cli.output.json_documents.table_documents import RecordJson
from omnipub_cli.output.json_schemas import json_schema, schema_of

from .test_commands import AHEAD, made, misfits

Run = Callable[..., Any]

with_system = pytest.mark.usefixtures("system")


def stream_of(system: System) -> SqliteStream:
    found = system.world.stream
    assert isinstance(found, SqliteStream)
    return found


def park(system: System) -> list[str]:
    """Give up everything that is not read yet; the ids."""
    stream = stream_of(system)
    for lane in range(LANES):
        if batch := stream.batch(lane, limit=100):
            stream.park(batch, tries=11, why="retries_exhausted")
            stream.checkpoint({lane: batch[-1].sequence})
    return [one.id for one in stream.parked.page(limit=100)]


def age(system: System, span: timedelta, *, up_to: int) -> None:
    """Make the records up to a sequence older."""
    with stream_of(system)._database.writing() as connection:
        connection.execute(
            "UPDATE records SET arrived_ms = arrived_ms - ? WHERE sequence <= ?",
            (int(span.total_seconds() * 1000), up_to),
        )


def fits(ran: Any, command: str) -> Any:
    assert ran.code == 0, ran.err
    assert misfits(ran.json, json_schema(command)) == []
    return ran.json


def columns(ran: Any, *numbers: int) -> list[tuple[str, ...]]:
    assert ran.code == 0, ran.err
    return [tuple(line.split("\t")[number] for number in numbers) for line in ran.out.splitlines()]


@with_system
def test_an_empty_stream_is_told_by_every_command(run: Run) -> None:
    assert fits(run("stream", "stats", "--json"), "stream stats")["records"] == 0
    tail = run("stream", "tail")
    assert (tail.out, tail.err.splitlines()[0]) == ("", "The stream is empty.")
    assert fits(run("stream", "tail", "--json"), "stream tail") == {"gone_before": None, "records": []}
    replay = run("stream", "replay", "--parked")
    assert (replay.code, replay.out, replay.err.splitlines()[0]) == (0, "", "No record is parked.")
    assert fits(run("stream", "replay", "--since", "1h", "--json"), "stream replay")["records"] == []


def test_stats_tell_what_is_held_what_is_not_read_and_what_is_parked(run: Run, system: System) -> None:
    made(run, "Hello", "--to", "facebook,linkedin")
    park(system)
    made(run)
    ran = run("stream", "stats")
    lines = dict(line.split("\t", 1) for line in ran.out.splitlines())
    assert (lines["records:"], lines["not read yet:"], lines["parked:"]) == ("3", "1", "2")
    assert "warning: Parked: 2." in ran.err
    assert "omnipub stream replay --parked --dry-run" in ran.err
    assert "warning: Nothing runs on" in ran.err
    stats = fits(run("stream", "stats", "--json"), "stream stats")
    assert (stats["records"], stats["lag"]["records"], stats["parked"], stats["retention_hours"]) == (3, 1, 2, 24)
    assert run("stream", "stats", "-q").out == "shardId-000000000000\n"


@with_system
def test_tail_shows_the_newest_records_the_oldest_of_them_first(run: Run) -> None:
    ids = [made(run, f"Text {number}", "--to", "facebook") for number in range(3)]
    assert columns(run("stream", "tail"), 1, 2, 3, 4, 5) == [
        ("shardId-000000000000", str(number), "now", id_, "facebook") for number, id_ in enumerate(ids, 1)
    ]
    limited = run("stream", "tail", "--limit", "2")
    assert columns(limited, 2) == [("2",), ("3",)]
    assert "omnipub stream tail --limit 20" in limited.err
    assert run("stream", "tail", "-q", "--limit", "1").out == "3\n"


def test_tail_since_shows_only_what_arrived_since(run: Run, system: System) -> None:
    made(run)
    made(run)
    age(system, timedelta(hours=2), up_to=1)
    assert columns(run("stream", "tail", "--since", "1h"), 2) == [("2",)]
    assert columns(run("stream", "tail", "--since", "3h"), 2) == [("1",), ("2",)]


def test_tail_json_describes_each_record_and_a_foreign_one_without_a_pointer(run: Run, system: System) -> None:
    id_ = made(run)
    with stream_of(system)._database.writing() as connection:
        connection.execute(
            "INSERT INTO records (lane, partition_key, data, arrived_ms) "
            "SELECT 0, 'x', 'not ours', arrived_ms FROM records"
        )
    ours, foreign = fits(run("stream", "tail", "--json"), "stream tail")["records"]
    assert (ours["id"], ours["kind"], ours["channel"], ours["why"]) == (id_, "message", "facebook", "now")
    assert (foreign["partition_key"], foreign["why"], foreign["id"]) == ("x", None, None)
    assert columns(run("stream", "tail"), 3) == [("now",), ("foreign",)]
    assert "not ours" not in run("stream", "tail").out


@pytest.mark.parametrize("option", ["--json", "-q", "--utc"])
def test_tail_follows_a_line_at_a_time_until_it_is_interrupted(
    run: Run, system: System, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    made(run)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            raise KeyboardInterrupt
        stream_of(system).put([Pointer(pk="x", sk="y", group="facebook/1", why="due", trace="tick")])

    monkeypatch.setattr(tail_file, "sleep", nap)
    ran = run("stream", "tail", "--follow", option)
    assert ran.code == 0
    first, second = ran.out.splitlines()
    if option == "--json":
        assert [misfits(json.loads(line), schema_of(RecordJson)) for line in (first, second)] == [[], []]
        assert json.loads(second)["why"] == "due"
    elif option == "-q":
        assert (first, second) == ("1", "2")
    else:
        assert second.split("\t")[2:4] == ["2", "due"]


@with_system
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("tail", "--since", "soon"), 2, "is not a time for --since"),
        (("tail", "--since", "2100-01-01"), 2, "lies ahead"),
        (("tail", "--since", "999999d"), 2, "not a time|too long ago|lies"),
        (("replay",), 2, "Nothing says which records"),
        (("replay", "--since", "1h", "--from", "1"), 2, "in two ways"),
        (("replay", "1"), 2, "Nothing says which records"),
        (("replay", "--since", "1h", "1"), 2, "named by id"),
        (("replay", "--parked", "--until", "1h"), 2, "--until is about the stream"),
        (("replay", "--since", "1h", "--until", "2h"), 2, "must lie before"),
        (("replay", "--since", "1h", "--until", "2100-01-01"), 2, "lies ahead"),
        (("replay", "--from", "first"), 2, "no sequence number"),
        (("replay", "--from", "shard-9:1"), 2, "no shard"),
        (("replay", "--since", "1h", "--rate", "0"), 2, "not in the range"),
        (("replay", "--parked", "77"), 3, "No record 77 is parked"),
    ],
)
def test_a_wrong_input_is_refused_in_words_with_what_to_type(
    run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    made(run)
    ran = run("stream", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert re.search(said, ran.err)
    assert "hint: " in ran.err


def test_a_dry_run_says_what_would_become_of_each_record(run: Run, system: System) -> None:
    due, cancelled = made(run), made(run, "Other", "--to", "linkedin")
    run("messages", "cancel", cancelled)
    park(system)
    ahead = made(run, "Later", "--to", "facebook", *AHEAD)
    ran = run("stream", "replay", "--since", "1h", "--dry-run")
    assert columns(ran, 2, 4) == [(due, "would_send"), (cancelled, "already_cancelled")]
    assert "nothing was sent and nothing written" in ran.err
    again = fits(run("stream", "replay", "--parked", "--dry-run", "--json"), "stream replay")
    assert again["verdicts"] == {"would_send": 1, "already_cancelled": 1}
    assert (again["dry_run"], again["parked"], [one["parked"] for one in again["records"]]) == (True, 2, [True, True])
    assert ahead not in ran.out


def test_a_replay_needs_a_yes_and_says_what_it_would_do(run: Run, system: System) -> None:
    run("messages", "cancel", made(run))
    park(system)
    ran = run("stream", "replay", "--parked")
    assert (ran.code, ran.out) == (2, "")
    assert "Records: 1 (1 already cancelled)" in ran.err
    assert "--yes" in ran.err
    assert stream_of(system).parked.count() == 1


def test_what_is_over_leaves_the_parking_place_by_a_replay(run: Run, system: System) -> None:
    run("messages", "cancel", made(run))
    park(system)
    done = fits(run("stream", "replay", "--parked", "--yes", "--json"), "stream replay")
    assert (done["verdicts"], done["parked"], done["interrupted"]) == ({"already_cancelled": 1}, 0, False)
    assert stream_of(system).parked.count() == 0


def test_without_a_sandbox_nothing_due_is_tried_in_vain(run: Run, system: System) -> None:
    made(run)
    (id_,) = park(system)
    ran = run("stream", "replay", "--parked", id_, "--yes")
    assert (ran.code, ran.out) == (5, "")
    assert "The sandbox does not run" in ran.err
    assert "--reput" in ran.err
    assert stream_of(system).parked.count() == 1


def test_putting_again_works_without_a_worker_and_says_that_none_runs(run: Run, system: System) -> None:
    id_ = made(run)
    park(system)
    ran = run("stream", "replay", "--parked", "--reput", "--yes")
    assert columns(ran, 2, 4) == [(id_, "put")]
    assert "warning: Nothing runs on" in ran.err
    assert columns(run("stream", "tail"), 2, 3, 4) == [("1", "now", id_), ("2", "replay", id_)]
    assert stream_of(system).parked.count() == 0


def test_a_replay_from_a_sequence_takes_it_and_all_behind_it(run: Run, system: System) -> None:
    for _ in range(3):
        made(run)
    park(system)
    for place in ("2", "shardId-000000000000:2"):
        assert columns(run("stream", "replay", "--from", place, "--dry-run"), 1) == [("2",), ("3",)]


def test_what_lies_beyond_retention_is_said_with_what_still_knows_it(run: Run, system: System) -> None:
    made(run)
    made(run)
    age(system, timedelta(milliseconds=RETENTION_MS + 60_000), up_to=1)
    stream_of(system).prune()
    for command in ("replay --since 2d --dry-run", "replay --from 1 --dry-run", "tail --since 2d"):
        ran = run("stream", *command.split())
        assert re.search(r"warning: Records before \S+ \S+ \S+ are gone; the table still knows", ran.err)
        assert "omnipub schedule run-now" in ran.err
    told = fits(run("stream", "replay", "--since", "2d", "--dry-run", "--json"), "stream replay")
    assert told["gone_before"] is not None
    assert [one["sequence"] for one in told["records"]] == ["2"]
    assert fits(run("stream", "tail", "--since", "1h", "--json"), "stream tail")["gone_before"] is None


def test_what_is_left_undone_ends_with_a_failure_and_a_hint(
    run: Run, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(run)
    park(system)
    monkeypatch.setattr(SqliteStream, "put", lambda self, pointers: pointers)  # noqa: ARG005  a full disk
    ran = run("stream", "replay", "--parked", "--reput", "--yes")
    assert ran.code == 1
    assert ran.out.split("\t")[4] == "not_put"
    assert "warning: Not done: 1." in ran.err
    assert stream_of(system).parked.count() == 1


def test_an_interrupted_replay_ends_its_batch_and_tells_what_was_done(
    run: Run, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [made(run, f"Text {number}", "--to", "facebook") for number in range(3)]
    park(system)
    real = SqliteStream.put

    def put(self: SqliteStream, pointers: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return real(self, pointers)

    monkeypatch.setattr(SqliteStream, "put", put)
    ran = run("stream", "replay", "--parked", "--reput", "--rate", "1", "--yes")
    assert ran.code == 130
    assert [line.split("\t")[2] for line in ran.out.splitlines()] == ids[:1]
    assert stream_of(system).parked.count() == 2


def test_the_second_signal_interrupts_at_once() -> None:
    with deferred() as asked:
        signal.raise_signal(signal.SIGTERM)
        assert asked()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_beside_a_running_system_the_whole_stream_is_replayed_and_nothing_doubles(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with OneMachine(open_data(data)) as box:
        channels = "facebook,linkedin,webhook"
        for number in range(2):
            ran = run("messages", "create", f"Text {number}", "--to", channels, "--wait", "-q")
            assert ran.code == 0, ran.err
        before = control(box.sandbox_url, "count")
        assert before["totals"]["posts"] == 6
        replayed = fits(run("stream", "replay", "--since", "1h", "--yes", "--json"), "stream replay")
        # A tick that finds a delivery due and not claimed yet puts its pointer once more.
        assert replayed["verdicts"].keys() == {"already_published"}
        assert replayed["verdicts"]["already_published"] >= 6
        put = fits(run("stream", "replay", "--since", "1h", "--reput", "--yes", "--json"), "stream replay")
        assert put["verdicts"].keys() == {"put"}
        assert put["verdicts"]["put"] >= 6
        deadline = time.monotonic() + 20
        while stream_of(box.system).reader.lag().records:
            assert time.monotonic() < deadline, "the worker did not read them"
            time.sleep(0.05)
        assert control(box.sandbox_url, "count") == before
