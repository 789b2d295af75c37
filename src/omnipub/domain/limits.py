"""The limits of each network, such as the character limit, and the one check of content against them.

Nothing is ever trimmed: content over a limit is refused with the number that would have been allowed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Unit(StrEnum):
    """How a network counts text."""

    CHARACTERS = "characters"  # Unicode code points
    GRAPHEMES = "graphemes"  # what a reader takes for one character
    UTF16 = "utf-16 units"
    BYTES = "bytes"  # of UTF-8


_PIECE = 64
"""Characters that are split at once: the time for a row of flags grows with the square of its length."""


def _graphemes(text: str) -> int:
    if text.isascii():
        return len(text) - text.count("\r\n")  # the only pair of ASCII characters that is one grapheme
    import regex  # type: ignore[import-untyped]

    count = begun = 0
    size = _PIECE
    while begun < len(text):
        starts = [found.start() for found in regex.finditer(r"\X", text[begun : begun + size])]
        if begun + size >= len(text):
            return count + len(starts)
        if len(starts) == 1:  # one grapheme that is longer than the piece
            size *= 2
            continue
        # The last one may go on behind the piece; where it begins depends only on what stands before.
        count, begun, size = count + len(starts) - 1, begun + starts[-1], _PIECE
    return count


_CHEAP = frozenset({Unit.CHARACTERS, Unit.UTF16, Unit.BYTES})


COUNTERS: Mapping[Unit, Callable[[str], int]] = MappingProxyType(
    {
        Unit.CHARACTERS: len,
        Unit.GRAPHEMES: _graphemes,
        Unit.UTF16: lambda text: len(text.encode("utf-16-le")) // 2,
        Unit.BYTES: lambda text: len(text.encode()),
    }
)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """A network's limits; the numbers and their sources stand in the channel's file.

    Attributes:
        text: (most, unit) pairs, all of which hold.
        images: Most images of one post.
        image_types: Accepted content types.
        image_bytes: Largest image.
        alt_text: Longest description of an image, in characters.
        caption: (most, unit) pairs that hold instead of `text` beside images; empty where `text` holds there too.
    """

    text: tuple[tuple[int, Unit], ...]
    images: int
    image_types: tuple[str, ...] = ()
    image_bytes: int = 0
    alt_text: int = 0
    caption: tuple[tuple[int, Unit], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Excess:
    """One limit that content breaks."""

    what: str
    found: int
    most: int
    unit: str

    def sentence(self) -> str:
        """In words: what, how much, how much would have been allowed."""
        return f"{self.what} has {self.found:,} {self.unit}; at most {self.most:,} are allowed."


def text_excess(text: str, limits: Limits, *, beside_images: bool = False) -> list[Excess]:
    """The text limits that `text` breaks."""
    what, bounds = _bounds(limits, beside_images=beside_images)
    # Graphemes take a hundred times as long to count, and are never more than characters.
    counted = [(most, unit) for most, unit in bounds if unit in _CHEAP or len(text) > most]
    return [one for one in _counts(text, what, counted) if one.found > one.most]


def text_counts(text: str, limits: Limits, *, beside_images: bool = False) -> list[Excess]:
    """What `text` has in each unit that it is counted in, whether that is too much or not."""
    what, bounds = _bounds(limits, beside_images=beside_images)
    return _counts(text, what, bounds)


def _bounds(limits: Limits, *, beside_images: bool) -> tuple[str, Sequence[tuple[int, Unit]]]:
    captioned = beside_images and bool(limits.caption)
    return ("the text beside images", limits.caption) if captioned else ("the text", limits.text)


def _counts(text: str, what: str, bounds: Sequence[tuple[int, Unit]]) -> list[Excess]:
    return [Excess(what=what, found=COUNTERS[unit](text), most=most, unit=unit) for most, unit in bounds]
