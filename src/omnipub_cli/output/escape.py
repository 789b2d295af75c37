"""User text made safe to show: what a terminal would obey is shown as an escape instead."""

import re

# C0, DEL and C1 move cursors and set colours, U+2028/9 break lines, the bidi controls reorder what is read,
# and half characters cannot be written at all.
_OBEYED = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_UNSAFE = re.compile(f"[{_OBEYED}]")
_UNSAFE_IN_JSON = re.compile(f"[{_OBEYED}]".replace("\x00-\x1f", ""))
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def one_line(text: str) -> str:
    """`text` on one line, with nothing in it that a terminal obeys."""
    return _UNSAFE.sub(_escape, text)


def lines(text: str) -> list[str]:
    """`text` as lines, each of them safe."""
    return [one_line(line.rstrip("\r")) for line in text.split("\n")]


def in_json(document: str) -> str:
    """A JSON document with the same meaning that a terminal can show; JSON itself escapes only C0."""
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def _escape(found: re.Match[str]) -> str:
    mark = found[0]
    code = ord(mark)
    return _SHORT.get(mark) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")  # noqa: PLR2004  one byte
