"""What a text is recognised by: for waiting coarsely, without its links; for adopting by its links as well.

Two purposes need two measures. Later deliveries wait for one with *nearly* the same text. So nothing that a network
may do to a text must make two of them look different. A post is adopted only if it is *surely* what was sent.
"""

import hashlib
import html
import re
from dataclasses import dataclass
from enum import Enum, auto

from omnipub.domain.delivery.outcome import FoundPost
from omnipub.domain.links import LINK, links_in, spelled_alike, without_links
from omnipub.domain.text import nfc

_SPACE = re.compile(r"\s+")

_UNSEEN = re.compile("[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]")
"""Marks that nobody sees, which networks add and drop: joiners, directions, the presentation of an emoji."""

_CUT = re.compile(r"(?:…|\.\.\.)\s*$")

TELLING = 20
"""A text that was cut off after fewer characters tells nothing."""


def fingerprint(text: str) -> str:
    """`text` without what networks change in it: links, entities, forms of one letter, unseen marks, white space."""
    return _SPACE.sub(" ", LINK.sub(" ", _read(text))).strip()


def digest(text: str) -> str:
    """A short name of the fingerprint of `text`; "" if there is nothing to recognise it by."""
    print_ = fingerprint(text)
    return hashlib.sha256(print_.encode()).hexdigest()[:32] if print_ else ""


@dataclass(frozen=True, kw_only=True)
class SentPost:
    """What a try sent, as far as a look-up can see it.

    `links` are those that do not stand in the text.
    """

    text: str
    links: tuple[str, ...] = ()


class Likeness(Enum):
    """Whether a post that was seen is what was sent."""

    SAME = auto()  # text and links
    UNCLEAR = auto()  # it looks like it, and something differs or cannot be seen
    OTHER = auto()  # another text, or none by which it could be recognised


def likeness(sent: SentPost, post: FoundPost) -> tuple[Likeness, str]:
    """How like what was sent a post is, and with `UNCLEAR` why it is not clear, as half a sentence."""
    wanted, found = fingerprint(sent.text), fingerprint(post.text)
    if not wanted:
        return Likeness.OTHER, ""  # posts without text look all alike
    if wanted != found:
        return (Likeness.UNCLEAR, "its text is shown cut off") if _is_cut(post.text, wanted) else (Likeness.OTHER, "")
    if _exactly(sent.text) != _exactly(post.text):
        return Likeness.UNCLEAR, "its words differ a little"
    ours = spelled_alike((*links_in(_read(sent.text)), *sent.links))
    theirs = spelled_alike((*links_in(_read(post.text)), *(post.links or ())))
    if post.links is None and sent.links and not theirs - ours:
        return Likeness.UNCLEAR, "its link cannot be seen"
    return (Likeness.SAME, "") if ours == theirs else (Likeness.UNCLEAR, "its link is another one")


def _is_cut(shown: str, wanted: str) -> bool:
    """Whether a text that ends in an ellipsis is the beginning of the one that is wanted."""
    beginning = fingerprint(_CUT.sub("", shown)) if _CUT.search(shown) else ""
    return len(beginning) >= TELLING and wanted.startswith(beginning)


def _exactly(text: str) -> str:
    return _SPACE.sub(" ", without_links(_read(text))).strip()


def _read(text: str) -> str:
    """`text` as a person reads it: without unseen marks, entities resolved, each letter in one form."""
    plain = _UNSEEN.sub("", text)
    resolved = _UNSEEN.sub("", html.unescape(plain)) if "&" in plain else plain
    return nfc(resolved)
