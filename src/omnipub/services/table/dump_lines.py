"""The lines of an export: written, read back, and judged one by one."""

import json
from collections.abc import Mapping
from typing import Any

from omnipub.errors import InvalidInputError
from omnipub.hints import Action, Hint
from omnipub.names import SERVICE
from omnipub.ports.table import Item
from omnipub.storage import keys
from omnipub.storage.items import ConnectionStatus, key_of
from omnipub.storage.kinds import ItemKind, kind_of, read
from omnipub.storage.schema import BY_STATUS_OR_OWNER, MEANING, PARTITION, SORT
from omnipub.strict_json import JsonError, loads

SCHEMA = 1
"""Of the lines; goes up when an older release could not read them any more."""

_WITHOUT_TOKEN = "It was imported without its token."  # noqa: S105  a sentence
_UNSEALED = {"sealed": "", "standing": ConnectionStatus.NEEDS_OWNER.value, "standing_reason": _WITHOUT_TOKEN}


def line_of(value: Mapping[str, Any]) -> str:
    """A header or an item as a line; the same again for the same item."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def header_of(line: str) -> dict[str, Any]:
    """What the first line says: `mode`, `shards` and `items`.

    Raises:
        InvalidInputError: It is no export's, or one that this release cannot read.
    """
    try:
        header = loads(line)
        known = {name: kind(header[name]) for name, kind in (("mode", str), ("shards", int), ("items", int))}
        right = header[SERVICE] == "export"
        schema, meaning = header["schema"], int(header.get("meaning", 1))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("This is no export of a table.", hint=Hint(action=Action.EXPORT_TABLE)) from error
    if not right or schema != SCHEMA:
        raise InvalidInputError(
            f"The file's lines are of schema {schema}; this release reads {SCHEMA}.",
            hint="Export it again with the release that runs here.",
        )
    if meaning > MEANING:
        raise InvalidInputError(
            f"A later omnipub wrote the file, which means something else by its items ({meaning}; this one knows "
            f"{MEANING}).",
            hint="Import it with that release.",
        )
    return known


def judged(line: str, highest: int, digests: set[int]) -> tuple[str, str]:
    """The kind of a line's item, and what is wrong with it, or ""."""
    try:
        item = loads(line)
    except JsonError as error:
        return "unknown", f"It is not JSON: {error}."
    if not (isinstance(item, dict) and isinstance(item.get(PARTITION), str) and isinstance(item.get(SORT), str)):
        return "unknown", f"It is no item: an item has {PARTITION} and {SORT}."
    item = prepared(item)
    key = key_of(item)
    kind = kind_of(key) or "unknown"
    name = hash(key)
    if name in digests:
        return kind, f"{keys.name(key)} comes twice."
    digests.add(name)
    try:
        found = read(item, highest)
    except ValueError as error:
        return kind, str(error)
    wrong = next((one for one in found.index_keys if not one.right), None)
    return kind, f"{wrong.name} is {wrong.there} and should be {wrong.allowed[0]}." if wrong else ""


def prepared(item: Item) -> Item:
    """An item as it is written: an account without its token needs its owner, and cannot be renewed."""
    if kind_of(key_of(item)) is not ItemKind.CONNECTION:
        return item
    renewal = {"refresh_at", "renewing_until", "renewal_failed", BY_STATUS_OR_OWNER.partition, BY_STATUS_OR_OWNER.sort}
    return {name: value for name, value in item.items() if name not in renewal} | _UNSEALED
