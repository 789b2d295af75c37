"""A message: what an author composed once for several channels."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from omnipub.domain.moments import Schedule
from omnipub.errors import InvalidInputError

CHANNELS_AT_MOST = 95
"""Deliveries of one message; they and their message fit into one transaction of 100 items."""

EXCERPT = 80
"""Characters of the text that lists show."""

CONTENT_BYTES_AT_MOST = 200_000
"""A message is one item of at most 400 KB, and its text may stand in it twice."""

_HASHTAG = re.compile(r"\w{1,100}")
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
    """A message as it is stored: content and what was asked for, without any state."""

    id: str
    owner: str
    created_at: datetime
    content: Content
    channels: tuple[str, ...]
    schedule: Schedule
    revision: int = 1
    version: int = 1
    write_id: str = ""

    def excerpt(self) -> str:
        """The beginning of the text, on one line, for lists."""
        return excerpt(self.content.text or self.content.link)


def excerpt(text: str) -> str:
    """The first characters of `text` on one line."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def checked(content: Content) -> Content:
    """`content` if it makes sense by itself, whatever the channels.

    Raises:
        InvalidInputError: With one problem per field.
    """
    problems: list[tuple[str, str]] = []
    if not (content.text.strip() or content.link or content.media):
        problems.append(("text", "Say something: a text, a link or an image."))
    said = [content.text, *(variant.text or "" for variant in content.variants.values())]
    if sum(len(text.encode(errors="surrogatepass")) for text in said) > CONTENT_BYTES_AT_MOST:
        problems.append(("text", f"The text and its variants have more than {CONTENT_BYTES_AT_MOST:,} bytes."))
    links = {"link": content.link} | {
        f"variants.{name}.link": variant.link for name, variant in content.variants.items() if variant.link
    }
    problems += [(name, _bad_link(link)) for name, link in links.items() if link and _bad_link(link)]
    tags = {"hashtags": content.hashtags} | {
        f"variants.{name}.hashtags": variant.hashtags or () for name, variant in content.variants.items()
    }
    problems += [
        (name, f"'{tag}' is not a hashtag: letters, digits and _ only, one letter at least, without #.")
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
        raise InvalidInputError("The message cannot be accepted as it is.", problems=problems)
    return content


def _bad_link(link: str) -> str:
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"'{link}' is not an address."
    if parts.scheme not in {"http", "https"} or not host or not link.isprintable() or " " in link:
        return f"'{link}' is not a web address; it starts with https:// or http:// and has no spaces."
    return ""


def _whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
