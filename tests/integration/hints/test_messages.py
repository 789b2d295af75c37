"""What is told about messages and certifications is typed, word for word."""

import shlex
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub.config import Mode
from omnipub.domain.conversation import Secret
from omnipub.domain.delivery import decide, moves
from omnipub.domain.delivery.lifecycle import Status
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import RunningInstance
from omnipub.wiring.assemble import System
from omnipub_cli.framework.context import Call
from support.hint_person import Person, tells

from .states import (
    AHEAD,
    ANNOUNCED,
    NOBODY,
    connection,
    deliveries,
    doubted,
    foreign,
    held,
    made,
    missed,
    moved,
    status,
)

Opened = Callable[[Mode], System]

BOTH = [("messages create Hello --to facebook", "messages"), (ANNOUNCED, "certs")]

HINTS, SHARED, MESSAGES = "omnipub_cli/framework", "omnipub_cli/commands/_shared", "omnipub_cli/commands/messages"


@tells("omnipub/domain/ids.py:checked_id:LIST", f"{SHARED}/list.py:_say_more:{{}} list")
@pytest.mark.parametrize("group", ["messages", "certs"])
def test_what_is_no_id_leads_to_the_list(person: Person, system: System, group: str) -> None:
    said = person.run(f"{group} show X")
    assert said.code == 2
    listed = person.type(said, f"omnipub {group} list")
    assert system.channels
    narrowed = person.run(f"{group} list --status failed")
    person.type(narrowed, f"omnipub {group} list")
    assert "yet" in listed.err


@tells(f"{SHARED}/lookup.py:named:messages list", f"{SHARED}/lookup.py:named:certs list")
@pytest.mark.usefixtures("system")
def test_an_id_of_nothing_leads_to_both_lists(person: Person) -> None:
    said = person.run(f"messages cancel {NOBODY}")
    assert said.code == 3
    person.type(said, "omnipub messages list")
    person.type(said, "omnipub certs list")


@tells("omnipub/services/messages/read.py:ReadMessages.one:LIST")
@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("group", ["messages", "certs"])
def test_something_that_is_not_there_leads_to_its_list(person: Person, group: str) -> None:
    id_ = made(person, f"messages create Hello --to facebook {AHEAD}")
    said = person.run(f"{group} show {NOBODY}")
    assert said.code == 3
    listed = person.type(said, f"omnipub {group} list")
    assert (id_ in listed.out) == (group == "messages")


@tells(
    f"{SHARED}/create.py:show_created:{{}} show {{}}",
    f"{HINTS}/context.py:Call.warn_if_nothing_runs:up",
    f"{SHARED}/watch.py:show_message:{{}} show {{}}",
)
@pytest.mark.usefixtures("system")
@pytest.mark.parametrize(("line", "group"), [("messages create Hello --to facebook", "messages"), (ANNOUNCED, "certs")])
def test_what_was_made_can_be_looked_at_and_goes_out_when_it_is_started(person: Person, line: str, group: str) -> None:
    said = person.run(line)
    assert said.code == 0
    person.type(said, f"omnipub {group} show")
    waited = person.run(f"{line.replace('Lovelace', 'Byron')} --wait --timeout 0")
    assert waited.code == 1
    shown = person.type(waited, f"omnipub {group} show")
    assert "waiting to be sent" in shown.out
    with person.running(said, "omnipub up"):
        assert person.run("schedule list").code == 0


@tells("omnipub_cli/commands/_shared/create.py:explained:START")
def test_without_accounts_the_sandbox_is_started_which_has_them(person: Person) -> None:
    said = person.run("messages create Hello --to facebook --wait")
    assert said.code == 3
    with person.running(said, "omnipub up"):
        assert person.run("messages create Hello --to facebook --wait").code == 0


@tells(
    f'{SHARED}/list.py::messages create "Hello" --to {{channels}}',
    f'{SHARED}/list.py::certs announce --member "Ada Lovelace" --type solutions-architect-associate '
    "--earned-on yesterday --to {channels}",
    'omnipub_cli/commands/schedule.py:list_:messages create "Hello" --to {} --at "tomorrow 9:00" --zone Europe/Berlin',
)
@pytest.mark.parametrize("accounts", [["bluesky"], ["facebook", "linkedin", "telegram"]])
def test_an_empty_list_teaches_how_to_make_the_first_one(person: Person, opened: Opened, accounts: list[str]) -> None:
    system = opened(Mode.SANDBOX)
    for one in accounts:
        system.accounts.connect(owner=LOCAL_OWNER, channel=one, account=f"{one}-1", token=Secret("t"))
    for group in ("messages create", "certs announce"):
        said = person.run(f"{group.split()[0]} list")
        person.type(said, f"omnipub {group}")
        assert person.run(f"{group.split()[0]} list").out.count("scheduled") == 1
    assert person.run("messages cancel --status scheduled --yes").code == 0
    person.type(person.run("schedule list"), "omnipub messages create")
    assert "tomorrow" not in person.run("schedule list").out


@tells(f"{SHARED}/accounts.py:teach:up", f"{SHARED}/accounts.py:teach:connections connect --help")
def test_where_no_account_is_connected_each_list_says_how_to_get_one(person: Person) -> None:
    lines = ("messages list", "certs list", "schedule list", "channels list", "connections list", "connections test")
    for line in lines:
        said = person.run(line)
        assert (said.code, len(said.commands)) == (0, 2), said.text
        person.type(said, "omnipub connections connect --help")
    with person.running(said, "omnipub up"):
        assert person.run("messages create Hello --to facebook --wait").code == 0


@tells(f"{SHARED}/accounts.py:teach:connections connect --help")
def test_where_posts_are_real_no_sandbox_is_promised(person: Person, opened: Opened) -> None:
    assert opened(Mode.LIVE).channels
    said = person.run("connections list")
    assert len(said.commands) == 1
    person.type(said, "omnipub connections connect --help")


@tells(f"{SHARED}/list.py:_say_more:{{}} list{{}} --limit {{}} --cursor {{}}")
@pytest.mark.usefixtures("system")
def test_a_list_goes_on_where_it_stopped(person: Person) -> None:
    ids = [made(person, f'messages create "It\'s -{n}" --to facebook {AHEAD}') for n in range(3)]
    narrowed = 'messages list --limit 2 --text "It\'s -" --since 1d --channel facebook --status scheduled --mine'
    said = person.run(f"{narrowed} --due-after today")
    rest = person.type(said, "omnipub messages list")
    assert [line.split("\t")[0] for line in rest.out.splitlines()] == ids[:1]


@tells("omnipub/services/messages/actions.py:MessageActions._each:SHOW")
@pytest.mark.parametrize(("line", "group"), [("messages create Hello --to facebook", "messages"), (ANNOUNCED, "certs")])
@pytest.mark.usefixtures("system")
def test_what_cannot_be_done_leads_to_what_can(person: Person, line: str, group: str) -> None:
    id_ = made(person, line)
    assert person.run(f"messages cancel {id_}").code == 0
    said = person.run(f"messages cancel {id_}")
    assert said.code == 4
    assert "cancelled" in person.type(said, f"omnipub {group} show").out


@tells("omnipub/domain/delivery/actions.py:marked_published:SHOW")
@pytest.mark.parametrize(("line", "group"), [("messages create Hello --to webhook", "messages"), (ANNOUNCED, "certs")])
@pytest.mark.usefixtures("system")
def test_what_is_not_in_doubt_cannot_be_marked_and_is_shown(person: Person, line: str, group: str) -> None:
    said = person.run(f"messages mark-published {made(person, line)} --channel webhook --network-id 7")
    assert said.code == 4
    person.type(said, f"omnipub {group} show")


@tells("omnipub/services/messages/announce.py:Announce._refuse_the_same:SHOW")
@pytest.mark.usefixtures("system")
def test_what_was_announced_before_is_shown(person: Person) -> None:
    id_ = made(person, ANNOUNCED)
    said = person.run(ANNOUNCED)
    assert said.code == 4
    assert id_ in person.type(said, "omnipub certs show").out


@tells("omnipub/domain/certification_catalog.py:type_named:LIST_TYPES")
@pytest.mark.usefixtures("system")
def test_an_unknown_type_leads_to_the_list_of_types(person: Person) -> None:
    said = person.run(ANNOUNCED.replace("SAA-C03", "SAA"))
    assert said.code == 2
    assert "SAA-C03" in person.type(said, "omnipub certs types").out


@tells(
    "omnipub/services/channels/validate.py:admit:LIST_LIMITS",
    f"{MESSAGES}/_compose_options.py:explain:channels limits",
)
@pytest.mark.usefixtures("system")
def test_what_is_too_long_leads_to_the_limits(person: Person) -> None:
    long = f"{'x' * 5000} --to linkedin,bluesky"
    said = person.run(f"messages create {long}")
    assert said.code == 2
    assert "bluesky" in person.type(said, "omnipub channels limits").out
    validated = person.run(f"messages validate {long}")
    assert validated.code == 1
    person.type(validated, "omnipub channels limits")


@tells(f"{MESSAGES}/_compose_options.py:explain:connections connect {{}} --account ID")
def test_an_account_that_is_missing_is_connected(person: Person, opened: Opened) -> None:
    opened(Mode.LIVE)
    said = person.run("messages validate Hello --to bluesky:second")
    person.type(said, "omnipub connections connect", fill={"ID": "did:plc:ewvi7nxzyoun6zhxrhs64oiz"})
    assert "bluesky:second" in person.run("connections list").out


STEPS = f"{SHARED}/timeline.py:"


@tells(
    f"{STEPS}:messages cancel {{id}} --channel {{channel}}",
    f"{STEPS}:messages edit {{id}} --text TEXT",
    f"{STEPS}:messages edit {{id}} --at TIME",
)
def test_what_waits_is_changed_moved_and_called_off(person: Person, system: System) -> None:
    system.accounts.connect(owner=LOCAL_OWNER, channel="facebook:two", account="facebook-2", token=Secret("t"))
    for group, line in (("messages", "messages create Hello --to facebook:two"), ("certs", ANNOUNCED)):
        id_ = made(person, f"{line} {AHEAD}")
        said = person.run(f"{group} show {id_}")
        person.type(said, f"omnipub messages edit {id_} {'--text' if group == 'messages' else '--at'}")
        assert deliveries(system, id_)[0].revision == 2
        person.type(person.run(f"{group} show {id_}"), f"omnipub messages cancel {id_} --channel")
        assert status(system, id_) == "cancelled"


@tells(
    f"{STEPS}:messages retry {{id}} --channel {{channel}}",
    f"{STEPS}:messages dismiss {{id}} --channel {{channel}} --reason TEXT",
)
@pytest.mark.parametrize(("line", "group"), BOTH)
def test_what_was_missed_is_sent_again_or_put_away(person: Person, system: System, line: str, group: str) -> None:
    id_ = missed(person, system, line)
    said = person.run(f"{group} show {id_}")
    person.type(said, f"omnipub messages retry {id_}")
    assert status(system, id_) == "scheduled"
    moved(system, moves.missed(deliveries(system, id_)[0], system.world.clock.now()))
    person.type(said, f"omnipub messages dismiss {id_}")
    reason = deliveries(system, id_)[0].reason
    assert reason is not None
    assert reason.sentence == "It's not \u2013 like that"


@tells(
    f"{STEPS}:messages reconcile {{id}} --channel {{channel}}",
    f"{STEPS}:messages mark-published {{id}} --channel {{channel}} --network-id ID",
)
def test_what_is_in_doubt_is_looked_for_or_marked(person: Person, system: System) -> None:
    ids = {
        "bluesky": "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3mabcdefghij2",
        "facebook": "100_200",
        "linkedin": "urn:li:share:7000000000000000001",
        "telegram": "-1001234567890/12",
        "webhook": f"msg_{'a' * 32}",
    }
    assert set(ids) == set(system.channels)
    looked = set()
    for channel, network_id in ids.items():
        id_ = doubted(person, system, f"messages create Hello --to {channel}")
        said = person.run(f"messages show {id_}")
        if "messages reconcile" in said.text:
            # Nobody can be asked from here: that is what a look says then, and the delivery stays as it is.
            assert "Not found: 1." in person.type(said, "omnipub messages reconcile").err
            looked.add(channel)
        person.type(said, "omnipub messages mark-published", fill={"ID": network_id})
        assert status(system, id_) == "published"
    assert looked == {"bluesky", "facebook"}  # nobody can look at a person's page, a chat or a receiver


@tells(f"{MESSAGES}/retry.py:_doubts:messages retry {{}} --channel {{}}")
def test_what_may_be_out_is_sent_again_only_where_it_is_named(person: Person, system: System) -> None:
    id_ = doubted(person, system)
    said = person.run(f"messages retry {id_}")
    assert said.code == 4
    person.type(said, "omnipub messages retry")
    assert status(system, id_) == "scheduled"


@tells(f"{MESSAGES}/_reconcile.py:_advise:{{}} show {{}}")
@pytest.mark.parametrize(
    ("line", "group"),
    [("messages create Hello --to facebook", "messages"), (ANNOUNCED.replace("webhook", "facebook"), "certs")],
)
def test_what_was_not_found_is_shown(person: Person, system: System, line: str, group: str) -> None:
    said = person.run(f"messages reconcile {doubted(person, system, line)}")
    person.type(said, f"omnipub {group} show")


@tells("omnipub/services/delivery/search.py:OperatorLook.look:SHOW")
@pytest.mark.parametrize(
    ("line", "group"),
    [("messages create Hello --to facebook", "messages"), (ANNOUNCED.replace("webhook", "facebook"), "certs")],
)
@pytest.mark.usefixtures("system")
def test_what_cannot_be_out_is_not_looked_for_but_shown(person: Person, line: str, group: str) -> None:
    said = person.run(f"messages reconcile {made(person, line)} --channel facebook")
    assert said.code == 4
    person.type(said, f"omnipub {group} show")


@tells("omnipub/services/delivery/search.py:OperatorLook.look:CONNECT")
def test_an_account_that_is_gone_is_connected_to_look(person: Person, live: System) -> None:
    live.connecting.disconnect(connection(live, "bluesky"))
    live.accounts.connect(
        owner=LOCAL_OWNER, channel="bluesky", account="did:plc:ewvi7nxzyoun6zhxrhs64oiz", token=Secret("t")
    )
    id_ = doubted(person, live, "messages create Hello --to bluesky")
    live.connecting.disconnect(connection(live, "bluesky"))
    said = person.run(f"messages reconcile {id_}")
    assert said.code == 3
    person.type(said, "omnipub connections connect bluesky")
    assert connection(live, "bluesky").account == "did:plc:ewvi7nxzyoun6zhxrhs64oiz"


@tells(
    "omnipub/services/messages/unpublish.py::CANCEL",
    "omnipub/services/messages/unpublish.py::MARK_PUBLISHED",
    "omnipub/services/messages/unpublish.py:_way_out:SHOW",
)
@pytest.mark.parametrize("line", ["messages create Hello --to facebook", ANNOUNCED.replace("webhook", "facebook")])
def test_what_has_no_post_to_delete_is_called_off_marked_or_shown(person: Person, system: System, line: str) -> None:
    id_ = made(person, line)
    person.type(person.run(f"messages unpublish {id_}"), "omnipub messages cancel")
    assert status(system, id_) == "cancelled"
    group = "messages" if "messages" in line else "certs"
    person.type(person.run(f"messages unpublish {id_}"), f"omnipub {group} show")
    other = doubted(person, system, line.replace("Hello", "Hi").replace("Lovelace", "Byron"))
    person.type(person.run(f"messages unpublish {other}"), "omnipub messages mark-published", fill={"ID": "100_200"})
    assert status(system, other) == "published"


@tells(f"{MESSAGES}/unpublish.py:_explain:messages unpublish {{}} --channel {{}}")
def test_what_was_not_deleted_is_tried_again(person: Person, system: System) -> None:
    id_ = doubted(person, system, "messages create Hello --to facebook,bluesky")
    (first, second) = deliveries(system, id_)
    now = system.world.clock.now()
    for one in (first, second):
        out = replace(one, status=Status.PUBLISHED, network_id="1_2", published_at=now, reason=None)
        system.operate.recording.move(one, out)
    for channel in ("facebook", "bluesky"):
        system.connecting.disconnect(connection(system, channel))
    said = person.run(f"messages unpublish {id_} --yes")
    assert said.code == 1
    person.type(said, "omnipub messages unpublish", code=1)


@tells(f"{MESSAGES}/edit.py:_print:messages retry {{}}")
def test_what_was_missed_and_changed_is_sent_again(person: Person, system: System) -> None:
    id_ = missed(person, system)
    person.type(person.run(f"messages edit {id_} --text New"), "omnipub messages retry")
    assert status(system, id_) == "scheduled"


@tells(f"{MESSAGES}/_bulk.py:finish:{{}} show {{}}")
@pytest.mark.parametrize(("line", "group"), [("messages create Hello --to facebook", "messages"), (ANNOUNCED, "certs")])
@pytest.mark.usefixtures("system")
def test_what_several_could_not_do_is_shown(person: Person, line: str, group: str) -> None:
    id_ = made(person, line)
    other = made(person, line.replace("Hello", "Hi").replace("Lovelace", "Byron"))
    assert person.run(f"messages cancel {id_}").code == 0
    said = person.run(f"messages dismiss {id_} {other} --reason Old --yes")
    assert said.code == 1
    assert id_ in person.type(said, f"omnipub {group} show").out


@tells(f"{MESSAGES}/export.py:export:messages export FILE --images DIR")
def test_images_are_taken_along(person: Person, system: System, tmp_path: Path) -> None:
    folder = tmp_path
    picture = folder / "front.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)
    made(person, f"messages create Hello --to facebook --image {picture} --alt A {AHEAD}")
    said = person.run(f"messages export {folder / 'one.csv'}")
    fill = {"FILE": str(folder / "my two.csv"), "DIR": str(folder / "my pictures")}
    person.type(said, "omnipub messages export", fill=fill)
    assert list((folder / "my pictures").iterdir())
    assert system.channels


@tells(f"{MESSAGES}/_import.py:Run.tell:messages list --import={{}}")
@pytest.mark.usefixtures("system")
def test_what_was_imported_is_listed(person: Person, tmp_path: Path) -> None:
    file = tmp_path / "-Ada's launch.csv"
    file.write_text("text,channels,at\nHello,facebook,2027-12-01T09:00Z\n")
    said = person.run(f"messages import {shlex.quote(str(file))} --yes")
    assert said.code == 0, said.text
    assert "Hello" in person.type(said, "omnipub messages list").out


@tells(f"{MESSAGES}/stuck.py:stuck:doctor")
def test_what_waits_on_is_asked_of_the_doctor(person: Person, system: System) -> None:
    late(person, system)
    person.type(person.run("messages stuck"), "omnipub doctor", code=1)


def late(person: Person, system: System, line: str = "messages create Hello --to facebook") -> str:
    """A message that should have been taken long ago."""
    id_ = made(person, line)
    one = deliveries(system, id_)[0]
    then = system.world.clock.now() - timedelta(minutes=30)
    moved(system, replace(one, due_at=then, next_at=then))
    return id_


def eventually(came: Callable[[], bool]) -> None:
    """Wait until something has come, for ten seconds."""
    until = time.monotonic() + 10
    while not came():
        assert time.monotonic() < until
        time.sleep(0.05)


NEXT = f"{MESSAGES}/_next_step.py"


@tells(f"{NEXT}:_instead:up", f"{NEXT}::schedule run-now {{id}}")
def test_what_is_overdue_goes_out_when_it_is_started_or_dispatched(
    person: Person, sandboxed: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in ("messages create Hello --to facebook", ANNOUNCED):
        id_ = late(person, sandboxed, line)
        with person.running(person.run("messages stuck"), "omnipub up"):
            eventually(lambda one=id_: status(sandboxed, one) == "published")  # type: ignore[misc]
    # Where something runs, and does not take it.
    monkeypatch.setattr(Call, "running", RunningInstance(pid=1, address="", mode=Mode.SANDBOX, since=""))
    for line in ("messages create Again --to facebook", ANNOUNCED.replace("Lovelace", "Byron")):
        id_ = late(person, sandboxed, line)
        person.type(person.run("messages stuck"), f"omnipub schedule run-now {id_}")
        assert person.run(f"messages cancel {id_}").code == 0


@tells(f"{NEXT}:_instead:table adopt")
def test_what_waits_in_a_copy_goes_on_when_it_is_adopted(person: Person, system: System) -> None:
    late(person, system)
    foreign(system)
    person.type(person.run("messages stuck"), "omnipub table adopt", answers="retired")


@tells(
    f"{NEXT}::messages reconcile {{id}} --channel {{channel}}",
    f"{NEXT}::messages retry {{id}} --channel {{channel}}",
    f"{NEXT}:_instead:{{}} show {{id}}",
)
@pytest.mark.parametrize("line", ["messages create Hello --to {}", ANNOUNCED.replace("webhook", "{}")])
def test_each_thing_that_needs_somebody_is_typed(person: Person, system: System, line: str) -> None:
    group = "messages" if "messages" in line else "certs"
    doubtful = doubted(person, system, line.format("facebook"))
    person.type(person.run("messages stuck"), "omnipub messages reconcile")
    assert person.run(f"messages dismiss {doubtful} --reason Over").code == 0
    again = missed(person, system, line.format("linkedin").replace("Lovelace", "Byron"))
    person.type(person.run("messages stuck"), "omnipub messages retry")
    assert status(system, again) == "scheduled"
    assert person.run(f"messages cancel {again}").code == 0
    doubted(person, system, line.format("telegram").replace("Lovelace", "King"))
    person.type(person.run("messages stuck"), f"omnipub {group} show")


@tells("omnipub_cli/commands/_shared/held.py:holds_of:RESUME")
def test_what_is_paused_goes_on(person: Person, system: System) -> None:
    id_ = held(person, system)
    assert person.run("pause account:facebook/facebook-1#local --reason 'Not - now'").code == 0
    moved(
        system,
        replace(
            deliveries(system, id_)[0],
            due_at=system.world.clock.now() - timedelta(minutes=30),
            next_at=system.world.clock.now() - timedelta(minutes=30),
        ),
    )
    said = person.run("messages create More --to facebook")
    assert said.code == 7
    person.type(said, "omnipub resume", answers="send")
    assert person.run("pause account:facebook/facebook-1#local --reason 'Not - now'").code == 0
    moved(system, decide.held(deliveries(system, id_)[0], system.world.clock.now(), sentence="It is paused."))
    person.type(person.run("messages stuck"), "omnipub resume", answers="send")
    assert status(system, id_) in {"scheduled", "missed"}
