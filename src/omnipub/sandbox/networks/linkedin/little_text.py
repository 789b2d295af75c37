"""LinkedIn's little text: what a commentary's mark-up reads as, or where it is malformed."""

import re

RESERVED = r"\|{}@[]()<>#*_~"

_ANY = re.escape(RESERVED)
_TOKEN = re.compile(
    rf"""
    \\(?P<escaped>[{_ANY}])
  | \{{hashtag\|\\\#\|(?P<hashtag>(?:\\[{_ANY}]|[^{_ANY}\s])+)\}}
  | @\[(?P<mention>(?:\\[{_ANY}]|[^{_ANY}])+)\]\(urn:li:[A-Za-z]+:[\w-]+\)
  | (?P<plain>(?:[^{_ANY}]|\#)+)   # a bare # starts a hashtag, or is only a #
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(rf"\\([{_ANY}])")


class LittleTextError(ValueError):
    """The commentary is malformed; the message says where and why."""


def plain(commentary: str) -> str:
    """What a reader sees.

    Raises:
        LittleTextError: A reserved character stands alone, or a backslash escapes nothing.
    """
    parts: list[str] = []
    at = 0
    while at < len(commentary):
        token = _TOKEN.match(commentary, at)
        if token is None:
            raise LittleTextError(_complaint(commentary, at))
        parts.append(("#" if token["hashtag"] else "") + _ESCAPE.sub(r"\1", token[token.lastgroup or 0]))
        at = token.end()
    return "".join(parts)


def _complaint(commentary: str, at: int) -> str:
    around = commentary[max(0, at - 10) : at + 10]
    if commentary[at] == "\\":
        return f"the backslash at position {at} (in '{around}') escapes nothing; write two for one"
    return f"'{commentary[at]}' at position {at} (in '{around}') is reserved; write a backslash before it"
