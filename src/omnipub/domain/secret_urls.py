"""Web addresses that are secrets: their normal form, and the part that people may see.

Whoever has such an address may post there.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, urlsplit

from omnipub.domain.conversation import Secret
from omnipub.errors import InvalidInputError

DIGITS = 32
SHOWN = 4
"""Of an address's hash: what stands in an account's id, and what people see."""

_PORTS = {"http": 80, "https": 443}
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_HINT = "Use --url https://HOST/PATH."

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


def normalised(address: str) -> str:
    """An address in its normal form.

    Two addresses that lead to the same place in the same way get the same text.

    Raises:
        InvalidInputError: It is no web address, or has a user name or password in it. Nothing of it is quoted.
    """
    if not address.isprintable() or " " in address:
        raise InvalidInputError("An address has no spaces in it.", hint=_HINT)
    try:
        parts = urlsplit(address)
        host, port, scheme = (parts.hostname or "").rstrip("."), parts.port, parts.scheme.lower()
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (UnicodeError, ValueError):
        raise InvalidInputError("This is not a web address.", hint=_HINT) from None
    if scheme not in _PORTS or not host:
        raise InvalidInputError("This is not a web address.", hint=_HINT)
    if "@" in parts.netloc:
        raise InvalidInputError("The address has a user name or password in it.", hint=_HINT)
    host = f"[{host}]" if ":" in host else host
    where = host if port in {None, _PORTS[scheme]} else f"{host}:{port}"
    path = _without_dots(_escaped(parts.path or "/", "/"))
    query = f"?{_escaped(parts.query, '/?')}" if parts.query else ""
    return f"{scheme}://{where.lower()}{path}{query}"


def place(address: str) -> str:
    """What people may see of an address: scheme and host, and the port if it is not the usual one."""
    try:
        scheme, _, rest = normalised(address).partition("://")
    except InvalidInputError:
        return ""
    return f"{scheme}://{rest.partition('/')[0]}"


def is_own_place(account: str) -> bool:
    """Whether an account's id names an address by its hash."""
    return "://" in account and "~" in account


def shown(account: str) -> str:
    """An account's id for people: of a hash, its last characters."""
    where, _, digits = account.rpartition("~")
    return f"{where} …{digits[-SHOWN:]}" if is_own_place(account) else account


def _escaped(text: str, kept: str) -> str:
    """Percent signs where they must be, in capitals, and nowhere else."""
    plain = _PERCENT.sub(lambda match: chr(int(match[1], 16)) if _is_plain(match[1]) else match[0].upper(), text)
    return quote(plain, safe=f"%:@!$&'()*+,;={kept}")


def _is_plain(digits: str) -> bool:
    mark = chr(int(digits, 16))
    return mark.isascii() and (mark.isalnum() or mark in "-._~")


def _without_dots(path: str) -> str:
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        if part == "..":
            kept = kept[:-1]
        elif part != ".":
            kept.append(part)
    ends = parts[-1] in {".", ".."}
    return "/" + "/".join([*kept, ""] if ends else kept)
