"""What must be true of every item by itself: pure, one row per promise; `integrity_relations` has the other half.

A finding of any of these means that something outside omnipub wrote into the table, or an error of omnipub. No
sequence of crashes, races and lost answers may lead there.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from omnipub.domain.delivery.lifecycle import SURELY_NOT_OUT, WATCHED, Status
from omnipub.domain.delivery.model import Delivery
from omnipub.names import SEED_OWNER
from omnipub.storage.items import Connection
from omnipub.storage.kinds import ReadItem
from omnipub.storage.schema import KEY_ATTRIBUTES, PARTITION, SORT


class IntegrityCheck(StrEnum):
    """The classes of what can be wrong; MEANINGS says what each means."""

    UNREADABLE = "unreadable"
    WRONG_KEY = "wrong_key"
    WRONG_INDEX = "wrong_index"
    ORPHAN_DELIVERY = "orphan_delivery"
    ORPHAN_ATTEMPT = "orphan_attempt"
    LOST_DELIVERY = "lost_delivery"
    OTHER_OWNER = "other_owner"
    OLD_REVISION = "old_revision"
    UNMARKED_CONNECTION = "unmarked_connection"
    ORPHAN_ACCOUNT = "orphan_account"
    ORPHAN_POST = "orphan_post"
    UNOWNED_POST = "unowned_post"
    STALE_HOLD = "stale_hold"
    LOST_HOLD = "lost_hold"
    LOST_CLAIM = "lost_claim"
    LEFT_LEASE = "left_lease"
    WRONG_LEASE = "wrong_lease"
    NO_MOMENT = "no_moment"
    NO_NETWORK_ID = "no_network_id"
    NO_PUBLISHED_AT = "no_published_at"
    MAY_BE_OUT = "may_be_out"
    SEED_CONNECTED = "seed_connected"


MEANINGS: Mapping[IntegrityCheck, str] = MappingProxyType(
    {
        IntegrityCheck.UNREADABLE: "the item is of no kind we know, or does not decode",
        IntegrityCheck.WRONG_KEY: "its key says something else than its content",
        IntegrityCheck.WRONG_INDEX: "an index entry is missing, superfluous or elsewhere",
        IntegrityCheck.ORPHAN_DELIVERY: "its message is gone, or does not name the channel",
        IntegrityCheck.ORPHAN_ATTEMPT: "its delivery is gone",
        IntegrityCheck.LOST_DELIVERY: "the message names a channel that has no delivery",
        IntegrityCheck.OTHER_OWNER: "the delivery belongs to somebody else than its message",
        IntegrityCheck.OLD_REVISION: "it could still be sent, but its content has moved on without it",
        IntegrityCheck.UNMARKED_CONNECTION: "the account could be connected twice",
        IntegrityCheck.ORPHAN_ACCOUNT: "the account counts as connected, and is not",
        IntegrityCheck.ORPHAN_POST: "the post belongs to a delivery that is gone or was never tried",
        IntegrityCheck.UNOWNED_POST: "another delivery could adopt its post",
        IntegrityCheck.STALE_HOLD: "others wait for a delivery that is resolved",
        IntegrityCheck.LOST_HOLD: "others with its text do not wait for it",
        IntegrityCheck.LOST_CLAIM: "publishing, but nobody has it and nothing may be out",
        IntegrityCheck.LEFT_LEASE: "a lease on what is not being published",
        IntegrityCheck.WRONG_LEASE: "it is looked at at another moment than its lease ends",
        IntegrityCheck.NO_MOMENT: "somebody must find it, and nobody will",
        IntegrityCheck.NO_NETWORK_ID: "published, but nobody knows as what",
        IntegrityCheck.NO_PUBLISHED_AT: "published, but nobody knows when",
        IntegrityCheck.MAY_BE_OUT: "it may be out already and would be sent again",
        IntegrityCheck.SEED_CONNECTED: "what was invented could be sent",
    }
)

Wrong = tuple[IntegrityCheck, str]
"""The class, and the finding in a sentence."""

_STATES: tuple[tuple[IntegrityCheck, Callable[[Delivery], bool], str], ...] = (
    (
        IntegrityCheck.LOST_CLAIM,
        lambda one: one.status is Status.PUBLISHING and one.lease is None and not one.may_be_out,
        "It is publishing without a lease, and nothing of it may be out.",
    ),
    (
        IntegrityCheck.LEFT_LEASE,
        lambda one: one.lease is not None and one.status is not Status.PUBLISHING,
        "It has a lease and is not being published.",
    ),
    (
        IntegrityCheck.WRONG_LEASE,
        lambda one: one.lease is not None and one.status is Status.PUBLISHING and one.next_at != one.lease.until,
        "It is looked at next at another moment than its lease ends.",
    ),
    (
        IntegrityCheck.NO_MOMENT,
        lambda one: one.status in WATCHED and one.next_at is None,
        "It has no next moment, so nobody will look at it.",
    ),
    (
        IntegrityCheck.NO_NETWORK_ID,
        lambda one: one.status is Status.PUBLISHED and not one.network_id,
        "It is published without the network's id.",
    ),
    (
        IntegrityCheck.NO_PUBLISHED_AT,
        lambda one: one.status is Status.PUBLISHED and one.published_at is None,
        "It is published without the moment it was.",
    ),
    (
        IntegrityCheck.MAY_BE_OUT,
        lambda one: one.may_be_out and one.status in SURELY_NOT_OUT,
        "It counts as surely not out, and says that it may be out.",
    ),
)


def alone(found: ReadItem) -> Iterator[Wrong]:
    """What is wrong with an item by itself."""
    for check, names in (
        (IntegrityCheck.WRONG_KEY, (PARTITION, SORT)),
        (IntegrityCheck.WRONG_INDEX, KEY_ATTRIBUTES[2:]),
    ):
        wrong = [key for key in found.index_keys if key.name in names and not key.right]
        if wrong:
            sentences = (f"{key.name} is {key.there or 'absent'}, not {key.allowed[0] or 'absent'}." for key in wrong)
            yield check, " ".join(sentences)
    value = found.value
    if isinstance(value, Delivery):
        yield from ((check, sentence) for check, holds, sentence in _STATES if holds(value))
    if isinstance(value, Connection) and value.owner == SEED_OWNER:
        yield IntegrityCheck.SEED_CONNECTED, "The owner of what was invented has an account, so it could be sent."
