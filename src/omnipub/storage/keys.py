"""What the table's keys mean: one function per key. No other file spells a key's prefix.

Sort keys that hold a moment are `<moment>#<PK>#<SK>`: they order by time and name their item.
Partition keys that many writers share are sharded: shard 0 has the bare name, shard n a suffix `#n`.
"""

import hashlib
import re
from datetime import datetime

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import RANDOM_BYTES, Parent, ParentKind, new_id
from omnipub.domain.timestamps import EPOCH, TICK, to_text
from omnipub.ports.table import Key
from omnipub.storage.schema import SANDBOX_PREFIX

METADATA = "METADATA"
CHANNEL_PREFIX = "CHANNEL#"
ATTEMPT_PREFIX = "ATTEMPT#"
CONNECTION_PREFIX = "CONNECTION#"

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

OF = "of#"
"""Begins an owner's part in a key."""

ABOVE_IDS = "~"
"""Sorts after every id."""


def partition(parent: Parent) -> str:
    """The item collection of a message or certification."""
    return f"{parent.kind}#{parent.id}"


def metadata(parent: Parent) -> Key:
    """The message or certification itself."""
    return Key(partition(parent), METADATA)


def delivery(parent: Parent, channel: str) -> Key:
    """Its delivery to one channel."""
    return Key(partition(parent), f"{CHANNEL_PREFIX}{channel}")


def attempt(parent: Parent, channel: str, number: int) -> Key:
    """One try of a delivery."""
    return Key(partition(parent), f"{ATTEMPT_PREFIX}{channel}#{number:04d}")


def attempts_prefix(channel: str) -> str:
    """What the sort keys of all tries of one delivery begin with."""
    return f"{ATTEMPT_PREFIX}{channel}#"


def profile(owner: str) -> Key:
    """A user."""
    return Key(user_partition(owner), "PROFILE")


def user_partition(owner: str) -> str:
    """A user and everything connected to it."""
    return f"USER#{owner}"


def connection(owner: str, channel: str) -> Key:
    """An owner's connected account under its channel name."""
    return Key(user_partition(owner), f"{CONNECTION_PREFIX}{channel}")


def connected_account(owner: str, network: str, account: str) -> Key:
    """That an owner has connected this account, under whatever alias: once."""
    return Key(user_partition(owner), f"ACCOUNT#{network}#{account}")


def idempotency(owner: str, key: str) -> Key:
    """What an Idempotency-Key of an owner stands for. The key is hashed: it may be long or secret."""
    return Key(f"IDEMPOTENCY#{owner}#{_digest(key)}", METADATA)


def post(network: str, network_id: str, apart: str = "") -> Key:
    """Which delivery a post on a network belongs to; among those of the owner `apart`, where that keeps them apart."""
    return Key(f"POST#{network}#{_apart(apart)}{network_id}", METADATA)


def unresolved(network: str, account: str, digest: str, apart: str = "") -> Key:
    """Which delivery of an account is on its way, or may be out, with this text."""
    return Key(f"UNRESOLVED#{network}#{_apart(apart)}{account}#{digest}", METADATA)


def sameness(digest: str) -> Key:
    """That a member's certification of one type and date has been announced."""
    return Key(f"SAME#{digest}", METADATA)


def cursor() -> Key:
    """Up to which moment the scheduler has dispatched."""
    return Key("SYSTEM#CURSOR", METADATA)


def heartbeat() -> Key:
    """When the scheduler ran last."""
    return Key("SYSTEM#HEARTBEAT", METADATA)


def shards() -> Key:
    """How many shards the shared partition keys have."""
    return Key("SYSTEM#SHARDS", METADATA)


def gate() -> Key:
    """Which place this table belongs to, and how often it was opened there."""
    return Key("SYSTEM#GATE", METADATA)


def address_key() -> Key:
    """With what the addresses that are secrets are hashed, sealed."""
    return Key("SYSTEM#ADDRESSES", METADATA)


def notice_targets() -> str:
    """All targets of notices."""
    return "SYSTEM#NOTIFY"


def notice_target(name: str) -> Key:
    """Where notices go under one name: `mail`, `slack:team`; its addresses are sealed."""
    return Key(notice_targets(), name)


def causes() -> str:
    """All causes that somebody is told of."""
    return "SYSTEM#CAUSE"


def cause(name: str) -> Key:
    """One thing that is the matter, and who was told of it."""
    return Key(causes(), name)


def pauses() -> str:
    """All pauses in force."""
    return "SYSTEM#PAUSE"


def pause(scope: str) -> Key:
    """The pause of one scope: `everything`, `channel:…`, `account:…` or `owner:…`."""
    return Key(pauses(), scope)


def circuit_breakers() -> str:
    """All accounts whose last tries went wrong."""
    return "SYSTEM#BREAKER"


def breaker(network: str, account: str, apart: str = "") -> Key:
    """What an account's last tries say about it."""
    return Key(circuit_breakers(), f"{network}/{_apart(apart)}{account}")


def releases() -> str:
    """All releases under way."""
    return "SYSTEM#RELEASE"


def release(scope: str) -> Key:
    """That what is held in a scope is being let go: whoever finds this finishes it."""
    return Key(releases(), scope)


def seed() -> Key:
    """What was invented here, so that it can be continued and removed."""
    return Key("SYSTEM#SEED", METADATA)


def sandbox_accounts() -> str:
    """All accounts of a stage's sandbox; what else it keeps has partitions of its own."""
    return f"{SANDBOX_PREFIX}ACCOUNT"


def sandbox_account(network: str, account: str) -> Key:
    """An account of the sandbox: its token, and what renews it."""
    return Key(sandbox_accounts(), f"{network}#{account}")


def sandbox_number(of: str) -> Key:
    """The last number that the sandbox gave to a post or an upload."""
    return Key(f"{SANDBOX_PREFIX}NUMBER", of)


def sandbox_posts(network: str, account: str) -> str:
    """All posts of an account of the sandbox."""
    return f"{SANDBOX_PREFIX}POST#{network}#{account}"


def sandbox_post(network: str, account: str, number: int) -> Key:
    """A post of the sandbox; they order by number."""
    return Key(sandbox_posts(network, account), f"{number:>012}")


def sandbox_ids(network: str, network_id: str) -> str:
    """The posts of the sandbox that have this id, hashed: two receivers may get the same one."""
    return f"{SANDBOX_PREFIX}ID#{network}#{_digest(network_id)}"


def sandbox_id(network: str, network_id: str, account: str) -> Key:
    """Which post of an account of the sandbox has this id."""
    return Key(sandbox_ids(network, network_id), account)


def sandbox_pictures() -> str:
    """The bytes of all pictures that the sandbox was sent."""
    return f"{SANDBOX_PREFIX}PICTURE"


def sandbox_picture(sha: str, part: int) -> Key:
    """One part of a picture's bytes."""
    return Key(sandbox_pictures(), f"{sha}#{part:>04}")


def sandbox_uploads() -> str:
    """All uploads that the sandbox began."""
    return f"{SANDBOX_PREFIX}UPLOAD"


def sandbox_upload(network: str, upload: str) -> Key:
    """An upload, which a post may name."""
    return Key(sandbox_uploads(), f"{network}#{_digest(upload)}")


def name(key: Key) -> str:
    """A key as people write it: `<PK>`, or `<PK>/<SK>` for an item beside the main one of its partition."""
    return key.pk if key.sk == METADATA else "/".join(key)


def named(text: str) -> tuple[str, str | None]:
    """Partition and, if one is meant, sort key of what `name` wrote."""
    pk, slash, sk = text.partition("/")
    families = (family(pauses()), family(SANDBOX_PREFIX))
    marks = (CHANNEL_PREFIX, ATTEMPT_PREFIX, CONNECTION_PREFIX, "ACCOUNT#")
    if slash and (sk in {METADATA, "PROFILE"} or sk.startswith(marks) or family(pk) in families):
        return pk, sk
    return text, None  # an id that a network gave may hold a slash itself


def family(text: str) -> str:
    """What a partition or an item in it is about: the word before its first `#`."""
    return text.partition("#")[0]


def owner_of(pk: str) -> str:
    """The user of a user's partition."""
    return pk.partition("#")[2]


def by_owner(owner: str) -> str:
    """GSI1: an owner's messages and certifications."""
    return user_partition(owner)


def owned(parent: Parent) -> str:
    """GSI1 sort: newest first when read backwards."""
    return partition(parent)


def owned_from(kind: ParentKind, since: datetime | None) -> str:
    """Index sort by id: the lowest of what was composed at `since` or later, or of all of one kind."""
    return f"{kind}#{_lowest_id(since)}" if since else f"{kind}#"


def owned_until(kind: ParentKind, until: datetime | None) -> str:
    """Index sort by id: the exclusive upper bound of what was composed before `until`, or of all of one kind."""
    return f"{kind}#{_lowest_id(until) if until else ABOVE_IDS}"


def by_status(status: Status, shard: int) -> str:
    """GSI1: deliveries with this status."""
    return _sharded(f"STATUS#{status}", shard)


def by_refresh(shard: int) -> str:
    """GSI1: connections whose token must be refreshed."""
    return _sharded("REFRESH", shard)


def everybody(kind: ParentKind, shard: int) -> str:
    """GSI2: everybody's messages or certifications."""
    return _sharded(f"ALL#{kind}", shard)


def calendar(shard: int) -> str:
    """GSI2: deliveries that are not out, by the moment they were asked for."""
    return _sharded("CALENDAR", shard)


def published(network: str, shard: int) -> str:
    """GSI2: what came out on a network, by the moment it did."""
    return _sharded(f"PUBLISHED#{network}", shard)


def moment_sort(at: datetime, key: Key) -> str:
    """An index's sort key that orders by time and names its item."""
    return f"{to_text(at)}#{key.pk}#{key.sk}"


def moment_bound(at: datetime) -> str:
    """The exclusive upper bound that still includes everything of the very moment `at`."""
    return to_text(at + TICK)


def just_above(sort: str) -> str:
    """The inclusive lower bound that leaves out the sort key `sort` alone: names go on with greater signs only."""
    return f"{sort}!"


def moment_of(sort: str) -> str:
    """The moment in an index's sort key, as text."""
    return sort.partition("#")[0]


def named_in(sort: str) -> Parent | None:
    """The message or certification whose item is named in an index's sort key that orders by time."""
    moment, _, name = sort.partition("#")
    pk, _, sk = name.partition(f"#{CHANNEL_PREFIX}")
    return parent_of(pk) if sk and _MOMENT.fullmatch(moment) else None


def parent_of(pk: str) -> Parent | None:
    """The message or certification whose collection `pk` is, or None if it is something else's."""
    kind, _, name = pk.partition("#")
    return Parent(kind=ParentKind(kind), id=name) if kind in set(ParentKind) else None


def channel_of(sk: str) -> str | None:
    """The channel whose delivery `sk` is, or None if it is something else."""
    return sk.removeprefix(CHANNEL_PREFIX) if sk.startswith(CHANNEL_PREFIX) else None


def shard_of(name: str, count: int) -> int:
    """The shard of an id among `count`; the same on every machine and in every release."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % count


def _lowest_id(at: datetime) -> str:
    return new_id(max(at, EPOCH), bytes(RANDOM_BYTES))


def _apart(owner: str) -> str:
    """What stands before an id that is only its owner's: no id of a network begins so."""
    return f"{OF}{owner}#" if owner else ""


def _sharded(name: str, shard: int) -> str:
    return f"{name}#{shard}" if shard else name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
