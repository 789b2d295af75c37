"""The announcement of a certification on one network, in the words of the channel's template.

Everything is put into a template by one pass, and what was put in is not read again. Braces and percent signs in a
name are only characters.
"""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from omnipub.domain.announcement_templates import DEFAULT
from omnipub.domain.certification import Certification
from omnipub.domain.certification_catalog import type_named
from omnipub.domain.ids import network_of
from omnipub.domain.message import Content, MediaReference
from omnipub.domain.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omnipub.domain.conversation import Channel

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


def announce(certification: Certification, channel: str, channels: "Mapping[str, Channel]") -> Content:
    """Return what one channel says about a certification.

    Args:
        certification: A checked one.
        channel: A network or one of its channels, e.g. `linkedin` or `linkedin:company`.
        channels: The known networks; the default template serves for one that only another release knows.
    """
    known = channels.get(network_of(channel))
    template = known.announcement if known else DEFAULT
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
