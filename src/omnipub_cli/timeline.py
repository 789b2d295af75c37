"""What became of a delivery, told in order: asked for, tries and their ends, and what follows by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub.domain.intervention import is_editable
from omnipub.domain.lifecycle import Event, Status, legal_events
from omnipub.domain.message import Message
from omnipub_cli.drawing import Exact, Line, State, Story
from omnipub_cli.times import span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from omnipub.domain.delivery import Attempt, Delivery
    from omnipub.services.showing import Shown

ENDS = {
    "published": "published",
    "rejected": "refused for good",
    "throttled": "asked to come back later",
    "not_sent": "failed before anything was sent",
    "auth": "the account's token no longer works",
    "ambiguous": "no clear answer; it may be out",
    "already_there": "the network has this post already",
    "died": "omnipub itself stopped during the try; it may be out",
}
"""The end of a try, as a half sentence."""


def timeline(shown: Shown, now: datetime) -> Story:
    """All deliveries, one after another."""
    lines: list[Line] = []
    live = [one for one in shown.deliveries if one.status is not Status.CANCELLED]
    editable = isinstance(shown.subject, Message) and all(is_editable(one) for one in live)
    for delivery in shown.deliveries:
        tries = [one for one in shown.attempts if one.channel == delivery.channel]
        lines += [*([Line()] if lines else []), *_told(delivery, tries, now, editable=editable)]
    return Story(lines=lines)


def _told(delivery: Delivery, tries: Sequence[Attempt], now: datetime, *, editable: bool) -> Iterator[Line]:
    yield Line((delivery.channel, State(delivery.status.value)), heading=True)
    yield Line(("account", delivery.account), indent=2)
    if delivery.due_at is not None:
        yield Line((Exact(delivery.due_at), "due"), indent=2)
    for one in tries:
        yield Line((Exact(one.started_at), f"try {one.number}"), indent=2)
        if one.ended_at is not None and one.ended != "published":  # told with the publication
            yield Line((Exact(one.ended_at), *_end(one)), indent=2)
    if delivery.lease is not None and delivery.lease.sends:
        yield Line((Exact(delivery.lease.started_at), f"try {delivery.lease.attempt}, still running"), indent=2)
    for line in _state(delivery, now):
        yield Line(line.cells, indent=2)
    for line in _steps(delivery, editable=editable):
        yield Line(line.cells, indent=4)


def _end(one: Attempt) -> tuple[str, ...]:
    code = f" ({one.code})" if one.code else ""
    said = f": {one.sentence}" if one.sentence else ""
    return (f"{ENDS.get(one.ended, one.ended)}{code}{said}",)


def _state(delivery: Delivery, now: datetime) -> Iterator[Line]:
    """Where it is, why, and what follows."""
    reason = delivery.reason.sentence if delivery.reason else ""
    match delivery.status.value:
        case "published":
            yield from _published(delivery)
            return
        case "scheduled":
            yield from _scheduled(delivery, now)
        case "publishing":
            yield from _publishing(delivery)
        case status:
            if delivery.next_at is not None:
                yield Line((Exact(delivery.next_at), status.replace("_", " ")))
    if reason:
        yield Line((f"why: {reason}",))
    follows = FOLLOWS.get(delivery.status.value)
    if follows:
        yield Line((f"next: {follows.format(channel=delivery.channel)}",))


FOLLOWS = {
    "held": "it goes out when the pause ends (omnipub resume) or its account works again "
    "(omnipub connections connect {channel}).",
    "failed": "nothing by itself; it is surely not out.",
    "unconfirmed": "nothing by itself; it may be out, so look at the account before sending it again.",
    "missed": "nothing by itself; it is surely not out.",
    "pending_approval": "it waits for approval.",
    "draft": "nothing until it is scheduled.",
}
"""What follows a status by itself, or whose turn it is."""

STEPS = (
    (Event.FIND, "found there", "messages mark-published {id} --channel {channel} --network-id ID"),
    (Event.RETRY, "send it again", "messages retry {id} --channel {channel}"),
    (Event.DISMISS, "put it away", "messages dismiss {id} --channel {channel} --reason TEXT"),
    (Event.CANCEL, "call it off", "messages cancel {id} --channel {channel}"),
)
"""What a person may do, where the lifecycle allows it, and the command; certifications have the same ones."""

EDIT = "messages edit {id} --text TEXT"


def _steps(delivery: Delivery, *, editable: bool) -> Iterator[Line]:
    """What a person may type, where it is a person's turn."""
    if delivery.status.value not in FOLLOWS:
        return
    legal = legal_events(delivery.status)
    possible = [(words, typed) for event, words, typed in STEPS if event in legal]
    if editable:
        possible.insert(0, ("change it", EDIT))
    for words, typed in possible:
        yield Line((f"{words}: omnipub {typed.format(id=delivery.parent.id, channel=delivery.channel)}",))


def _published(delivery: Delivery) -> Iterator[Line]:
    if delivery.published_at is not None:
        late = f", {span(delivery.published_at - delivery.due_at)} after it was due" if delivery.due_at else ""
        yield Line((Exact(delivery.published_at), f"published{late}"))
    if delivery.permalink:
        yield Line((delivery.permalink,))
    elif delivery.network_id:
        yield Line(("the network's id is", delivery.network_id))


def _scheduled(delivery: Delivery, now: datetime) -> Iterator[Line]:
    if delivery.next_at is None:
        return
    again = "its next try" if delivery.attempts else "it goes out"
    if delivery.next_at > now:
        yield Line((Exact(delivery.next_at), f"{again}, in {span(delivery.next_at - now)}"))
    else:
        yield Line((Exact(now), f"waiting to be sent for {span(now - delivery.next_at)}"))


def _publishing(delivery: Delivery) -> Iterator[Line]:
    if delivery.next_at is None:
        return
    if delivery.may_be_out:
        yield Line((Exact(delivery.next_at), "it may be out; omnipub looks for it"))
    else:
        yield Line((Exact(delivery.next_at), "if there is no answer by then, omnipub looks for it"))
    if delivery.cancel_asked:
        yield Line((f"to be called off if it is surely not out: {delivery.cancel_asked}",))
