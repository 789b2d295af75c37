"""What an edit writes: the message and all its deliveries in one transaction, or nothing.

It decides and checks; `actions` writes, and decides anew if somebody else was faster.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from omnipub.domain.announcement import announce
from omnipub.domain.certification import Certification
from omnipub.domain.delivery import actions
from omnipub.domain.delivery.allowed_actions import REFUSED
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.window import Window, end_of
from omnipub.domain.message import Content, Message, checked
from omnipub.domain.timestamps import Schedule
from omnipub.errors import ConflictError, InvalidInputError
from omnipub.hints import Action
from omnipub.ports.table import Put, Unchanged, Write
from omnipub.services.channels.validate import admit
from omnipub.services.messages.create import refuse_unused_variants
from omnipub.services.messages.create_transaction import CreateTransaction
from omnipub.services.messages.read import Shown
from omnipub.storage.items import certification_item, delivery_item, message_item

Rewrite = Callable[[Content], Content]
"""From what a message says to what it shall say."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What changes; None leaves a part alone."""

    content: Content | Rewrite | None
    schedule: Schedule | None
    window: Window | None


def written(shown: Shown, edit: Edit, creation: CreateTransaction, now: datetime) -> list[Write]:
    """The writes of an edit, on the condition that nothing changed since it was read.

    Raises:
        ConflictError: Some channels are out, or may be; names them.
        InvalidInputError: A channel cannot take the new content, or the moment or its window makes no sense.
    """
    live = _editable(shown)
    when = creation.schedule(edit.schedule, now) if edit.schedule else shown.subject.schedule
    not_after = end_of(edit.window, due=when.at, now=now) if edit.window is not None else None
    subject = _subject(shown.subject, edit.content, when, creation)
    _admit(subject, live, creation)
    shard = creation.base.shards.count(now).of
    item = message_item(subject, shard) if isinstance(subject, Message) else certification_item(subject, shard)
    writes: list[Write] = [Put(item=item, condition=Unchanged(version=shown.subject.version))]
    due_at = when.at if edit.schedule else None
    for delivery in live:
        after = actions.edited(delivery, due_at=due_at, window=creation.missed_after, not_after=not_after)
        if after.not_after:
            images = _has_images(subject)
            creation.media_last(images=images, end=after.not_after, since=shown.subject.created_at)
        after = replace(after, version=delivery.version + 1, write_id=creation.base.chance.token())
        writes.append(Put(item=delivery_item(after, shard), condition=Unchanged(version=delivery.version)))
    return writes


def _has_images(subject: Message | Certification) -> bool:
    return bool(subject.content.media) if isinstance(subject, Message) else subject.photo is not None


def _editable(shown: Shown) -> list[Delivery]:
    """Its deliveries that are not cancelled, if all may still change."""
    live = [delivery for delivery in shown.deliveries if delivery.status is not Status.CANCELLED]
    fixed = [delivery for delivery in live if not actions.is_editable(delivery)]
    if fixed or not live:
        named = ", ".join(map(_why, fixed)) or "all is cancelled"
        raise ConflictError(
            f"{REFUSED[Action.EDIT].capitalize()}: {named}.", hint="Cancel what is left, and compose a new message."
        )
    return live


def _why(delivery: Delivery) -> str:
    doubt = ", and an earlier text may stand there under its key" if delivery.key_in_doubt else ""
    return f"{delivery.channel} is {delivery.status}{doubt}"


def _subject(
    subject: Message | Certification, content: Content | Rewrite | None, when: Schedule, creation: CreateTransaction
) -> Message | Certification:
    fields: dict[str, Any] = {
        "schedule": when,
        "revision": subject.revision + 1,
        "version": subject.version + 1,
        "write_id": creation.base.chance.token(),
    }
    if isinstance(subject, Certification):
        if content is not None:
            raise InvalidInputError("A certification's text comes from its template.", hint="Change its schedule.")
        return replace(subject, **fields)
    edited = content(subject.content) if callable(content) else content
    if edited is not None:
        refuse_unused_variants(checked(edited), subject.channels)
    return replace(subject, content=edited or subject.content, **fields)


def _admit(subject: Message | Certification, live: list[Delivery], creation: CreateTransaction) -> None:
    """Refuse what a channel cannot take."""
    contents = {
        one.channel: subject.content.on(one.channel)
        if isinstance(subject, Message)
        else announce(subject, one.channel, creation.channels)
        for one in live
    }
    admit(contents, creation.channels)
