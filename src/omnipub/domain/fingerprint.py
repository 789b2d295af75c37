"""The fingerprint by which a post is recognised on its account: what survives a network's own editing."""

import re
import unicodedata

_LINK = re.compile(r"https?://\S+")
_SPACE = re.compile(r"\s+")


def fingerprint(text: str) -> str:
    """`text` in NFC, without links (networks shorten them), white space folded."""
    return _SPACE.sub(" ", _LINK.sub(" ", unicodedata.normalize("NFC", text))).strip()
