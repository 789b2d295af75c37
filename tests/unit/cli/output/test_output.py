import io
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.cells import cell_len

from omnipub.domain.delivery.lifecycle import Status
from omnipub.services.accounts.check import CheckVerdict
from omnipub.services.health.finding import Health
from omnipub.storage.items import ConnectionStatus
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.output.errors import Failure, OutputClosedError
from omnipub_cli.output.output import Output
from omnipub_cli.output.rich_renderer import COLOURS
from omnipub_cli.output.views import Column, Exact, LineView, RecordView, StatusCell, StoryView, TableView, View

TABLE = TableView(
    columns=(Column("ID"), Column("STATUS"), Column("TEXT", flexible=True)),
    rows=[
        ("01KB", StatusCell("partially_published"), "[bold]loud[/bold] \x1b[31mred\ttab"),
        ("01KC", StatusCell("failed"), None),
    ],
)
AT = datetime(2026, 12, 1, 8, 0, 0, 123000, tzinfo=UTC)
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]m")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def printed(
    *views: View, stdout: io.StringIO | None = None, json_value: Any = None, ids: Sequence[str] = (), **options: bool
) -> str:
    stdout = stdout or io.StringIO()
    Output(stdout=stdout, stderr=io.StringIO(), **options).data(*views, json=json_value, ids=ids)
    return stdout.getvalue()


def test_a_piped_table_is_tab_separated_lines_without_a_heading() -> None:
    assert printed(TABLE) == "01KB\tpartially_published\t[bold]loud[/bold] \\x1b[31mred\\ttab\n01KC\tfailed\t\n"


def test_a_piped_record_is_a_name_and_a_value_per_line() -> None:
    assert printed(RecordView(fields=(("id", "01KB"), ("channels", ("facebook", "linkedin"))))) == (
        "id:\t01KB\nchannels:\tfacebook,linkedin\n"
    )


def test_json_is_one_document_and_nothing_else() -> None:
    assert json.loads(printed(TABLE, json_value={"rows": [1]}, json=True)) == {"rows": [1]}


@pytest.mark.parametrize("portions", [[], [[]], [[{"a": 1}, {"b": "ü\u202e"}], [], [{"c": [1]}]]])
def test_a_list_in_portions_is_the_same_document(portions: list[list[Any]]) -> None:
    stdout = io.StringIO()
    with Output(stdout=stdout, stderr=io.StringIO(), json=True).portions("rows", rest={"cursor": None}) as write:
        for portion in portions:
            write(TABLE, json=portion, ids=[])
    assert stdout.getvalue() == printed(
        json_value={"rows": [one for portion in portions for one in portion], "cursor": None}, json=True
    )


def test_a_list_in_portions_is_the_same_lines_in_a_pipe_and_the_same_ids() -> None:
    for options, whole in (({}, printed(TABLE, TABLE)), ({"quiet": True}, "1\n2\n")):
        stdout = io.StringIO()
        with Output(stdout=stdout, stderr=io.StringIO(), **options).portions("rows", rest={}) as write:
            write(TABLE, json=[{}], ids=["1"])
            write(TABLE, json=[{}], ids=["2"])
        assert stdout.getvalue() == whole


def test_quiet_prints_ids_only() -> None:
    assert printed(TABLE, ids=["01KB", "01KC"], quiet=True) == "01KB\n01KC\n"


def test_json_wins_over_quiet() -> None:
    assert json.loads(printed(TABLE, json_value=[], ids=["01KB"], quiet=True, json=True)) == []


def test_a_terminal_gets_headings_words_and_colours(terminal: Callable[[], io.StringIO]) -> None:
    shown = printed(TABLE, stdout=terminal())
    assert "STATUS" in shown
    assert "partially published" in shown
    assert COLOUR.search(shown)


def test_user_text_is_neither_mark_up_nor_an_escape_sequence_on_a_terminal(terminal: Callable[[], io.StringIO]) -> None:
    shown = printed(TABLE, stdout=terminal())
    assert "[bold]loud[/bold]" in shown
    assert r"\x1b[31mred" in shown
    assert "\x1b[31mred" not in shown


def test_no_color_leaves_no_colour(terminal: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    output = Output(stdout=terminal(), stderr=terminal())
    output.data(TABLE, json=None)
    output.warn("careful")
    assert not COLOUR.search(output._stdout.getvalue())
    assert output._stderr.getvalue() == "warning: careful\n"


def test_columns_narrows_flexible_columns_and_never_cuts_an_id(
    terminal: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "45")
    shown = printed(
        TableView(columns=(Column("ID"), Column("TEXT", flexible=True)), rows=[("0" * 26, "word " * 20)]),
        stdout=terminal(),
    )
    assert "0" * 26 in shown
    assert "…" in shown
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in shown.splitlines()) <= 45


WIDE = TableView(
    columns=(
        Column("ID"),
        Column("STATUS"),
        Column("DUE", rank=1),
        Column("CHANNELS", flexible=True, rank=2),
        Column("TEXT", flexible=True),
    ),
    rows=[("0" * 26, StatusCell("partially_published"), AT, ["facebook", "linkedin:team"], "the words of it " * 9)],
)


def on_screen(
    view: View, width: int, monkeypatch: pytest.MonkeyPatch, stdout: io.StringIO, **options: bool
) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    return re.sub(r"\x1b\[[0-9;]*m", "", printed(view, stdout=stdout, **options)).splitlines()


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (130, ["ID", "STATUS", "DUE Z", "CHANNELS", "TEXT"]),
        (92, ["ID", "STATUS", "DUE Z", "CHANNELS", "TEXT"]),
        (91, ["ID", "STATUS", "DUE Z", "TEXT"]),
        (80, ["ID", "STATUS", "DUE Z", "TEXT"]),
        (79, ["ID", "STATUS", "TEXT"]),
        (57, ["ID", "STATUS", "TEXT"]),
    ],
)
def test_each_row_is_a_line_and_the_columns_of_the_highest_ranks_are_left_out_first(
    width: int, names: list[str], terminal: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    heading, row = on_screen(WIDE, width, monkeypatch, terminal(), utc=True)
    assert re.split(r"\s{2,}", heading) == names
    assert row.startswith(f"{'0' * 26}  partially published  ")
    assert row.endswith("…")
    assert len(row) <= width


@pytest.mark.parametrize("width", [20, 1])
def test_where_not_even_the_columns_that_stay_fit_they_are_cut_and_no_row_is_folded(
    width: int, terminal: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(on_screen(WIDE, width, monkeypatch, terminal())) == 2


def test_wide_shows_every_column_whole(terminal: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    heading, row = on_screen(WIDE, 40, monkeypatch, terminal(), wide=True, utc=True)
    assert re.split(r"\s{2,}", heading) == ["ID", "STATUS", "DUE Z", "CHANNELS", "TEXT"]
    assert "facebook, linkedin:team" in row
    assert row.endswith(("the words of it " * 9).strip())


def test_what_is_left_out_is_said_with_the_option_that_shows_it(
    terminal: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "79")
    output = Output(stdout=terminal(), stderr=io.StringIO())
    output.data(WIDE, json=None)
    assert output._stderr.getvalue() == "The terminal is too narrow for DUE, CHANNELS; --wide shows them.\n"


def test_a_column_without_any_value_goes_first_and_is_not_missed(
    terminal: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    stderr = io.StringIO()
    table = TableView(
        columns=(Column("ID"), Column("TITLE", rank=1), Column("WHY")),
        rows=[("0" * 10, "a" * 14, None), ("1", "b", "")],
    )
    stdout = terminal()
    Output(stdout=stdout, stderr=stderr).data(table, json=None)
    assert "TITLE" in stdout.getvalue()
    assert "WHY" not in stdout.getvalue()
    assert stderr.getvalue() == ""


def test_an_offset_that_all_moments_of_a_column_share_stands_in_the_heading(
    terminal: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch, zone: Callable[[str], None]
) -> None:
    zone("Europe/Berlin")
    due, summer = Column("DUE"), AT.replace(month=7)
    same = TableView(columns=(due,), rows=[(AT,), (None,), (AT.replace(hour=9),)])
    assert on_screen(same, 80, monkeypatch, terminal()) == [
        "DUE +01:00",
        "2026-12-01 09:00:00",
        "–",  # noqa: RUF001  what stands for nothing
        "2026-12-01 10:00:00",
    ]
    mixed = TableView(columns=(due,), rows=[(AT,), (summer,)])
    assert on_screen(mixed, 80, monkeypatch, terminal()) == [
        "DUE",
        "2026-12-01 09:00:00 +01:00",
        "2026-07-01 10:00:00 +02:00",
    ]


def test_letters_that_take_two_columns_do_not_push_a_row_over_the_edge(
    terminal: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = TableView(columns=(Column("ID"), Column("TEXT", flexible=True)), rows=[("0" * 26, "公告👋" * 20)])
    _, row = on_screen(table, 45, monkeypatch, terminal())
    assert cell_len(row) <= 45


def test_a_long_line_of_a_story_is_broken_between_words_unless_it_is_to_be_copied(
    terminal: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    words = "why: the network refused it for good"
    lines = [
        LineView((words,), indent=2),
        LineView((words,), indent=2, whole=True),
        LineView((StatusCell("failed"), "a" * 40)),
    ]
    shown = re.sub(r"\x1b\[[0-9;]*m", "", printed(StoryView(lines=lines), stdout=terminal())).splitlines()
    assert shown == ["  why: the network refused", "    it for good", f"  {words}", "failed", f"  {'a' * 40}"]


def test_what_a_question_is_about_is_drawn_on_a_terminal_and_plain_elsewhere(
    terminal: Callable[[], io.StringIO],
) -> None:
    eyes, pipe = terminal(), io.StringIO()
    for stderr in (eyes, pipe):
        Output(stdout=io.StringIO(), stderr=stderr).beside(TABLE)
    assert pipe.getvalue().startswith("01KB\tpartially_published\t")
    assert "partially published" in eyes.getvalue()
    assert "\t" not in eyes.getvalue()


def test_every_status_standing_verdict_and_health_has_a_colour() -> None:
    quiet = {Status.DRAFT, Status.PENDING_APPROVAL}
    words = [*(set(Status) - quiet), *ConnectionStatus, *CheckVerdict, *Health]
    assert [word.value for word in words if word.value not in COLOURS] == []


def test_headings_of_a_table_are_shown_where_they_change_and_only_on_a_terminal(
    terminal: Callable[[], io.StringIO],
) -> None:
    table = TableView(columns=(Column("ID"),), rows=[("a",), ("b",), ("c",)], heads=["Monday", "Monday", "Tuesday"])
    assert printed(table) == "a\nb\nc\n"
    assert printed(table, stdout=terminal()).count("Monday") == 1


def test_moments_are_in_the_readers_zone_with_its_offset(
    terminal: Callable[[], io.StringIO], zone: Callable[[str], None]
) -> None:
    zone("Europe/Berlin")
    record = RecordView(fields=(("due", AT), ("exact", Exact(AT))))
    assert printed(record) == "due:\t2026-12-01T09:00:00.123+01:00\nexact:\t2026-12-01T09:00:00.123+01:00\n"
    assert "2026-12-01 09:00:00 +01:00" in printed(record, stdout=terminal())
    assert "2026-12-01 09:00:00.123 +01:00" in printed(record, stdout=terminal())


def test_utc_switches_moments_to_utc(terminal: Callable[[], io.StringIO], zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    record = RecordView(fields=(("due", AT),))
    assert printed(record, utc=True) == "due:\t2026-12-01T08:00:00.123Z\n"
    assert "2026-12-01 08:00:00Z" in printed(record, stdout=terminal(), utc=True)


def test_a_story_reads_the_same_in_a_pipe() -> None:
    story = StoryView(
        lines=[LineView(("facebook", StatusCell("needs_owner")), heading=True), LineView((Exact(AT), "due"), indent=2)]
    )
    assert printed(story, utc=True) == "facebook needs owner\n  2026-12-01 08:00:00.123Z due\n"


def test_notes_hints_and_warnings_go_to_standard_error() -> None:
    output = Output(stdout=io.StringIO(), stderr=io.StringIO())
    output.note("a note")
    output.warn("a warning")
    output.hint("type this")
    assert output._stdout.getvalue() == ""
    assert output._stderr.getvalue() == "a note\nwarning: a warning\nhint: type this\n"


@pytest.mark.parametrize("mode", ["json", "quiet"])
def test_json_and_quiet_say_nothing_beside_the_data(mode: str) -> None:
    output = Output(stdout=io.StringIO(), stderr=io.StringIO(), **{mode: True})
    output.note("a note")
    output.warn("a warning")
    output.hint("type this")
    assert output._stderr.getvalue() == ""


def test_a_failure_is_a_sentence_its_problems_and_a_hint() -> None:
    output = Output(stdout=io.StringIO(), stderr=io.StringIO())
    failure = Failure(
        code=2, prefix="not accepted", message="Bad \x1b[2J.", problems=[("text", "Too long.")], hint="Shorten it."
    )
    assert output.fail(failure) == 2
    assert output._stderr.getvalue() == "not accepted: Bad \\x1b[2J.\n  text: Too long.\nhint: Shorten it.\n"


def test_with_json_a_failure_is_json_on_standard_error() -> None:
    output = Output(json=True, stdout=io.StringIO(), stderr=io.StringIO())
    output.fail(Failure(code=3, prefix="not found", kind="not_found", message="No.", problems=[("id", "Bad.")]))
    said = {"type": "not_found", "message": "No.", "hint": None, "problems": [{"field": "id", "sentence": "Bad."}]}
    assert json.loads(output._stderr.getvalue()) == {"error": said}


def test_a_closed_pipe_ends_quietly_as_sigpipe_would() -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    output = Output(stdout=Closed(), stderr=io.StringIO())
    with pytest.raises(OutputClosedError):
        output.line("words")
    assert output.fail(Failure(code=ExitCode.PIPE_CLOSED)) == 141
    assert output._stderr.getvalue() == ""


def test_progress_in_a_pipe_is_a_line_per_change() -> None:
    output = Output(stdout=io.StringIO(), stderr=io.StringIO())
    columns = (Column("CHANNEL"), Column("STATUS"))
    with output.progress() as progress:
        for status in ("scheduled", "scheduled", "published"):
            progress.show(TableView(columns=columns, rows=[("facebook", StatusCell(status))]))
    lines = output._stderr.getvalue().splitlines()
    assert [line.split("  ")[-2:] for line in lines] == [["facebook", "scheduled"], ["facebook", "published"]]


def test_progress_on_a_terminal_is_drawn_in_place_and_taken_away(terminal: Callable[[], io.StringIO]) -> None:
    stderr = terminal()
    output = Output(stdout=io.StringIO(), stderr=stderr)
    with output.progress() as progress:
        progress.show(TableView(columns=(Column("CHANNEL"),), rows=[("facebook",)]))
    assert "facebook" in stderr.getvalue()
    assert output._stdout.getvalue() == ""


def test_a_piece_of_a_file_is_piped_byte_for_byte_in_utf8_whatever_the_locale() -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", newline="")
    output = Output(stdout=stdout, stderr=io.StringIO())
    output.verbatim('a,"Grüße 👋\nthere"\r\n')
    output.flush()
    assert stdout.buffer.getvalue() == 'a,"Grüße 👋\nthere"\r\n'.encode()  # type: ignore[attr-defined]  # BytesIO has it


def test_on_a_terminal_a_piece_of_a_file_shows_what_that_would_obey() -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    Output(stdout=screen, stderr=io.StringIO()).verbatim("a,\x1b[31mred\tb\r\n")
    assert screen.getvalue() == "a,\\x1b[31mred\\tb\n"
