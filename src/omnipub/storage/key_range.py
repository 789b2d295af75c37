"""Which sort keys a query means: all its bounds together are one half-open span.

Python orders text by code point, which is how SQLite and DynamoDB order its UTF-8.
"""

from omnipub.ports.table import Query

_BEFORE_SURROGATES, _BEHIND_SURROGATES = 0xD7FF, 0xE000
_LAST = 0x10FFFF


def span(query: Query) -> tuple[str, str | None]:
    """The lowest sort key and the one behind the highest; the range is empty if not lower.

    "" is no lower bound, and None is no upper bound.
    """
    prefix = query.prefix or ""
    uppers = [one for one in (_behind(prefix), query.below) if one is not None]
    return max(prefix, query.at_least or ""), min(uppers, default=None)


def _behind(prefix: str) -> str | None:
    """The first text behind all that begin with `prefix`; None if there is none."""
    while prefix:
        last = ord(prefix[-1])
        if last < _LAST:
            return prefix[:-1] + chr(_BEHIND_SURROGATES if last == _BEFORE_SURROGATES else last + 1)
        prefix = prefix[:-1]
    return None
