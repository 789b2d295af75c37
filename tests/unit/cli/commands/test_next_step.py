"""What needs somebody, in words: why, and what to type."""

from datetime import UTC, datetime, timedelta

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, Reason
from omnipub.domain.ids import Parent, ParentKind
from omnipub.services.health.stuck import WORST_FIRST
from omnipub.services.messages.calendar import CalendarEntry
from omnipub_cli.app import load
from omnipub_cli.commands._shared.held import HoldNotice
from omnipub_cli.commands.messages._next_step import BY_STATUS, why
from omnipub_cli.commands.messages.stuck import _story
from omnipub_cli.framework.lazy_group import LazyGroup
from omnipub_cli.output.views import Look, piped

NOW = datetime(2026, 12, 1, 8, 5, tzinfo=UTC)
DUE = NOW - timedelta(minutes=5)
ID = "01M844K2KM12R6W346XR7QK44W"


def delivery(status: Status, reason: str = "") -> Delivery:
    return Delivery(
        parent=Parent(kind=ParentKind.MESSAGE, id=ID),
        channel="facebook",
        account="1",
        owner="local",
        status=status,
        due_at=DUE,
        next_at=DUE,
        reason=Reason(code="x", sentence=reason, at=DUE) if reason else None,
    )


def test_there_is_a_command_for_every_status_that_needs_somebody() -> None:
    assert set(BY_STATUS) == set(WORST_FIRST) - {"held"}  # which goes by what holds it


@pytest.mark.parametrize("typed", sorted(set(BY_STATUS.values())))
def test_every_command_is_parsed_as_it_stands(typed: str) -> None:
    group, name, *arguments = typed.format(id=ID, channel="facebook", account="1").split()
    found = load(group)
    command = found.load(name) if isinstance(found, LazyGroup) else found.commands[name]  # type: ignore[attr-defined]
    command.make_context(name, arguments)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (delivery(Status.FAILED, "Refused."), "Refused."),
        (delivery(Status.MISSED), "It is missed."),
        (delivery(Status.SCHEDULED), "It should have been taken 5 min ago."),
        (delivery(Status.SCHEDULED, "Throttled."), "It should have been taken 5 min ago. Throttled."),
        (
            delivery(Status.PUBLISHING),
            "Its worker did not come back; 5 min ago it should have been looked for.",
        ),
    ],
)
def test_why_it_needs_somebody_is_said(one: Delivery, said: str) -> None:
    assert why(one, NOW) == said


def test_what_is_held_says_what_holds_it_now_rather_than_what_held_it_first() -> None:
    one = delivery(Status.HELD, "everything is paused: one")
    hold = HoldNotice(
        sentence="Paused by local: channel:facebook. Why: two",
        goes_on="it goes out then",
        next="resume channel:facebook",
    )
    assert why(one, NOW, [hold]) == hold.sentence


def test_at_a_terminal_each_has_its_reason_and_its_command_on_lines_of_their_own() -> None:
    one = CalendarEntry(delivery=delivery(Status.FAILED), excerpt="Hello")
    assert list(piped(_story([(one, "Refused.", "omnipub messages retry X")] * 2), Look(utc=True)))[:6] == [
        "facebook failed Hello",
        "  2026-12-01 08:00:00Z was due",
        "  why: Refused.",
        "  next: omnipub messages retry X",
        "",
        "facebook failed Hello",
    ]
