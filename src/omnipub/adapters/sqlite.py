"""How omnipub opens SQLite: durable through power loss, one writer at a time, on a local disk only."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from json import JSONDecodeError
from pathlib import Path

from omnipub.adapters.sqlite_errors import told

BUSY_MS = 10_000
"""How long a writer waits for another process before it gives up."""


class Database:
    """One SQLite file and a pool of connections to it, for any number of threads.

    WAL with `synchronous=FULL`: a commit that returned survives power loss. Every transaction that writes
    begins IMMEDIATE, so that it never has to turn a read lock into a write lock. Writers of this process
    queue at a lock of ours, which hands over at once where SQLite's own waiting sleeps.
    """

    def __init__(self, path: Path, schema: str, *, expendable: bool = False) -> None:
        """Open `path`; `expendable` says that it holds nothing which is not known elsewhere too."""
        self._path = path
        self._expendable = expendable
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._pool = threading.Lock()
        self._writer = threading.Lock()
        with self.writing() as connection:
            for statement in schema.split(";"):
                if statement.strip():
                    connection.execute(statement)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for reads, each statement its own snapshot."""
        with self._translated(), self._borrowed() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end, rolled back by any exception."""
        with self._translated(), self._writer, self._borrowed() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                # A full disk makes SQLite roll back by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close what is idle now and the rest when it comes back; the last one folds the log into the file."""
        with self._pool:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        with self._pool:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._connect()
        try:
            yield connection
        finally:
            with self._pool:
                keep = not self._closed and not connection.in_transaction
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.row_factory = sqlite3.Row
        return connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, JSONDecodeError) as error:
            # What we wrote is JSON: text that is none was written by a failing disk.
            raise told(error, self._path, expendable=self._expendable) from error


def check(path: Path, *, expendable: bool = False) -> None:
    """Read a data file through, changing nothing; one that does not exist passes.

    Raises:
        UnavailableError: It is damaged; says what to do.
    """
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise told(error, path, expendable=expendable) from error
    if found != "ok":
        broken = ValueError(" ".join(found.replace("***", "").split()))
        raise told(broken, path, expendable=expendable)
