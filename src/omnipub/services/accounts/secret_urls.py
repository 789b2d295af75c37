"""Addresses that are secrets, as webhooks have: sealed, and known in keys by a keyed hash alone.

The hash's own key is drawn once for a table and sealed in it. So all processes have the same, and nobody who reads the
table can try out addresses.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from omnipub.domain.conversation import Secret
from omnipub.domain.secret_urls import DIGITS, is_own_place, normalised, place, shown
from omnipub.errors import SealBrokenError
from omnipub.log_events import LogEvent
from omnipub.ports.table import Absent, ConditionFailedError, Item, Put, Unchanged
from omnipub.ports.vault import Vault
from omnipub.services.base import Base
from omnipub.storage import keys
from omnipub.storage.items import Connection, plain_item

ADDRESS = "sealed_address"
"""The setting of a connection that holds its address, sealed."""

_PURPOSE = ("", "", "", "address-hash")
_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class SecretUrls:
    """Names addresses without showing them."""

    base: Base
    vault: Vault
    known: list[bytes] = field(default_factory=list)

    def identity(self, address: str) -> str:
        """The account's id: where the address leads, and a keyed hash of all of it.

        Raises:
            InvalidInputError: It is no address.
        """
        spelled = normalised(address)
        return f"{place(address)}~{hmac.digest(self._key(), spelled.encode(), hashlib.sha256).hex()[:DIGITS]}"

    def drawn(self) -> bool:
        """Whether this table has a key to hash addresses with: a release that seals them has been here."""
        return self.base.table.get(keys.address_key()) is not None

    def draw(self) -> None:
        """Make the key that addresses are hashed with, unless there is one."""
        self._key()

    def _key(self) -> bytes:
        if not self.known:
            self.known.append(self._read_or_drawn())
        return self.known[0]

    def _read_or_drawn(self) -> bytes:
        there = self.base.table.get(keys.address_key())
        found = self._opened(there)
        if found is not None:
            return found
        drawn = self.base.chance.randomness(_KEY_BYTES)
        sealed = self.vault.seal(Secret(drawn.hex()), _PURPOSE)
        version = there["version"] + 1 if there else 1
        item = plain_item(keys.address_key(), sealed=sealed, version=version)
        condition = Unchanged(version=there["version"]) if there else Absent()
        try:
            self.base.table.transact([Put(item=item, condition=condition)])
        except ConditionFailedError:
            return self._read_or_drawn()  # somebody else has drawn one at this moment
        return drawn

    def _opened(self, item: Item | None) -> bytes | None:
        if item is None or not item.get("sealed"):
            return None  # an import brings the item without what it is for
        try:
            return bytes.fromhex(self.vault.open(item["sealed"], _PURPOSE).reveal())
        except SealBrokenError:
            # Another key than the one of then: no token opens either, and every account is connected again.
            self.base.journal.note(LogEvent.ADDRESS_KEY_LOST)
            return None


def shown_address(connection: Connection, usual: str) -> str:
    """What people see of where a connection leads; `usual` is its network's own address."""
    if usual or not connection.base_url:
        return connection.base_url or usual
    return shown(connection.account) if is_own_place(connection.account) else place(connection.base_url)
