"""The fingerprint by which a post is recognised on its account: what survives a network's own editing."""

import hashlib
import re

from omnipub.domain.text import nfc

_LINK = re.compile(r"https?://\S+")
_SPACE = re.compile(r"\s+")


def fingerprint(text: str) -> str:
    """`text` in NFC, without links (networks shorten them), white space folded."""
    return _SPACE.sub(" ", _LINK.sub(" ", nfc(text))).strip()


def digest(text: str) -> str:
    """A short name of the fingerprint of `text`; "" if there is nothing to recognise it by."""
    print_ = fingerprint(text)
    return hashlib.sha256(print_.encode()).hexdigest()[:32] if print_ else ""
