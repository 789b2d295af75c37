"""Pictures and uploads of the sandbox, in the stage's table."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable

from omnipub.names import VERSION
from omnipub.ports.table import Delete, Put, Table
from omnipub.sandbox import table_items
from omnipub.sandbox.image_uploads import kind_of
from omnipub.sandbox.ledger import now_ms
from omnipub.storage import keys
from omnipub.storage.items import key_of, plain_item

PART_BYTES = 240 * 1024
"""The size of a part of a picture, in one item. An item of DynamoDB holds 400 KB, and text is a third longer than its
bytes."""

_NUMBER = "uploads"


class TablePictures:
    """Fills the port `Pictures`."""

    def __init__(self, table: Table, now: Callable[[], int] = now_ms) -> None:
        self._table = table
        self._now = now

    def keep(self, content: bytes, *, alt: str = "") -> dict[str, str] | None:
        """Store a picture; None if the bytes are no PNG, JPEG or GIF."""
        kind = kind_of(content)
        if kind is None:
            return None
        sha = hashlib.sha256(content).hexdigest()
        parts = [content[start : start + PART_BYTES] for start in range(0, len(content), PART_BYTES)]
        self._table.write_many(
            [
                Put(
                    item=plain_item(
                        keys.sandbox_picture(sha, number),
                        content_type=kind,
                        parts=len(parts),
                        base64=b64encode(part).decode(),
                        **table_items.expiry(self._now()),
                    )
                )
                for number, part in enumerate(parts)
            ]
        )
        return {"sha": sha, "content_type": kind, "alt": alt}

    def open(self, sha: str) -> tuple[str, bytes] | None:
        """Content type and bytes of a kept picture."""
        prefix = keys.sandbox_picture(sha, 0).sk.rpartition("#")[0]
        parts = list(table_items.all_of(self._table, keys.sandbox_pictures(), prefix=f"{prefix}#"))
        if not parts or len(parts) != parts[0]["parts"]:
            return None
        return str(parts[0]["content_type"]), b"".join(b64decode(part["base64"]) for part in parts)

    def begin(self, network: str, account: str, *, pattern: str, picture: dict[str, str] | None = None) -> str:
        """Start an upload; its id is `pattern` with a number that is never used twice."""
        counter = keys.sandbox_number(_NUMBER)

        def decide() -> tuple[str, list[Put]]:
            last = self._table.get(counter)
            number = 1 + (int(last["number"]) if last else 0)
            name = pattern.format(number)
            upload = plain_item(
                keys.sandbox_upload(network, name), account=account, picture=picture, **table_items.expiry(self._now())
            )
            numbered = plain_item(counter, number=number, **{VERSION: table_items.following(last)})
            return name, [Put(item=numbered, condition=table_items.same(last)), Put(item=upload)]

        return table_items.write(self._table, decide)

    def fill(self, network: str, upload: str, picture: dict[str, str]) -> None:
        """The bytes of a started upload arrived."""
        item = self._table.get(keys.sandbox_upload(network, upload))
        if item is not None:
            self._table.put(item | {"picture": picture})

    def owner(self, network: str, upload: str) -> str | None:
        """The account that started an upload; None if nobody did."""
        item = self._table.get(keys.sandbox_upload(network, upload))
        return None if item is None else str(item["account"])

    def uploaded(self, network: str, account: str, upload: str) -> dict[str, str] | None:
        """The picture of an account's upload; None if its bytes never arrived here."""
        item = self._table.get(keys.sandbox_upload(network, upload))
        if item is None or item["account"] != account or item["picture"] is None:
            return None
        return dict(item["picture"])

    def clear(self) -> None:
        """Forget every picture and upload; numbers go on."""
        for partition in (keys.sandbox_pictures(), keys.sandbox_uploads()):
            items = table_items.all_of(self._table, partition)
            self._table.write_many([Delete(key=key_of(item)) for item in items])
