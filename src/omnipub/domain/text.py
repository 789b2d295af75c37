"""Texts that people and networks wrote: shortened for lists and errors, normalised for comparison."""

import unicodedata

EXCERPT = 80
"""Characters of a text that lists and errors show."""

_MARKS_IN_A_ROW = 30
"""Unicode's own bound (UAX 15, stream-safe text): no language needs as many marks on one letter."""

_JOINER = "\u034f"


def excerpt(text: str) -> str:
    """The first characters of `text` on one line."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def nfc(text: str) -> str:
    """`text` in NFC, in a time that grows no faster than the text.

    Marks on one letter are sorted, in a time that grows with the square of their number. So after 30 of them a
    joiner that nobody sees stands between them, as Unicode suggests.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", _stream_safe(text))


def nfkc(text: str) -> str:
    """`text` in NFKC, likewise."""
    return text if text.isascii() else unicodedata.normalize("NFKC", _stream_safe(text))


def _stream_safe(text: str) -> str:
    parts: list[str] = []
    marks = begun = 0
    for place, mark in enumerate(text):
        if not unicodedata.combining(mark):
            marks = 0
            continue
        marks += 1
        if marks > _MARKS_IN_A_ROW:
            parts += (text[begun:place], _JOINER)
            begun, marks = place, 1
    return "".join((*parts, text[begun:])) if parts else text
