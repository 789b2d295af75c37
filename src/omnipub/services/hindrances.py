"""What keeps accounts from publishing: pauses, rests, tokens that ended, owners who have to act."""

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipub.domain.lifecycle import Status
from omnipub.services.accounts import Accounts
from omnipub.services.backlog import Backlog
from omnipub.services.breakers import Breakers
from omnipub.services.findings import COUNTED_AT_MOST, Finding, Health, fine
from omnipub.services.pauses import Pauses
from omnipub.services.ports import Clock
from omnipub.services.renewable import renewable
from omnipub.storage import access
from omnipub.storage.items import Connection, Standing, connection_of, key_of
from omnipub.storage.shards import Shards
from omnipub.storage.table import Table

REMIND = timedelta(days=10)
"""How long before its end a token is worth a word: LinkedIn's last sixty days, and most must be had by hand."""

NAMED = 3
"""Accounts that a sentence names; the rest are "others"."""


@dataclass(frozen=True, kw_only=True)
class Hindrances:
    """Finds them; how much is read does not depend on how many messages there are."""

    table: Table
    shards: Shards
    backlog: Backlog
    accounts: Accounts
    pauses: Pauses
    breakers: Breakers
    clock: Clock

    def held(self) -> list[Finding]:
        """How many deliveries are held, and for which accounts."""
        pile = self.backlog.of(Status.HELD, at_most=COUNTED_AT_MOST)
        if not pile.waiting:
            return [fine("held", "Nothing is held.")]
        accounts = pile.by_account()
        named = ", ".join(f"{network}/{account} ({count})" for (network, account), count in accounts.most_common(NAMED))
        what = f"Held: {pile.counted}, for {named}{' and others' if len(accounts) > NAMED else ''}."
        at = pile.waiting[0].at
        return [Finding(name="held", health=Health.WARN, what=what, at=at, next="connections list")]

    def paused(self) -> list[Finding]:
        """Every pause in force."""
        return [
            Finding(
                name="pause",
                health=Health.WARN,
                what=f"{one.scope} is paused by {one.by}: {one.reason}",
                at=one.at,
                next=f"resume {shlex.quote(one.scope)}",
            )
            for one in self.pauses.all()
        ] or [fine("pause", "Nothing is paused.")]

    def resting(self) -> list[Finding]:
        """Accounts that rest, as their network was silent or asked for it."""
        now = self.clock.now()
        return [
            Finding(
                name="resting",
                health=Health.WARN,
                what=f"{one.network}/{one.account} rests until then: {one.sentence}",
                at=one.open_until,
            )
            for one in self.breakers.all()
            if one.is_open(now)
        ] or [fine("resting", "No account rests.")]

    def tokens(self) -> list[Finding]:
        """Tokens that have ended or are about to, everybody's."""
        now = self.clock.now()
        found: list[Finding] = []
        for shard in self.shards.count(now).all():
            page = self.table.query(access.tokens_ending(shard, until=now + REMIND, limit=COUNTED_AT_MOST))
            there = self.table.batch_get([key_of(item) for item in page.items])
            found += [_ending(connection_of(item), now) for item in there.values()]
        return found or [fine("tokens", f"No token is known to end within {REMIND.days} days.")]

    def waiting_for(self, owner: str) -> list[Finding]:
        """Accounts of an owner's that cannot be used until they act."""
        return [
            Finding(
                name="account",
                health=Health.BAD,
                what=f"{one.channel} ({one.account}) needs its owner: {one.standing_reason}",
                at=one.standing_since,
                next=f"connections test {one.channel}",
            )
            for one in self.accounts.of(owner)
            if one.standing is Standing.NEEDS_OWNER
        ] or [fine("account", "Every connected account may be used.")]


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
    told = f"connect {connection.channel} --account {shlex.quote(connection.account)}"
    return Finding(
        name="tokens",
        health=Health.BAD if ends <= now or (failed and failed.for_good) else Health.WARN,
        what=f"{whose} {when}.{worse}{' It is tried again by itself.' if by_hand else ''}",
        at=ends,
        next=f"connections {f'refresh {connection.channel}' if by_hand else told}",
    )
