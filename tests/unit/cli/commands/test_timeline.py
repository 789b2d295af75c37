from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from omnipub.domain.certification import Certification
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Attempt, Delivery, Lease, Reason
from omnipub.domain.delivery.outcome import TryEnd
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content, Message
from omnipub.domain.timestamps import Schedule
from omnipub.services.messages.read import Shown
from omnipub_cli.app import load
from omnipub_cli.commands._shared.held import HoldNotice
from omnipub_cli.commands._shared.timeline import EDIT, ENDS, MOVE, NOTHING_HOLDS, STEPS, timeline
from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.output.views import Look, piped

PARENT = Parent(kind=ParentKind.MESSAGE, id="01M844K2KM12R6W346XR7QK44W")
DUE = datetime(2026, 12, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NEW = Delivery(
    parent=PARENT, channel="facebook", account="1", owner="local", status=Status.SCHEDULED, due_at=DUE, next_at=DUE
)
MESSAGE = Message(
    id=PARENT.id,
    owner="local",
    created_at=DUE,
    content=Content(text="Hello"),
    channels=("facebook",),
    schedule=Schedule(at=DUE, local="", zone="UTC"),
)
THROTTLED = Attempt(
    parent=PARENT,
    channel="facebook",
    number=1,
    started_at=DUE,
    ended_at=DUE + SECOND,
    ended="throttled",
    code="4",
    sentence="Facebook asks to slow down.",
)


def typed(words: str) -> str:
    return f"omnipub {words} --data d"


def told(
    delivery: Delivery,
    *attempts: Attempt,
    now: datetime = DUE + 10 * SECOND,
    holds: Sequence[HoldNotice] = (),
) -> list[str]:
    """What happened, without what may be typed."""
    return [line for line in whole(delivery, *attempts, now=now, holds=holds) if "omnipub messages " not in line]


def whole(
    delivery: Delivery,
    *attempts: Attempt,
    now: datetime = DUE + 10 * SECOND,
    can_look: bool = True,
    holds: Sequence[HoldNotice] = (),
) -> list[str]:
    shown = Shown(parent=PARENT, subject=MESSAGE, deliveries=(delivery,), attempts=attempts)
    story = timeline(shown, now, typed, lambda _delivery: can_look, lambda _delivery: holds)
    return [line.replace("2026-12-01 ", "") for line in piped(story, Look(utc=True))]


def test_what_is_ahead_says_when_it_goes_out() -> None:
    assert told(NEW, now=DUE - 90 * timedelta(minutes=1)) == [
        "facebook scheduled",
        "  account 1",
        "  08:00:00.000Z due",
        "  08:00:00.000Z it goes out, in 2 h",
    ]


def test_what_is_due_says_how_long_it_waits() -> None:
    assert told(NEW)[-1] == "  08:00:10.000Z waiting to be sent for 10.0 s"


def test_a_try_that_failed_and_the_next_one_are_told() -> None:
    again = replace(NEW, next_at=DUE + timedelta(minutes=15), attempts=1, tries_used=0)
    assert told(again, THROTTLED)[3:] == [
        "  08:00:00.000Z try 1",
        "  08:00:01.000Z asked to come back later (4): Facebook asks to slow down.",
        "  08:15:00.000Z its next try, in 15 min",
    ]


def test_a_publication_says_how_late_it_was_and_where_it_is() -> None:
    out = replace(
        NEW,
        status=Status.PUBLISHED,
        attempts=1,
        published_at=DUE + timedelta(milliseconds=87),
        permalink="https://facebook.com/1",
    )
    success = replace(THROTTLED, ended="published", code="", sentence="", ended_at=out.published_at)
    assert told(out, success)[3:] == [
        "  08:00:00.000Z try 1",
        "  08:00:00.087Z published, 87 ms after it was due",
        "  https://facebook.com/1",
    ]


def test_a_publication_that_needed_a_new_token_says_so() -> None:
    out = replace(NEW, status=Status.PUBLISHED, attempts=1, published_at=DUE + SECOND, network_id="7")
    sentence = "LinkedIn did not accept the token; a new one was fetched and accepted."
    success = replace(THROTTLED, ended="published", code="", sentence=sentence)
    assert told(out, success)[3:] == [
        "  08:00:00.000Z try 1",
        f"  08:00:01.000Z {sentence}",
        "  08:00:01.000Z published, 1.0 s after it was due",
        "  the network's id is 7",
    ]


def test_a_try_that_runs_is_told() -> None:
    lease = Lease(claim_id="c", attempt=1, started_at=DUE, until=DUE + 70 * SECOND, sends=True)
    running = replace(NEW, status=Status.PUBLISHING, lease=lease, next_at=lease.until, attempts=1)
    assert told(running)[3:] == [
        "  08:00:00.000Z try 1, still running",
        "  08:01:10.000Z if there is no answer by then, omnipub finds out what it can",
    ]


def test_what_may_be_out_says_when_omnipub_looks_for_it() -> None:
    unsure = replace(NEW, status=Status.PUBLISHING, may_be_out=True, next_at=DUE + 40 * SECOND, attempts=1)
    assert told(unsure)[-1] == "  08:00:40.000Z it may be out; omnipub finds out"


def test_a_held_delivery_says_what_holds_it_now_rather_than_what_held_it_first_and_what_lets_it_go_on() -> None:
    first = Reason(code="held", sentence="everything is paused: one", at=DUE)
    pause = HoldNotice(
        sentence="Paused: two", goes_on="it goes out when the pause ends", next="omnipub resume everything"
    )
    network = HoldNotice(sentence="Unknown.", goes_on="it goes out with another release", next="")
    lines = whole(replace(NEW, status=Status.HELD, reason=first), holds=[pause, network])
    assert "  why: Paused: two" in lines
    assert "  next: it goes out when the pause ends: omnipub resume everything" in lines
    assert "  next: it goes out with another release." in lines
    assert not any("one" in line.split() for line in lines if "why" in line)


def test_a_held_delivery_that_nothing_holds_any_more_says_so() -> None:
    assert f"  next: {NOTHING_HOLDS}" in told(
        replace(NEW, status=Status.HELD, reason=Reason(code="held", sentence="Because.", at=DUE))
    )


@pytest.mark.parametrize("status", Status)
def test_a_line_that_ends_with_a_command_is_not_broken(status: Status) -> None:
    shown = Shown(parent=PARENT, subject=MESSAGE, deliveries=(replace(NEW, status=status),), attempts=())
    lines = timeline(shown, DUE, typed, lambda _delivery: True, lambda _delivery: ()).lines
    assert [line for line in lines if "--data d" in str(line.cells) and not line.whole] == []


@pytest.mark.parametrize("status", Status)
def test_no_command_is_told_without_its_place(status: Status) -> None:
    lines = whole(replace(NEW, status=status, next_at=None))
    assert [line for line in lines if "omnipub " in line and not line.endswith(" --data d")] == []


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.PUBLISHED, Status.SCHEDULED, Status.PUBLISHING}))
def test_where_a_delivery_stopped_and_why_is_told(status: Status) -> None:
    stopped = replace(NEW, status=status, reason=Reason(code="x", sentence="Because.", at=DUE))
    lines = told(stopped)
    assert f"  08:00:00.000Z {status.value.replace('_', ' ')}" in lines
    assert "  why: Because." in lines


def test_the_latest_moment_it_may_begin_is_told_however_often_it_was_tried() -> None:
    bounded = replace(NEW, not_after=DUE + timedelta(hours=2))
    assert told(bounded)[-1] == "  10:00:00.000Z the latest it may begin; past that it is missed"
    assert told(replace(bounded, attempts=1, tries_used=1))[-1] == told(bounded)[-1]


def test_looks_are_told_the_clear_ones_with_their_moments() -> None:
    unsure = replace(
        NEW,
        status=Status.PUBLISHING,
        may_be_out=True,
        next_at=DUE + 40 * SECOND,
        looks=3,
        clean_looks=(DUE + 12 * SECOND,),
    )
    assert told(unsure)[3:5] == [
        "  08:00:12.000Z looked for it: nothing like it is there",
        "  looked for it 2 times without a clear answer",
    ]
    assert not [line for line in told(replace(unsure, status=Status.PUBLISHED)) if "looked" in line]


def test_what_may_be_out_can_be_looked_for_unless_somebody_is_at_it() -> None:
    unsure = replace(NEW, status=Status.PUBLISHING, may_be_out=True, next_at=DUE + 40 * SECOND)
    lease = Lease(claim_id="c", attempt=1, started_at=DUE, until=DUE + 70 * SECOND, sends=False)
    assert any("omnipub messages reconcile" in line for line in whole(unsure))
    assert not any("omnipub messages reconcile" in line for line in whole(replace(unsure, lease=lease)))


@pytest.mark.parametrize("status", [Status.UNCONFIRMED, Status.PUBLISHING])
def test_where_nobody_can_look_no_look_is_offered_but_saying_that_it_is_there(status: Status) -> None:
    lines = whole(replace(NEW, status=status, may_be_out=True), can_look=False)
    assert not any("omnipub messages reconcile" in line for line in lines)
    offered = any("omnipub messages mark-published" in line for line in lines)
    assert offered is (status is Status.UNCONFIRMED)


def test_every_end_of_a_try_has_words() -> None:
    assert set(ENDS) == {ended.value for ended in TryEnd} | {"died"}


@pytest.mark.parametrize(
    ("status", "legal"),
    [
        (Status.FAILED, {"edit", "retry", "dismiss"}),
        (Status.MISSED, {"edit", "retry", "dismiss"}),
        (Status.UNCONFIRMED, {"reconcile", "mark-published", "retry", "dismiss"}),
        (Status.HELD, {"edit", "cancel"}),
        (Status.SCHEDULED, {"edit", "cancel"}),
        (Status.PUBLISHING, {"cancel"}),
        (Status.PUBLISHED, set()),
        (Status.CANCELLED, set()),
    ],
)
def test_where_it_is_a_persons_turn_the_legal_commands_are_told(status: Status, legal: set[str]) -> None:
    lines = whole(replace(NEW, status=status, may_be_out=status is Status.UNCONFIRMED))
    said = [line.partition("omnipub messages ")[2].split() for line in lines if "omnipub messages " in line]
    assert {words[0] for words in said} == legal
    assert all((words[1], words[-2:]) == (PARENT.id, ["--data", "d"]) for words in said)


def test_a_certification_is_moved_where_a_message_is_edited() -> None:
    certification = Certification(
        id=PARENT.id,
        owner="local",
        created_at=DUE,
        member="Ada",
        type="solutions-architect-associate",
        earned_on=date(2026, 11, 20),
        channels=("facebook",),
        schedule=Schedule(at=DUE, local="", zone="UTC"),
    )
    shown = Shown(parent=PARENT, subject=certification, deliveries=(NEW,), attempts=())
    story = timeline(shown, DUE - SECOND, typed, lambda _delivery: True, lambda _delivery: ())
    lines = list(piped(story, Look(utc=True)))
    assert f"    move it: omnipub messages edit {PARENT.id} --at TIME --data d" in lines
    assert not any("--text" in line for line in lines)


def test_every_command_that_is_told_is_parsed_as_it_stands() -> None:
    for words in (EDIT[1], MOVE[1], *(step[2] for step in STEPS)):
        group, name, *arguments = words.format(id=PARENT.id, channel="facebook").split()
        command = load(group)
        assert isinstance(command, LazyGroup)
        command.load(name).make_context(name, arguments)


def test_a_cancel_that_waits_for_the_try_is_told() -> None:
    asked = replace(NEW, status=Status.PUBLISHING, cancel_asked="Wrong price.")
    assert told(asked)[-1] == "  to be called off if it is surely not out: Wrong price."
