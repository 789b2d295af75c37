"""Fill a table with invented messages and remove them again; nothing of it can ever be sent.

Invented items belong to an owner without connections, so a worker that meets one holds it. Both ways may be stopped at
any point and begun again. The record is written before the first item and removed after the last. A message is written
before what belongs to it and removed after it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipub.config import Mode, Settings
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind, network_of
from omnipub.domain.message import Message
from omnipub.domain.timestamps import from_text
from omnipub.errors import ConfigurationError, ConflictError, InvalidInputError
from omnipub.hints import Action, Hint
from omnipub.names import PRODUCTION, SEED_OWNER
from omnipub.ports.table import Delete, Item, Key, Put
from omnipub.seed.messages import InventedMessage, InventedPlan, invent
from omnipub.services.base import Base
from omnipub.services.protocol.store import held_text, name_of
from omnipub.storage import access, keys
from omnipub.storage.items import (
    Shard,
    attempt_item,
    certification_item,
    delivery_item,
    delivery_of,
    key_of,
    message_item,
    plain_item,
)
from omnipub.storage.paging import items, pages
from omnipub.storage.write_ids import replacing

AT_MOST = 1_000_000
BATCH = 250
"""Messages written between two reports."""

PAGE = 100
"""Messages removed between two reports."""

STALE_AFTER = timedelta(days=1)
"""What is scheduled lies two days after the day of the record: later, continuing would write what is due."""

Progress = Callable[[int], None]
"""Is told how many are done."""


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """What was invented here."""

    seed: int
    messages: int
    as_of: datetime


@dataclass(frozen=True, kw_only=True)
class Seeding:
    """Seeds and removes the seed."""

    base: Base
    settings: Settings
    networks: Sequence[str]

    def check(self, *, messages: int, seed: int) -> Seeded:
        """What seeding would make of the table.

        Raises:
            ConfigurationError: Real publications live here.
            ConflictError: Something else was invented here already.
            InvalidInputError: Too many or too few.
        """
        if self.settings.stage == PRODUCTION or self.settings.mode is Mode.LIVE:
            where = f"The stage {PRODUCTION}" if self.settings.stage == PRODUCTION else "This table"
            raise ConfigurationError(
                f"{where} holds real publications; nothing invented is put beside them.",
                hint=Hint(action=Action.SEED, when="Seed a directory in sandbox mode", data="DIR"),
            )
        if not 1 <= messages <= AT_MOST:
            raise InvalidInputError(f"{messages} messages were asked for; from 1 to {AT_MOST:,} are possible.")
        there, now = self.seeded(), self.base.clock.now()
        if there is None:
            day = now.replace(hour=0, minute=0, second=0, microsecond=0)
            return Seeded(seed=seed, messages=messages, as_of=day)
        if there.seed != seed or there.as_of + STALE_AFTER < now:
            raise ConflictError(
                f"This table was seeded with --seed {there.seed} as of {there.as_of.date()} already.",
                hint=Hint(action=Action.UNSEED),
            )
        return Seeded(seed=seed, messages=max(messages, there.messages), as_of=there.as_of)

    def seed(self, *, messages: int, seed: int, progress: Progress) -> int:
        """Write the messages 1 to `messages` of that seed; how many items.

        Raises:
            ConditionFailedError: Somebody else seeds at this moment.
            OmnipubError: What `check` raises.
        """
        plan = self.check(messages=messages, seed=seed)
        self._note(plan)
        of = InventedPlan(seed=plan.seed, as_of=plan.as_of, networks=tuple(sorted(self.networks)))
        shard = self.base.shards.count(self.base.clock.now()).of
        written = 0
        for start in range(0, messages, BATCH):
            invented = [invent(of, number) for number in range(start, min(start + BATCH, messages))]
            first = [Put(item=_subject_item(one, shard)) for one in invented]
            rest = [Put(item=item) for one in invented for item in _items_beside(one, shard)]
            self.base.table.write_many(first)
            self.base.table.write_many(rest)
            written += len(first) + len(rest)
            progress(start + len(invented))
        return written

    def seeded(self) -> Seeded | None:
        """What was invented here, or None."""
        item = self.base.table.get(keys.seed())
        if item is None:
            return None
        return Seeded(seed=int(item["seed"]), messages=int(item["messages"]), as_of=from_text(item["as_of"]))

    def unseed(self, *, progress: Progress) -> int:
        """Remove everything invented; how many messages and certifications."""
        removed = 0
        for kind in ParentKind:
            for parents in self._pages(kind):
                whole = [item for parent in parents for item in items(self.base.table, access.collection(parent))]
                first = [key for item in whole if (key := key_of(item)).sk != keys.METADATA]
                markers = self._markers([delivery_of(item) for item in whole if keys.channel_of(key_of(item).sk)])
                self.base.table.write_many([Delete(key=key) for key in (*markers, *first)])
                self.base.table.write_many([Delete(key=keys.metadata(parent)) for parent in parents])
                removed += len(parents)
                progress(removed)
        self.base.table.write_many([Delete(key=keys.seed())])
        return removed

    def _note(self, plan: Seeded) -> None:
        there = self.base.table.get(keys.seed())
        version = int(there["version"]) if there else None
        self.base.table.put(
            plain_item(
                keys.seed(), seed=plan.seed, messages=plan.messages, as_of=plan.as_of, version=(version or 0) + 1
            ),
            replacing(version),
        )

    def _pages(self, kind: ParentKind) -> Iterator[list[Parent]]:
        for page in pages(self.base.table, access.of_owner(SEED_OWNER, kind, limit=PAGE)):
            parents = [parent for item in page.items if (parent := keys.parent_of(item["PK"]))]
            if parents:
                yield parents

    def _markers(self, deliveries: Iterable[Delivery]) -> list[Key]:
        """The items beside the collections that name one of these deliveries as theirs."""
        named = {key: name_of(one) for one in deliveries for key in _marker_keys(one)}
        there: Mapping[Key, Item] = self.base.table.batch_get(list(named))
        return [key for key, item in there.items() if item["delivery"] == named[key]]


def _subject_item(invented: InventedMessage, shard: Shard) -> Item:
    subject = invented.subject
    return message_item(subject, shard) if isinstance(subject, Message) else certification_item(subject, shard)


def _items_beside(invented: InventedMessage, shard: Shard) -> Iterator[Item]:
    for delivery in invented.deliveries:
        yield delivery_item(delivery, shard)
        for key in _marker_keys(delivery):
            yield plain_item(key, delivery=name_of(delivery))
    for attempt in invented.attempts:
        yield attempt_item(attempt)


def _marker_keys(delivery: Delivery) -> Iterator[Key]:
    if delivery.status is Status.PUBLISHED and delivery.network_id:
        yield keys.post(network_of(delivery.channel), delivery.network_id, delivery.apart)
    if delivery.holds:
        yield held_text(delivery)
