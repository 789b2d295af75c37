"""What people do to messages that exist: edit, cancel, retry, mark as published, dismiss.

Each is one conditional write per delivery, or one transaction for an edit. A lost race is read again and decided anew.
So a person's word never overwrites what the network has said meanwhile.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from omnipub.domain.delivery import actions
from omnipub.domain.delivery.allowed_actions import Permission, permission, statuses
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.delivery.window import Window
from omnipub.domain.ids import Parent, ParentKind, network_of
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule
from omnipub.errors import ConflictError, InvalidInputError, NotFoundError
from omnipub.hints import Action
from omnipub.ports.clock import Clock
from omnipub.ports.table import ConditionFailedError
from omnipub.services.messages.create_transaction import CreateTransaction
from omnipub.services.messages.edit import Edit, Rewrite, written
from omnipub.services.messages.read import ReadMessages, Shown, Viewer
from omnipub.services.protocol.gate import Gate
from omnipub.services.protocol.store import DeliveryStore
from omnipub.storage.write_ids import transact

REREADS = 5


@dataclass(frozen=True, kw_only=True)
class MessageActions:
    """Interventions of owners and operators."""

    creation: CreateTransaction
    gate: Gate
    recording: DeliveryStore
    showing: ReadMessages
    clock: Clock
    missed_after: timedelta

    def edit(
        self,
        parent: Parent,
        viewer: Viewer,
        *,
        content: Content | Rewrite | None = None,
        schedule: Schedule | None = None,
        window: Window | None = None,
    ) -> Shown:
        """Change what a message says, when it is due and until when: on all its channels or on none.

        A content replaces the old one whole; a `Rewrite` is asked anew if somebody else edits meanwhile.

        Raises:
            ConflictError: Some channels are out, or may be; names them.
            GateClosedError: The table is a copy: with another moment, what its original sent would not be in doubt.
            InvalidInputError: A channel cannot take the new content, or nothing was asked for.
            NotFoundError: There is no such message for this viewer.
        """
        if content is None and schedule is None and window is None:
            raise InvalidInputError("Nothing to change.", hint="Give a new content, a new schedule, or both.")
        self.gate.check()
        edit = Edit(content=content, schedule=schedule, window=window)
        for _ in range(REREADS):
            shown = self.showing.one(parent, viewer)
            try:
                transact(self.creation.base.table, written(shown, edit, self.creation, self.clock.now()))
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
            lambda delivery: actions.cancelled(delivery, self.clock.now(), sentence=sentence),
            meant=statuses(Action.CANCEL),
        )

    def retry(
        self, parent: Parent, viewer: Viewer, *, channels: Sequence[str] = (), doubling: bool = True
    ) -> list[Delivery]:
        """Send again what failed or was missed; what is unconfirmed only if its channel is named, and with `doubling`.

        Raises:
            ConflictError: A channel was named that may be out, without `doubling`.
            GateClosedError: The table is a copy: what is not out here, its original may have sent.
        """

        def again(delivery: Delivery) -> Delivery:
            if permission(delivery.status, Action.RETRY) is Permission.IF_NAMED and not doubling:
                raise ConflictError(f"It may be out on {delivery.channel}; sending it again may publish it twice.")
            channel = self.creation.channels.get(network_of(delivery.channel))
            keyed = channel is not None and channel.remedy(delivery.account) is ReconcileMethod.RESEND
            return actions.retried(delivery, self.clock.now(), window=self.missed_after, keyed=keyed)

        self.gate.check()
        moved = self._each(parent, viewer, channels, again, meant=statuses(Action.RETRY))
        self.creation.due.committed(moved, why="retry")
        return moved

    def dismiss(self, parent: Parent, viewer: Viewer, *, channels: Sequence[str] = (), reason: str) -> list[Delivery]:
        """Put failures away, with the reason kept."""
        return self._each(
            parent,
            viewer,
            channels,
            lambda delivery: actions.dismissed(delivery, self.clock.now(), sentence=reason),
            meant=statuses(Action.DISMISS),
        )

    def mark_published(
        self, parent: Parent, viewer: Viewer, *, channel: str, network_id: str, permalink: str = ""
    ) -> Delivery:
        """An unconfirmed delivery was found on the network by a person.

        Args:
            parent: What it belongs to.
            viewer: Who says so.
            channel: Where it was found.
            network_id: The network's id of the post, or an address of the post that ends in it.
            permalink: Where the post is seen.

        Raises:
            ConflictError: The post belongs to another delivery.
            InvalidInputError: The network has no such ids.
        """
        known = self.creation.channels.get(network_of(channel))

        def mark(delivery: Delivery) -> Delivery:
            # What cannot be marked at all is told first: the right id would not help.
            marked = actions.marked_published(delivery, self.clock.now(), network_id=network_id, permalink=permalink)
            return replace(marked, network_id=known.post_ids.read(network_id)) if known else marked

        try:
            (moved,) = self._each(parent, viewer, [channel], mark, meant=statuses(Action.MARK_PUBLISHED))
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
        meant: Collection[Status],
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
            raise ConflictError(
                f"Nothing of it can be changed that way: {states}.",
                hint=parent.hint(Action.SHOW, when="See what can be done"),
            )
        for delivery in chosen:
            decide(delivery)  # all must be possible before the first is written
        return [self._write(delivery, decide) for delivery in chosen]

    def _write(self, delivery: Delivery, decide: Callable[[Delivery], Delivery]) -> Delivery:
        current = delivery
        for _ in range(REREADS):
            after = decide(current)
            claims = after.status is Status.PUBLISHED
            try:
                return self.recording.move(current, after, *(self.recording.taking(after) if claims else []))
            except ConditionFailedError:
                there = self.recording.read(current)
                if there is None or there.version == current.version:
                    raise
                current = there
        raise _busy(delivery.parent)


def _busy(parent: Parent) -> ConflictError:
    noun = "message" if parent.kind is ParentKind.MESSAGE else "certification"
    return ConflictError(f"The {noun} {parent.id} is being changed by others.", hint="Look at it, and try again.")
