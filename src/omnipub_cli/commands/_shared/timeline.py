"""What became of a delivery, told in order: asked for, tries and their ends, and what follows by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub.domain.delivery.actions import is_editable, is_searchable
from omnipub.domain.delivery.allowed_actions import Permission, permission
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.message import Message
from omnipub.domain.secret_urls import shown
from omnipub.hints import Action
from omnipub_cli.output.times import span
from omnipub_cli.output.views import Exact, LineView, StatusCell, StoryView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from omnipub.domain.delivery.model import Attempt, Delivery
    from omnipub.services.messages.read import Shown
    from omnipub_cli.commands._shared.held import HoldNotice

ENDS = {
    "published": "published",
    "rejected": "refused for good",
    "throttled": "asked to come back later",
    "not_sent": "surely not out",
    "auth": "refused for the account, not for the post",
    "ambiguous": "no clear answer; it may be out",
    "already_there": "the network has this post already",
    "died": "omnipub itself stopped during the try; it may be out",
}
"""The end of a try, as a half sentence."""


def timeline(
    shown: Shown,
    now: datetime,
    typed: Callable[[str], str],
    can_look: Callable[[Delivery], bool],
    holds: Callable[[Delivery], Sequence[HoldNotice]],
) -> StoryView:
    """All deliveries, one after another.

    Args:
        shown: The message or certification with everything about it.
        now: The present moment.
        typed: Makes a whole command line of a command.
        can_look: Whether a delivery's network can be asked for its post.
        holds: What holds a delivery at this moment.
    """
    lines: list[LineView] = []
    live = [one for one in shown.deliveries if one.status is not Status.CANCELLED]
    editable = all(is_editable(one) for one in live)
    edit = (EDIT if isinstance(shown.subject, Message) else MOVE) if editable else None
    for delivery in shown.deliveries:
        tries = [one for one in shown.attempts if one.channel == delivery.channel]
        steps = [
            LineView(
                (f"{words}: {typed(words_typed.format(id=delivery.parent.id, channel=delivery.channel))}",),
                indent=4,
                whole=True,
            )
            for words, words_typed in possible(delivery, now, edit, can_look=can_look(delivery))
        ]
        lines += [*([LineView()] if lines else []), *_delivery_lines(delivery, tries, now, holds), *steps]
    return StoryView(lines=lines)


def _delivery_lines(
    delivery: Delivery,
    tries: Sequence[Attempt],
    now: datetime,
    holds: Callable[[Delivery], Sequence[HoldNotice]],
) -> Iterator[LineView]:
    yield LineView((delivery.channel, StatusCell(delivery.status.value)), heading=True)
    yield LineView(("account", shown(delivery.account)), indent=2)
    if delivery.due_at is not None:
        yield LineView((Exact(delivery.due_at), "due"), indent=2)
    for one in tries:
        yield LineView((Exact(one.started_at), f"try {one.number}"), indent=2)
        if one.ended_at is not None and (one.ended != "published" or one.sentence):
            yield LineView((Exact(one.ended_at), *_end(one)), indent=2)
    if delivery.lease is not None and delivery.lease.sends:
        yield LineView((Exact(delivery.lease.started_at), f"try {delivery.lease.attempt}, still running"), indent=2)
    for line in (*_looks(delivery), *_state(delivery, now, holds)):
        yield LineView(line.cells, indent=2, whole=line.whole)


def _end(one: Attempt) -> tuple[str, ...]:
    if one.ended == "published":
        return (one.sentence,)  # that it is out is told with the publication
    code = f" ({one.code})" if one.code else ""
    detail = f": {one.sentence}" if one.sentence else ""
    return (f"{ENDS.get(one.ended, one.ended)}{code}{detail}",)


def _looks(delivery: Delivery) -> Iterator[LineView]:
    """What omnipub saw when it looked for it, since its last try."""
    if delivery.status.value == "published":
        return
    for at in delivery.clean_looks:
        yield LineView((Exact(at), "looked for it: nothing like it is there"))
    unclear = delivery.looks - len(delivery.clean_looks)
    if unclear > 0:
        times = "once" if unclear == 1 else f"{unclear} times"
        yield LineView((f"looked for it {times} without a clear answer",))


def _state(
    delivery: Delivery,
    now: datetime,
    holds: Callable[[Delivery], Sequence[HoldNotice]],
) -> Iterator[LineView]:
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
                yield LineView((Exact(delivery.next_at), status.replace("_", " ")))
    if delivery.status is Status.HELD:
        yield from _held(holds(delivery), reason)
        return
    if reason:
        yield LineView((f"why: {reason}",))
    if delivery.status.value in FOLLOWS:
        yield LineView((f"next: {FOLLOWS[delivery.status.value]}",))


def _held(holds: Sequence[HoldNotice], reason: str) -> Iterator[LineView]:
    """What holds it now, which need not be what held it first, and what lets it go on."""
    for one in holds:
        yield LineView((f"why: {one.sentence}",))
        yield LineView((f"next: {one.goes_on}{f': {one.next}' if one.next else '.'}",), whole=bool(one.next))
    if not holds:
        yield LineView((f"why: {reason}",))
        yield LineView((f"next: {NOTHING_HOLDS}",))


NOTHING_HOLDS = "nothing holds it any more, so it goes on by itself within the hour."
"""Of a delivery that is still `held`: a tick lets it go on."""

FOLLOWS = {
    "failed": "nothing by itself; it is surely not out.",
    "unconfirmed": "nothing by itself; it may be out, so look at the account before sending it again.",
    "missed": "nothing by itself; it is surely not out.",
    "pending_approval": "it waits for approval.",
    "draft": "nothing until it is scheduled.",
}
"""What follows a status by itself, or whose turn it is."""

STEPS = (
    (Action.RECONCILE, "look for it now", "messages reconcile {id} --channel {channel}"),
    (Action.MARK_PUBLISHED, "found there", "messages mark-published {id} --channel {channel} --network-id ID"),
    (Action.RETRY, "send it again", "messages retry {id} --channel {channel}"),
    (Action.DISMISS, "put it away", "messages dismiss {id} --channel {channel} --reason TEXT"),
    (Action.CANCEL, "call it off", "messages cancel {id} --channel {channel}"),
)
"""What a person may do where the status allows it, and the command; certifications have the same ones."""

EDIT = ("change it", "messages edit {id} --text TEXT")
MOVE = ("move it", "messages edit {id} --at TIME")
"""Of a message, and of a certification, whose text its template gives."""


def possible(
    delivery: Delivery, now: datetime, edit: tuple[str, str] | None, *, can_look: bool
) -> Iterator[tuple[str, str]]:
    """What a person may do about it now: words and command, the gentlest first."""
    if edit is not None and is_editable(delivery):
        yield edit
    for action, words, typed in STEPS:
        how = permission(delivery.status, action)
        # Some networks show nobody what stands there.
        unseen = action is Action.RECONCILE and not (can_look and is_searchable(delivery, now))
        if how is None or unseen:
            continue
        if how is not Permission.RECORDED:
            yield words, typed
        elif not delivery.cancel_asked:
            yield f"{words} if it is not out", typed


def _published(delivery: Delivery) -> Iterator[LineView]:
    if delivery.published_at is not None:
        late = f", {span(delivery.lateness)} after it was due" if delivery.lateness is not None else ""
        yield LineView((Exact(delivery.published_at), f"published{late}"))
    if delivery.permalink:
        yield LineView((delivery.permalink,))
    elif delivery.network_id:
        yield LineView(("the network's id is", delivery.network_id))
    for double in delivery.doubles:
        yield LineView((Exact(double.published_at), f"published once more: {double.permalink or double.network_id}"))
    if delivery.reason is not None and delivery.reason.sentence:
        yield LineView((f"why: {delivery.reason.sentence}",))
    if delivery.unpublished is not None:
        yield LineView((Exact(delivery.unpublished.at), f"deleted there, by {delivery.unpublished.by}"))


def _scheduled(delivery: Delivery, now: datetime) -> Iterator[LineView]:
    if delivery.next_at is None:
        return
    again = "its next try" if delivery.attempts else "it goes out"
    if delivery.next_at > now:
        yield LineView((Exact(delivery.next_at), f"{again}, in {span(delivery.next_at - now)}"))
    else:
        yield LineView((Exact(now), f"waiting to be sent for {span(now - delivery.next_at)}"))
    if delivery.not_after is not None:
        yield LineView((Exact(delivery.not_after), "the latest it may begin; past that it is missed"))


def _publishing(delivery: Delivery) -> Iterator[LineView]:
    if delivery.next_at is None:
        return
    if delivery.may_be_out:
        yield LineView((Exact(delivery.next_at), "it may be out; omnipub finds out"))
    else:
        yield LineView((Exact(delivery.next_at), "if there is no answer by then, omnipub finds out what it can"))
    if delivery.cancel_asked:
        yield LineView((f"to be called off if it is surely not out: {delivery.cancel_asked}",))
