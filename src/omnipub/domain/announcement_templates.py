"""Templates of announcements: the type, and those that any channel may use.

1. A sentence says "the … certification". So no name needs to know whether it takes "a" or "an", and nobody is called
   he or she.
2. `{member}`, `{name}` and `{day}` are replaced in one pass; what was put in is not read again.
"""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """The tone of a template."""

    WARM = "warm"  # colleagues and customers read it: thanks and context
    FRIENDLY = "friendly"  # one cheerful sentence or two
    PLAIN = "plain"  # the facts
    SHORT = "short"  # the facts, for networks that count every character


@dataclass(frozen=True, kw_only=True)
class Template:
    """What one network says, and with what.

    Attributes:
        tone: How it speaks.
        opening: First paragraphs; `{member}`, `{name}` and `{day}` are put in.
        closing: Last paragraph, after the personal message, or empty.
        personal: Whether the personal message is shown.
        link: Whether the member's LinkedIn profile becomes the link.
        hashtags: Whether the type's hashtags are given.
    """

    tone: Tone
    opening: str
    closing: str = ""
    personal: bool
    link: bool
    hashtags: bool


DEFAULT = Template(
    tone=Tone.FRIENDLY,
    opening="{member} has earned the {name} certification. Congratulations!",
    personal=True,
    link=True,
    hashtags=True,
)

SHORT = Template(
    tone=Tone.SHORT,
    opening="Congratulations to {member} on earning the {name} certification!",
    personal=False,  # 1,000 characters would not fit
    link=False,  # some of them count it as text
    hashtags=True,
)
