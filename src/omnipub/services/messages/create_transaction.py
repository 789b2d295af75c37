"""Create a message or certification in one transaction, under the idempotency key of its request.

The transaction holds the item, its deliveries, and the idempotency record of the request that asked for it. So a
request repeated after a lost answer finds what the first one made.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.window import Window, end_of
from omnipub.domain.ids import RANDOM_BYTES, Parent, ParentKind, checked_channel, network_of, new_id
from omnipub.domain.message import CHANNELS_AT_MOST
from omnipub.domain.timestamps import LATEST_AHEAD, Schedule, to_text
from omnipub.errors import ConflictError, InvalidInputError, KeyReusedError
from omnipub.ports.table import Absent, ConditionFailedError, Item, Put, Write
from omnipub.services.accounts.accounts import Accounts, needed
from omnipub.services.base import Base
from omnipub.services.protocol.enqueue import Enqueue
from omnipub.storage import keys, write_ids
from omnipub.storage.items import Connection, delivery_item, plain_item
from omnipub.storage.schema import TTL

REMEMBERED_FOR = timedelta(days=7)
"""How long an Idempotency-Key is remembered: longer than any client retries."""

LATE_AT_MOST = timedelta(minutes=1)
"""A due time this little in the past is taken for now: clocks differ."""

KEY_LENGTH = 255


@dataclass(frozen=True, kw_only=True)
class IdempotencyKey:
    """A request's key and the digest of what it asked for."""

    key: str
    body_digest: str

    @classmethod
    def of(cls, key: str, body: Any) -> "IdempotencyKey":
        """The key of a request with this body (JSON)."""
        if not (key.isprintable() and key.strip() and len(key) <= KEY_LENGTH):
            raise InvalidInputError(f"An Idempotency-Key has 1 to {KEY_LENGTH} printable characters.")
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return cls(key=key, body_digest=hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest())


@dataclass(frozen=True, kw_only=True)
class Created:
    """What a creating request answers; a repeated request answers the same.

    Attributes:
        notes: What was accepted in another way than it was asked for, in sentences.
    """

    kind: ParentKind
    id: str
    due_at: str
    zone: str
    channels: tuple[str, ...]
    replayed: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CreateTransaction:
    """Creates messages and certifications with their deliveries."""

    base: Base
    accounts: Accounts
    due: Enqueue
    channels: Mapping[str, Channel]
    missed_after: timedelta
    media_days: int = 0

    def new_id(self, now: datetime) -> str:
        """A fresh id of the moment `now`."""
        return new_id(now, self.base.chance.randomness(RANDOM_BYTES))

    def earlier(self, owner: str, idempotency: IdempotencyKey | None) -> Created | None:
        """What an earlier request with this key created.

        Raises:
            KeyReusedError: It asked for something else.
        """
        if idempotency is None:
            return None
        record = self.base.table.get(keys.idempotency(owner, idempotency.key))
        if record is None:
            return None
        if record["body_digest"] != idempotency.body_digest:
            raise KeyReusedError(
                "This Idempotency-Key was used with another body.", hint="Use a new key for a new request."
            )
        answer = record["answer"]
        return Created(
            kind=ParentKind(answer["kind"]),
            id=answer["id"],
            due_at=answer["due_at"],
            zone=answer["zone"],
            channels=tuple(answer["channels"]),
            replayed=True,
            notes=tuple(answer.get("notes", ())),
        )

    def connections(self, owner: str, channels: Sequence[str]) -> Mapping[str, Connection]:
        """The accounts behind `channels`.

        Raises:
            InvalidInputError: None, too many, twice the same, unknown networks, or two names of one account.
            NotFoundError: A channel without an account.
        """
        if not channels:
            raise InvalidInputError(
                "Name at least one channel.", hint=f"Known networks: {', '.join(sorted(self.channels))}."
            )
        if len(channels) > CHANNELS_AT_MOST:
            raise InvalidInputError(
                f"A message goes to at most {CHANNELS_AT_MOST} channels; {len(channels)} were named."
            )
        if len(set(channels)) < len(channels):
            raise InvalidInputError("A channel is named twice.", hint="Each channel gets a message once.")
        for channel in channels:
            if network_of(checked_channel(channel)) not in self.channels:
                raise InvalidInputError(
                    f"'{channel}' is not a channel of a network we know.",
                    hint=f"Known networks: {', '.join(sorted(self.channels))}.",
                )
        return {channel: needed(self.accounts.find(owner, channel), channel) for channel in channels}

    def schedule(self, wanted: Schedule | None, now: datetime, *, late: bool = False) -> Schedule:
        """The schedule asked for, or now.

        `late` accepts a moment in the past: `create` asks whether its window is still open.

        Raises:
            InvalidInputError: It lies in the past or absurdly far ahead.
        """
        if wanted is None:
            return Schedule(at=now, local=to_text(now).removesuffix("Z"), zone="UTC")
        if wanted.at < now - LATE_AT_MOST and not late:
            raise InvalidInputError(
                f"{wanted.local} ({wanted.zone}) lies in the past.", hint="Leave the time out to publish now."
            )
        if wanted.at > now + LATEST_AHEAD:
            raise InvalidInputError(
                f"{wanted.local} ({wanted.zone}) is more than two years ahead.",
                hint=f"The latest moment possible is {to_text(now + LATEST_AHEAD)}.",
            )
        return wanted

    def media_last(self, *, images: bool, end: datetime, since: datetime) -> None:
        """Pass if images of `since` are still there at `end`, when their post may go out at the latest.

        Raises:
            InvalidInputError: They are removed before.
        """
        kept_until = since + timedelta(days=self.media_days)
        if images and self.media_days and end > kept_until:
            raise InvalidInputError(
                f"This may go out until {to_text(end)}, and its images are kept for {self.media_days} days: "
                f"until {to_text(kept_until)}.",
                hint="Let it go out earlier, or leave the images out; whoever runs the stage can raise media_days.",
            )

    def create(  # noqa: PLR0913  one transaction holds all of it
        self,
        *,
        parent: Parent,
        item: Item,
        owner: str,
        schedule: Schedule,
        connections: Mapping[str, Connection],
        now: datetime,
        idempotency: IdempotencyKey | None,
        images: bool = False,
        unique: Sequence[Put] = (),
        window: Window | None = None,
        trace: str = "",
    ) -> Created:
        """Write everything or nothing, then announce the due moments.

        Args:
            parent: The message or certification.
            item: Its item, carrying a write id.
            owner: User id.
            schedule: When it is due.
            connections: Channel → account.
            now: The moment of the request.
            idempotency: The request's key.
            images: Whether it has any.
            unique: Further items that must not exist yet.
            window: Until when it may begin; without one, as long after its due moment as the stage says.
            trace: The request's id, for the stream.

        Raises:
            ConflictError: One of `unique` exists.
            InvalidInputError: The window ends before it is due, has ended, is absurdly long, or outlives the images.
            KeyReusedError: The key was used for something else meanwhile.
        """
        shard = self.base.shards.count(now).of
        not_after = schedule.at + self.missed_after
        if window is not None:
            not_after = end_of(window, due=schedule.at, now=now)
        if not_after < now:
            raise InvalidInputError(
                f"{schedule.local} ({schedule.zone}) lies in the past, and its window ended at {to_text(not_after)}.",
                hint="Name a later time, or leave it out to publish now. Both are a new request with a new key.",
            )
        self.media_last(images=images, end=not_after, since=now)
        deliveries = [
            self._delivery(parent, owner, connection, channel, schedule.at, not_after)
            for channel, connection in connections.items()
        ]
        created = Created(
            kind=parent.kind,
            id=parent.id,
            due_at=to_text(schedule.at),
            zone=schedule.zone,
            channels=tuple(connections),
            notes=_lateness(schedule, not_after, now),
        )
        writes: list[Write] = [Put(item=item, condition=Absent())]
        writes += [Put(item=delivery_item(delivery, shard), condition=Absent()) for delivery in deliveries]
        if idempotency is not None:
            writes.append(Put(item=_record(owner, idempotency, created, now), condition=Absent()))
        writes += unique
        try:
            write_ids.transact(self.base.table, writes)
        except ConditionFailedError as error:
            earlier = self.earlier(owner, idempotency)
            if earlier is not None:
                return earlier
            raise ConflictError("This exists already.", hint="Look at what is there before trying again.") from error
        self.due.committed(deliveries, why="now" if schedule.at <= now else "soon", trace=trace)
        return created

    def _delivery(
        self, parent: Parent, owner: str, connection: Connection, channel: str, at: datetime, not_after: datetime
    ) -> Delivery:
        return Delivery(
            parent=parent,
            channel=channel,
            account=connection.account,
            owner=owner,
            status=Status.SCHEDULED,
            due_at=at,
            next_at=at,
            not_after=not_after,
            write_id=self.base.chance.token(),
            own_words=not self.channels[network_of(channel)].own_ids,
        )


def _lateness(schedule: Schedule, not_after: datetime, now: datetime) -> tuple[str, ...]:
    """What is said of a moment that was over when the request came."""
    if schedule.at >= now - LATE_AT_MOST:
        return ()
    seconds = (now - schedule.at) // timedelta(seconds=1)
    due = f"{schedule.local} ({schedule.zone}) was {seconds:,} s ago: it is due now."
    return (f"{due} It may begin until {to_text(not_after)}; its lateness counts from the time asked for.",)


def _record(owner: str, idempotency: IdempotencyKey, created: Created, now: datetime) -> Item:
    answer = {
        "kind": created.kind,
        "id": created.id,
        "due_at": created.due_at,
        "zone": created.zone,
        "channels": list(created.channels),
    }
    if created.notes:
        answer["notes"] = list(created.notes)
    return plain_item(keys.idempotency(owner, idempotency.key), body_digest=idempotency.body_digest, answer=answer) | {
        TTL: int((now + REMEMBERED_FOR).timestamp())
    }
