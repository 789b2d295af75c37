"""Threads that work on the records of many accounts, so that no account waits for another.

Who may begin next stands in `account_queues`. What runs alone begins when no fresh record of others is under way, and
nobody else begins for a moment. Both waits are bounded, and others get as long for themselves before the next one.
Nobody waits for it by a second.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from omnipub.adapters.system.account_queues import AccountQueue, AccountQueues
from omnipub.adapters.system.clock import ClockStoppedError

TOTAL = 512
"""Records under way at most, answered or not: each has a thread and a connection, and systems allow 1,024 files."""

WAITING_AT_MOST = 100_000
"""Records that wait in memory at most, of some 600 bytes each; what is beyond that stays on the stream."""

DRAIN_SECONDS = 0.2
"""What runs alone waits so long at most for fresh records; those that are old may hang for long."""

HEAD_START_SECONDS = 0.3
"""Nobody begins beside it for so long. What kills a process does so when it reads or writes, not while it waits."""

IDLE_SECONDS = 10.0
LOOK_SECONDS = 0.05
"""How often the pool looks, while it works, whether somebody has become old or slow."""

R = TypeVar("R")


class WorkerPool(Generic[R]):
    """The `HandOver` port by threads.

    Args:
        slots: Records of one network under way side by side, as `account_queues` counts them.
        total: Records under way at most.
    """

    def __init__(self, *, slots: int, total: int = TOTAL) -> None:
        self._work: Callable[[R], float | None] = lambda _: None
        self._changed = threading.Condition()
        self._lines: AccountQueues[R] = AccountQueues(slots=slots, total=total)
        self._again: list[tuple[float, int, str, R]] = []
        self._numbers = count()
        self._tasks: SimpleQueue[tuple[AccountQueue[R], R] | None] = SimpleQueue()
        self._idle = 0
        self._threads: set[threading.Thread] = set()
        self._stopped = False
        self._mine = threading.local()
        self._lone: deque[AccountQueue[R] | None] = deque()
        self._drains_until: float | None = None
        self._alone_until = 0.0
        self._others_wait = False
        self._watch = threading.Thread(target=self._look, daemon=True)

    def start(self, work: Callable[[R], float | None]) -> None:
        """Work so from now on.

        Args:
            work: Called in a thread with a record. The seconds after which the record comes again, or None if it is
                done. It does not raise.
        """
        self._work = work
        self._watch.start()

    def alone(self, task: Callable[[], None]) -> None:
        """Run a task in this thread, alone within those bounds.

        Raises:
            StoppedError: The pool is stopped; the task has not begun.
        """
        account: AccountQueue[R] | None = getattr(self._mine, "account", None)
        with self._changed:
            self._lone.append(account)
            while not (self._stopped or (self._lone[0] is account and self._may_be_alone(account))):
                self._changed.wait(LOOK_SECONDS / 5)
            self._lone.remove(account)
            self._drains_until = None
            if self._stopped:
                raise ClockStoppedError("omnipub is being stopped.")
            ends = self._alone_until = time.monotonic() + HEAD_START_SECONDS
            self._others_wait = self._lines.anybody_waits
        try:
            task()
        finally:
            with self._changed:
                if self._alone_until == ends:  # else another one has had its turn since
                    self._alone_until = min(ends, time.monotonic())
                self._start_what_may()
                self._changed.notify_all()

    def hand_over(self, accounts: Mapping[str, Sequence[R]]) -> Sequence[R]:
        """Take records of accounts; those that are returned found no room, or the pool is stopped."""
        left: list[R] = []
        with self._changed:
            for account, records in accounts.items():
                room = 0 if self._stopped else max(0, WAITING_AT_MOST - self._lines.waiting)
                for record in records[:room]:
                    self._lines.add(account, record)
                left += records[room:]
            self._start_what_may()
            self._changed.notify_all()
        return left

    @property
    def is_full(self) -> bool:
        """Whether as many records are under way as there may be in all: whoever comes now waits."""
        with self._changed:
            return self._lines.is_full

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
            threads = [one for one in (self._watch, *self._threads) if one.ident is not None]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    # -- with the lock held ---------------------------------------------------------------------

    def _may_be_alone(self, account: AccountQueue[R] | None) -> bool:
        """Whether the first one that wants to be alone may begin; until then nobody else does."""
        now = time.monotonic()
        if now < self._alone_until + (DRAIN_SECONDS + HEAD_START_SECONDS if self._others_wait else 0.0):
            return False
        if self._drains_until is None:
            self._drains_until = now + DRAIN_SECONDS
        beside = self._lines.fresh() - {account}
        return now >= self._drains_until or not beside.difference(one for one in self._lone if one)

    def _start_what_may(self) -> None:
        if self._drains_until is not None or time.monotonic() < self._alone_until:
            self._others_wait = self._others_wait or self._lines.anybody_waits
            return
        for task in [] if self._stopped else self._lines.begin():
            self._tasks.put(task)
            self._idle -= 1
        self._start_threads()

    def _start_threads(self) -> None:
        """Make good what more was begun than threads were idle."""
        while self._idle < 0:
            thread = threading.Thread(target=self._take_turns, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system has no more of them: who ends next takes the task, or a thread later
                self._lines.nobody_more()
                return
            self._threads.add(thread)
            self._idle += 1

    # -- threads --------------------------------------------------------------------------------

    def _take_turns(self) -> None:
        me = threading.current_thread()
        while (task := self._task(me)) is not None:
            account, record = task
            self._mine.account = account
            again: float | None = None
            with suppress(BaseException):  # work does not raise; if it did, its account would keep its turn for ever
                again = self._work(record)
            with self._changed:
                self._lines.end(account)
                if again is not None:
                    heappush(self._again, (time.monotonic() + again, next(self._numbers), account.name, record))
                if self._stopped:
                    break
                self._idle += 1
                self._start_what_may()
        with self._changed:
            self._threads.discard(me)

    def _task(self, me: threading.Thread) -> tuple[AccountQueue[R], R] | None:
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
                if not (self._lines.running or self._again):
                    self._changed.wait()
                    continue
                self._changed.wait(LOOK_SECONDS)
                self._lines.note_slow_ones()
                self._start_threads()
                while self._again and self._again[0][0] <= time.monotonic():
                    _, _, name, record = heappop(self._again)
                    self._lines.add(name, record)
                self._start_what_may()
