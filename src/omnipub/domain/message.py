"""A message: what an author composed once for several channels."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from omnipub.domain.text import excerpt
from omnipub.domain.timestamps import Schedule
from omnipub.errors import InvalidInputError

CHANNELS_AT_MOST = 95
"""Deliveries of one message; they and their message fit into one transaction of 100 items."""

CONTENT_BYTES_AT_MOST = 200_000
"""All that a message says, with its variants. It is one item of at most 400 KB, and a rendered post takes two."""

TEXT_AT_MOST = 100_000
"""Characters; the longest text that any network takes has 63,206."""

LINK_AT_MOST = 2_000
TITLE_AT_MOST = 2_000
TAG_AT_MOST = 100
TAGS_AT_MOST = 100
MEDIA_AT_MOST = 40
ALT_AT_MOST = 5_000
VARIANTS_AT_MOST = 2 * CHANNELS_AT_MOST
"""One for each channel and for each channel's network."""

NAME_AT_MOST = 60
"""Characters of a channel's name; `ids` says what it looks like."""

PROBLEMS_AT_MOST = 50
"""How many problems of a message are named at once; the next check names further ones."""

_HASHTAG = re.compile(rf"\w{{1,{TAG_AT_MOST}}}")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, kw_only=True)
class MediaReference:
    """An image kept in the media store, and what it shows.

    Attributes:
        key: SHA-256 of its bytes, in hex: the same picture is stored once.
        content_type: `image/png`, `image/jpeg` or `image/gif`, found from the bytes themselves.
        size: Bytes.
        alt: What it shows, for people who cannot see it.
    """

    key: str
    content_type: str
    size: int
    alt: str = ""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What one channel says instead; None keeps the common part."""

    text: str | None = None
    link: str | None = None
    hashtags: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is to be said.

    Attributes:
        text: Plain text; networks' mark-up characters are escaped by the channels.
        link: An http(s) address shown as a card where the network has cards.
        link_title: The card's title where the network does not fetch it (default: the link's host).
        hashtags: Without `#`.
        media: Images, in order.
        variants: By channel or network name; a channel's own beats its network's.
    """

    text: str = ""
    link: str = ""
    link_title: str = ""
    hashtags: tuple[str, ...] = ()
    media: tuple[MediaReference, ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=dict)

    def on(self, channel: str) -> "Content":
        """This content as `channel` says it: variants applied and gone."""
        network = channel.partition(":")[0]
        variant = self.variants.get(channel) or self.variants.get(network) or Variant()
        return replace(
            self,
            text=self.text if variant.text is None else variant.text,
            link=self.link if variant.link is None else variant.link,
            hashtags=self.hashtags if variant.hashtags is None else variant.hashtags,
            variants={},
        )

    def with_hashtags(self) -> str:
        """The text followed by its hashtags on a line of their own, unless the text has them already."""
        present = {word.casefold() for word in re.findall(r"#(\w+)", self.text)}
        wanted = {tag.casefold(): tag for tag in reversed(self.hashtags)}
        missing = [f"#{tag}" for folded, tag in reversed(wanted.items()) if folded not in present]
        return "\n\n".join(part for part in (self.text.rstrip(), " ".join(missing)) if part)


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message as it is stored: content and what was asked for, without any state.

    Attributes:
        imported: Name of the import that composed it; empty if it was composed by itself.
    """

    id: str
    owner: str
    created_at: datetime
    content: Content
    channels: tuple[str, ...]
    schedule: Schedule
    revision: int = 1
    version: int = 1
    write_id: str = ""
    imported: str = ""

    def excerpt(self) -> str:
        """The beginning of the text, on one line, for lists."""
        return excerpt(self.content.text or self.content.link)


def checked(content: Content) -> Content:
    """`content` if it makes sense by itself, whatever the channels.

    Raises:
        InvalidInputError: With one problem per field.
    """
    # Sizes come first: what is too long is not read any further.
    problems = list(islice(_oversized(content), PROBLEMS_AT_MOST))
    if problems:
        raise InvalidInputError("The message is too long.", problems=problems)
    if not (content.text.strip() or content.link or content.media):
        problems.append(("text", "Say something: a text, a link or an image."))
    links = {"link": content.link} | {
        f"variants.{name}.link": variant.link for name, variant in content.variants.items() if variant.link
    }
    problems += [(name, _bad_link(link)) for name, link in links.items() if link and _bad_link(link)]
    tags = {"hashtags": content.hashtags} | {
        f"variants.{name}.hashtags": variant.hashtags or () for name, variant in content.variants.items()
    }
    problems += [
        (name, f"'{excerpt(tag)}' is not a hashtag: letters, digits and _ only, one letter at least, without #.")
        for name, values in tags.items()
        for tag in values
        if not (_HASHTAG.fullmatch(tag) and _LETTER.search(tag))
    ]
    texts = {"text": content.text} | {
        f"variants.{name}.text": variant.text or "" for name, variant in content.variants.items()
    }
    texts |= links | {"link_title": content.link_title}
    texts |= {f"media.{number}.alt": media.alt for number, media in enumerate(content.media)}
    problems += [(name, "The text contains half a character.") for name, text in texts.items() if not _whole(text)]
    if problems:
        raise InvalidInputError("The message cannot be accepted as it is.", problems=problems[:PROBLEMS_AT_MOST])
    return content


def _oversized(content: Content) -> Iterator[tuple[str, str]]:
    """What of a message is more than any network takes and the table keeps, each with what would be allowed."""
    yield from _too_many("variants", len(content.variants), VARIANTS_AT_MOST, "variants")
    yield from _too_many("media", len(content.media), MEDIA_AT_MOST, "images")
    yield from _too_many("link_title", len(content.link_title), TITLE_AT_MOST, "characters")
    for number, media in enumerate(content.media[: MEDIA_AT_MOST + 1]):
        yield from _too_many(f"media.{number}.alt", len(media.alt), ALT_AT_MOST, "characters")
    common = Variant(text=content.text, link=content.link, hashtags=content.hashtags)
    parts = [("", common), *((f"variants.{name}.", one) for name, one in content.variants.items())]
    for place, one in parts[: VARIANTS_AT_MOST + 2]:
        yield from _too_many(f"{place}text", len(one.text or ""), TEXT_AT_MOST, "characters")
        yield from _too_many(f"{place}link", len(one.link or ""), LINK_AT_MOST, "characters")
        yield from _too_many(f"{place}hashtags", len(one.hashtags or ()), TAGS_AT_MOST, "hashtags")
    if len(content.variants) <= VARIANTS_AT_MOST:
        size = sum(len(text.encode(errors="surrogatepass")) for text in _all_texts(content))
        yield from _too_many("text", size, CONTENT_BYTES_AT_MOST, "bytes with all its variants")


def _all_texts(content: Content) -> Iterator[str]:
    yield from (content.text, content.link, content.link_title, *content.hashtags)
    yield from (media.alt for media in content.media)
    for name, one in content.variants.items():
        yield from (name, one.text or "", one.link or "", *(one.hashtags or ()))


def _too_many(field_: str, found: int, most: int, unit: str) -> Iterator[tuple[str, str]]:
    if found > most:
        yield field_, f"There are {found:,} {unit}; at most {most:,} are allowed."


def _bad_link(link: str) -> str:
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"'{excerpt(link)}' is not an address."
    if parts.scheme not in {"http", "https"} or not host or not link.isprintable() or " " in link:
        return f"'{excerpt(link)}' is not a web address; it starts with https:// or http:// and has no spaces."
    return ""


def _whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
