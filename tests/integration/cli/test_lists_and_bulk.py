"""Narrowed lists, what is stuck, watching, and verbs on several deliveries, over a system on which nothing runs."""

import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery import actions
from omnipub.domain.delivery.outcome import FoundPost
from omnipub.domain.delivery.reconcile import LookResult
from omnipub.domain.ids import Parent, ParentKind
from omnipub.names import LOCAL_OWNER
from omnipub.services.delivery.reconcile import Reconcile
from omnipub.services.delivery.search import OperatorLook
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from omnipub.wiring.assemble import System
from omnipub_cli.commands._shared import pages

from .test_commands import AHEAD, ANNOUNCE, made
from .test_interventions import Run, Type, doubtful, fits, held, missed, only

pytestmark = pytest.mark.usefixtures("system")


def ids(run: Run, *arguments: str) -> list[str]:
    ran = run("messages", "list", *arguments, "-q")
    assert ran.code == 0, ran.err
    return ran.out.split()  # type: ignore[no-any-return]


def test_a_list_is_narrowed_by_status_channel_owner_and_time(run: Run, system: System) -> None:
    failed = missed(run, system)
    linked = made(run, "Hello", "--to", "linkedin,webhook", *AHEAD)
    assert ids(run, "--status", "missed") == [failed]
    assert ids(run, "--status", "Missed", "--channel", "linkedin") == []
    assert ids(run, "--channel", "webhook") == [linked]
    assert ids(run, "--owner", LOCAL_OWNER) == [linked, failed]
    assert ids(run, "--owner", "somebody") == []
    assert ids(run, "--since", "1h") == [linked, failed]
    assert ids(run, "--until", "1h") == []
    assert ids(run, "--since", "2020-01-01", "--until", "2020-02-01") == []


def test_what_fits_nothing_says_so_and_names_the_whole_list(run: Run) -> None:
    made(run)
    ran = run("messages", "list", "--status", "failed")
    assert (ran.code, ran.out) == (0, "")
    assert "No messages fit that." in ran.err
    assert "omnipub messages list --data" in ran.err
    assert "no messages yet" not in ran.err


def test_the_hint_of_a_narrowed_page_goes_on_with_it(run: Run) -> None:
    for number in range(3):
        made(run, f"Hello {number}", "--to", "facebook", *AHEAD)
    seen: list[str] = []
    ran = run("messages", "list", "--status", "scheduled", "--since", "1d", "--limit", "2")
    while True:
        seen += [line.partition("\t")[0] for line in ran.out.splitlines()]
        hints = [line for line in ran.err.splitlines() if "more: omnipub" in line]
        if not hints:
            break
        words = shlex.split(hints[0].partition("omnipub ")[2])
        assert {"--status", "--since", "--limit", "--cursor"} <= set(words)
        ran = run(*words)
    assert len(seen) == len(set(seen)) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--status", "sent"), "'sent' is not a status."),
        (("--channel", "myspace"), "a network we know"),
        (("--since", "soon"), "is not a time for --since"),
        (("--since", "1h", "--until", "2h"), "--since must lie before --until."),
        (("--mine", "--owner", "somebody"), "Only operators"),
        (("--status", "failed", "--cursor", "MSG#01M844K2KM12R6W346XR7QK44W"), "not one of ours"),
    ],
)
@pytest.mark.parametrize("group", ["messages", "certs"])
def test_a_filter_that_makes_no_sense_is_refused(run: Run, group: str, arguments: tuple[str, ...], said: str) -> None:
    ran = run(group, "list", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_certifications_are_narrowed_likewise(run: Run) -> None:
    made(run, "Hello", "--to", "webhook", *AHEAD)
    id_ = run(*ANNOUNCE, "--to", "webhook", *AHEAD, "-q").out.strip()
    narrowed = run("certs", "list", "--status", "scheduled", "--channel", "webhook", "--json")
    assert [one["id"] for one in fits(narrowed, "certs list")["certifications"]] == [id_]
    assert run("certs", "list", "--status", "published", "-q").out == ""


def test_what_is_stuck_names_its_reason_and_the_very_command(run: Run, system: System) -> None:
    unsure, gone, waits = doubtful(run, system), missed(run, system), held(run, system)
    listed = fits(run("messages", "stuck", "--json"), "messages stuck")
    assert [one["id"] for one in listed["deliveries"]] == [unsure, gone, waits]
    assert "doctor" not in run("messages", "stuck").err
    assert [one["why"] for one in listed["deliveries"]] == [
        "Who knows.",
        "It was overdue past its window.",
        "It is paused.",
    ]
    typed = [one["next"].partition(" --data ")[0] for one in listed["deliveries"]]
    assert typed == [
        f"omnipub messages reconcile {unsure} --channel facebook",
        f"omnipub messages retry {gone} --channel facebook",
        f"omnipub messages show {waits}",
    ]
    assert not listed["more"]
    assert run("messages", "stuck", "-q").out.split() == [unsure, gone, waits]


def test_what_waits_for_its_account_leads_to_a_test_of_it_and_that_to_the_whole_command(
    run: Run, system: System
) -> None:
    connected = system.accounts.connect(
        owner=LOCAL_OWNER, channel="facebook", account="facebook-1", token=Secret("t"), title="Our page"
    )
    held(run, system)
    system.accounts.hold(connected, reason="The token expired.")
    (said,) = [one["next"] for one in run("messages", "stuck", "--json").json["deliveries"]]
    assert said.startswith("omnipub connections test facebook ")


def test_what_a_pause_holds_is_resumed_and_what_nobody_takes_needs_an_up(run: Run, system: System) -> None:
    waits = held(run, system)
    run("pause", "channel:facebook", "--reason", "x")
    late = made(run, "Hello", "--to", "linkedin")
    one = only(system, late)
    at = one.next_at
    assert at is not None
    system.operate.recording.move(one, replace(one, next_at=at - timedelta(minutes=5)))
    said = {one["id"]: one["next"] for one in run("messages", "stuck", "--json").json["deliveries"]}
    assert said[waits].startswith("omnipub resume channel:facebook")
    assert said[late].startswith("omnipub up")
    assert "omnipub doctor --data" in run("messages", "stuck").err, "what should go on by itself is kept by something"
    system.world.table.put(plain_item(keys.gate(), identity="elsewhere", epoch=1, version=1))
    said = {one["id"]: one["next"] for one in run("messages", "stuck", "--json").json["deliveries"]}
    assert said[late].startswith("omnipub table adopt")


def test_what_no_network_tells_is_shown_to_a_person(run: Run, system: System) -> None:
    id_ = made(run, "Hello", "--to", "telegram")
    one = only(system, id_)
    system.operate.recording.move(one, actions.doubted(one, system.world.clock.now(), sentence="Who knows."))
    (row,) = run("messages", "stuck", "--json").json["deliveries"]
    assert row["next"].startswith(f"omnipub messages show {id_}")


def test_where_nothing_is_stuck_that_is_said(run: Run) -> None:
    ran = run("messages", "stuck")
    assert (ran.code, ran.out) == (0, "")
    assert "Nothing needs anybody." in ran.err


def test_watching_ends_when_every_channel_has_an_end(run: Run, system: System) -> None:
    id_ = made(run, "Hello", "--to", "facebook,linkedin")
    run("messages", "cancel", id_)
    ran = run("messages", "watch", id_, "--json")
    assert ran.code == 1
    assert (ran.json["status"], len(ran.json["deliveries"])) == ("cancelled", 2)
    assert "Not published: facebook, linkedin." in run("messages", "watch", id_).err
    out = doubtful(run, system)
    found = ("--channel", "facebook", "--network-id", "1_2")
    run("messages", "mark-published", out, *found)
    assert fits(run("messages", "watch", out, "--json"), "messages watch")["status"] == "published"


def test_watching_what_nobody_publishes_ends_with_its_timeout(run: Run) -> None:
    id_ = made(run)
    ran = run("messages", "watch", id_, "--timeout", "0")
    assert ran.code == 1
    assert "warning: Nothing runs on " in ran.err
    assert "scheduled" in ran.out


def test_who_stops_watching_is_told_that_it_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = made(run)

    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("omnipub_cli.commands._shared.watch.sleep", stop)
    ran = run("messages", "watch", id_)
    assert ran.code == 130
    assert "It goes on without this command watching." in ran.err
    assert f"omnipub messages show {id_} --data" in ran.err


def test_several_ids_are_shown_asked_for_once_and_done_row_by_row(run: Run, system: System, type_: Type) -> None:
    first, second = made(run), run(*ANNOUNCE, "--to", "webhook", "-q").out.strip()
    type_("y")
    ran = run("messages", "cancel", first, second, "--reason", "Wrong price")
    assert ran.code == 0
    assert [line.split("\t")[:5:2] for line in ran.out.splitlines()] == [
        [first, "cancelled", "done"],
        [second, "cancelled", "done"],
    ]
    assert "This calls off 2 deliveries. Do it? [y/N]" in ran.err
    assert only(system, second, ParentKind.CERTIFICATION).status.value == "cancelled"


@pytest.mark.parametrize("verb", ["cancel", "retry", "reconcile", "dismiss"])
def test_without_a_terminal_several_need_a_yes(run: Run, system: System, verb: str) -> None:
    both = (missed(run, system), missed(run, system)) if verb in {"retry", "dismiss"} else (made(run), made(run))
    both = (doubtful(run, system), doubtful(run, system)) if verb == "reconcile" else both
    before = [only(system, one) for one in both]
    ran = run("messages", verb, *both, *(("--reason", "x") if verb == "dismiss" else ()))
    assert (ran.code, ran.out) == (2, "")
    assert "2 deliveries. Nothing was done." in ran.err
    assert "add --yes" in ran.err
    assert [only(system, one) for one in both] == before


def test_a_filter_finds_what_to_act_on(run: Run, system: System) -> None:
    waits, other = held(run, system), made(run, "Hello", "--to", "linkedin", *AHEAD)
    ran = fits(run("messages", "cancel", "--status", "held", "--yes", "--json"), "messages cancel")
    assert (ran["changed"], ran["failed"], [one["id"] for one in ran["deliveries"]]) == (1, 0, [waits])
    assert only(system, other).status.value == "scheduled"
    assert run("messages", "cancel", "--channel", "linkedin", "--yes", "-q").out == f"{other}\n"
    none = run("messages", "cancel", "--channel", "linkedin", "--yes")
    assert (none.code, none.out) == (0, "")
    assert "Nothing fits that." in none.err


def test_an_owners_filter_acts_on_what_the_verb_is_meant_for(run: Run, system: System) -> None:
    gone, out, waits = missed(run, system), doubtful(run, system), made(run, "Hello", "--to", "linkedin", *AHEAD)
    run("messages", "mark-published", out, "--channel", "facebook", "--network-id", "1_2")
    assert run("messages", "retry", "--owner", LOCAL_OWNER, "--yes", "-q").out == f"{gone}\n"
    assert run("messages", "cancel", "--owner", LOCAL_OWNER, "--channel", "linkedin", "--yes", "-q").out == f"{waits}\n"
    assert run("messages", "cancel", "--owner", "somebody", "--yes", "-q").out == ""


def test_a_filter_acts_on_certifications_too(run: Run, system: System) -> None:
    id_ = run(*ANNOUNCE, "--to", "webhook", *AHEAD, "-q").out.strip()
    assert run("messages", "cancel", "--since", "1h", "--yes").code == 0
    assert only(system, id_, ParentKind.CERTIFICATION).status.value == "cancelled"


def test_a_conflict_in_the_middle_does_not_stop_the_rest(run: Run, system: System) -> None:
    done = made(run)
    run("messages", "cancel", done)
    first, last = missed(run, system), missed(run, system)
    ran = run("messages", "retry", first, done, last, "--yes", "--json")
    assert ran.code == 1
    assert (ran.json["changed"], ran.json["failed"]) == (2, 1)
    assert [one["status"] for one in ran.json["deliveries"]] == ["scheduled", "cancelled", "scheduled"]
    assert [bool(one["error"]) for one in ran.json["deliveries"]] == [False, True, False]
    shown = run("messages", "retry", done, missed(run, system), "--yes")
    assert "warning: Not done: 1 of 2." in shown.err
    assert f"omnipub messages show {done} --data" in shown.err


def test_an_unknown_id_among_several_changes_nothing(run: Run, system: System) -> None:
    id_ = missed(run, system)
    assert run("messages", "retry", id_, "01M844K2KM12R6W346XR7QK44W", "--yes").code == 3
    assert run("messages", "retry", id_, "short", "--yes").code == 2
    assert run("messages", "retry", id_, missed(run, system), "--channel", "linkedin", "--yes").code == 3
    assert only(system, id_).status.value == "missed"


def test_a_dry_run_says_what_would_be_done_and_does_nothing(run: Run, system: System) -> None:
    id_, unsure = missed(run, system), doubtful(run, system)
    ran = fits(run("messages", "retry", id_, unsure, "--dry-run", "--json"), "messages retry")
    assert (ran["dry_run"], ran["changed"], ran["failed"]) == (True, 0, 1)
    assert "It may be out on facebook" in ran["deliveries"][1]["error"]
    assert "would be done" in run("messages", "cancel", made(run), "--dry-run").out
    assert "This was a dry run" in run("messages", "dismiss", id_, "--reason", "x", "--dry-run").err
    assert (only(system, id_).status.value, only(system, unsure).status.value) == ("missed", "unconfirmed")


def test_what_may_be_out_is_sent_again_in_bulk_only_where_the_status_is_named(
    run: Run, system: System, type_: Type
) -> None:
    unsure, gone = doubtful(run, system), missed(run, system)
    assert run("messages", "retry", "--channel", "facebook", "--yes", "-q").out == f"{gone}\n"
    assert only(system, unsure).status.value == "unconfirmed"
    ran = run("messages", "retry", unsure, missed(run, system), "--yes")
    assert ran.code == 1
    assert only(system, unsure).status.value == "unconfirmed"
    type_("y")
    asked = run("messages", "retry", "--status", "unconfirmed")
    assert "may publish it twice. Do it?" in asked.err
    assert only(system, unsure).status.value == "scheduled"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "There is nothing to cancel."),
        (("01M844K2KM12R6W346XR7QK44W", "--status", "held"), "exclude each other"),
        (("--status", "published"), "cancel does not act on what is 'published'."),
        (("--channel", "myspace"), "a network we know"),
        (("--since", "soon"), "is not a time"),
    ],
)
def test_what_names_nothing_or_nonsense_is_refused(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = run("messages", "cancel", *arguments, "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_ctrl_c_in_the_middle_reports_what_was_done(run: Run, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = missed(run, system), missed(run, system)
    retry = type(system.operate).retry

    def stop_at_second(self: Any, parent: Parent, *arguments: Any, **named: Any) -> Any:
        if parent.id == second:
            raise KeyboardInterrupt
        return retry(self, parent, *arguments, **named)

    monkeypatch.setattr(type(system.operate), "retry", stop_at_second)
    ran = run("messages", "retry", first, second, "--yes")
    assert ran.code == 130
    assert ran.out.split("\t")[0] == first
    assert "Stopped after 1 of 2" in ran.err
    assert (only(system, first).status.value, only(system, second).status.value) == ("scheduled", "missed")


@pytest.fixture
def seeing(monkeypatch: pytest.MonkeyPatch) -> Callable[[LookResult], None]:
    """What every look at a network tells."""

    def sees(told: LookResult) -> None:
        monkeypatch.setattr(Reconcile, "see", lambda *_, **__: told)

    return sees


def test_what_is_found_is_taken_over_and_nothing_is_asked(
    run: Run, system: System, seeing: Callable[[LookResult], None]
) -> None:
    id_ = doubtful(run, system)
    post = FoundPost(network_id="1_2", text="Hello", created_at=system.world.clock.now(), permalink="https://f.com/1_2")
    seeing(LookResult(found=post))
    ran = fits(run("messages", "reconcile", id_, "--json"), "messages reconcile")
    (one,) = ran["deliveries"]
    assert (ran["found"], one["found"], one["status"], one["permalink"]) == (1, True, "published", "https://f.com/1_2")
    assert only(system, id_).network_id == "1_2"


def test_what_is_not_found_says_what_was_seen_and_what_to_type(
    run: Run, system: System, seeing: Callable[[LookResult], None]
) -> None:
    id_ = doubtful(run, system)
    seeing(LookResult(clear=True))
    ran = run("messages", "reconcile", id_)
    assert ran.code == 0
    assert ran.out.split("\t")[:4] == [id_, "facebook", "unconfirmed", "no"]
    assert "The account has nothing like it since" in ran.out
    assert "does not prove that it is not out" in ran.err
    assert f"omnipub messages show {id_} --data" in ran.err


def test_a_network_that_does_not_answer_is_told_and_changes_nothing(run: Run, system: System) -> None:
    id_ = doubtful(run, system)
    before = only(system, id_)
    ran = run("messages", "reconcile", id_, "--json")
    assert ran.code == 0
    assert ran.json["deliveries"][0]["seen"]
    assert only(system, id_) == before


def test_looking_for_several_goes_on_after_one_that_fails(
    run: Run, system: System, seeing: Callable[[LookResult], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seeing(LookResult(clear=True))
    first, second = doubtful(run, system), made(run)
    ran = run("messages", "reconcile", first, second, "--yes", "--json")
    assert ran.code == 1
    assert [(one["id"], bool(one["error"])) for one in ran.json["deliveries"]] == [(first, False), (second, True)]
    alone = run("messages", "reconcile", second)
    assert (alone.code, alone.out) == (4, "")
    assert "facebook is scheduled" in alone.err
    looked: list[Any] = []
    monkeypatch.setattr(OperatorLook, "look", lambda _, one: looked.append(one))
    dry = fits(run("messages", "reconcile", "--status", "unconfirmed", "--dry-run", "--json"), "messages reconcile")
    assert (dry["dry_run"], [one["id"] for one in dry["deliveries"]], looked) == (True, [first], [])


def test_the_calendar_is_narrowed_and_says_what_each_is_about(run: Run) -> None:
    id_ = made(run, "Doors open", "--to", "facebook,linkedin", *AHEAD)
    listed = fits(run("schedule", "list", "--channel", "linkedin", "--json"), "schedule list")
    assert [(one["id"], one["channel"], one["excerpt"]) for one in listed["deliveries"]] == [
        (id_, "linkedin", "Doors open")
    ]
    assert run("schedule", "list", "--owner", "somebody", "-q").out == ""
    page = run("schedule", "list", "--limit", "1")
    words = shlex.split(page.err.partition("omnipub ")[2].splitlines()[0])
    assert page.out.split("\t")[1] == "facebook"
    assert run(*words).out.split("\t")[1] == "linkedin"


def test_the_schedule_is_paused_and_goes_on_whole(run: Run) -> None:
    paused = fits(run("schedule", "pause", "--reason", "Wrong prices", "--json"), "schedule pause")
    assert [one["scope"] for one in paused["pauses"]] == ["everything"]
    assert "Paused by local: everything. Why: Wrong prices" in run("schedule", "list").err
    assert fits(run("schedule", "resume", "--json"), "schedule resume")["scope"] == "everything"
    assert run("pause", "-q").out == ""


def test_hints_of_errors_name_the_data_directory(run: Run) -> None:
    ran = run("messages", "show", "01M844K2KM12R6W346XR7QK44W")
    assert "See what there is: omnipub messages list --data " in ran.err
    usage = run("messages", "list", "--limit", "1000")
    assert "See `omnipub messages list --help`." in usage.err


# By due time, text and import; every page.


@pytest.fixture
def campaign(run: Run, tmp_path: Path) -> list[str]:
    """Two messages of an import, the second due in three days; the newest first. Beside them is one by itself."""
    rows = tmp_path / "launch.csv"
    later = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    soon = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    rows.write_text(f'text,channels,at\nWe shipped it,"facebook,linkedin",{soon}\nThank you,webhook,{later}\n')
    ran = run("messages", "import", str(rows), "--yes", "--json")
    assert ran.code == 0, ran.err
    made(run, "Straßenfest", "--to", "facebook", "--at", "+1d")
    return [one["id"] for one in reversed(ran.json["messages"])]


def test_lists_are_narrowed_by_due_time_text_and_import(run: Run, campaign: list[str]) -> None:
    later, soon = campaign
    assert sorted(ids(run, "--import", "launch.csv")) == sorted(campaign)
    assert ids(run, "--import", "launch") == []
    assert ids(run, "--due-after", "+2d") == [later]
    assert ids(run, "--due-before", "+6h") == [soon]
    assert ids(run, "--due-after", "today", "--due-before", "+6h", "--status", "scheduled") == [soon]
    assert ids(run, "--text", "SHIPPED") == [soon]
    assert ids(run, "--text", "strasse", "--import", "launch.csv") == []
    assert ids(run, "--text", "THANK you", "--channel", "webhook") == [later]
    listed = run("schedule", "list", "--import", "launch.csv", "-q").out.split()
    assert listed == [soon, later]
    assert run("schedule", "list", "--text", "thank", "-q").out.split() == [later]


def test_an_import_may_be_named(run: Run, tmp_path: Path) -> None:
    rows = tmp_path / "a.csv"
    rows.write_text("text,channels\nHello,facebook\n")
    ran = run("messages", "import", str(rows), "--name", "spring -1", "--yes", "-q")
    assert ids(run, "--import", "spring -1") == ran.out.split()
    assert ids(run, "--import", "a.csv") == []
    refused = run("messages", "import", str(rows), "--name", "x" * 201, "--yes")
    assert (refused.code, refused.out) == (2, "")
    assert "--name takes 1 to 200 printable characters." in refused.err


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        (("--import", "launch.csv"), 3),
        (("--due-after", "+2d"), 1),
        (("--due-before", "+6h"), 2),
        (("--text", "shipped", "--channel", "linkedin"), 1),
    ],
)
def test_verbs_are_narrowed_by_due_time_text_and_import(
    run: Run, campaign: list[str], narrowed: tuple[str, ...], count: int
) -> None:
    assert campaign
    assert run("messages", "cancel", *narrowed, "--dry-run", "--json").json["changed"] == 0
    done = run("messages", "cancel", *narrowed, "--yes", "--json").json
    assert (done["changed"], done["failed"]) == (count, 0)
    assert {one["status"] for one in done["deliveries"]} == {"cancelled"}
    assert len(run("schedule", "list", "-q", "--json").json["deliveries"]) == 4 - count


@pytest.mark.parametrize("verb", ["cancel", "retry", "dismiss", "reconcile"])
def test_every_verb_takes_the_filters(run: Run, campaign: list[str], verb: str) -> None:
    reason = ["--reason", "Over"] if verb == "dismiss" else []
    for narrowed in (["--import", "launch.csv"], ["--text", "x"], ["--due-before", "+1h"]):
        assert run("messages", verb, *narrowed, *reason, "--dry-run").code == 0, (verb, narrowed, campaign)


def test_an_export_is_narrowed_too(run: Run, campaign: list[str]) -> None:
    later, soon = campaign
    assert set(run("messages", "export", "--import", "launch.csv", "-q").out.split()) == {later, soon}
    assert run("messages", "export", "--due-after", "+2d", "--text", "thank", "-q").out.split() == [later]


def test_all_follows_every_page_to_the_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    made_ = [made(run, f"Hello {number}", "--to", "facebook", *AHEAD) for number in range(5)]
    whole = run("messages", "list", "--limit", "100", "--json")
    assert ids(run, "--all") == list(reversed(made_))
    assert run("messages", "list", "--all", "--json").out == whole.out
    assert run("messages", "list", "--all").out == run("messages", "list", "--limit", "100").out
    assert run("schedule", "list", "--all", "--json").out == run("schedule", "list", "--limit", "100", "--json").out
    assert len(run("schedule", "list", "--all", "-q").out.split()) == 5
    assert run("certs", "list", "--all", "--json").json == {"certifications": [], "cursor": None}


@pytest.mark.parametrize("group", ["messages", "certs", "schedule"])
def test_all_and_a_limit_exclude_each_other(run: Run, group: str) -> None:
    ran = run(group, "list", "--all", "--limit", "5")
    assert (ran.code, ran.out) == (2, "")
    assert "--all and --limit exclude each other." in ran.err


def test_a_search_that_has_looked_at_enough_says_so_and_how_to_go_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made(run, "Needle", "--to", "facebook", *AHEAD)
    for number in range(120):
        made(run, f"Hay {number}", "--to", "facebook", *AHEAD)
    assert ids(run, "--text", "needle") == ids(run, "--text", "needle", "--all") != []
    monkeypatch.setattr(pages, "LOOKED_AT_MOST", 100)
    ran = run("messages", "list", "--text", "needle")
    assert ran.out == ""
    assert "Stopped after looking at 100 of them; the rest was not read yet." in ran.err
    (hint,) = [line for line in ran.err.splitlines() if "more: omnipub" in line]
    assert "Needle" in run(*shlex.split(hint.partition("omnipub ")[2])).out
    bulk = run("messages", "cancel", "--text", "needle", "--dry-run")
    assert "Stopped after looking at 100 of them" in bulk.err
    assert "Needle" not in bulk.out


@pytest.mark.parametrize("option", ["--text", "--import", "--due-after", "--due-before"])
def test_a_filter_that_is_empty_is_refused(run: Run, option: str) -> None:
    for command in (("messages", "list"), ("messages", "cancel", "--yes"), ("messages", "export")):
        ran = run(*command, option, "")
        assert (ran.code, ran.out) == (2, "")
        assert f"{option} was given and is empty." in ran.err
