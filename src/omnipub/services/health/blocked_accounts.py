"""What keeps accounts from publishing: pauses, rests, tokens that ended, owners who have to act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.outcome import unquoted
from omnipub.domain.ids import network_of
from omnipub.hints import Action, Hint
from omnipub.names import SERVICE
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.accounts.check import connect_again, connect_anew
from omnipub.services.accounts.refresh_results import renewable
from omnipub.services.base import Base
from omnipub.services.delivery.circuit_breaker import CircuitBreakers
from omnipub.services.health.backlog import Backlog, DeliveryList
from omnipub.services.health.finding import COUNTED_AT_MOST, Finding, Health, fine
from omnipub.services.health.holds import HeldDeliveries, UnusableAccount, needing_owner, sorted_out
from omnipub.services.pauses.pauses import Pauses
from omnipub.storage import access
from omnipub.storage.items import Connection, connection_of, key_of

REMIND = timedelta(days=10)
"""How long before its end a token is mentioned. LinkedIn's last sixty days, and most must be had by hand."""

WARNED_AHEAD = timedelta(days=60)
"""How long before its end a version of a network's interface is mentioned."""

UPDATE = "git pull"

NAMED = 3
"""Accounts that a sentence names; the rest are "others"."""

ACCOUNTS_AT_MOST = 20
"""Accounts that have a finding of their own; of more, only their number is told."""


@dataclass(frozen=True, kw_only=True)
class BlockedAccounts:
    """Finds them; how much is read does not depend on how many messages there are."""

    base: Base
    backlog: Backlog
    accounts: Accounts
    pauses: Pauses
    circuit_breakers: CircuitBreakers

    def holds(self) -> HeldDeliveries:
        """What is held, everybody's, and by what: of each shard, what waits longest."""
        pile = self.backlog.of(Status.HELD, at_most=COUNTED_AT_MOST)
        paused = [one.scope for one in self.pauses.all()] if pile.waiting else []
        return sorted_out(self.base.table, pile, paused, self.accounts.channels)

    def held(self, holds: HeldDeliveries) -> list[Finding]:
        """How many deliveries each pause holds, and how many wait for accounts."""
        if not holds.whole.waiting:
            return [fine("held", "Nothing is held.")]
        found = [
            _held(f"Held while {scope} is paused", pile, Hint(action=Action.RESUME, scope=scope))
            for scope, pile in holds.paused.items()
        ]
        if holds.waiting.waiting:
            found.append(
                _held("Held until their accounts can be used", holds.waiting, _first(holds, self.accounts.channels))
            )
        found += [
            Finding(
                name="held",
                health=Health.BAD,
                what=f"This release does not know the network '{network}', and holds for it: {waits.counted}. "
                "A release that knows it lets them go; what is not wanted any more can be cancelled.",
                at=waits.waiting[0].at,
                next=Hint(action=Action.LIST_HELD),
                subject=network,
                count=len(waits),
            )
            for network, waits in holds.unknown.items()
        ]
        if holds.free.waiting:
            words = "Held, though nothing holds them any more; the ticks let them go within the hour"
            found.append(_held(words, holds.free, Hint(action=Action.LIST_STUCK)))
        if holds.invented.waiting:
            found.append(fine("held", f"Held, and only invented, as samples: {holds.invented.counted}."))
        if not holds.whole.complete:
            what = f"More is held than was looked at: all this is of the {len(holds.whole):,} that wait longest."
            found.append(Finding(name="held", health=Health.WARN, what=what, next=Hint(action=Action.LIST_HELD)))
        return found

    def paused(self) -> list[Finding]:
        """Every pause in force; one that omnipub itself made is the network's trouble."""
        return [
            Finding(
                name="pause",
                health=Health.WARN,
                what=f"{one.scope} is paused by {one.by}: {one.reason}",
                at=one.at,
                next=Hint(action=Action.RESUME, scope=one.scope),
            )
            if one.by != SERVICE
            else Finding(
                name="network",
                health=Health.BAD,
                what=f"{one.scope} is paused by omnipub for everybody: {one.reason} Resume it when that is mended.",
                at=one.at,
                next=Hint(action=Action.RESUME, scope=one.scope),
                subject=one.scope.partition(":")[2],
            )
            for one in self.pauses.all()
        ] or [fine("pause", "Nothing is paused.")]

    def versions(self) -> list[Finding]:
        """Versions of networks' interfaces that end soon, or have ended: nothing is published there then."""
        today = self.base.clock.now().date()
        found = []
        for network, channel in sorted(self.accounts.channels.items()):
            version = channel.api_version
            if version is None or version.ends is None or today < version.ends - WARNED_AHEAD:
                continue
            ended = today >= version.ends
            what = (
                f"{channel.title} {'switched' if ended else 'switches'} off version {version.name} of its interface "
                f"on {version.ends}. Install a newer omnipub{'' if ended else ' before'}."
            )
            health = Health.BAD if ended else Health.WARN
            found.append(Finding(name="interface", health=health, what=what, elsewhere=UPDATE, subject=network))
        return found or [fine("interface", "No network switches off the version that omnipub speaks soon.")]

    def resting(self) -> list[Finding]:
        """Accounts that rest, as their network was silent or asked for it."""
        now = self.base.clock.now()
        return [
            Finding(
                name="resting",
                health=Health.WARN,
                what=f"{one.network}/{one.account}{_of(one.owner)} rests until then: {unquoted(one.sentence)}",
                at=one.open_until,
                subject=one.network,
            )
            for one in self.circuit_breakers.all()
            if one.is_open(now)
        ] or [fine("resting", "No account rests.")]

    def tokens(self) -> list[Finding]:
        """Tokens that have ended or are about to, everybody's."""
        now = self.base.clock.now()
        found: list[Finding] = []
        for shard in self.base.shards.count(now).all():
            page = self.base.table.query(access.tokens_ending(shard, until=now + REMIND, limit=COUNTED_AT_MOST))
            there = self.base.table.batch_get([key_of(item) for item in page.items])
            found += [_ending(connection_of(item), now) for item in there.values()]
        return found or [fine("tokens", f"No token is known to end within {REMIND.days} days.")]

    def unusable(self, holds: HeldDeliveries, viewer: str) -> list[Finding]:
        """Accounts that cannot be used: everybody's for which something is held, and the viewer's own in any case."""
        accounts = list(holds.unusable)
        connected = {(one.owner, one.channel) for one in accounts if one.connected}
        own = (needing_owner(one) for one in self.accounts.of(viewer))
        accounts += [one for one in own if one is not None and (one.owner, one.channel) not in connected]
        found = [
            _unusable(one, viewer, _remedy(one, self.accounts.channels), complete=holds.whole.complete)
            for one in accounts[:ACCOUNTS_AT_MOST]
        ]
        if len(accounts) > ACCOUNTS_AT_MOST:
            what = f"More accounts than these cannot be used: {len(accounts) - ACCOUNTS_AT_MOST:,}."
            found.append(Finding(name="account", health=Health.BAD, what=what, next=Hint(action=Action.LIST_STUCK)))
        yours = "Your accounts can be used" if self.accounts.of(viewer) else "You have connected no account"
        return found or [fine("account", f"{yours}, and nothing is held for anybody else's.")]


def _of(owner: str) -> str:
    return f" of {owner}" if owner else ""


def _held(words: str, pile: DeliveryList, remedy: Hint) -> Finding:
    accounts = pile.by_account()
    named = ", ".join(f"{network}/{account} ({count})" for (network, account), count in accounts.most_common(NAMED))
    what = f"{words}: {pile.counted}, for {named}{' and others' if len(accounts) > NAMED else ''}."
    return Finding(name="held", health=Health.WARN, what=what, at=pile.waiting[0].at, next=remedy)


def _first(holds: HeldDeliveries, channels: Mapping[str, Channel]) -> Hint:
    """What to do for the account that the longest waiting delivery waits for, which no pause holds."""
    first = holds.waiting.waiting[0]
    place = first.owner, first.network, first.account
    one = next(one for one in holds.unusable if (one.owner, network_of(one.channel), one.account) == place)
    return _remedy(one, channels)


def _unusable(one: UnusableAccount, viewer: str, remedy: Hint, *, complete: bool) -> Finding:
    # One that is not connected has no name of its own; the name to type may be another than it had.
    name = one.channel if one.connected else network_of(one.channel)
    whose = f"{name} ({one.account}){'' if one.owner == viewer else f' of {one.owner}'}"
    held = f" (held for it: {one.held:,}{'' if complete else ' or more'})" if one.held else ""
    what = f"{whose} needs its owner{held}: {one.reason}" if one.connected else f"{whose} is not connected{held}."
    subject = "/".join((one.owner, network_of(one.channel), one.account))
    return Finding(
        name="account", health=Health.BAD, what=what, at=one.since, next=remedy, subject=subject, count=one.held
    )


def _remedy(one: UnusableAccount, channels: Mapping[str, Channel]) -> Hint:
    if one.connected:
        return Hint(action=Action.TEST_ACCOUNT, channel=one.channel, owner=one.owner)
    return connect_anew(one.channel, one.account, one.owner, channels)


def _ending(connection: Connection, now: datetime) -> Finding:
    ends = connection.refresh_at or now
    whose = f"The token of {connection.channel} ({connection.owner})"
    when = "has ended" if ends <= now else "ends soon"
    failed = connection.renewal_failed
    if renewable(connection) and failed is None:
        # Nobody has to do anything: the account's next post renews it, ahead of its end or at it.
        return fine("tokens", f"{whose} {when}; omnipub renews it by itself with the account's next post.", ends)
    worse = f" It could not be renewed: {failed.sentence}" if failed else ""
    by_hand = renewable(connection) and not (failed and failed.for_good)
    remedy = Hint(action=Action.REFRESH, channel=connection.channel, owner=connection.owner)
    return Finding(
        name="tokens",
        health=Health.BAD if ends <= now or (failed and failed.for_good) else Health.WARN,
        what=f"{whose} {when}.{worse}{' It is tried again by itself.' if by_hand else ''}",
        at=ends,
        next=remedy if by_hand else connect_again(connection),
        subject=f"{connection.owner}/{connection.channel}",
    )
