"""The announcement of a certification: which words each network gets.

Rules of this room:
1. Words stand in TEMPLATES and nowhere else; a network without a row gets DEFAULT.
2. A sentence says "the … certification", so no name needs to know whether it takes "a" or "an", and nobody
   is called he or she.
3. Everything is put in by one pass over the template, and what was put in is not read again: braces and
   percent signs in a name are only characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from omnipub.domain.certification import Certification
from omnipub.domain.certification_catalog import type_named
from omnipub.domain.ids import network_of
from omnipub.domain.message import Content, MediaReference
from omnipub.domain.text import excerpt


class Tone(StrEnum):
    """How a template speaks."""

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

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "facebook": Template(
            tone=Tone.FRIENDLY,
            opening="Congratulations, {member}! 🎉\n\n{member} has earned the {name} certification.",
            closing="Well done! Leave your congratulations in the comments.",
            personal=True,
            link=True,
            hashtags=True,
        ),
        "linkedin": Template(
            tone=Tone.WARM,
            opening=(
                "We are delighted to congratulate {member} on earning the {name} certification.\n\n"
                "Earned on {day}, it stands for many hours of study and practice, "
                "and the whole team is proud of the result."
            ),
            closing="Congratulations, {member}, and all the best for whatever comes next!",
            personal=True,
            link=True,
            hashtags=True,
        ),
        "webhook": Template(
            tone=Tone.PLAIN,
            opening="{member} earned the {name} certification on {day}.",
            personal=True,
            link=True,
            hashtags=False,  # programs and chat rooms read it, where a hashtag leads nowhere
        ),
        "bluesky": SHORT,
        "mastodon": SHORT,
        "threads": SHORT,
        "x": SHORT,
    }
)

# Not strftime: its names follow the machine's language, and the same input must give the same bytes.
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def announce(certification: Certification, network: str) -> Content:
    """What `network` says about `certification`.

    Args:
        certification: A checked one.
        network: A network or one of its channels, e.g. `linkedin` or `linkedin:company`.
    """
    template = TEMPLATES.get(network_of(network), DEFAULT)
    kind = type_named(certification.type)
    member = _on_one_line(certification.member)
    words = {"member": member, "name": kind.name, "day": _day(certification.earned_on)}
    paragraphs = (
        template.opening.format_map(words),
        certification.personal_message.strip() if template.personal else "",
        template.closing.format_map(words),
    )
    link = certification.linkedin_url if template.link else ""
    return Content(
        text="\n\n".join(paragraph for paragraph in paragraphs if paragraph),
        link=link,
        link_title=f"{member} on LinkedIn" if link else "",
        hashtags=kind.hashtags if template.hashtags else (),
        media=_described(certification.photo, member),
    )


def headline(certification: Certification) -> str:
    """Who earned what, on one line, for lists."""
    kind = type_named(certification.type)
    return excerpt(f"{certification.member}: {kind.title}")


def _described(photo: MediaReference | None, member: str) -> tuple[MediaReference, ...]:
    if photo is None:
        return ()
    return (photo if photo.alt.strip() else replace(photo, alt=f"Photo of {member}"),)


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
