"""How omnipub opens SQLite: durable through power loss, one writer at a time, on a local disk only."""

import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from omnipub import private_files
from omnipub.adapters.local.sqlite.errors import error_for
from omnipub.adapters.local.sqlite.group_commit import GroupCommit, Job, Work
from omnipub.adapters.local.sqlite.prefetch import read_ahead
from omnipub.hints import Advice
from omnipub.strict_json import JsonError

BUSY_MS = 10_000
"""How long a writer waits for another process before it gives up."""

LOG_BYTES = 64 * 1024 * 1024
"""What stays of a log that grew because somebody read for long or wrote much at once."""

_MADE = re.compile(r'CREATE (?:TABLE|INDEX) IF NOT EXISTS "?(\w+)')


class Database:
    """One SQLite file and a pool of connections to it, for any number of threads.

    WAL with `synchronous=FULL`: a commit that returned survives power loss. Every transaction that writes begins
    IMMEDIATE, so that it never has to turn a read lock into a write lock. Writers of this process queue at a lock of
    ours, which hands over at once where SQLite's own waiting sleeps. What waits there as jobs (`write`) is committed
    together, since the disk takes as long for one as for all.
    """

    def __init__(self, path: Path, schema: str, *, expendable: bool = False, remedy: Advice = "") -> None:
        """Open a file; a new one, and what SQLite keeps beside it, is for its owner alone.

        Args:
            path: The file.
            schema: What is made in it if it is not there.
            expendable: It holds nothing which is not known elsewhere too.
            remedy: What to do when it is damaged, if that is not what helps a table.
        """
        self._path = path
        self._expendable = expendable
        self._remedy = remedy
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._pool = threading.Lock()
        self._writer = threading.Lock()
        self._jobs = GroupCommit()
        with suppress(OSError):  # SQLite says better what is wrong
            private_files.file(path)
        try:
            if not self._is_made(schema):
                self._make(schema)
        except BaseException:
            self.close()
            raise

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

    def write(self, work: Work) -> None:
        """Run `work` in a transaction, with others that wait at this moment; returns when it is durable.

        `work` writes all or nothing. Whatever it wrote before it raises is undone, and what others of the same
        transaction wrote is not. If the commit fails, it fails for all of them.
        """
        job = Job(work)
        self._jobs.add(job)
        with self._writer:
            # Whoever comes first does the work of all who have come by then; they find it done.
            if not job.over:
                self._commit_together(self._jobs.taken())
        with self._translated():
            job.answer()

    def _commit_together(self, jobs: Sequence[Job]) -> None:
        try:
            with self._borrowed() as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    for job in jobs:
                        job.run(connection)
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except BaseException as error:
            for job in jobs:
                job.end(error)
            if not isinstance(error, Exception):
                raise
        for job in jobs:
            job.end()

    def close(self) -> None:
        """Close what is idle now, and the rest when it comes back.

        The last connection that closes moves the log into the file.
        """
        with self._pool:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _is_made(self, schema: str) -> bool:
        """Whether all of it is there already: who only reads must not wait for who writes."""
        with self.reading() as connection:
            there = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master")}
        return there.issuperset(_MADE.findall(schema))

    def _make(self, schema: str) -> None:
        with self.writing() as connection:
            for statement in schema.split(";"):
                if statement.strip():
                    connection.execute(statement)

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
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA journal_size_limit={LOG_BYTES}")
        except BaseException:  # the first word with a file that is damaged
            connection.close()
            raise
        connection.row_factory = sqlite3.Row
        return connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, JsonError) as error:
            # What we wrote is JSON: text that is none was written by a failing disk.
            raise error_for(error, self._path, expendable=self._expendable, remedy=self._remedy) from error


def check(path: Path, *, expendable: bool = False) -> None:
    """Read a data file through, changing nothing; one that does not exist passes.

    Raises:
        UnavailableError: It is damaged; says what to do.
    """
    if not path.exists():
        return
    read_ahead(path)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise error_for(error, path, expendable=expendable) from error
    if found != "ok":
        broken = ValueError(" ".join(found.replace("***", "").split()))
        raise error_for(broken, path, expendable=expendable)
