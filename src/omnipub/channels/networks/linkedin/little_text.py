"""LinkedIn's little text format: what must be escaped in a commentary, and what comes back."""

import re

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")

_TYPED = re.compile(r"(?P<address>https?://\S+)|(?<![\w&#/])#(?P<hashtag>\w*[^\W\d_]\w*)")

# What is left open is given up at the next bracket of its kind, so that no character is read again and again.
_MARKED_UP = re.compile(
    r"""
      \\(?P<escaped>.)
    | \{hashtag\|\\?\#\|(?P<hashtag>(?:\\.|[^{}\\])+)\}
    | @\[(?P<mention>(?:\\.|[^\[\]\\])*)\]\(urn:li:[^()]*\)
    """,
    re.VERBOSE | re.DOTALL,
)


def little_text(text: str) -> str:
    """`text` as little text that reads exactly like it, its hashtags clickable.

    Hashtags take LinkedIn's template form: unlike a bare `#`, it says where a tag with `_` in it ends.
    """
    parts = []
    at = 0
    for found in _TYPED.finditer(text):
        parts.append(_escaped(text[at : found.start()]))
        tag = found["hashtag"]
        parts.append(rf"{{hashtag|\#|{_escaped(tag)}}}" if tag else _escaped(found[0]))
        at = found.end()
    return "".join((*parts, _escaped(text[at:])))


def plain_text(little: str) -> str:
    """What a reader of `little` sees: escapes, hashtags and mentions resolved."""
    return _MARKED_UP.sub(_as_read, little)


def _escaped(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)


def _as_read(found: re.Match[str]) -> str:
    if found["escaped"]:
        return found["escaped"]
    return f"#{plain_text(found['hashtag'])}" if found["hashtag"] else plain_text(found["mention"])
