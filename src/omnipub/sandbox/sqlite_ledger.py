"""The count in the sandbox's SQLite file."""

import json
from collections.abc import Mapping
from sqlite3 import Row

from omnipub.sandbox.ledger import COUNTED, Draft, Post, now_ms
from omnipub.sandbox.sqlite_file import SqliteFile
from omnipub.strict_json import loads

_POSTS = """
SELECT *, deleted_at IS NULL AND EXISTS (
    SELECT 1 FROM posts AS earlier INDEXED BY posts_by_content -- else every earlier post is looked at
    WHERE earlier.network = posts.network AND earlier.account = posts.account
      AND earlier.content = posts.content AND earlier.deleted_at IS NULL AND earlier.number < posts.number
) AS double, (SELECT at FROM touched WHERE touched.post = posts.number) AS touched_at FROM posts
"""

_TOUCHED_LAST = "COALESCE(touched_at, received_at) DESC, number DESC"
"""The order of a listing in which an edit takes a post to the top."""

_COUNTS = """
SELECT accounts.network, accounts.account,
       COUNT(number) - COUNT(deleted_at) AS posts,
       COUNT(number) - COUNT(deleted_at)
           - COUNT(DISTINCT CASE WHEN deleted_at IS NULL THEN content END) AS doubles,
       COALESCE(SUM(repeats), 0) AS repeats,
       COUNT(deleted_at) AS deleted
FROM accounts LEFT JOIN posts USING (network, account)
GROUP BY accounts.network, accounts.account ORDER BY accounts.network, accounts.account
"""


class SqliteLedger:
    """Fills the port `Ledger`."""

    def __init__(self, database: SqliteFile) -> None:
        self._database = database

    def register(self, network: str, account: str, token: str) -> None:
        """Open an account, or give it another token."""
        self._database.run("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)", network, account, token)

    def accounts(self) -> list[dict[str, str]]:
        """All accounts, without their tokens."""
        rows = self._database.rows("SELECT network, account FROM accounts ORDER BY network, account")
        return [dict(row) for row in rows]

    def token(self, network: str, account: str) -> str | None:
        """The account's token; None if there is no such account."""
        row = self._database.row("SELECT token FROM accounts WHERE network = ? AND account = ?", network, account)
        return None if row is None else str(row["token"])

    def knows_token(self, network: str, token: str) -> bool:
        """Whether the token opens any account of the network."""
        sql = "SELECT 1 FROM accounts WHERE network = ? AND token = ?"
        return self._database.row(sql, network, token) is not None

    def add(self, draft: Draft, *, hidden_ms: int = 0) -> Post:
        """Accept a post; look-ups show it after `hidden_ms`."""
        with self._database.alone():
            return self._insert(draft, hidden_ms)

    def add_unless_out(self, draft: Draft) -> tuple[Post, bool]:
        """Accept a post, or name the visible one with the same content; True if it is new."""
        where = "WHERE network = ? AND account = ? AND content = ? AND deleted_at IS NULL ORDER BY number"
        with self._database.alone():
            row = self._database.row(_POSTS + where, draft.network, draft.account, draft.content())
            return (_post(row), False) if row else (self._insert(draft, 0), True)

    def add_if_absent(self, draft: Draft, *, id: str) -> bool:  # noqa: A002 - the networks' own word
        """Accept a post under its sender's id; False if that id was there before, which is counted."""
        again = "UPDATE posts SET repeats = repeats + 1 WHERE network = ? AND account = ? AND id = ?"
        with self._database.alone():
            if self._database.run(again, draft.network, draft.account, id):
                return False
            self._insert(draft, 0)
            return True

    def find(self, network: str, id: str) -> Post | None:  # noqa: A002 - the networks' own word
        """The newest post of that id, deleted or not."""
        row = self._database.row(_POSTS + "WHERE network = ? AND id = ? ORDER BY number DESC LIMIT 1", network, id)
        return _post(row) if row else None

    def delete(self, network: str, id: str) -> bool:  # noqa: A002 - the networks' own word
        """Take a post down; False if it is not up."""
        sql = "UPDATE posts SET deleted_at = ? WHERE network = ? AND id = ? AND deleted_at IS NULL"
        return self._database.run(sql, now_ms(), network, id) > 0

    def delete_part(self, post: Post, part: int, *, of: int) -> bool:
        """Remove one part of a post, and with its last part the post.

        False if that part is not there.
        """
        with self._database.alone():
            if not self._database.run("INSERT OR IGNORE INTO withdrawn VALUES (?, ?)", post.number, part):
                return False
            row = self._database.row("SELECT COUNT(*) AS parts FROM withdrawn WHERE post = ?", post.number)
            if row and row["parts"] == of:
                self.delete(post.network, post.id)
            return True

    def edit(self, network: str, id: str, *, text: str, sent: Mapping[str, object]) -> bool:  # noqa: A002 - likewise
        """Give a post another text, as its author may; False if it is not up."""
        with self._database.alone():
            post = self.find(network, id)
            if post is None or post.deleted_at is not None:
                return False
            changed = "UPDATE posts SET text = ?, sent = ? WHERE number = ?"
            self._database.run(changed, text, json.dumps(sent), post.number)
            self._database.run("INSERT OR REPLACE INTO touched VALUES (?, ?)", post.number, now_ms())
            return True

    def listed(
        self,
        network: str,
        account: str,
        *,
        limit: int,
        skip: int = 0,
        below: int = 0,
        since_ms: int = 0,
        touched_last: bool = False,
    ) -> list[Post]:
        """What the network's own look-up shows now, newest first; `below` is a number from an earlier page.

        With `touched_last`, what was posted or edited last comes first.
        """
        order = _TOUCHED_LAST if touched_last else "number DESC"
        where = (
            "WHERE network = ? AND account = ? AND deleted_at IS NULL AND listed_at <= ? AND received_at >= ?"
            f" AND (? = 0 OR number < ?) ORDER BY {order} LIMIT ? OFFSET ?"
        )
        values = (network, account, now_ms(), since_ms, below, below, limit, skip)
        return [_post(row) for row in self._database.rows(_POSTS + where, *values)]

    def listed_count(self, network: str, account: str) -> int:
        """How many posts the network's own look-up has in all."""
        sql = (
            "SELECT COUNT(*) AS total FROM posts"
            " WHERE network = ? AND account = ? AND deleted_at IS NULL AND listed_at <= ?"
        )
        row = self._database.row(sql, network, account, now_ms())
        return int(row["total"]) if row else 0

    def newest(self, *, network: str = "", account: str = "", limit: int) -> list[Post]:
        """Everything accepted, newest first, deleted and not yet listed posts too."""
        where = "WHERE (? = '' OR network = ?) AND (? = '' OR account = ?) ORDER BY number DESC LIMIT ?"
        rows = self._database.rows(_POSTS + where, network, network, account, account, limit)
        return [_post(row) for row in rows]

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Posts up, doubles among them, repeated deliveries, posts deleted: by network and account."""
        networks: dict[str, dict[str, dict[str, int]]] = {}
        for row in self._database.rows(_COUNTS):
            networks.setdefault(row["network"], {})[row["account"]] = {name: int(row[name]) for name in COUNTED}
        return networks

    def clear(self) -> None:
        """Forget every post; accounts stay open, and numbers go on."""
        self._database.run("DELETE FROM withdrawn")
        self._database.run("DELETE FROM touched")
        self._database.run("DELETE FROM posts")

    def _insert(self, draft: Draft, hidden_ms: int) -> Post:
        row = self._database.row("SELECT seq FROM sqlite_sequence WHERE name = 'posts'")
        number = (row["seq"] if row else 0) + 1
        now = now_ms()
        self._database.run(
            "INSERT INTO posts (number, network, account, id, text, link, media, sent, content,"
            " received_at, listed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(number, draft.network, draft.account, draft.name(number), draft.text, draft.link),
            *(json.dumps(list(draft.media)), json.dumps(draft.sent), draft.content(), now, now + hidden_ms),
        )
        inserted = self._database.row(_POSTS + "WHERE number = ?", number)
        assert inserted is not None  # noqa: S101 - written in this very transaction
        return _post(inserted)


def _post(row: Row) -> Post:
    values = {name: row[name] for name in row.keys() if name != "content"}  # noqa: SIM118 - Row iterates values
    return Post(
        **values
        | {
            "media": loads(row["media"], lenient=True),
            "sent": loads(row["sent"], lenient=True),
            "double": bool(row["double"]),
        }
    )
