"""Web addresses that are secrets: who has one may post there."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from omnipub.domain.conversation import Secret

_COMMON = frozenset({"hook", "hooks", "webhook", "webhooks", "services", "incoming", "workflows", "messages"})
"""Parts of receivers' paths that tell nothing, and that receivers use as words."""


def secrets_in(address: str) -> tuple[Secret, ...]:
    """What is secret in an address: all but its scheme and its host, as a whole and in parts."""
    return tuple(Secret(part) for part in dict.fromkeys(_parts(address)) if part.strip("/") and part not in _COMMON)


def _parts(address: str) -> Iterator[str]:
    parts = urlsplit(address)
    yield parts.netloc.rpartition("@")[0]
    yield from (parts.username or "", parts.password or "")
    yield parts.path
    yield from parts.path.split("/")
    yield parts.query
    yield from (value for _, value in parse_qsl(parts.query))
    yield parts.fragment
