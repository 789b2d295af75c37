"""What people do to messages that exist: edit, cancel, retry, mark as published, dismiss.

Each is one conditional write per delivery, or one transaction for an edit; a lost race is read again and
decided anew, so that a person's word never overwrites what the network has said meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from omnipub.domain import intervention
from omnipub.domain.announcement import announce
from omnipub.domain.certification import Certification
from omnipub.domain.conversation import Channel
from omnipub.domain.delivery import Delivery
from omnipub.domain.identity import Kind, Parent, network_of
from omnipub.domain.lifecycle import Status
from omnipub.domain.message import Content, Message, checked
from omnipub.domain.moments import Schedule
from omnipub.errors import ConflictError, InvalidInputError, NotFoundError
from omnipub.services.admission import admit
from omnipub.services.creation import Creation
from omnipub.services.ports import Clock
from omnipub.services.recording import Recording
from omnipub.services.showing import Showing, Shown, Viewer
from omnipub.storage.items import certification_item, delivery_item, message_item
from omnipub.storage.table import ConditionFailedError, Put, Unchanged, Write
from omnipub.storage.writing import transact

REREADS = 5


@dataclass(frozen=True, kw_only=True)
class Operate:
    """Interventions of owners and operators."""

    creation: Creation
    recording: Recording
    showing: Showing
    clock: Clock
    channels: Mapping[str, Channel]
    missed_after: timedelta

    def edit(
        self, parent: Parent, viewer: Viewer, *, content: Content | None = None, schedule: Schedule | None = None
    ) -> Shown:
        """Change what a message says, when it is due, or both: on all its channels or on none.

        Raises:
            ConflictError: Some channels are out, or may be; names them.
            InvalidInputError: A channel cannot take the new content, or nothing was asked for.
            NotFoundError: There is no such message for this viewer.
        """
        if content is None and schedule is None:
            raise InvalidInputError("Nothing to change.", hint="Give a new content, a new schedule, or both.")
        for _ in range(REREADS):
            shown = self.showing.one(parent, viewer)
            try:
                self._edit(shown, content, schedule)
            except ConditionFailedError:
                continue
            edited = self.showing.one(parent, viewer)
            self.creation.due.committed(edited.deliveries, why="edited")
            return edited
        raise _busy(parent)

    def cancel(
        self, parent: Parent, viewer: Viewer, *, channels: Sequence[str] = (), reason: str = ""
    ) -> list[Delivery]:
        """Call deliveries off: those named, or all that are not over."""
        sentence = reason or "It was cancelled."
        return self._each(
            parent,
            viewer,
            channels,
            lambda delivery: intervention.cancelled(delivery, self.clock.now(), sentence=sentence),
            meant=_CANCELLABLE,
        )

    def retry(self, parent: Parent, viewer: Viewer, *, channels: Sequence[str] = ()) -> list[Delivery]:
        """Send again what failed or was missed; what is unconfirmed only if its channel is named."""
        meant = _RETRIABLE | {Status.UNCONFIRMED} if channels else _RETRIABLE
        moved = self._each(
            parent,
            viewer,
            channels,
            lambda delivery: intervention.retried(delivery, self.clock.now(), window=self.missed_after),
            meant=meant,
        )
        self.creation.due.committed(moved, why="retry")
        return moved

    def dismiss(self, parent: Parent, viewer: Viewer, *, channels: Sequence[str] = (), reason: str) -> list[Delivery]:
        """Put failures away, with the reason kept."""
        return self._each(
            parent,
            viewer,
            channels,
            lambda delivery: intervention.dismissed(delivery, self.clock.now(), sentence=reason),
            meant=_RETRIABLE | {Status.UNCONFIRMED},
        )

    def mark_published(
        self, parent: Parent, viewer: Viewer, *, channel: str, network_id: str, permalink: str = ""
    ) -> Delivery:
        """An unconfirmed delivery was found on the network by a person.

        Raises:
            ConflictError: The post belongs to another delivery.
        """

        def mark(delivery: Delivery) -> Delivery:
            return intervention.marked_published(delivery, self.clock.now(), network_id=network_id, permalink=permalink)

        try:
            (moved,) = self._each(parent, viewer, [channel], mark, meant={Status.UNCONFIRMED})
        except ConditionFailedError as error:
            raise ConflictError(f"The post {network_id} belongs to another delivery.") from error
        return moved

    def _each(
        self,
        parent: Parent,
        viewer: Viewer,
        channels: Sequence[str],
        decide: Callable[[Delivery], Delivery],
        *,
        meant: set[Status] | frozenset[Status],
    ) -> list[Delivery]:
        shown = self.showing.one(parent, viewer)
        by_channel = {delivery.channel: delivery for delivery in shown.deliveries}
        unknown = [channel for channel in channels if channel not in by_channel]
        if unknown:
            raise NotFoundError(f"It does not go to {', '.join(unknown)}.", hint=f"It goes to {', '.join(by_channel)}.")
        chosen = [by_channel[channel] for channel in channels] or [
            delivery for delivery in shown.deliveries if delivery.status in meant
        ]
        if not chosen:
            states = ", ".join(f"{delivery.channel} is {delivery.status}" for delivery in shown.deliveries)
            raise ConflictError(f"Nothing of it can be changed that way: {states}.")
        for delivery in chosen:
            decide(delivery)  # all must be possible before the first is written
        return [self._write(delivery, decide) for delivery in chosen]

    def _write(self, delivery: Delivery, decide: Callable[[Delivery], Delivery]) -> Delivery:
        current = delivery
        for _ in range(REREADS):
            after = decide(current)
            claims = after.status is Status.PUBLISHED
            try:
                return self.recording.move(current, after, *([self.recording.ownership(after)] if claims else []))
            except ConditionFailedError:
                there = self.recording.read(current)
                if there is None or there.version == current.version:
                    raise
                current = there
        raise _busy(delivery.parent)

    def _edit(self, shown: Shown, content: Content | None, schedule: Schedule | None) -> None:
        now = self.clock.now()
        live = [delivery for delivery in shown.deliveries if delivery.status is not Status.CANCELLED]
        fixed = [delivery for delivery in live if not intervention.is_editable(delivery)]
        if fixed or not live:
            named = ", ".join(f"{delivery.channel} is {delivery.status}" for delivery in fixed) or "all is cancelled"
            raise ConflictError(
                f"It cannot be edited any more: {named}.", hint="Cancel what is left, and compose a new message."
            )
        when = self.creation.schedule(schedule, now) if schedule else shown.subject.schedule
        subject = self._subject(shown.subject, content, when)
        self._admit(subject, [delivery.channel for delivery in live])
        shard = self.creation.shards.count(now).of
        item = message_item(subject, shard) if isinstance(subject, Message) else certification_item(subject, shard)
        writes: list[Write] = [Put(item=item, condition=Unchanged(version=shown.subject.version))]
        due_at = when.at if schedule else None
        for delivery in live:
            after = intervention.edited(delivery, due_at=due_at, window=self.missed_after)
            after = replace(after, version=delivery.version + 1, write_id=self.creation.chance.token())
            writes.append(Put(item=delivery_item(after, shard), condition=Unchanged(version=delivery.version)))
        transact(self.creation.table, writes)

    def _subject(
        self, subject: Message | Certification, content: Content | None, when: Schedule
    ) -> Message | Certification:
        written: dict[str, Any] = {
            "schedule": when,
            "revision": subject.revision + 1,
            "version": subject.version + 1,
            "write_id": self.creation.chance.token(),
        }
        if isinstance(subject, Certification):
            if content is not None:
                raise InvalidInputError("A certification's text comes from its template.", hint="Change its schedule.")
            return replace(subject, **written)
        return replace(subject, content=checked(content) if content else subject.content, **written)

    def _admit(self, subject: Message | Certification, channels: Sequence[str]) -> None:
        said = {
            channel: subject.content.on(channel)
            if isinstance(subject, Message)
            else announce(subject, network_of(channel))
            for channel in channels
        }
        admit(said, self.channels)


_CANCELLABLE = frozenset({Status.DRAFT, Status.PENDING_APPROVAL, Status.SCHEDULED, Status.HELD, Status.PUBLISHING})
_RETRIABLE = frozenset({Status.FAILED, Status.MISSED})


def _busy(parent: Parent) -> ConflictError:
    noun = "message" if parent.kind is Kind.MESSAGE else "certification"
    return ConflictError(f"The {noun} {parent.id} is being changed by others.", hint="Look at it, and try again.")
