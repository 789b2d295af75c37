"""Who of many accounts may begin next: the bounds of a pool, without its threads.

Rules of this file:
1. One account has one record under way at a time; the next is the one that came first.
2. Of one network at most `slots` records are under way that began within the last `FRESH_SECONDS`. Older ones wait for
   an answer and cost nothing but a thread. They no longer count, up to `total` of all networks.
3. Who is under way for `SLOW_SECONDS` makes its account slow at once. Slow accounts have a line of their own. At most
   a quarter of a network's slots, and a quarter of the total, begin one.
4. Nothing here locks: whoever calls holds the pool's lock.
"""

import time
from collections import deque
from typing import Generic, TypeVar

FRESH_SECONDS = 0.8
"""Less than a second: who waits for a slot behind records that hang still begins within one."""

SLOW_SECONDS = 5.0
SLOW_FOR_SECONDS = 600.0
"""An account is slow for so long after its last slow record. That is longer than the longest rest of an account in
trouble."""

SLOW_SHARE = 4
"""Slow accounts get one part in so many."""

R = TypeVar("R")


class AccountQueue(Generic[R]):
    """What waits and what is under way of one account."""

    __slots__ = ("began", "is_waiting", "name", "network", "records")

    def __init__(self, name: str) -> None:
        self.name = name
        self.network = name.partition("/")[0]
        self.records: deque[R] = deque()
        self.is_waiting = False
        self.began: float | None = None


class _Network(Generic[R]):
    """Who waits for a slot of one network, and whose records began a moment ago, the oldest first."""

    __slots__ = ("fresh", "lines", "slow_next")

    def __init__(self) -> None:
        self.lines: tuple[deque[AccountQueue[R]], deque[AccountQueue[R]]] = (deque(), deque())
        self.fresh: dict[AccountQueue[R], bool] = {}
        self.slow_next = False


class AccountQueues(Generic[R]):
    """Accounts with what waits of them, and those that are under way.

    Attributes:
        waiting: Records that wait.
        running: Accounts under way, the one that began first at the beginning.
    """

    def __init__(self, *, slots: int, total: int) -> None:
        self._slots = slots
        self._total = total
        self._accounts: dict[str, AccountQueue[R]] = {}
        self._networks: dict[str, _Network[R]] = {}
        self._slow_running: set[AccountQueue[R]] = set()
        self._slow_until: dict[str, float] = {}
        self.waiting = 0
        self.running: dict[AccountQueue[R], None] = {}

    @property
    def is_full(self) -> bool:
        """Whether as many records are under way as there may be in all."""
        return len(self.running) >= self._total

    @property
    def anybody_waits(self) -> bool:
        """Whether an account waits for its turn."""
        return any(any(network.lines) for network in self._networks.values())

    def fresh(self) -> set[AccountQueue[R]]:
        """The accounts whose records began a moment ago."""
        for network in self._networks.values():
            self._forget_old(network)
        return {account for network in self._networks.values() for account in network.fresh}

    def add(self, name: str, record: R) -> None:
        """A record of an account waits behind its others."""
        account = self._accounts.get(name)
        if account is None:
            account = self._accounts[name] = AccountQueue(name)
        account.records.append(record)
        self.waiting += 1
        self._line_up(account)

    def nobody_more(self) -> None:
        """The system has no thread for more than are under way now."""
        self._total = max(1, len(self.running))

    def begin(self) -> list[tuple[AccountQueue[R], R]]:
        """What may begin now; it is under way from now on."""
        begun: list[tuple[AccountQueue[R], R]] = []
        found = True
        while found:  # in turns, so that the last free places go to several networks
            found = False
            for name, network in list(self._networks.items()):
                self._forget_old(network)
                account = self._next(network)
                if account is not None:
                    begun.append((account, self._started(account, network)))
                    found = True
                elif not (network.fresh or any(network.lines)):
                    del self._networks[name]
        return begun

    def end(self, account: AccountQueue[R]) -> None:
        """What was under way of an account has ended."""
        self._note_slow(account)
        account.began = None
        del self.running[account]
        self._slow_running.discard(account)
        network = self._networks.get(account.network)
        if network is not None:
            network.fresh.pop(account, None)
        if account.records:
            self._line_up(account)
        else:
            del self._accounts[account.name]
            if not self._is_slow(account):
                self._slow_until.pop(account.name, None)

    def note_slow_ones(self) -> None:
        """Whoever is under way for long makes its account slow, before it ends."""
        for account in self.running:
            if account.began is not None and time.monotonic() - account.began < SLOW_SECONDS:
                break
            self._note_slow(account)

    def _line_up(self, account: AccountQueue[R]) -> None:
        if account.is_waiting or account.began is not None or not account.records:
            return
        account.is_waiting = True
        network = self._networks.get(account.network)
        if network is None:
            network = self._networks[account.network] = _Network()
        network.lines[self._is_slow(account)].append(account)

    def _is_slow(self, account: AccountQueue[R]) -> bool:
        return self._slow_until.get(account.name, 0.0) > time.monotonic()

    def _forget_old(self, network: _Network[R]) -> None:
        limit = time.monotonic() - FRESH_SECONDS
        for account in list(network.fresh):
            if account.began is not None and account.began > limit:
                break
            del network.fresh[account]

    def _next(self, network: _Network[R]) -> AccountQueue[R] | None:
        if len(network.fresh) >= self._slots or self.is_full:
            return None
        normal, slow = network.lines
        may_slow = (
            bool(slow)
            and sum(network.fresh.values()) < max(1, self._slots // SLOW_SHARE)
            and len(self._slow_running) < max(1, self._total // SLOW_SHARE)
        )
        line = slow if may_slow and (network.slow_next or not normal) else normal
        network.slow_next = line is normal
        return line.popleft() if line else None

    def _started(self, account: AccountQueue[R], network: _Network[R]) -> R:
        self.waiting -= 1
        account.is_waiting = False
        account.began = time.monotonic()
        network.fresh[account] = self._is_slow(account)
        self.running[account] = None
        if network.fresh[account]:
            self._slow_running.add(account)
        return account.records.popleft()

    def _note_slow(self, account: AccountQueue[R]) -> None:
        now = time.monotonic()
        if account.began is not None and now - account.began >= SLOW_SECONDS:
            self._slow_until[account.name] = now + SLOW_FOR_SECONDS
            self._slow_running.add(account)
