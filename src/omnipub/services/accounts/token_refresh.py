"""Renew tokens: one at a time per account, under a lock in its item, stored before it is used.

Rules of this module:
1. The lock is a moment in the connection's item, written on the condition of its version. It ends by itself, later
   than any request that its holder may still begin. A crash costs that time and nothing else.
2. A new token is written only over the very credentials it was fetched with. Who finds others there has lost to a
   re-connection, or to another renewal, and discards what it got.
3. No failure here may leave a claim behind: what goes wrong is an answer, never an error.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from omnipub.domain import sealing
from omnipub.domain.conversation import Channel, Publishing, Secret
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.ids import network_of
from omnipub.domain.timestamps import to_text
from omnipub.domain.token_refresh import AGAIN, RefreshAnswer, RefreshFailure, Renewing, is_due
from omnipub.errors import OmnipubError, SealBrokenError, UnavailableError
from omnipub.log_events import LogEvent
from omnipub.ports.table import ConditionFailedError, Key, Put, Unchanged, Write
from omnipub.ports.vault import Vault
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.accounts.refresh_results import (
    RENEWAL,
    Refreshable,
    RefreshOutcome,
    RefreshResult,
    gone,
    renewable,
    same,
    still,
)
from omnipub.services.base import Base
from omnipub.services.pauses.release import LatePolicy, Releases
from omnipub.services.pauses.scopes import account_scope
from omnipub.services.protocol.driver import Driver
from omnipub.services.protocol.enqueue import group_of
from omnipub.storage import keys, write_ids
from omnipub.storage.items import Connection, ConnectionStatus, connection_item
from omnipub.strict_json import loads

_T = TypeVar("_T")

LOCK_BEYOND_REQUEST = timedelta(seconds=15)
"""A lock outlives the longest request by this much."""

CLOCKS_APART = timedelta(seconds=5)
"""So long before its lock ends its holder begins no request that could still run then: clocks differ."""

LOOK_EVERY = timedelta(milliseconds=500)
"""How often who waits for somebody else's renewal looks whether it is through."""

STORAGE_TRIES = 4
STORAGE_PAUSE = timedelta(milliseconds=200)


@dataclass(frozen=True, kw_only=True)
class TokenRefresh:
    """Renews; `soon` are accounts whose tokens this process has noticed to be due."""

    base: Base
    vault: Vault
    accounts: Accounts
    releases: Releases
    driver: Driver
    channels: Mapping[str, Channel]
    soon: dict[Key, Connection] = field(default_factory=dict)

    def can(self, connection: Connection) -> bool:
        """Whether the network renews tokens, and what that needs is stored."""
        return renewable(connection) and isinstance(self.channels.get(network_of(connection.channel)), Refreshable)

    def notice(self, connection: Connection, *, at_once: bool = False) -> None:
        """Remember an account that has just been used if its token is due, or, `at_once`, was refused."""
        if self.can(connection) and (
            at_once or is_due(connection.refresh_at, connection.renewal_failed, self.base.clock.now())
        ):
            self.soon[keys.connection(connection.owner, connection.channel)] = connection

    def ahead(self, groups: Collection[str], *, until: datetime) -> None:
        """Renew what was noticed of the accounts in `groups`, as far as there is time until `until`.

        The rest is noticed again when it is used. Another account's renewal may hang, so it is left to its own run.
        """
        for key, noticed in list(self.soon.items()):
            if (
                group_of(noticed.channel, noticed.account, noticed.owner) in groups
                and self.soon.pop(key, None) is not None
            ):
                self.renew(noticed, until=until)

    def renew(self, connection: Connection, *, until: datetime, by_hand: bool = False) -> RefreshResult:
        """Renew a token once, unless somebody else does or has done so.

        Args:
            connection: As read; a newer token than its own is taken as the answer.
            until: Nothing is begun that might last longer.
            by_hand: A person asks: earlier refusals and pauses between attempts are no reason not to.
        """
        channel = self.channels.get(network_of(connection.channel))
        if not (renewable(connection) and isinstance(channel, Refreshable)):
            return RefreshResult(
                came=RefreshOutcome.REFUSED, connection=connection, sentence="Its token cannot be renewed."
            )
        try:
            account, credentials = self.accounts.open(connection), self._opened(connection)
            turn = self._turn(connection, until, by_hand=by_hand)
            if isinstance(turn, RefreshResult):
                return turn
            ends: list[RefreshAnswer] = []
            fence = min(until, (turn.renewing_until or until) - CLOCKS_APART)
            secrets = (*account.secrets, *credentials.values())
            talk = _kept(channel.renew(account, credentials), ends)
            outcome = self.driver.publish(talk, secrets=secrets, lease_until=fence, ids=None)
            if not ends or ends[0].token is None:
                return self._failed(turn, outcome)
            return self._stored(turn, replace(ends[0], outcome=outcome), ends[0].token, credentials, by_hand=by_hand)
        except SealBrokenError as error:
            return RefreshResult(came=RefreshOutcome.REFUSED, connection=connection, sentence=error.message)
        except OmnipubError as error:
            self.base.journal.note(
                LogEvent.RENEWAL_FAILED, channel=network_of(connection.channel), code=type(error).__name__
            )
            return self._later(connection, error.message)
        except Exception as error:  # noqa: BLE001  a mistake of ours must not leave a claim behind; its text may be secret
            self.base.journal.note(
                LogEvent.WORKER_BROKE, channel=network_of(connection.channel), error=type(error).__name__
            )
            return self._later(connection, "omnipub itself failed to ask for one.")

    def sealed(self, owner: str, channel: str, account: str, credentials: Mapping[str, Secret]) -> str:
        """What a renewal needs, as it stands in the table."""
        text = json.dumps({name: value.reveal() for name, value in credentials.items()})
        return self.vault.seal(Secret(text), (owner, network_of(channel), account, sealing.RENEWAL))

    def _later(self, connection: Connection, sentence: str) -> RefreshResult:
        again = self.base.clock.now() + AGAIN.first
        return RefreshResult(came=RefreshOutcome.UNANSWERED, connection=connection, sentence=sentence, again_at=again)

    def _opened(self, connection: Connection) -> Mapping[str, Secret]:
        purpose = (*_whose(connection), sealing.RENEWAL)
        text = self.vault.open((connection.settings or {})[RENEWAL], purpose).reveal()
        return {name: Secret(value) for name, value in loads(text, lenient=True).items()}

    def _turn(self, connection: Connection, until: datetime, *, by_hand: bool) -> Connection | RefreshResult:
        """The connection with our lock in it, or why there is nothing to do for us."""
        current: Connection | None = connection
        while True:
            if current is None or not same(current, connection):
                return RefreshResult(came=RefreshOutcome.CHANGED, connection=current or gone(connection))
            now, failed, busy_until = self.base.clock.now(), current.renewal_failed, current.renewing_until
            if failed is not None and not by_hand and (failed.for_good or now < failed.again_at):
                return still(failed, current)
            is_free = busy_until is None or busy_until <= now
            wait_until = now if busy_until is None or is_free else min(now + LOOK_EVERY, busy_until)
            if wait_until + self.driver.longest > until:
                plain = "There is no time for it now." if is_free else "Somebody else is getting one."
                again = now if busy_until is None or is_free else busy_until
                return RefreshResult(came=RefreshOutcome.BUSY, connection=current, sentence=plain, again_at=again)
            if is_free:
                ends = now + self.driver.longest + LOCK_BEYOND_REQUEST
                locked = self._written(current, replace(current, renewing_until=ends))
                if locked is not None:
                    return locked
            else:
                self.base.clock.sleep_until(wait_until)
            current = self.accounts.find(connection.owner, connection.channel)

    def _failed(self, locked: Connection, outcome: Outcome) -> RefreshResult:
        """Note that there is no new token, and give the turn back."""
        before, now = locked.renewal_failed, self.base.clock.now()
        failed = RefreshFailure(
            at=now,
            sentence=outcome.sentence,
            times=before.times + 1 if before else 1,
            for_good=outcome.ended in {TryEnd.AUTH, TryEnd.REJECTED},
        )
        self.base.journal.note(
            LogEvent.RENEWAL_FAILED, channel=network_of(locked.channel), code=outcome.code, for_good=failed.for_good
        )
        noted = self._written(locked, replace(locked, renewing_until=None, renewal_failed=failed))
        if noted is not None:
            return replace(still(failed, noted), outcome=outcome)
        there = self.accounts.find(locked.owner, locked.channel)
        if there is None or not same(there, locked):
            return RefreshResult(came=RefreshOutcome.CHANGED, connection=there or gone(locked))
        if there.renewing_until is not None and there.renewing_until > now:
            # It has the turn after ours, and may have been given the token that we were refused.
            return RefreshResult(
                came=RefreshOutcome.BUSY, connection=there, sentence=outcome.sentence, again_at=there.renewing_until
            )
        return replace(still(failed, there), outcome=outcome)

    def _stored(
        self, locked: Connection, end: RefreshAnswer, token: Secret, credentials: Mapping[str, Secret], *, by_hand: bool
    ) -> RefreshResult:
        """Write the new token with what its next renewal needs, in one write; only then may it be used."""
        owner, network, account = _whose(locked)
        kept = self._patiently(lambda: self.sealed(owner, network, account, {**credentials, **end.credentials}))
        fresh = replace(
            locked,
            sealed=self._patiently(lambda: self.accounts.seal(locked, token)),
            settings={**(locked.settings or {}), RENEWAL: kept},
            refresh_at=self.base.clock.now() + end.lasts if end.lasts else None,
            renewing_until=None,
            renewal_failed=None,
        )
        before = locked
        while True:
            release = self._release(before, by_hand=by_hand)
            written = self._written(before, self._active(before, fresh), *([release] if release else []))
            there = written or self.accounts.find(locked.owner, locked.channel)
            if there is not None and there.sealed == fresh.sealed:
                break
            if there is None or not same(there, locked):
                self.base.journal.note(LogEvent.RENEWAL_DISCARDED, channel=network)
                return RefreshResult(came=RefreshOutcome.CHANGED, connection=there or gone(locked))
            before = there  # the same credentials: somebody has marked the account, or taken the turn after ours
        ends = to_text(fresh.refresh_at) if fresh.refresh_at else None
        self.base.journal.note(LogEvent.TOKEN_RENEWED, channel=network, ends_at=ends, by_hand=by_hand)
        # A worker leaves the release that it has begun to the scheduler's next tick.
        released = self.releases.carry_out(release.item) if release and by_hand else 0
        return RefreshResult(came=RefreshOutcome.RENEWED, connection=there, outcome=end.outcome, released=released)

    def _release(self, before: Connection, *, by_hand: bool) -> Put | None:
        if before.standing is ConnectionStatus.ACTIVE and not by_hand:
            return None
        return self.releases.begun(
            account_scope(network_of(before.channel), before.account, before.owner), LatePolicy.WINDOW
        )

    def _active(self, before: Connection, fresh: Connection) -> Connection:
        if before.standing is ConnectionStatus.ACTIVE:
            return replace(
                fresh, standing=ConnectionStatus.ACTIVE, standing_since=before.standing_since, standing_reason=""
            )
        return replace(
            fresh, standing=ConnectionStatus.ACTIVE, standing_since=self.base.clock.now(), standing_reason=""
        )

    def _written(self, before: Connection, after: Connection, *beside: Write) -> Connection | None:
        """What was written, or None if the connection had changed."""
        moved = replace(after, version=before.version + 1, write_id=self.base.chance.token())
        item = connection_item(moved, self.base.shards.count(self.base.clock.now()).of)
        condition = Unchanged(version=before.version)
        try:
            if beside:
                self._patiently(
                    lambda: write_ids.transact(self.base.table, [Put(item=item, condition=condition), *beside])
                )
            else:
                self._patiently(lambda: write_ids.put(self.base.table, item, condition))
        except ConditionFailedError:
            return None
        return moved

    def _patiently(self, act: Callable[[], _T]) -> _T:
        """Our own storage or key may fail for a moment, and what is to be kept exists nowhere else."""
        failures = 0
        while True:
            try:
                return act()
            except UnavailableError:
                failures += 1
                if failures == STORAGE_TRIES:
                    raise
                self.base.clock.sleep_until(self.base.clock.now() + STORAGE_PAUSE * 2**failures)


def _whose(connection: Connection) -> tuple[str, str, str]:
    return connection.owner, network_of(connection.channel), connection.account


def _kept(conversation: Renewing, ends: list[RefreshAnswer]) -> Publishing:
    """The same conversation for the driver, which knows outcomes only; what it really ends in goes to `ends`."""
    end = yield from conversation
    ends.append(end)
    return end.outcome
