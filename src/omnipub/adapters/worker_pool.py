"""Threads that work on the records of many accounts, so that no account waits for another.

Rules of this file:
1. One account has one record under way at a time; the next is the one that came first.
2. Of one network at most `slots` records are under way that began within the last `FRESH_SECONDS`. Older ones wait
   for an answer and cost nothing but a thread: they no longer count, up to `TOTAL` threads of the whole pool.
3. Who is under way for `SLOW_SECONDS` makes its account slow at once. Slow accounts have a line of their own: at most
   a quarter of a network's slots, and a quarter of the threads, begin one.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

FRESH_SECONDS = 0.8
"""Less than a second: who waits for a slot behind records that hang still begins within one."""

SLOW_SECONDS = 5.0
SLOW_FOR_SECONDS = 600.0
"""So long an account is slow after its last slow record: longer than the longest rest of an account in trouble."""

SLOW_SHARE = 4
"""Slow accounts get one part in so many."""

TOTAL = 512
"""Records under way at most, answered or not: each has a thread and a connection, and systems allow 1,024 files."""

WAITING_AT_MOST = 100_000
"""Records that wait in memory at most, of some 600 bytes each; what is beyond that stays on the stream."""

IDLE_SECONDS = 10.0
LOOK_SECONDS = 0.05
"""How often the pool looks, while it works, whether somebody has become old or slow."""

R = TypeVar("R")


class _Account(Generic[R]):
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
        self.lines: tuple[deque[_Account[R]], deque[_Account[R]]] = (deque(), deque())
        self.fresh: dict[_Account[R], bool] = {}
        self.slow_next = False


class WorkerPool(Generic[R]):
    """The `HandOver` port by threads.

    Args:
        work: Called in a thread with a record; the seconds after which the record comes again, or None if it is done.
        slots: Records of one network under way side by side, as rule 2 counts them.
        total: Records under way at most.
    """

    def __init__(self, work: Callable[[R], float | None], *, slots: int, total: int = TOTAL) -> None:
        self._work = work
        self._slots = slots
        self._total = total
        self._changed = threading.Condition()
        self._accounts: dict[str, _Account[R]] = {}
        self._networks: dict[str, _Network[R]] = {}
        self._running: dict[_Account[R], None] = {}
        self._slow_running: set[_Account[R]] = set()
        self._slow_until: dict[str, float] = {}
        self._again: list[tuple[float, int, str, R]] = []
        self._numbers = count()
        self._waiting = 0
        self._tasks: SimpleQueue[tuple[_Account[R], R] | None] = SimpleQueue()
        self._idle = 0
        self._threads: set[threading.Thread] = set()
        self._stopped = False
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def hand_over(self, account: str, records: Sequence[R]) -> Sequence[R]:
        """Take records of an account; those that are returned found no room, or the pool is stopped."""
        with self._changed:
            room = 0 if self._stopped else max(0, WAITING_AT_MOST - self._waiting)
            for record in records[:room]:
                self._enqueue(account, record)
            self._start_what_may()
            self._changed.notify()
        return records[room:]

    @property
    def is_full(self) -> bool:
        """Whether as many records are under way as there may be in all: whoever comes now waits."""
        with self._changed:
            return len(self._running) >= self._total

    def stop(self, *, deadline: float) -> bool:
        """Begin nothing more, and wait until `deadline` for what is under way; whether all of it has ended.

        What waits is forgotten. `deadline` is a reading of `time.monotonic`.
        """
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            for _ in range(self._idle):
                self._tasks.put(None)
            self._idle = 0
            threads = [self._watch, *self._threads]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    # -- with the lock held ---------------------------------------------------------------------

    def _enqueue(self, name: str, record: R) -> None:
        account = self._accounts.get(name)
        if account is None:
            account = self._accounts[name] = _Account(name)
        account.records.append(record)
        self._waiting += 1
        self._line_up(account)

    def _line_up(self, account: _Account[R]) -> None:
        if account.is_waiting or account.began is not None or not account.records:
            return
        account.is_waiting = True
        network = self._networks.get(account.network)
        if network is None:
            network = self._networks[account.network] = _Network()
        network.lines[self._is_slow(account)].append(account)

    def _is_slow(self, account: _Account[R]) -> bool:
        return self._slow_until.get(account.name, 0.0) > time.monotonic()

    def _start_what_may(self) -> None:
        started = not self._stopped
        while started:  # in turns, so that the last free threads go to several networks
            started = False
            for name, network in list(self._networks.items()):
                self._forget_old(network)
                account = self._next(network)
                if account is not None:
                    self._start(account, network)
                    started = True
                elif not (network.fresh or any(network.lines)):
                    del self._networks[name]

    def _forget_old(self, network: _Network[R]) -> None:
        limit = time.monotonic() - FRESH_SECONDS
        for account in list(network.fresh):
            if account.began is not None and account.began > limit:
                break
            del network.fresh[account]

    def _next(self, network: _Network[R]) -> _Account[R] | None:
        if len(network.fresh) >= self._slots or len(self._running) >= self._total:
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

    def _start(self, account: _Account[R], network: _Network[R]) -> None:
        is_slow = self._is_slow(account)
        record = account.records.popleft()
        self._waiting -= 1
        account.is_waiting = False
        account.began = time.monotonic()
        network.fresh[account] = is_slow
        self._running[account] = None
        if is_slow:
            self._slow_running.add(account)
        if self._idle:
            self._idle -= 1
        else:
            thread = threading.Thread(target=self._take_turns, daemon=True)
            self._threads.add(thread)
            thread.start()
        self._tasks.put((account, record))

    def _end(self, account: _Account[R]) -> None:
        self._note_slow(account)
        account.began = None
        del self._running[account]
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

    def _note_slow(self, account: _Account[R]) -> None:
        now = time.monotonic()
        if account.began is not None and now - account.began >= SLOW_SECONDS:
            self._slow_until[account.name] = now + SLOW_FOR_SECONDS
            self._slow_running.add(account)

    # -- threads --------------------------------------------------------------------------------

    def _take_turns(self) -> None:
        me = threading.current_thread()
        while (task := self._task(me)) is not None:
            account, record = task
            again: float | None = None
            with suppress(BaseException):  # work does not raise; if it did, its account would keep its turn for ever
                again = self._work(record)
            with self._changed:
                self._end(account)
                if again is not None:
                    heappush(self._again, (time.monotonic() + again, next(self._numbers), account.name, record))
                if self._stopped:
                    break
                self._idle += 1
                self._start_what_may()
        with self._changed:
            self._threads.discard(me)

    def _task(self, me: threading.Thread) -> tuple[_Account[R], R] | None:
        """The next task of this thread; None if there was none for long, or the pool is stopped."""
        try:
            return self._tasks.get(timeout=IDLE_SECONDS)
        except Empty:
            pass
        with self._changed:  # who puts a task holds the lock, so there is one for us exactly if it counted on us
            try:
                return self._tasks.get_nowait()
            except Empty:
                self._idle -= 1
                self._threads.discard(me)
                return None

    def _look(self) -> None:
        """Let those begin who waited for somebody who is old by now, and mark who is slow."""
        with self._changed:
            while not self._stopped:
                if not (self._running or self._again):
                    self._changed.wait()
                    continue
                self._changed.wait(LOOK_SECONDS)
                for account in self._running:  # the oldest first
                    if account.began is not None and time.monotonic() - account.began < SLOW_SECONDS:
                        break
                    self._note_slow(account)
                while self._again and self._again[0][0] <= time.monotonic():
                    _, _, name, record = heappop(self._again)
                    self._enqueue(name, record)
                self._start_what_may()
