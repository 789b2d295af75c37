"""Links as they are compared: in one spelling, and out of what networks wrap around them."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

LINK = re.compile(r"https?://\S+")
"""A link in a text, with whatever stands directly behind it."""

_BEHIND = ".,;:!?)]}>\"'\u201d\u2019\u00bb\u2026"
"""Marks behind a link that belong to the sentence around it."""

_WRAPPERS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("l.facebook.com", "/l.php"): "u",
        ("lm.facebook.com", "/l.php"): "u",
        ("l.instagram.com", "/"): "u",
        ("www.linkedin.com", "/redir/redirect"): "url",
    }
)
"""Host and path of addresses that networks put around a link → the parameter in which it stands."""

_ADDED = frozenset({"fbclid"})
"""Parameters that networks add to links."""

_PORTS = MappingProxyType({"http": 80, "https": 443})


def links_in(text: str) -> tuple[str, ...]:
    """The links that stand in a text."""
    return tuple(link.rstrip(_BEHIND) for link in LINK.findall(text))


def without_links(text: str) -> str:
    """A text without its links, but with the marks behind them."""
    return LINK.sub(lambda link: f" {link[0][len(link[0].rstrip(_BEHIND)) :]}", text)


def spelled_alike(links: Iterable[str]) -> frozenset[str]:
    """The links in the one spelling in which they are compared."""
    return frozenset(map(_spelled, links))


def _spelled(link: str) -> str:
    try:
        parts = urlsplit(link.strip())
        host, port = (parts.hostname or "").casefold(), parts.port
    except ValueError:
        return link
    wrapped = _WRAPPERS.get((host, parts.path or "/"))
    inner = parse_qs(parts.query).get(wrapped, [""])[0] if wrapped else ""
    if inner.startswith(("https://", "http://")):
        return _spelled(inner) if inner != link else link
    where = host if port in {None, _PORTS.get(parts.scheme)} else f"{host}:{port}"
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _ADDED]
    path = "" if parts.path == "/" else unquote(parts.path)
    return f"{parts.scheme}://{where}{path}?{urlencode(query)}#{parts.fragment}"
