"""The one SQLite file behind the sandbox: its tables and the lock in front of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from omnipub import private_files

FILE = "sandbox.sqlite3"

_TABLES = """
CREATE TABLE IF NOT EXISTS accounts (
    network TEXT NOT NULL,
    account TEXT NOT NULL,
    token TEXT NOT NULL,             -- a webhook's token is its whsec_ secret
    PRIMARY KEY (network, account)
);
CREATE TABLE IF NOT EXISTS grants (
    network TEXT NOT NULL,
    account TEXT NOT NULL,
    refresh TEXT NOT NULL,           -- works once
    client TEXT NOT NULL,
    secret TEXT NOT NULL,
    lasts INTEGER NOT NULL,          -- seconds
    ends_at INTEGER NOT NULL,        -- ms; the account's present token ends
    PRIMARY KEY (network, account)
);
CREATE TABLE IF NOT EXISTS posts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice, so neither are the ids made from it
    network TEXT NOT NULL,
    account TEXT NOT NULL,
    id TEXT NOT NULL,                -- as the network's own answers name it
    text TEXT NOT NULL,              -- as a reader sees it, without escapes
    link TEXT NOT NULL,
    media TEXT NOT NULL,             -- JSON list of {sha, content_type, alt} or {url, alt}
    sent TEXT NOT NULL,              -- JSON: the request's own fields, without tokens
    content TEXT NOT NULL,           -- equal for equal content: what doubles are counted by
    received_at INTEGER NOT NULL,    -- ms
    listed_at INTEGER NOT NULL,      -- ms; look-ups show it from here on
    deleted_at INTEGER,              -- ms
    repeats INTEGER NOT NULL DEFAULT 0,
    UNIQUE (network, id, account)    -- two webhook endpoints may get the same delivery
);
CREATE TABLE IF NOT EXISTS withdrawn (
    post INTEGER NOT NULL,           -- posts.number
    part INTEGER NOT NULL,           -- which of its messages, where a post is several
    PRIMARY KEY (post, part)
);
CREATE TABLE IF NOT EXISTS touched (
    post INTEGER PRIMARY KEY,        -- posts.number
    at INTEGER NOT NULL              -- ms; when it was edited last
);
CREATE INDEX IF NOT EXISTS posts_by_content ON posts (network, account, content, deleted_at);
CREATE INDEX IF NOT EXISTS posts_by_account ON posts (network, account, number);
CREATE TABLE IF NOT EXISTS pictures (
    sha TEXT PRIMARY KEY,
    content_type TEXT NOT NULL,
    bytes BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS uploads (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    network TEXT NOT NULL,
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    picture TEXT,                    -- JSON as in posts.media; NULL until the bytes arrived
    UNIQUE (network, id)
);
"""

_SETTINGS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;         -- survives a killed process; only a power cut could take the newest rows
PRAGMA busy_timeout = 5000;
"""


class SqliteFile:
    """One connection that every thread shares, one at a time; each statement is its own transaction."""

    def __init__(self, directory: Path) -> None:
        private_files.file(private_files.directory(directory) / FILE)
        self._lock = RLock()
        self._connection = sqlite3.connect(directory / FILE, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(f"{_SETTINGS} BEGIN; {_TABLES} COMMIT;")  # one write to disk, not nine

    def run(self, sql: str, *values: object) -> int:
        """Change something; the number of rows changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, *values: object) -> int:
        """Insert one row; its number."""
        with self._lock:
            return self._connection.execute(sql, values).lastrowid or 0

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a question."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row of a question, if there is one."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return found

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Look and then act, with nobody in between and nothing half done."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()
