"""Tokens that end, in the sandbox's SQLite file."""

import secrets

from omnipub.sandbox.ledger import now_ms
from omnipub.sandbox.sqlite_file import SqliteFile
from omnipub.sandbox.tokens import Grant


class SqliteGrants:
    """Fills the port `Grants`."""

    def __init__(self, database: SqliteFile) -> None:
        self._database = database

    def give(self, network: str, account: str, grant: Grant | None) -> None:
        """Let an account's token end, counted from now; None lets it work for ever."""
        with self._database.alone():
            self._database.run("DELETE FROM grants WHERE network = ? AND account = ?", network, account)
            if grant is not None:
                self._insert(network, account, grant)

    def end(self, network: str, account: str) -> bool:
        """Let an account's token end now; False if it has none that ends."""
        sql = "UPDATE grants SET ends_at = ? WHERE network = ? AND account = ?"
        return self._database.run(sql, now_ms(), network, account) > 0

    def has_ended(self, network: str, token: str) -> bool:
        """Whether the token's time is over."""
        sql = (
            "SELECT 1 FROM grants JOIN accounts USING (network, account)"
            " WHERE network = ? AND token = ? AND ends_at <= ?"
        )
        return self._database.row(sql, network, token, now_ms()) is not None

    def account(self, network: str, refresh: str) -> str:
        """Whose refresh token it is; empty if it is nobody's, or no longer."""
        row = self._database.row("SELECT account FROM grants WHERE network = ? AND refresh = ?", network, refresh)
        return str(row["account"]) if row else ""

    def application(self, network: str, client: str, secret: str) -> bool:
        """Whether an account was connected through that application."""
        sql = "SELECT 1 FROM grants WHERE network = ? AND client = ? AND secret = ?"
        return self._database.row(sql, network, client, secret) is not None

    def renew(self, network: str, grant: Grant) -> tuple[str, Grant] | None:
        """A new token, and what renews that one; None if the refresh token does not work for that application."""
        where = "WHERE network = ? AND refresh = ? AND client = ? AND secret = ?"
        with self._database.alone():
            row = self._database.row(
                f"SELECT account, lasts FROM grants {where}",  # noqa: S608 - our own words
                *(network, grant.refresh, grant.client, grant.secret),
            )
            if row is None:
                return None
            account, token = row["account"], secrets.token_hex(20)
            fresh = Grant(
                refresh=secrets.token_hex(24), client=grant.client, secret=grant.secret, lasts=int(row["lasts"])
            )
            self._database.run("DELETE FROM grants WHERE network = ? AND account = ?", network, account)
            self._insert(network, account, fresh)
            self._database.run(
                "UPDATE accounts SET token = ? WHERE network = ? AND account = ?", token, network, account
            )
            return token, fresh

    def _insert(self, network: str, account: str, grant: Grant) -> None:
        self._database.run(
            "INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(network, account, grant.refresh, grant.client, grant.secret, grant.lasts),
            now_ms() + grant.lasts * 1000,
        )
