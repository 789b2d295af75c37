"""What an edit changes of a message: the parts that are named; the others stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from omnipub.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omnipub.domain.message import Content, MediaReference, Variant

PARTS: Mapping[str, tuple[str, Any]] = {
    "link": ("link", ""),
    "link-title": ("link_title", ""),
    "hashtags": ("hashtags", ()),
    "images": ("media", ()),
    "variants": ("variants", {}),
}
"""What --clear may name, its part of the content, and what is there when it is left out."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The parts named; None leaves a part alone. A variant gives its channel another text and keeps the rest of it.

    Raises:
        InvalidInputError: Something unknown is cleared, or something is set and cleared.
    """

    text: str | None = None
    link: str | None = None
    link_title: str | None = None
    hashtags: tuple[str, ...] | None = None
    media: tuple[MediaReference, ...] | None = None
    variants: Mapping[str, Variant]
    cleared: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        unknown = sorted(self.cleared - set(PARTS))
        if unknown:
            raise InvalidInputError(f"'{unknown[0]}' cannot be cleared.", hint=f"--clear takes: {', '.join(PARTS)}.")
        both = sorted(name for name in self.cleared if PARTS[name][0] in self._set() and name != "variants")
        if both:
            raise InvalidInputError(f"The {both[0]} is set and cleared.", hint="Do one of the two.")

    def __bool__(self) -> bool:
        return bool(self._set() or self.cleared)

    def applied(self, content: Content) -> Content:
        """The content after the edit."""
        cleared: dict[str, Any] = dict(PARTS[name] for name in self.cleared)
        if "link" in self.cleared or (self.link is not None and self.link != content.link):
            cleared["link_title"] = ""  # the title was the old link's
        after = replace(content, **cleared)
        named = {channel: _changed_variant(after, channel, one) for channel, one in self.variants.items()}
        return replace(after, **self._set() | {"variants": {**after.variants, **named}})

    def _set(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in ("text", "link", "link_title", "hashtags", "media")}
        found = {name: value for name, value in named.items() if value is not None}
        return found | ({"variants": self.variants} if self.variants else {})


def _changed_variant(content: Content, channel: str, named: Variant) -> Variant:
    known = content.variants.get(channel)
    return named if known is None else replace(known, text=named.text)
