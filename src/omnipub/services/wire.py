"""Pointers as the stream and the nudge carry them: small JSON, no content, readable by older releases."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from omnipub.domain.moments import from_text, to_text
from omnipub.services.ports import DueSoon, Pointer

TICK = "omnipub.tick"
NUDGE = "omnipub.nudge"
_FIELDS = ("pk", "sk", "group", "why", "trace")


def pointer_to_text(pointer: Pointer) -> str:
    """A record's data."""
    return json.dumps({name: getattr(pointer, name) for name in _FIELDS}, separators=(",", ":"))


def pointer_from_text(text: str | bytes) -> Pointer | None:
    """The pointer in a record's data, or None if it is none: a foreign record must not stop the shard."""
    try:
        return _pointer(json.loads(text))
    except (ValueError, KeyError, TypeError):
        return None


def nudge_to_text(due: Sequence[DueSoon]) -> str:
    """The payload of a nudge."""
    named = [{name: getattr(one.pointer, name) for name in _FIELDS} | {"at": to_text(one.at)} for one in due]
    return json.dumps({"source": NUDGE, "due": named}, separators=(",", ":"))


def nudge_from(payload: Mapping[str, Any]) -> list[DueSoon]:
    """The deliveries that a nudge names."""
    return [DueSoon(pointer=_pointer(one), at=from_text(one["at"])) for one in payload["due"]]


def _pointer(fields: Mapping[str, Any]) -> Pointer:
    return Pointer(
        pk=str(fields["pk"]),
        sk=str(fields["sk"]),
        group=str(fields["group"]),
        why=str(fields.get("why", "")),
        trace=str(fields.get("trace", "")),
    )
