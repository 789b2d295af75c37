"""Stop and go on: everything, a channel, an account or an owner, with a reason that is shown everywhere.

A pause is a row in the table, read before each claim, so it survives restarts and deployments. What
becomes due meanwhile is held; whoever resumes decides about what became late: send it, or miss it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from omnipub.domain.delivery import Delivery
from omnipub.domain.identity import network_of
from omnipub.domain.lifecycle import Status
from omnipub.domain.moments import from_text, to_text
from omnipub.domain.progress import missed, released
from omnipub.errors import InvalidInputError, NotFoundError
from omnipub.services.accounts import Accounts
from omnipub.services.due import DueMoments
from omnipub.services.ports import Clock, Journal
from omnipub.services.recording import Recording
from omnipub.storage import access, keys
from omnipub.storage.items import Standing, delivery_of, key_of, plain_item
from omnipub.storage.shards import Shards
from omnipub.storage.table import ConditionFailedError, Delete, Item, Table

EVERYTHING = "everything"
KINDS = ("channel", "account", "owner")

PACE = timedelta(seconds=1)
"""Between two releases of one account: slower than any network's limit that omnipub knows."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """One pause in force."""

    scope: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What a pause holds: deliveries in due order, those whose moment has passed first."""

    late: tuple[Delivery, ...]
    in_time: tuple[Delivery, ...]


@dataclass(frozen=True, kw_only=True)
class Pauses:
    """Pauses and resumes."""

    table: Table
    shards: Shards
    accounts: Accounts
    recording: Recording
    due: DueMoments
    clock: Clock
    journal: Journal

    def pause(self, scope: str, *, reason: str, by: str) -> Pause:
        """Stop a scope; pausing it again replaces the reason."""
        now = self.clock.now()
        item = plain_item(keys.pause(checked_scope(scope)), reason=reason, by=by, at=to_text(now))
        self.table.put(item)
        self.journal.note("paused", scope=scope)
        return _pause_of(item)

    def resume(self, scope: str, *, send_late: bool) -> Waiting:
        """Let a scope go on: what became late is sent (`send_late`) or missed; the rest waits for its moment.

        Raises:
            NotFoundError: It is not paused.
        """
        key = keys.pause(checked_scope(scope))
        waiting = self.waiting(scope)
        if self.table.get(key) is None and not (waiting.late or waiting.in_time):
            # With something held it goes on: an earlier resume may have died before it released everything.
            raise NotFoundError(f"{scope} is not paused.", hint="`omnipub pause` lists what is.")
        self.table.transact([Delete(key=key)])
        self.journal.note("resumed", scope=scope, send_late=send_late)
        return self.release(scope, send_late=send_late)

    def release(self, scope: str, *, send_late: bool) -> Waiting:
        """Release what is held in a scope, in due order and spaced per account, unless another pause holds it."""
        waiting = self.waiting(scope)
        now = self.clock.now()
        free = [one for one in (*waiting.late, *waiting.in_time) if self.of(one) is None]
        for _, group in groupby(sorted(free, key=_account_then_due), key=lambda one: _account_then_due(one)[:2]):
            for number, delivery in enumerate(group):
                self._let_go(delivery, now + PACE * number, keep=send_late or delivery not in waiting.late)
        return waiting

    def of(self, delivery: Delivery) -> Pause | None:
        """The pause that holds a delivery, the widest first, or None."""
        wanted = [keys.pause(scope) for scope in scopes_of(delivery)]
        there = self.table.batch_get(wanted)
        return next((_pause_of(there[key]) for key in wanted if key in there), None)

    def all(self) -> Sequence[Pause]:
        """Every pause in force."""
        return [_pause_of(item) for item in self._pages()]

    def waiting(self, scope: str) -> Waiting:
        """What is held in a scope, but for what waits for its account's owner: no resume helps that."""
        now = self.clock.now()
        mine = (one for one in self._held() if scope in scopes_of(one) and self._account_works(one))
        held = sorted(mine, key=lambda one: one.due_at or now)
        late = tuple(one for one in held if one.due_at is not None and one.due_at <= now)
        return Waiting(late=late, in_time=tuple(one for one in held if one not in late))

    def _account_works(self, delivery: Delivery) -> bool:
        connection = self.accounts.for_delivery(delivery)
        return connection is not None and connection.standing is Standing.ACTIVE

    def _let_go(self, delivery: Delivery, at: datetime, *, keep: bool) -> None:
        now = self.clock.now()
        free = released(delivery, now)
        kept = replace(free, next_at=max(at, delivery.due_at or at), not_after=None)
        free = kept if keep else missed(free, now)
        try:
            moved = self.recording.move(delivery, free)
        except ConditionFailedError:
            return  # somebody cancelled or edited it meanwhile; that stands
        self.due.committed([moved], why="released")

    def _held(self) -> Iterator[Delivery]:
        for shard in self.shards.count(self.clock.now()).all():
            cursor = None
            while True:
                page = self.table.query(access.with_status(Status.HELD, shard, after=cursor))
                there = self.table.batch_get([key_of(item) for item in page.items])
                yield from (one for one in map(delivery_of, there.values()) if one.status is Status.HELD)
                cursor = page.cursor
                if cursor is None:
                    break

    def _pages(self) -> Iterator[Item]:
        cursor = None
        while True:
            page = self.table.query(access.pauses(after=cursor))
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return


def scopes_of(delivery: Delivery) -> tuple[str, ...]:
    """The scopes a delivery is in, widest first."""
    network = network_of(delivery.channel)
    return (EVERYTHING, f"channel:{network}", f"account:{network}/{delivery.account}", f"owner:{delivery.owner}")


def checked_scope(scope: str) -> str:
    """`scope` if it is one, or an error that says what scopes look like."""
    kind, _, name = scope.partition(":")
    if scope != EVERYTHING and not (kind in KINDS and name):
        raise InvalidInputError(
            f"'{scope}' cannot be paused.",
            hint="Use everything, channel:NETWORK, account:NETWORK/ACCOUNT or owner:USER.",
        )
    return scope


def _pause_of(item: Item) -> Pause:
    return Pause(scope=item["SK"], reason=item["reason"], by=item["by"], at=from_text(item["at"]))


def _account_then_due(delivery: Delivery) -> tuple[str, str, str]:
    due = to_text(delivery.due_at) if delivery.due_at else ""
    return network_of(delivery.channel), delivery.account, due
