"""What several channels write alike: a text with its link, references to images, the bearer's token."""

from typing import Any

from omnipub.domain.conversation import Account, MediaPart, Secret
from omnipub.domain.message import Content

_AROUND_LINKS = ".,;:!?()[]{}<>\"'"


def text_with_link(content: Content) -> str:
    """The text people see where a post shows either images or a link's card, but not both.

    A link beside images would be lost without a word. So it stands under the text, unless the author has written it
    there already.
    """
    text = content.with_hashtags()
    if not (content.media and content.link):
        return text
    written = {word.strip(_AROUND_LINKS) for word in text.split()}
    if content.link.strip(_AROUND_LINKS) in written:
        return text
    return "\n\n".join(part for part in (text, content.link) if part)


def images_of(content: Content) -> list[dict[str, str]]:
    """The images as they are frozen: by key, never by bytes."""
    return [{"key": image.key, "content_type": image.content_type, "alt": image.alt} for image in content.media]


def part(image: dict[str, Any], field: str = "") -> MediaPart:
    """The place where the bytes of a frozen image go."""
    return MediaPart(key=image["key"], content_type=image["content_type"], field=field)


def bearer(account: Account) -> Secret:
    """The value of the Authorization header."""
    return Secret(f"Bearer {account.token.reveal()}")
