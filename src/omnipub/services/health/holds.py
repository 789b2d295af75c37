"""What holds each held delivery: a pause, or an account that cannot be used.

It is found in a few reads for all of them.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from omnipub.domain.ids import network_of
from omnipub.names import SEED_OWNER
from omnipub.ports.table import Key, Table
from omnipub.services.health.backlog import DeliveryList, WaitingSince
from omnipub.services.pauses.scopes import scopes_of
from omnipub.storage import keys
from omnipub.storage.items import Connection, ConnectionStatus, connection_of

AccountKey = tuple[str, str, str]
"""Owner, network and the network's id of an account."""


@dataclass(frozen=True, kw_only=True)
class UnusableAccount:
    """An account that deliveries are held for.

    Attributes:
        channel: The name it is connected under, or could be.
        since: Since when it needs its owner; if it is not connected any more, since when the first one is held.
        reason: Why it needs its owner.
        connected: Whether there still is a connection to it.
        held: How many of the deliveries that were looked at are bound to it.
    """

    owner: str
    channel: str
    account: str
    since: datetime | None
    reason: str
    connected: bool
    held: int = 0


@dataclass(frozen=True, kw_only=True)
class HeldDeliveries:
    """What is held, by what holds it; each delivery is in one pile, the longest waiting first.

    Attributes:
        whole: All that was looked at.
        paused: Scope → what its pause holds; of several pauses the widest has it.
        waiting: What waits for an account, and for no pause.
        free: What nothing holds any more: it is let go this moment, or the index lags behind.
        invented: What `table seed` made up.
        unknown: Network → what waits for a release that knows it.
        unusable: The accounts, those behind a pause too.
    """

    whole: DeliveryList
    paused: Mapping[str, DeliveryList]
    waiting: DeliveryList
    free: DeliveryList
    invented: DeliveryList
    unknown: Mapping[str, DeliveryList]
    unusable: tuple[UnusableAccount, ...]


def sorted_out(table: Table, pile: DeliveryList, pauses: Iterable[str], networks: Container[str]) -> HeldDeliveries:
    """What holds the deliveries of a pile, where these scopes are paused and these networks are known."""
    in_force = set(pauses)
    invented = [one for one in pile.waiting if one.owner == SEED_OWNER]
    unknown: dict[str, list[WaitingSince]] = {}
    real: list[WaitingSince] = []
    for one in pile.waiting:
        if one.owner != SEED_OWNER:
            (real if one.network in networks else unknown.setdefault(one.network, [])).append(one)
    connections, taken = _connections(table, real)
    paused: dict[str, list[WaitingSince]] = {}
    waiting: list[WaitingSince] = []
    free: list[WaitingSince] = []
    unusable: dict[AccountKey, list[WaitingSince]] = {}
    for one in real:
        works = _works(connections.get(_place(one)))
        if not works:
            unusable.setdefault(_place(one), []).append(one)
        scope = next((scope for scope in scopes_of(one) if scope in in_force), None)
        if scope is not None:
            paused.setdefault(scope, []).append(one)
        else:
            (free if works else waiting).append(one)

    def part(of: Sequence[WaitingSince]) -> DeliveryList:
        return DeliveryList(waiting=tuple(of), complete=pile.complete)

    return HeldDeliveries(
        whole=pile,
        paused={scope: part(of) for scope, of in paused.items()},
        waiting=part(waiting),
        free=part(free),
        invented=part(invented),
        unknown={network: part(of) for network, of in unknown.items()},
        unusable=tuple(_unusable(of, connections.get(place), taken) for place, of in unusable.items()),
    )


def needing_owner(connection: Connection) -> UnusableAccount | None:
    """A connected account that needs its owner, with nothing held for it; None if it may be used."""
    if connection.standing is not ConnectionStatus.NEEDS_OWNER:
        return None
    return UnusableAccount(
        owner=connection.owner,
        channel=connection.channel,
        account=connection.account,
        since=connection.standing_since,
        reason=connection.standing_reason,
        connected=True,
    )


def _unusable(
    held: Sequence[WaitingSince], connection: Connection | None, taken: set[tuple[str, str]]
) -> UnusableAccount:
    first = held[0]
    if connection is not None:
        return UnusableAccount(
            owner=first.owner,
            channel=connection.channel,
            account=first.account,
            since=connection.standing_since,
            reason=connection.standing_reason,
            connected=True,
            held=len(held),
        )
    # Under a name that stands for another account by now it could not be connected.
    channel = f"{first.network}:second" if (first.owner, first.channel) in taken else first.channel
    return UnusableAccount(
        owner=first.owner,
        channel=channel,
        account=first.account,
        since=first.at,
        reason="",
        connected=False,
        held=len(held),
    )


def _connections(
    table: Table, waiting: Sequence[WaitingSince]
) -> tuple[Mapping[AccountKey, Connection], set[tuple[str, str]]]:
    """The connections to the accounts of these, whatever their aliases are now; and names that others have taken.

    As `scopes.bound_to` finds one, but for all of them in three reads.
    """
    by_name = {(one.owner, one.channel): keys.connection(one.owner, one.channel) for one in waiting}
    direct = table.batch_get(list(by_name.values()))
    found: dict[AccountKey, Connection] = {}
    missing: dict[AccountKey, Key] = {}
    for one in waiting:
        item = direct.get(by_name[one.owner, one.channel])
        if item is not None and one.account in {item["account"], *item.get("also", ())}:
            found[_place(one)] = connection_of(item)
        else:
            missing[_place(one)] = keys.connected_account(*_place(one))
    markers = table.batch_get([key for place, key in missing.items() if place not in found])
    aliases = {
        place: keys.connection(place[0], markers[key]["channel"]) for place, key in missing.items() if key in markers
    }
    renamed = table.batch_get(list(dict.fromkeys(aliases.values())))
    for place, key in aliases.items():
        if key in renamed and place[2] in {renamed[key]["account"], *renamed[key].get("also", ())}:
            found[place] = connection_of(renamed[key])
    return found, {name for name, key in by_name.items() if key in direct}


def _works(connection: Connection | None) -> bool:
    return connection is not None and connection.standing is ConnectionStatus.ACTIVE


def _place(one: WaitingSince) -> AccountKey:
    return one.owner, network_of(one.channel), one.account
