"""Identities: ULIDs for messages and certifications, and the names deliveries are known by."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from omnipub.domain.text import excerpt
from omnipub.domain.timestamps import EPOCH, milliseconds
from omnipub.errors import InvalidInputError
from omnipub.hints import Action, Hint, SubjectGroup

RANDOM_BYTES = 10
"""Random part of a ULID; the first 6 bytes are the milliseconds since 1970."""

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_CHANNEL = re.compile(r"[a-z][a-z0-9]{1,19}(:[a-z0-9][a-z0-9-]{0,31})?")


class ParentKind(StrEnum):
    """What a delivery belongs to; the value is the prefix of its partition key."""

    MESSAGE = "MSG"
    CERTIFICATION = "CERT"


@dataclass(frozen=True, kw_only=True, order=True)
class Parent:
    """The message or certification that deliveries belong to."""

    kind: ParentKind
    id: str

    @property
    def group(self) -> SubjectGroup:
        """What its id stands for, in hints."""
        return SubjectGroup[self.kind.name]

    def hint(self, action: Action, *, when: str = "") -> Hint:
        """The hint that this may be done with it."""
        return Hint(action=action, when=when, group=self.group, id=self.id)


def new_id(at: datetime, randomness: bytes) -> str:
    """A ULID of the moment `at`; `randomness` are RANDOM_BYTES bytes."""
    from ulid import ULID

    millis = milliseconds(at - EPOCH)
    return str(ULID.from_bytes(millis.to_bytes(6, "big") + randomness))


def checked_id(text: str) -> str:
    """`text` as a ULID in capitals, or an error that says what an id looks like."""
    candidate = text.strip().upper()
    if not (text.isascii() and _ULID.fullmatch(candidate)):
        raise InvalidInputError(
            f"'{excerpt(text)}' is not an id.",
            hint=(
                "An id has 26 letters and digits.",
                *(Hint(action=Action.LIST, group=group) for group in SubjectGroup),
            ),
        )
    return candidate


def checked_channel(text: str) -> str:
    """`text` as `network` or `network:alias`, or an error that says what would have been allowed."""
    if not _CHANNEL.fullmatch(text):
        raise InvalidInputError(
            f"'{excerpt(text)}' is not a channel.",
            hint="A channel is a network or network:alias in small letters, e.g. facebook or facebook:events.",
        )
    return text


def network_of(channel: str) -> str:
    """The network of a channel: `facebook` of `facebook:events`."""
    return channel.partition(":")[0]
