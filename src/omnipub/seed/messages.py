"""Invented messages and certifications: the same seed, number and day always give the same ones.

Rules of this module:
1. Invented messages have met the same decisions as real ones (`decide`, `actions`, `lifecycle`). So nothing impossible
   is ever invented.
2. Nothing lies in the near future. What is scheduled is due two days later at the earliest, spread over a year. So no
   tick has much to do at once.
3. Nothing is being published: an ended lease would be looked after for ever.
"""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from omnipub.domain.certification import Certification
from omnipub.domain.certification_catalog import CATALOGUE
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Attempt, Delivery
from omnipub.domain.ids import RANDOM_BYTES, Parent, ParentKind, network_of, new_id
from omnipub.domain.message import Content, Message
from omnipub.domain.timestamps import schedule_at, to_text
from omnipub.names import SEED_OWNER
from omnipub.seed.histories import WINDOW, InventedHistory
from omnipub.seed.words import CLOSINGS, FIRST_NAMES, HASHTAGS, LAST_NAMES, OPENINGS, SUBJECTS

FATES = {
    Status.PUBLISHED: 767,
    Status.SCHEDULED: 120,
    Status.FAILED: 30,
    Status.CANCELLED: 25,
    Status.HELD: 15,
    Status.MISSED: 15,
    Status.UNCONFIRMED: 13,
    Status.DRAFT: 7,
    Status.PENDING_APPROVAL: 3,
    Status.EXPIRED: 5,
}
"""Of a thousand messages, how many have this status on their first channel."""

_FOR_ALL = frozenset(FATES) - {Status.FAILED, Status.HELD, Status.UNCONFIRMED}
"""What happens to a whole message; the others befall one channel while the rest is published."""

_AHEAD = (Status.SCHEDULED, Status.PENDING_APPROVAL)
_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo")
_YEAR_MINUTES = 363 * 24 * 60
_CERTIFICATIONS, _LINKED, _PLANNED = 0.05, 0.4, 0.5
"""Shares: certifications among all, links among messages, and what was composed up to two weeks ahead."""

_ACCOUNTS = 4
"""Accounts of each network that messages are spread over."""


@dataclass(frozen=True, kw_only=True)
class InventedPlan:
    """What everything invented depends on.

    Attributes:
        seed: Any number.
        as_of: The present of the invention: what lies before it is over, what lies after it is scheduled.
        networks: Names of the networks, in order.
    """

    seed: int
    as_of: datetime
    networks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class InventedMessage:
    """One message or certification, whole."""

    parent: Parent
    subject: Message | Certification
    deliveries: tuple[Delivery, ...]
    attempts: tuple[Attempt, ...]


def invent(plan: InventedPlan, number: int) -> InventedMessage:
    """The message or certification of that number."""
    chance = random.Random(f"{plan.seed}/{number}")  # noqa: S311  the same again on purpose
    fate = chance.choices(list(FATES), list(FATES.values()))[0]
    ahead = fate in _AHEAD
    minutes = timedelta(minutes=5 * chance.randrange(_YEAR_MINUTES // 5))
    due = plan.as_of + timedelta(days=2) + minutes if ahead else plan.as_of - timedelta(days=2) - minutes
    lead = timedelta(seconds=chance.choice((0, 60)) + chance.randrange(14 * 24 * 3600) * (chance.random() < _PLANNED))
    created = (plan.as_of if ahead else due) - lead - timedelta(milliseconds=chance.randrange(60_000))
    kind = ParentKind.CERTIFICATION if chance.random() < _CERTIFICATIONS else ParentKind.MESSAGE
    parent = Parent(kind=kind, id=new_id(created, chance.randbytes(RANDOM_BYTES)))
    channels = tuple(chance.sample(plan.networks, chance.randint(1, min(4, len(plan.networks)))))
    subject = _subject(chance, parent, created, due, channels)
    deliveries, attempts = [], []
    for place, channel in enumerate(channels):
        status = fate if place == 0 or fate in _FOR_ALL else Status.PUBLISHED
        born = _born(chance, parent, channel, due)
        lived, tries = InventedHistory(chance=chance, born=born, text=_text_of(subject)).until(status)
        deliveries.append(lived)
        attempts += tries
    return InventedMessage(parent=parent, subject=subject, deliveries=tuple(deliveries), attempts=tuple(attempts))


def _subject(
    chance: random.Random, parent: Parent, created: datetime, due: datetime, channels: tuple[str, ...]
) -> Message | Certification:
    schedule = schedule_at(to_text(due), zone=chance.choice(_ZONES))
    write_id = chance.randbytes(16).hex()
    if parent.kind is ParentKind.CERTIFICATION:
        earned_on = (created - timedelta(days=chance.randrange(1, 30))).date()
        return Certification(
            id=parent.id,
            owner=SEED_OWNER,
            created_at=created,
            member=f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}",
            type=chance.choice(_earned_by(earned_on)),
            earned_on=earned_on,
            channels=channels,
            schedule=schedule,
            write_id=write_id,
        )
    text = f"{chance.choice(OPENINGS)} {chance.choice(SUBJECTS)}. {chance.choice(CLOSINGS)}"
    content = Content(
        text=text,
        link=f"https://news.example/{parent.id.lower()}" if chance.random() < _LINKED else "",
        hashtags=tuple(chance.sample(HASHTAGS, chance.randint(0, 3))),
    )
    return Message(
        id=parent.id,
        owner=SEED_OWNER,
        created_at=created,
        content=content,
        channels=channels,
        schedule=schedule,
        write_id=write_id,
    )


def _text_of(subject: Message | Certification) -> str:
    return subject.content.text if isinstance(subject, Message) else f"{subject.member}: {subject.type}"


def _born(chance: random.Random, parent: Parent, channel: str, due: datetime) -> Delivery:
    return Delivery(
        parent=parent,
        channel=channel,
        account=f"seed-{network_of(channel)}-{chance.randint(1, _ACCOUNTS)}",
        owner=SEED_OWNER,
        status=Status.SCHEDULED,
        due_at=due,
        next_at=due,
        not_after=due + WINDOW,
        write_id=chance.randbytes(16).hex(),
    )


def _earned_by(day: date) -> list[str]:
    """The certifications that could be earned on that day."""
    return [
        slug
        for slug, one in CATALOGUE.items()
        if (one.available_from or day) <= day and (one.retired_on is None or day <= one.retired_on)
    ]
