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
    read = size = 0  # characters of the text, and their bytes
    for start, length, feature in _marked(text, link):
        first = size + len(text[read:start].encode())
        read = start + length
        size = first + len(text[start:read].encode())
        found.append({"index": {"byteStart": first, "byteEnd": size}, "features": [feature]})
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
    end, still_open = len(address), address.count("(") - address.count(")")
    while _is_punctuation(address[end - 1]) and address[end - 1] not in _ENDS_ADDRESSES:
        last = address[end - 1]
        if last == ")" and still_open >= 0:
            break
        still_open += (last == ")") - (last == "(")
        end -= 1
    return address[:end]


def _may_be_in_tag(mark: str) -> bool:
    return mark in _IN_TAGS or not (_is_punctuation(mark) or unicodedata.category(mark) == "Cc")


def _is_punctuation(mark: str) -> bool:
    return unicodedata.category(mark).startswith("P")
