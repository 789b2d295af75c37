"""What can be clicked in a Bluesky post: addresses and hashtags, by their places in UTF-8 bytes."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

TAG_CHARACTERS = 64
"""A tag has 64 graphemes at most; one of more characters is still read, but cannot be clicked."""

_TYPED = r"(?P<link>(?i:https?)://\w\S*)|(?<![\w&#/])#(?P<tag>[^\s#]+)"

_IN_TAGS = "-_'"

_ENDS_ADDRESSES = "/%&#@*_-"


def facets(text: str, link: str = "") -> list[dict[str, Any]]:
    """What can be clicked in `text`: web addresses, `link` among them, and hashtags; places in UTF-8 bytes.

    Mentions are left plain: a facet would need the other account's DID, which only a look-up tells.
    """
    found = []
    for start, length, feature in _marked(text, link):
        first = len(text[:start].encode())
        index = {"byteStart": first, "byteEnd": first + len(text[start : start + length].encode())}
        found.append({"index": index, "features": [feature]})
    return found


def _marked(text: str, link: str) -> Iterator[tuple[int, int, dict[str, str]]]:
    # `link` is known to its last character; where an address typed in a sentence ends is a guess.
    given = rf"(?P<given>{re.escape(link)})(?!\S)|" if link else ""
    for match in re.finditer(given + _TYPED, text):
        kind, typed = match.lastgroup, match[match.lastgroup or 0]
        if kind == "tag":
            tag = "".join(takewhile(_may_be_in_tag, typed)).rstrip("-'")
            if len(tag) <= TAG_CHARACTERS and any(mark.isalpha() for mark in tag):
                yield match.start(), 1 + len(tag), {"$type": "app.bsky.richtext.facet#tag", "tag": tag}
        else:
            uri = typed if kind == "given" else _without_punctuation(typed)
            yield match.start(), len(uri), {"$type": "app.bsky.richtext.facet#link", "uri": uri}


def _without_punctuation(address: str) -> str:
    """An address without what belongs to the sentence around it; a bracket that it opened itself stays."""
    while _is_punctuation(address[-1]) and address[-1] not in _ENDS_ADDRESSES:
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        address = address[:-1]
    return address


def _may_be_in_tag(mark: str) -> bool:
    return mark in _IN_TAGS or not (_is_punctuation(mark) or unicodedata.category(mark) == "Cc")


def _is_punctuation(mark: str) -> bool:
    return unicodedata.category(mark).startswith("P")
