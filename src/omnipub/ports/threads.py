"""Threads: tasks that run beside each other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol


class ThreadPool(Protocol):
    """A bounded thread pool, in lanes that do not wait for each other."""

    def work(self, lanes: Mapping[str, Sequence[Callable[[], None]]], slots: int) -> None:
        """Run all tasks, at most `slots` of a lane at a time; return when all have ended. Tasks do not raise."""
        ...

    def alone(self, task: Callable[[], None]) -> None:
        """Run a task that may kill this process: as little as possible is under way beside it when it begins."""
        ...
