"""A certification: what a member earned and how the team wants it announced."""

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from omnipub.domain.certification_catalog import CATALOGUE, check_date, type_named
from omnipub.domain.ids import checked_channel
from omnipub.domain.message import CHANNELS_AT_MOST, MediaReference
from omnipub.domain.text import excerpt, nfkc
from omnipub.domain.timestamps import Schedule
from omnipub.errors import InvalidInputError

MEMBER_AT_MOST = 100
"""Characters of a member's name; with it the shortest announcement still fits the smallest networks."""

PERSONAL_AT_MOST = 1_000
"""Characters of the personal message; the longest announcement then stays far below LinkedIn's 3,000."""

URL_AT_MOST = 500
"""Characters of a profile's address; names outside ASCII take nine for one."""

# One expression instead of a parser: what is not plainly LinkedIn must not pass by a second reading of it.
_PROFILE = re.compile(r"https://(?:[a-z0-9-]+\.)*linkedin\.com/in/[^/?#\\]+(?:[/?#][^\\]*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Certification:
    """A certification as it is stored: who earned what, and what was asked for, without any state.

    Attributes:
        id: A ULID.
        owner: Whose it is in omnipub; the announcer, not the member.
        created_at: When it was handed in.
        member: The name to announce.
        type: A slug of the catalogue.
        earned_on: The day on the certificate.
        linkedin_url: The member's profile, or empty.
        photo: A picture of the member.
        personal_message: What the team adds in its own words; shown where the network's template has room.
        channels: Where to announce it.
        schedule: When.
        revision: Counts its author's changes.
        version: Counts writes, for optimistic locking.
        write_id: Names the last write, so that a repeated one is recognised.
    """

    id: str
    owner: str
    created_at: datetime
    member: str
    type: str
    earned_on: date
    linkedin_url: str = ""
    photo: MediaReference | None = None
    personal_message: str = ""
    channels: tuple[str, ...]
    schedule: Schedule
    revision: int = 1
    version: int = 1
    write_id: str = ""


def checked(certification: Certification, today: date) -> Certification:
    """`certification` if it makes sense by itself on the day `today`.

    Raises:
        InvalidInputError: With one problem per field at least.
    """
    problems = [
        *(("member", sentence) for sentence in _member_problems(certification.member)),
        *_earned_problems(certification, today),
        *(("linkedin_url", sentence) for sentence in _url_problems(certification.linkedin_url)),
        *(("personal_message", sentence) for sentence in _personal_problems(certification.personal_message)),
        *(("channels", sentence) for sentence in _channel_problems(certification.channels)),
    ]
    if problems:
        raise InvalidInputError("The certification cannot be accepted as it is.", problems=problems)
    return certification


def sameness(certification: Certification) -> str:
    """A key that is equal for the same member, type and day, however the name is spelled.

    Upper and lower case make no difference. Neither do composed and decomposed letters, full and half width, or the
    amount of white space. Two people of the same name do: they cannot be told apart here.

    Returns:
        64 hex digits.
    """
    # Folding case can take a name out of its normal form, so it is brought back into it.
    name = nfkc(nfkc(certification.member).casefold())
    # Folded white space leaves no line break in the name, so no two triples run into one text.
    parts = (" ".join(name.split()), certification.type, certification.earned_on.isoformat())
    return hashlib.sha256("\n".join(parts).encode(errors="surrogatepass")).hexdigest()


def _member_problems(member: str) -> list[str]:
    problems = []
    if not any(mark.isalnum() for mark in member):
        problems.append("Name the member: one letter at least.")
    if len(member) > MEMBER_AT_MOST:
        problems.append(f"The name has {len(member):,} characters; at most {MEMBER_AT_MOST} are allowed.")
    if any(unicodedata.category(mark) in {"Cc", "Zl", "Zp"} for mark in member):
        problems.append("The name stands on one line, without line breaks, tabs and control characters.")
    if _broken(member):
        problems.append("The name contains half a character.")
    return problems


def _earned_problems(certification: Certification, today: date) -> list[tuple[str, str]]:
    try:
        kind = CATALOGUE.get(certification.type) or type_named(certification.type)
        if kind.slug != certification.type:
            return [("type", f"'{certification.type}' is stored as '{kind.slug}'.")]
        check_date(kind, earned_on=certification.earned_on, today=today)
    except InvalidInputError as error:
        return [(field, f"{sentence} {error.hint}") for field, sentence in error.problems]
    return []


def _url_problems(url: str) -> list[str]:
    if not url:
        return []
    if len(url) > URL_AT_MOST:
        return [f"The address has {len(url):,} characters; at most {URL_AT_MOST} are allowed."]
    # Only the space is white and printable, so this leaves neither white space nor control characters.
    if url.isprintable() and " " not in url and _PROFILE.fullmatch(url):
        return []
    return [f"'{excerpt(url)}' is not a LinkedIn profile; it looks like https://www.linkedin.com/in/name."]


def _personal_problems(text: str) -> list[str]:
    problems = []
    if len(text) > PERSONAL_AT_MOST:
        problems.append(f"The personal message has {len(text):,} characters; at most {PERSONAL_AT_MOST:,} are allowed.")
    if _broken(text):
        problems.append("The personal message contains half a character.")
    return problems


def _channel_problems(channels: tuple[str, ...]) -> list[str]:
    if not channels:
        return ["Name one channel at least."]
    problems = []
    if len(channels) > CHANNELS_AT_MOST:
        problems.append(f"There are {len(channels)} channels; at most {CHANNELS_AT_MOST} are allowed.")
    for channel, times in Counter(channels).items():
        if times > 1:
            problems.append(f"'{channel}' is named {times} times; each channel publishes once.")
        try:
            checked_channel(channel)
        except InvalidInputError as error:
            problems.append(f"{error.message} {error.hint}")
    return problems


def _broken(text: str) -> bool:
    return any(unicodedata.category(mark) == "Cs" for mark in text)
