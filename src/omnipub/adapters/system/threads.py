"""A bounded thread pool: so many threads per lane, and no lane waits for another."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omnipub.adapters.system.worker_pool import WorkerPool


class BoundedThreadPool:
    """The `ThreadPool` port: `slots` threads per lane, each taking the lane's next task."""

    def work(self, lanes: Mapping[str, Sequence[Callable[[], None]]], slots: int) -> None:
        """Run all tasks and return when all have ended; a lone task needs no thread."""
        tasks = [task for lane in lanes.values() for task in lane]
        if len(tasks) == 1:
            tasks[0]()
            return
        hands = []
        for lane in lanes.values():
            queue = _Queue(lane)
            hands += [threading.Thread(target=queue.drain, daemon=True) for _ in range(min(slots, len(lane)))]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()

    def alone(self, task: Callable[[], None]) -> None:
        """Run a task; a function's batch has nothing else under way by then."""
        task()


class WorkerPoolThreads(BoundedThreadPool):
    """The `ThreadPool` port within a pool's threads, which work on other accounts meanwhile."""

    def __init__(self, pool: "WorkerPool[Any]") -> None:
        self._pool = pool

    def alone(self, task: Callable[[], None]) -> None:
        """Run a task when nothing else is fresh in the pool."""
        self._pool.alone(task)


class _Queue:
    """Tasks that several threads take turns at."""

    def __init__(self, tasks: Sequence[Callable[[], None]]) -> None:
        self._left: Iterator[Callable[[], None]] = iter(tasks)
        self._lock = threading.Lock()

    def drain(self) -> None:
        """Take and run tasks until none is left."""
        while True:
            with self._lock:
                task = next(self._left, None)
            if task is None:
                return
            task()
