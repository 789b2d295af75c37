"""Edit, cancel, retry, dismiss, mark, pause, resume and adopt, over a real system on which nothing runs."""

import io
import time
from collections.abc import Callable
from typing import Any

import pytest

from omnipub.domain.delivery import actions, decide, moves
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.names import LOCAL_OWNER
from omnipub.services.messages.read import Viewer
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from omnipub.wiring.assemble import System
from omnipub_cli.output.json_schemas import json_schema

from .test_commands import AHEAD, ANNOUNCE, PNG, made, misfits

pytestmark = pytest.mark.usefixtures("system")

Run = Callable[..., Any]
Type = Callable[[str], None]


def only(system: System, id_: str, kind: ParentKind = ParentKind.MESSAGE) -> Delivery:
    (found,) = system.showing.one(Parent(kind=kind, id=id_), Viewer(owner=LOCAL_OWNER)).deliveries
    return found


def doubtful(run: Run, system: System) -> str:
    id_ = made(run)
    one = only(system, id_)
    system.operate.recording.move(one, actions.doubted(one, system.world.clock.now(), sentence="Who knows."))
    return id_


def missed(run: Run, system: System) -> str:
    id_ = made(run)
    one = only(system, id_)
    system.operate.recording.move(one, moves.missed(one, system.world.clock.now()))
    return id_


def held(run: Run, system: System, *arguments: str) -> str:
    id_ = made(run, *arguments)
    one = only(system, id_)
    system.operate.recording.move(one, decide.held(one, system.world.clock.now(), sentence="It is paused."))
    return id_


@pytest.fixture
def foreign(run: Run, system: System) -> str:
    """A message that was due, in a table that belongs to another place."""
    id_ = made(run)
    system.world.table.put(plain_item(keys.gate(), identity="elsewhere", epoch=1, version=1))
    return id_


def fits(ran: Any, command: str) -> Any:
    assert ran.code == 0, ran.err
    assert misfits(ran.json, json_schema(command)) == []
    return ran.json


def test_editing_changes_what_is_named_and_nothing_else(run: Run, tmp_path: Any) -> None:
    picture = tmp_path / "front.png"
    picture.write_bytes(PNG)
    linked = ("--link", "https://example.com/a", "--link-title", "A", "--variant", "facebook=For friends")
    id_ = made(run, "Old", "--to", "facebook,linkedin", *linked, "--image", str(picture), "--alt", "A door", *AHEAD)
    assert run("messages", "edit", id_, "--text", "New", "--hashtag", "#one").code == 0
    shown = run("messages", "show", id_, "--json").json
    content = shown["content"]
    assert (content["text"], content["hashtags"]) == ("New", ["one"])
    assert (content["link"], content["link_title"]) == ("https://example.com/a", "A")
    assert [one["alt"] for one in content["media"]] == ["A door"]
    assert content["variants"]["facebook"]["text"] == "For friends"
    assert (shown["revision"], shown["schedule"]["zone"]) == (2, "Europe/Berlin")


def test_every_part_can_be_edited_and_cleared(run: Run, tmp_path: Any) -> None:
    picture = tmp_path / "front.png"
    picture.write_bytes(PNG)
    id_ = made(run, "Old", "--to", "facebook,linkedin", *AHEAD)
    parts = ("--link", "https://example.com/b", "--link-title", "B", "--variant", "linkedin=For work")
    assert run("messages", "edit", id_, *parts, "--image", str(picture), "--alt", "A door").code == 0
    content = run("messages", "show", id_, "--json").json["content"]
    assert (content["text"], content["link"], content["link_title"]) == ("Old", "https://example.com/b", "B")
    assert [one["alt"] for one in content["media"]] == ["A door"]
    assert content["variants"]["linkedin"]["text"] == "For work"
    moved = run("messages", "edit", id_, "--link", "https://example.com/c")
    assert "The old link's title is gone with it" in moved.err
    assert run("messages", "edit", id_, "--clear", "link,images", "--clear", "variants").code == 0
    content = run("messages", "show", id_, "--json").json["content"]
    assert (content["link"], content["link_title"], content["media"], content["variants"]) == (None, None, [], {})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Nothing to change."),
        (("--clear", "text"), "--clear takes: link"),
        (("--clear", "link", "--link", "https://example.com"), "set and cleared"),
        (("--alt", "A door"), "--alt describes an --image"),
        (("--variant", "linkedin=x"), "which the message does not go to"),
        (("--image", "gone.png"), "There is no image file gone.png."),
        (("--not-after", "soon"), "neither a span nor a time"),
        (("--not-after", "2026-12-01T10:00"), "neither an offset nor a zone"),
        (("--not-after", "2020-01-01T00:00Z"), "The window ends at 2020-01-01"),
        (("--not-after", "31d"), "longer than 30 days"),
    ],
)
def test_an_edit_that_makes_no_sense_changes_nothing(run: Run, arguments: tuple[str, ...], said: str) -> None:
    id_ = made(run, "Old", "--to", "facebook", *AHEAD)
    ran = run("messages", "edit", id_, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert run("messages", "show", id_, "--json").json["revision"] == 1


def test_the_end_of_the_window_is_asked_for_and_moved(run: Run) -> None:
    id_ = made(run, "Old", "--to", "facebook", *AHEAD, "--not-after", "2h30m")
    (one,) = run("messages", "show", id_, "--json").json["deliveries"]
    assert one["not_after"] == "2027-12-01T10:30:00.000Z"
    edited = fits(run("messages", "edit", id_, "--not-after", "2027-12-01T09:00Z", "--json"), "messages edit")
    assert edited["deliveries"][0]["not_after"] == "2027-12-01T09:00:00.000Z"
    local = ("--at", "2027-12-01T10:00", "--zone", "Europe/Berlin", "--not-after", "2027-12-01T11:00")
    edited = fits(run("messages", "edit", id_, *local, "--json"), "messages edit")
    assert edited["deliveries"][0]["not_after"] == "2027-12-01T10:00:00.000Z"


@pytest.mark.parametrize("first", [("messages", "create", "Hello"), ANNOUNCE])
def test_what_is_made_may_say_until_when(run: Run, first: tuple[str, ...]) -> None:
    assert run(*first, "--to", "webhook", *AHEAD, "--not-after", "2027-12-01T08:59").code == 2
    id_ = run(*first, "--to", "webhook", *AHEAD, "--not-after", "2027-12-01T09:30", "-q").out.strip()
    listed = run("schedule", "list", "--json").json["deliveries"]
    assert [(one["id"], one["not_after"]) for one in listed] == [(id_, "2027-12-01T08:30:00.000Z")]


def test_editing_the_moment_leaves_the_content_alone(run: Run) -> None:
    id_ = made(run, "Old", "--to", "facebook", *AHEAD)
    edited = fits(run("messages", "edit", id_, "--at", "2027-12-02T09:00Z", "--json"), "messages edit")
    assert edited["deliveries"][0]["due_at"] == "2027-12-02T09:00:00.000Z"
    assert run("messages", "show", id_, "--json").json["content"]["text"] == "Old"


def test_the_new_text_may_come_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = made(run)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"From a pipe\n")))
    assert run("messages", "edit", id_, "--text", "-").code == 0
    assert run("messages", "show", id_, "--json").json["content"]["text"] == "From a pipe"


def test_a_certification_is_moved_but_its_text_stays_its_templates(run: Run) -> None:
    id_ = run(*ANNOUNCE, "--to", "webhook", *AHEAD, "-q").out.strip()
    assert run("messages", "edit", id_, "--text", "Mine").code == 2
    assert run("messages", "edit", id_, "--at", "2027-12-02T09:00Z", "--json").json["kind"] == "certification"


def test_what_may_be_out_is_not_edited(run: Run, system: System) -> None:
    assert run("messages", "edit", doubtful(run, system), "--text", "New").code == 4


def test_cancel_calls_off_the_channels_named_and_keeps_the_reason(run: Run) -> None:
    id_ = made(run, "Hello", "--to", "facebook,linkedin")
    first = run("messages", "cancel", id_, "--channel", "facebook,facebook", "--reason", "Wrong price", "--json")
    (one,) = fits(first, "messages cancel")["deliveries"]
    assert (one["channel"], one["status"], one["reason"]["sentence"]) == ("facebook", "cancelled", "Wrong price")
    assert run("messages", "cancel", id_).out.split("\t")[1:3] == ["linkedin", "cancelled"]
    assert run("messages", "cancel", id_).code == 4


def test_cancel_takes_a_certification(run: Run, system: System) -> None:
    id_ = run(*ANNOUNCE, "--to", "webhook", "-q").out.strip()
    assert run("messages", "cancel", id_).code == 0
    assert only(system, id_, ParentKind.CERTIFICATION).status.value == "cancelled"


def test_a_channel_it_does_not_go_to_is_not_found(run: Run) -> None:
    assert run("messages", "cancel", made(run), "--channel", "linkedin").code == 3


def test_what_was_missed_is_sent_again_without_a_question(run: Run, system: System) -> None:
    ran = run("messages", "retry", missed(run, system), "--json")
    assert [one["status"] for one in fits(ran, "messages retry")["deliveries"]] == ["scheduled"]


def test_what_may_be_out_is_sent_again_only_where_it_is_named_and_confirmed(
    run: Run, system: System, type_: Type
) -> None:
    id_ = doubtful(run, system)
    unnamed = run("messages", "retry", id_, "--yes")
    assert unnamed.code == 4
    assert f"omnipub messages retry {id_} --channel facebook" in unnamed.err
    unasked = run("messages", "retry", id_, "--channel", "facebook")
    assert unasked.code == 2
    assert "--yes" in unasked.err
    type_("n")
    assert run("messages", "retry", id_, "--channel", "facebook").code == 130
    assert only(system, id_).status.value == "unconfirmed"
    type_("y")
    assert run("messages", "retry", id_, "--channel", "facebook").code == 0
    assert only(system, id_).status.value == "scheduled"


def test_yes_stands_for_the_answer(run: Run, system: System) -> None:
    assert run("messages", "retry", doubtful(run, system), "--channel", "facebook", "--yes").code == 0


def test_what_is_scheduled_is_not_retried(run: Run) -> None:
    assert run("messages", "retry", made(run)).code == 4


def test_dismiss_puts_away_with_its_reason(run: Run, system: System) -> None:
    ran = run("messages", "dismiss", missed(run, system), "--reason", "It is over", "--json")
    (one,) = fits(ran, "messages dismiss")["deliveries"]
    assert (one["status"], one["reason"]["sentence"]) == ("cancelled", "It is over")


def test_mark_published_says_where_it_was_found(run: Run, system: System) -> None:
    found = ("--channel", "facebook", "--network-id", "1_2", "--permalink", "https://facebook.com/1_2")
    ran = run("messages", "mark-published", doubtful(run, system), *found, "--json")
    (one,) = fits(ran, "messages mark-published")["deliveries"]
    assert (one["status"], one["network_id"], one["permalink"]) == ("published", "1_2", "https://facebook.com/1_2")
    assert run("messages", "mark-published", doubtful(run, system), *found).code == 4  # one post, one delivery


def test_a_post_is_also_marked_by_an_address_that_ends_in_its_id(run: Run, system: System) -> None:
    found = ("--channel", "facebook", "--network-id", "https://www.facebook.com/1_3")
    ran = run("messages", "mark-published", doubtful(run, system), *found, "--json")
    assert ran.json["deliveries"][0]["network_id"] == "1_3"


def test_what_is_no_id_of_the_networks_posts_marks_nothing(run: Run, system: System) -> None:
    id_ = doubtful(run, system)
    ran = run("messages", "mark-published", id_, "--channel", "facebook", "--network-id", "nonsense")
    assert (ran.code, ran.out) == (2, "")
    assert "'nonsense' is no id of a post on Facebook: that is the page's number, _ and the post's number" in ran.err
    assert "in its address" in ran.err
    assert only(system, id_).status.value == "unconfirmed"


def test_only_what_is_unconfirmed_can_be_marked(run: Run) -> None:
    id_ = made(run)
    ran = run("messages", "mark-published", id_, "--channel", "facebook", "--network-id", "1")
    assert ran.code == 4
    assert "facebook is scheduled; only what is unconfirmed can be marked as published." in ran.err
    assert f"omnipub messages show {id_}" in ran.err


def test_a_pause_is_listed_and_the_calendar_says_so(run: Run) -> None:
    assert run("pause", "--json").json == {"pauses": []}
    assert "Nothing is paused." in run("pause").err
    assert run("pause", "channel:facebook", "--reason", "Crisis").code == 0
    assert run("pause", "-q").out == "channel:facebook\n"
    fits(run("pause", "--json"), "pause")
    listed = run("schedule", "list")
    assert "channel:facebook" not in listed.out
    assert "warning: Paused by local: channel:facebook. Why: Crisis" in listed.err
    assert "omnipub resume channel:facebook" in listed.err


def test_what_is_composed_under_a_pause_says_so_at_once(run: Run, system: System) -> None:
    owner = system.accounts.of(LOCAL_OWNER)[0].owner
    for scope in ("channel:facebook", f"owner:{owner}", "account:linkedin/elsewhere"):
        run("pause", scope, "--reason", "A wrong price")
    ran = run("messages", "create", "Hello", "--to", "facebook,linkedin")
    assert ran.code == 7
    warned = [line for line in ran.err.splitlines() if line.startswith("warning: Paused")]
    assert len(warned) == 2
    assert "warning: Paused by local: channel:facebook. Why: A wrong price" in warned
    assert "omnipub resume channel:facebook" in ran.err
    run("resume", f"owner:{owner}", "--late", "send")
    assert "Paused" not in run("messages", "create", "Hello", "--to", "linkedin").err
    assert "Paused" not in run("messages", "create", "Quiet", "--to", "facebook", "-q").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("everything",), "needs a reason"),
        (("--reason", "x"), "nothing to pause"),
        (("all", "--reason", "x"), "cannot be paused"),
        (("channel:facebok", "--reason", "x"), "names no network"),
        (("account:facebook", "--reason", "x"), "names no account"),
    ],
)
def test_a_pause_that_would_stop_nothing_is_refused(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = run("pause", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert run("pause", "-q").out == ""


def test_resume_without_anything_late_asks_nothing(run: Run, system: System) -> None:
    id_ = held(run, system, "Hello", "--to", "facebook", *AHEAD)
    run("pause", "everything", "--reason", "x")
    resumed = fits(run("resume", "everything", "--json"), "resume")
    assert (resumed["late"], [one["id"] for one in resumed["deliveries"]]) == (None, [id_])
    assert only(system, id_).status.value == "scheduled"
    assert run("pause", "-q").out == ""


def test_resume_says_what_is_late_and_needs_a_decision(run: Run, system: System) -> None:
    id_ = held(run, system)
    run("pause", "everything", "--reason", "x")
    ran = run("resume", "everything")
    assert ran.code == 2
    assert id_ in ran.err
    assert "--late send or --late miss" in ran.err
    assert (only(system, id_).status.value, run("pause", "-q").out) == ("held", "everything\n")


@pytest.mark.parametrize(("answer", "status"), [("send", "scheduled"), ("miss", "missed")])
def test_what_is_late_becomes_what_was_answered(
    run: Run, system: System, type_: Type, answer: str, status: str
) -> None:
    id_ = held(run, system)
    run("pause", "everything", "--reason", "x")
    type_(answer)
    assert run("resume", "everything").code == 0
    assert only(system, id_).status.value == status


@pytest.mark.parametrize(("option", "status"), [("send", "scheduled"), ("miss", "missed")])
def test_the_option_stands_for_the_answer(run: Run, system: System, option: str, status: str) -> None:
    held(run, system)
    run("pause", "everything", "--reason", "x")
    resumed = fits(run("resume", "everything", "--late", option, "--json"), "resume")
    assert [one["status"] for one in resumed["deliveries"]] == [status]


def test_an_answer_that_is_none_changes_nothing(run: Run, system: System, type_: Type) -> None:
    held(run, system)
    run("pause", "everything", "--reason", "x")
    type_("")
    assert run("resume", "everything").code == 130
    assert run("pause", "-q").out == "everything\n"


def test_what_another_pause_holds_is_not_asked_about(run: Run, system: System) -> None:
    id_ = held(run, system)
    run("pause", "everything", "--reason", "x")
    run("pause", "channel:facebook", "--reason", "y")
    ran = run("resume", "everything")
    assert ran.code == 0
    assert "waits for another pause" in ran.err
    assert only(system, id_).status.value == "held"


def test_where_the_gate_is_open_nothing_is_adopted(run: Run) -> None:
    made(run)
    ran = run("table", "adopt")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing to adopt" in ran.err


def test_adopting_needs_a_word_of_its_own_and_says_what_it_would_do(run: Run, system: System, foreign: str) -> None:
    ran = run("table", "adopt")
    assert (ran.code, ran.out) == (2, "")
    assert "becomes unconfirmed" in ran.err
    assert "--original-is-retired" in ran.err
    ran = run("table", "adopt", "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert "--yes never adopts" in ran.err
    ran = run("table", "adopt", "--same", "--original-is-retired")
    assert (ran.code, ran.out) == (2, "")
    assert only(system, foreign).status.value == "scheduled"


def test_adopting_prints_what_a_person_must_decide_about(run: Run, foreign: str) -> None:
    ran = run("table", "adopt", "--original-is-retired")
    assert ran.code == 0
    assert ran.out.split("\t")[:3] == [foreign, "facebook", "unconfirmed"]
    for command in ("mark-published", "retry", "dismiss"):
        assert f"omnipub messages {command} {foreign} --channel facebook" in ran.err
    assert fits(run("table", "adopt", "--json"), "table adopt") == {
        "adopted": False,
        "deliveries": [],
        "unknown": [],
    }


def test_adopting_with_json_is_one_document(run: Run, foreign: str) -> None:
    adopted = fits(run("table", "adopt", "--original-is-retired", "--json"), "table adopt")
    assert [one["id"] for one in adopted["deliveries"]] == [foreign]


def test_at_a_terminal_adopting_asks(run: Run, system: System, foreign: str, type_: Type) -> None:
    for word in ("no", "yes", "y", "same"):
        type_(word)
        assert run("table", "adopt").code == 130
        assert only(system, foreign).status.value == "scheduled"
    type_("retired")
    assert run("table", "adopt").code == 0
    assert only(system, foreign).status.value == "unconfirmed"


HOLDS = {
    "a pause of everything": "Paused by local: everything. Why: Crisis",
    "a pause of the account": "Paused by local: account:facebook/facebook-1. Why: Crisis",
    "an account that needs its owner": "facebook (facebook-1) needs its owner: The token ended.",
}
"""What holds what is due on facebook → what is said."""


@pytest.fixture(params=HOLDS)
def hold(request: pytest.FixtureRequest, run: Run, system: System) -> str:
    if request.param == "a pause of everything":
        run("pause", "everything", "--reason", "Crisis")
    elif request.param == "a pause of the account":
        run("pause", "account:facebook/facebook-1", "--reason", "Crisis")
    else:
        one = system.accounts.find(LOCAL_OWNER, "facebook")
        assert one is not None
        system.accounts.hold(one, reason="The token ended.")
    return HOLDS[request.param]


@pytest.mark.parametrize("words", [(), ("-q",), ("--json",)])
def test_what_is_due_and_held_is_accepted_with_a_code_of_its_own(hold: str, words: tuple[str, ...], run: Run) -> None:
    ran = run("messages", "create", "Hello", "--to", "facebook", *words)
    assert (ran.code, bool(ran.out)) == (7, True)
    assert words or f"warning: {hold}" in ran.err


def test_whoever_waits_for_what_is_held_is_told_at_once(hold: str, run: Run) -> None:
    began = time.monotonic()
    ran = run("messages", "create", "Hello", "--to", "facebook", "--wait")
    assert time.monotonic() - began < 5
    assert (ran.code, f"warning: {hold}" in ran.err) == (7, True)
    assert "Let it go on: omnipub " in ran.err


def test_an_announcement_that_is_held_says_so_too(hold: str, run: Run) -> None:
    for words in ((), ("--wait",)):
        ran = run(*ANNOUNCE, "--to", "facebook", "--member", f"Ada {'waits' if words else 'goes'}", *words)
        assert (ran.code, f"warning: {hold}" in ran.err) == (7, True)


def test_what_is_due_later_under_a_pause_is_told_and_taken(hold: str, run: Run) -> None:
    ran = run("messages", "create", "Hello", "--to", "facebook", *AHEAD)
    assert (ran.code, f"warning: {hold}" in ran.err) == (0, True)


@pytest.mark.usefixtures("hold")
def test_where_something_else_goes_out_the_held_one_still_counts(run: Run) -> None:
    assert run("messages", "create", "Hello", "--to", "facebook,linkedin").code == 7


def test_a_watcher_is_told_what_holds_it(hold: str, run: Run) -> None:
    id_ = run("messages", "create", "Hello", "--to", "facebook", "-q").out.strip()
    ran = run("messages", "watch", id_, "--timeout", "0")
    assert f"warning: {hold}" in ran.err


def test_a_retry_of_what_would_be_held_says_so(hold: str, run: Run, system: System) -> None:
    id_ = run("messages", "create", "Hello", "--to", "facebook", "-q").out.strip()
    one = only(system, id_)
    system.operate.recording.move(one, moves.missed(one, system.world.clock.now()))
    ran = run("messages", "retry", id_)
    assert (ran.code, f"warning: {hold}" in ran.err) == (7, True)
    assert only(system, id_).status.value == "scheduled"


def test_what_is_dispatched_under_a_pause_is_told(hold: str, run: Run) -> None:
    id_ = run("messages", "create", "Hello", "--to", "facebook", "-q").out.strip()
    assert f"warning: {hold}" in run("schedule", "run-now", id_).err


def test_a_run_of_everything_names_the_pauses(run: Run) -> None:
    run("pause", "everything", "--reason", "Crisis")
    assert "warning: Paused by local: everything. Why: Crisis" in run("schedule", "run-now").err
