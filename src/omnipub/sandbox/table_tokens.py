"""Tokens that end, in the stage's table."""

import secrets
from collections.abc import Callable, Iterator

from omnipub.names import VERSION
from omnipub.ports.table import Item, Put, Table
from omnipub.sandbox import table_items
from omnipub.sandbox.ledger import now_ms
from omnipub.sandbox.tokens import Grant
from omnipub.storage import keys


class TableGrants:
    """Fills the port `Grants`: a grant stands in its account's item."""

    def __init__(self, table: Table, now: Callable[[], int] = now_ms) -> None:
        self._table = table
        self._now = now

    def give(self, network: str, account: str, grant: Grant | None) -> None:
        """Let an account's token end, counted from now; None lets it work for ever."""

        def decide() -> tuple[None, list[Put]]:
            item = self._table.get(keys.sandbox_account(network, account))
            return None, [_changed(item, grant=None if grant is None else _stored(grant, self._now()))] if item else []

        table_items.write(self._table, decide)

    def end(self, network: str, account: str) -> bool:
        """Let an account's token end now; False if it has none that ends."""

        def decide() -> tuple[bool, list[Put]]:
            item = self._table.get(keys.sandbox_account(network, account))
            if item is None or item["sandbox_grant"] is None:
                return False, []
            return True, [_changed(item, grant=item["sandbox_grant"] | {"ends_at": self._now()})]

        return table_items.write(self._table, decide)

    def has_ended(self, network: str, token: str) -> bool:
        """Whether the token's time is over."""
        return any(
            item["sandbox_token"] == token and item["sandbox_grant"]["ends_at"] <= self._now()
            for item in self._granted(network)
        )

    def account(self, network: str, refresh: str) -> str:
        """Whose refresh token it is; empty if it is nobody's, or no longer."""
        found = (item["account"] for item in self._granted(network) if item["sandbox_grant"]["refresh"] == refresh)
        return str(next(found, ""))

    def application(self, network: str, client: str, secret: str) -> bool:
        """Whether an account was connected through that application."""
        return any(
            (item["sandbox_grant"]["client"], item["sandbox_grant"]["secret"]) == (client, secret)
            for item in self._granted(network)
        )

    def renew(self, network: str, grant: Grant) -> tuple[str, Grant] | None:
        """A new token, and what renews that one; None if the refresh token does not work for that application."""

        def decide() -> tuple[tuple[str, Grant] | None, list[Put]]:
            wanted = (grant.refresh, grant.client, grant.secret)
            for item in self._granted(network):
                kept = item["sandbox_grant"]
                if (kept["refresh"], kept["client"], kept["secret"]) == wanted:
                    fresh = Grant(
                        refresh=secrets.token_hex(24), client=grant.client, secret=grant.secret, lasts=kept["lasts"]
                    )
                    token = secrets.token_hex(20)
                    return (token, fresh), [_changed(item, grant=_stored(fresh, self._now()), token=token)]
            return None, []

        return table_items.write(self._table, decide)

    def _granted(self, network: str) -> Iterator[Item]:
        prefix = keys.sandbox_account(network, "").sk
        accounts = table_items.all_of(self._table, keys.sandbox_accounts(), prefix=prefix)
        return (item for item in accounts if item["sandbox_grant"] is not None)


def _stored(grant: Grant, now: int) -> Item:
    return {**vars(grant), "ends_at": now + grant.lasts * 1000}


def _changed(item: Item, *, grant: Item | None, token: str | None = None) -> Put:
    changed = item | {"sandbox_grant": grant, VERSION: table_items.following(item)}
    if token is not None:
        changed["sandbox_token"] = token
    return Put(item=changed, condition=table_items.same(item))
