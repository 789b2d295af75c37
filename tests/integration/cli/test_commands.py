"""Commands over a real system in a data directory on which nothing runs: what is created stays scheduled."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnipub.wiring.assemble import System
from omnipub_cli.__main__ import main
from omnipub_cli.output.json_schemas import json_schema

pytestmark = pytest.mark.usefixtures("system")

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
AHEAD = ("--at", "2027-12-01T09:00", "--zone", "Europe/Berlin")
ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
ANNOUNCE = ("certs", "announce", "--member", "Ada Lovelace", "--type", "SAA-C03", "--earned-on", "2026-01-20")

Run = Callable[..., Any]


def misfits(value: Any, schema: dict[str, Any], path: str = "$") -> list[str]:
    """Where `value` is not as the schema says; as much of JSON Schema as ours use."""
    if "anyOf" in schema:
        found = [misfits(value, one, path) for one in schema["anyOf"]]
        return [] if [] in found else found[0]
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    if not isinstance(value, kinds[schema["type"]]) or (
        schema["type"] in {"integer", "number"} and isinstance(value, bool)
    ):
        return [f"{path} is {value!r}, not {schema['type']}"]
    if schema["type"] == "array":
        return [one for number, item in enumerate(value) for one in misfits(item, schema["items"], f"{path}[{number}]")]
    if schema["type"] != "object":
        return []
    known, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    found = [f"{path}.{name} is missing" for name in schema.get("required", ()) if name not in value]
    for name, item in value.items():
        if name in known:
            found += misfits(item, known[name], f"{path}.{name}")
        elif isinstance(more, dict):
            found += misfits(item, more, f"{path}.{name}")
        elif not more:
            found.append(f"{path}.{name} is not described")
    return found


def made(run: Run, *arguments: str) -> str:
    ran = run("messages", "create", *(arguments or ("Hello", "--to", "facebook")), "-q")
    assert ran.code == 0, ran.err
    return ran.out.strip()


def test_create_prints_id_moment_and_channels_and_says_that_nothing_runs(run: Run) -> None:
    ran = run("messages", "create", "Hello", "--to", "facebook,linkedin", "--to", "webhook", *AHEAD)
    assert ran.code == 0
    id_, due, channels = (line.split("\t")[1] for line in ran.out.splitlines())
    assert ID.fullmatch(id_)
    assert due.startswith("2027-12-01T")
    assert channels == "facebook,linkedin,webhook"
    assert "warning: Nothing runs on " in ran.err
    assert "omnipub up --data " in ran.err
    assert f"omnipub messages show {id_}" in ran.err


def test_create_keeps_everything_that_was_said(
    run: Run, system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "front.png"
    picture.write_bytes(PNG)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"From a pipe\n")))
    shown = run(
        "messages",
        "show",
        made(
            run,
            *("-", "--to", "facebook,linkedin", *AHEAD, "--link", "https://example.com/a", "--link-title", "A"),
            *("--hashtag", "#one,two", "--image", str(picture), "--alt", "A door", "--variant", "linkedin=For work"),
        ),
        "--json",
    ).json
    content = shown["content"]
    assert (content["text"], content["link"], content["link_title"]) == ("From a pipe", "https://example.com/a", "A")
    assert content["hashtags"] == ["one", "two"]
    assert [one["alt"] for one in content["media"]] == ["A door"]
    assert content["variants"]["linkedin"]["text"] == "For work"
    assert shown["schedule"] == {
        "at": "2027-12-01T08:00:00.000Z",
        "local": "2027-12-01T09:00:00",
        "zone": "Europe/Berlin",
    }
    assert system.world.media.bytes_of(content["media"][0]["key"]) == PNG


def test_an_image_without_alt_text_is_mentioned(run: Run, tmp_path: Path) -> None:
    picture = tmp_path / "front.png"
    picture.write_bytes(PNG)
    assert "Image 1 has no --alt text" in run("messages", "create", "--to", "facebook", "--image", str(picture)).err


def test_the_same_key_creates_once(run: Run) -> None:
    create = ("messages", "create", "Hello", "--to", "facebook", "--idempotency-key", "k1", "--json")
    first, second = run(*create).json, run(*create).json
    assert second == first | {"replayed": True}
    assert len(run("messages", "list", "--json").json["messages"]) == 1


def test_the_same_key_for_something_else_is_a_conflict(run: Run) -> None:
    run("messages", "create", "Hello", "--to", "facebook", "--idempotency-key", "k1")
    ran = run("messages", "create", "Bye", "--to", "facebook", "--idempotency-key", "k1")
    assert (ran.code, ran.out) == (4, "")


def test_waiting_for_what_nobody_publishes_ends_with_failure(run: Run) -> None:
    ran = run("messages", "create", "Hello", "--to", "facebook", "--wait", "--timeout", "0.2")
    assert ran.code == 1
    assert "scheduled" in ran.out
    assert "warning: Not published: facebook." in ran.err


def test_waiting_with_json_prints_one_document_with_the_deliveries(run: Run) -> None:
    ran = run("messages", "create", "Hello", "--to", "facebook", "--wait", "--timeout", "0", "--json")
    assert ran.code == 1
    assert [one["status"] for one in ran.json["deliveries"]] == ["scheduled"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("Hello", "--to", "myspace"), 2, "'myspace' is not a channel of a network we know."),
        (("Hello", "--to", "facebook:other"), 3, "No account is connected as facebook:other."),
        (("--to", "facebook"), 2, "text: Say something"),
        (("x" * 3001, "--to", "linkedin"), 2, "channels.linkedin: LinkedIn: The text has 3,001"),
        (("Hello", "--to", "facebook", "--at", "2020-01-01T00:00Z"), 2, "lies in the past"),
        (("Hello", "--to", "facebook", "--variant", "linkedin=Hi"), 2, "which the message does not go to"),
        (("Hello", "--to", "facebook", "--at", "2027-03-28T02:30", "--zone", "Europe/Berlin"), 2, "does not exist"),
        (("Hello", "--to", "facebook", "--at", "2027-10-31T02:30", "--zone", "Europe/Berlin"), 2, "happens twice"),
    ],
)
def test_what_cannot_be_accepted_is_refused_in_words(
    run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = run("messages", "create", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert run("messages", "list", "--json").json["messages"] == []


@pytest.mark.parametrize("text", ["-20 % today", "-quick news", "--- news ---", "-x"])
@pytest.mark.parametrize("verb", ["create", "validate", "preview"])
def test_a_text_that_begins_with_a_dash_fails_with_the_words_that_work(run: Run, verb: str, text: str) -> None:
    ran = run("messages", verb, text, "--to", "facebook")
    assert (ran.code, ran.out) == (2, "")
    assert (
        f"hint: Type a text that begins with - behind --, as in: omnipub messages {verb} … -- '-20 % today'" in ran.err
    )


def test_a_text_behind_two_dashes_may_begin_with_one(run: Run, data: Path) -> None:
    assert main(["messages", "create", "--to", "facebook", "--data", str(data), "-q", "--", "-20 % today"]) == 0
    assert "\t-20 % today\n" in run("messages", "list").out


def test_a_mistyped_option_is_still_told_as_one(run: Run) -> None:
    ran = run("messages", "create", "Hello", "--too", "facebook")
    assert "Did you mean --to" in ran.err
    assert "-20 %" not in ran.err
    assert "-20 %" not in run("messages", "show", "-x").err


def test_only_statuses_that_can_exist_are_offered(run: Run) -> None:
    made_up = {"draft", "pending_approval", "expired"}
    for command in (
        ("messages", "list"),
        ("certs", "list"),
        ("messages", "export"),
        ("messages", "cancel"),
        ("messages", "retry"),
    ):
        ran = run(*command, "--status", "sent")
        assert ran.code == 2
        offered = set(re.split(r"[:,. ]+", ran.err.partition("hint: ")[2]))
        assert offered & {"scheduled", "failed"}, command
        assert not offered & made_up, command
    assert run("messages", "list", "--status", "draft").code == 0  # invented data may have it


def test_without_an_account_the_sandbox_is_offered(run: Run) -> None:
    assert "hint: Start the sandbox" in run("messages", "create", "Hello", "--to", "facebook:other").err


def test_an_empty_list_teaches_what_to_type(run: Run) -> None:
    ran = run("messages", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "There are no messages yet." in ran.err
    assert "omnipub messages create" in ran.err
    assert run("messages", "list", "--json").json == {"messages": [], "cursor": None}


def test_a_list_is_newest_first_and_goes_on_where_it_ended(run: Run) -> None:
    ids = [made(run) for _ in range(3)]
    first = run("messages", "list", "--limit", "2", "--json").json
    assert [one["id"] for one in first["messages"]] == [ids[2], ids[1]]
    rest = run("messages", "list", "--limit", "2", "--cursor", first["cursor"], "-q")
    assert rest.out.split() == [ids[0]]
    hint = run("messages", "list", "--limit", "2").err
    assert f"--cursor '{first['cursor']}'" in hint


def test_mine_leaves_out_other_owners(run: Run, system: System) -> None:
    from omnipub.domain.conversation import Secret
    from omnipub.domain.message import Content

    system.accounts.connect(owner="other", channel="facebook", account="2", token=Secret("t"))
    theirs = system.compose.message(owner="other", content=Content(text="Theirs"), channels=["facebook"]).id
    ours = made(run)
    assert set(run("messages", "list", "-q").out.split()) == {ours, theirs}
    assert run("messages", "list", "--mine", "-q").out.split() == [ours]


def test_user_text_cannot_drive_the_terminal(run: Run) -> None:
    id_ = made(run, "\x1b[2J\x1b[31mred\u202e", "--to", "facebook", *AHEAD)
    for command in (("messages", "list"), ("messages", "show", id_), ("schedule", "list")):
        ran = run(*command)
        assert r"\x1b[31mred\u202e" in ran.out
        assert "\x1b" not in ran.out
    assert "\x1b" not in run("messages", "show", id_, "--json").out


def test_show_tells_the_timeline(run: Run) -> None:
    out = run("messages", "show", made(run, "One\nTwo", "--to", "facebook,webhook", *AHEAD), "--utc").out
    assert "  One\n  Two\n" in out
    assert "facebook scheduled\n  account facebook-1\n  2027-12-01 08:00:00.000Z due\n" in out
    assert "webhook scheduled" in out
    assert "it goes out, in " in out


def test_an_id_is_found_in_small_letters(run: Run) -> None:
    assert run("messages", "show", made(run).lower(), "-q").code == 0


def test_a_certification_is_announced_once(run: Run) -> None:
    first = run(*ANNOUNCE, "--to", "facebook,linkedin", *AHEAD, "--json")
    again = run(*ANNOUNCE, "--to", "facebook")
    assert (first.code, again.code) == (0, 4)
    assert f"omnipub certs show {first.json['id']}" in again.err
    assert run("certs", "show", first.json["id"], "--json").json["type"] == "solutions-architect-associate"
    assert "Ada Lovelace" in run("certs", "list").out


def test_show_tells_a_certification(run: Run, tmp_path: Path) -> None:
    photo = tmp_path / "ada.png"
    photo.write_bytes(PNG)
    more = ("--linkedin-url", "https://www.linkedin.com/in/ada", "--photo", str(photo), "--message", "Well done")
    id_ = run(*ANNOUNCE, "--to", "webhook", *AHEAD, *more, "-q").out.strip()
    out = run("certs", "show", id_).out
    assert "  Ada Lovelace earned solutions-architect-associate on 2026-01-20" in out
    assert "  profile: https://www.linkedin.com/in/ada" in out
    assert "    Well done" in out


def test_a_type_that_does_not_exist_names_close_ones(run: Run) -> None:
    ran = run(*ANNOUNCE[:5], "solution-architect-asociate", *ANNOUNCE[6:], "--to", "facebook")
    assert ran.code == 2
    assert "solutions-architect-associate" in ran.err


def test_retired_types_are_hidden_unless_asked_for(run: Run) -> None:
    assert "big-data-specialty" not in run("certs", "types").out
    assert "big-data-specialty" in run("certs", "types", "--all").out


def test_the_calendar_is_by_due_moment_within_its_bounds(run: Run) -> None:
    later = made(run, "Later", "--to", "facebook", "--at", "2027-12-02T09:00Z")
    sooner = made(run, "Sooner", "--to", "facebook", "--at", "2027-12-01T09:00Z")
    assert run("schedule", "list", "-q").out.split() == [sooner, later]
    assert run("schedule", "list", "-q", "--since", "2027-12-02T00:00Z").out.split() == [later]
    assert run("schedule", "list", "-q", "--until", "2027-12-02T00:00Z").out.split() == [sooner]
    line = run("schedule", "list", "--utc").out.splitlines()[0]
    assert line.split("\t") == ["2027-12-01T09:00:00.000Z", "facebook", "scheduled", sooner, "Sooner"]


def test_a_calendar_that_ends_before_it_begins_is_refused(run: Run) -> None:
    assert run("schedule", "list", "--since", "2027-12-02", "--until", "2027-12-01").code == 2
    ran = run("schedule", "list", "--until", "2020-01-01")
    assert ran.code == 2
    assert "--since, which is seven days ago unless it is given" in ran.err


def test_run_now_dispatches_what_is_due_and_says_why_it_skips(run: Run) -> None:
    due, ahead = made(run), made(run, "Later", "--to", "facebook", *AHEAD)
    lines = {one["id"]: one for one in run("schedule", "run-now", due, ahead, "--json").json["deliveries"]}
    assert lines[due]["dispatched"]
    assert not lines[ahead]["dispatched"]
    assert "2027-12-01" in lines[ahead]["why"]


def test_a_dry_run_dispatches_nothing(run: Run) -> None:
    due = made(run)
    ran = run("schedule", "run-now", "--dry-run", "--json").json
    assert (ran["dry_run"], ran["dispatched"]) == (True, 0)
    assert [(one["id"], one["ready"], one["dispatched"]) for one in ran["deliveries"]] == [(due, True, False)]
    assert run("schedule", "run-now", "--dry-run").out == f"{due}\tfacebook\tready\tdue\n"
    assert run("schedule", "run-now", "--dry-run", "-q").out == f"{due}\n"
    assert "Ready at this moment: 1." in run("schedule", "run-now", "--dry-run").err
    run("messages", "cancel", due)
    assert "Ready at this moment: 0." in run("schedule", "run-now", "--dry-run").err


def test_run_now_takes_certifications_too(run: Run) -> None:
    id_ = run(*ANNOUNCE, "--to", "webhook", "-q").out.strip()
    assert run("schedule", "run-now", id_, "--json").json["dispatched"] == 1


def test_channels_list_shows_accounts_and_their_standing(run: Run, system: System) -> None:
    connection = system.accounts.find("local", "linkedin")
    assert connection is not None
    system.accounts.hold(connection, reason="The token expired.")
    out = run("channels", "list").out
    assert "facebook\tfacebook\tactive\tfacebook-1\tfacebook-1" in out
    assert "linkedin\tlinkedin\tneeds_owner" in out
    assert "The token expired." in run("connections", "list").out


def test_limits_are_in_the_networks_own_unit(run: Run) -> None:
    out = run("channels", "limits", "webhook").out
    assert "text:\t10,000 bytes\n" in out
    assert "missing answer:\twebhook: sent again under the same key" in out


def test_in_the_sandbox_connecting_needs_it_to_run(run: Run) -> None:
    ran = run("connections", "connect", "facebook:second", "--account", "2")
    assert ran.code == 5
    assert "omnipub up" in ran.err


EXAMPLES = {
    "messages create": ("messages", "create", "Hello", "--to", "facebook"),
    "messages list": ("messages", "list"),
    "messages show": ("messages", "show", "MESSAGE"),
    "messages edit": ("messages", "edit", "MESSAGE", "--text", "Bye"),
    "messages cancel": ("messages", "cancel", "MESSAGE"),
    "certs announce": (*ANNOUNCE, "--to", "facebook", "--idempotency-key", "k"),
    "certs list": ("certs", "list"),
    "certs show": ("certs", "show", "CERTIFICATION"),
    "certs types": ("certs", "types", "--all"),
    "schedule list": ("schedule", "list"),
    "schedule run-now": ("schedule", "run-now"),
    "pause": ("pause", "everything", "--reason", "Crisis"),
    "channels list": ("channels", "list"),
    "channels limits": ("channels", "limits"),
    "connections list": ("connections", "list"),
    "connections show": ("connections", "show", "facebook"),
    "connections test": ("connections", "test", "webhook"),
    "connections disconnect": ("connections", "disconnect", "facebook", "--yes"),
    "table adopt": ("table", "adopt"),
}


@pytest.mark.parametrize("command", EXAMPLES)
def test_json_is_as_its_schema_says(run: Run, command: str) -> None:
    message = made(run, "Hello", "--to", "facebook,linkedin", "--variant", "facebook=Hi")
    certification = run(*ANNOUNCE[:3], "Grace Hopper", *ANNOUNCE[4:], "--to", "webhook", "-q").out.strip()
    known = {"MESSAGE": message, "CERTIFICATION": certification}
    ran = run(*(known.get(word, word) for word in EXAMPLES[command]), "--json")
    assert ran.code == 0
    assert misfits(ran.json, json_schema(command)) == []
