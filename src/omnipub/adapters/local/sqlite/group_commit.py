"""Pieces of work that share a transaction.

Each is all or nothing by itself; all of them become durable together or not at all.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence

Work = Callable[[sqlite3.Connection], None]


class Job:
    """One piece of work, and what became of it."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._error: BaseException | None = None
        self.over = False

    def run(self, connection: sqlite3.Connection) -> None:
        """Do it within an open transaction; a refusal of ours is this job's alone, a failure of SQLite everybody's."""
        connection.execute("SAVEPOINT job")
        try:
            self._work(connection)
        except sqlite3.Error:
            raise
        except Exception as refusal:  # noqa: BLE001  it is raised again in the thread whose job this is
            self._error = refusal
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")

    def end(self, error: BaseException | None = None) -> None:
        """It is over: committed, or failed with the commit; what it was refused for was true only if that stands."""
        if not self.over:
            self._error = error or self._error
            self.over = True

    def answer(self) -> None:
        """Return if it was committed, else raise why not."""
        if self._error is not None:
            raise self._error


class GroupCommit:
    """Those who wait for the next transaction."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Job] = []

    def add(self, job: Job) -> None:
        """Let a job wait."""
        with self._lock:
            self._waiting.append(job)

    def taken(self) -> Sequence[Job]:
        """All waiting jobs, which the caller now has to run."""
        with self._lock:
            taken, self._waiting = self._waiting, []
            return taken
