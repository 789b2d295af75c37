"""What a network accepts, as data in its own unit, and the one check that runs wherever content passes.

Nothing is ever trimmed: content over a limit is refused with the number that would have been allowed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Unit(StrEnum):
    """How a network counts text."""

    CHARACTERS = "characters"  # Unicode code points
    GRAPHEMES = "graphemes"  # what a reader takes for one character
    UTF16 = "utf-16 units"
    BYTES = "bytes"  # of UTF-8


def _graphemes(text: str) -> int:
    if text.isascii():
        return len(text) - text.count("\r\n")  # the only pair of ASCII characters that is one grapheme
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415  40 ms of a cold start, for one network's texts

    return len(regex.findall(r"\X", text))


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
    return [one for one in text_counts(text, limits, beside_images=beside_images) if one.found > one.most]


def text_counts(text: str, limits: Limits, *, beside_images: bool = False) -> list[Excess]:
    """What `text` has in each unit that it is counted in, whether that is too much or not."""
    captioned = beside_images and bool(limits.caption)
    what, bounds = ("the text beside images", limits.caption) if captioned else ("the text", limits.text)
    return [Excess(what=what, found=COUNTERS[unit](text), most=most, unit=unit) for most, unit in bounds]
