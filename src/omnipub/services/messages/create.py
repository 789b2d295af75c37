"""Create a message: check it, and store it with its deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.window import Window
from omnipub.domain.ids import Parent, ParentKind, network_of
from omnipub.domain.message import Content, Message, checked
from omnipub.domain.timestamps import Schedule
from omnipub.errors import InvalidInputError
from omnipub.services.channels.validate import admit
from omnipub.services.messages.create_transaction import Created, CreateTransaction, IdempotencyKey
from omnipub.storage.items import message_item


@dataclass(frozen=True, kw_only=True)
class CreateMessage:
    """Composes messages."""

    creation: CreateTransaction
    channels: Mapping[str, Channel]

    def message(
        self,
        *,
        owner: str,
        content: Content,
        channels: Sequence[str],
        schedule: Schedule | None = None,
        window: Window | None = None,
        idempotency: IdempotencyKey | None = None,
        late: bool = False,
        trace: str = "",
        imported: str = "",
    ) -> Created:
        """Accept a message for publication, now or at its schedule.

        `late` accepts a moment that is over while its window is open. A client that repeats a request whose first
        sending never arrived keeps its promise. It is due at once. `imported` names the import that it is part of.

        Raises:
            InvalidInputError: The content, a channel or the schedule cannot be accepted.
            NotFoundError: A channel has no account.
            KeyReusedError: The idempotency key stands for another request.
        """
        earlier = self.creation.earlier(owner, idempotency)
        if earlier is not None:
            return earlier
        now = self.creation.base.clock.now()
        checked(content)
        connections = self.creation.connections(owner, channels)
        refuse_unused_variants(content, channels)
        admit({channel: content.on(channel) for channel in channels}, self.channels)
        message = Message(
            id=self.creation.new_id(now),
            owner=owner,
            created_at=now,
            content=content,
            channels=tuple(channels),
            schedule=self.creation.schedule(schedule, now, late=late),
            write_id=self.creation.base.chance.token(),
            imported=imported,
        )
        return self.creation.create(
            parent=Parent(kind=ParentKind.MESSAGE, id=message.id),
            item=message_item(message, self.creation.base.shards.count(now).of),
            owner=owner,
            schedule=message.schedule,
            connections=connections,
            now=now,
            idempotency=idempotency,
            images=bool(content.media),
            window=window,
            trace=trace,
        )


def refuse_unused_variants(content: Content, channels: Sequence[str]) -> None:
    """Pass if every variant is used: one for a channel that is not chosen is a typing mistake.

    Raises:
        InvalidInputError: Some are not.
    """
    usable = {*channels, *(network_of(channel) for channel in channels)}
    unused = sorted(set(content.variants) - usable)
    if unused:
        raise InvalidInputError(
            f"There is a variant for {', '.join(unused)}, which the message does not go to.",
            hint=f"Variants may name: {', '.join(sorted(usable))}.",
        )
