"""Whether channels can publish a content: one check at compose, API, import and dispatch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from omnipub.domain.conversation import Channel
from omnipub.domain.ids import network_of
from omnipub.domain.limits import Excess, Limits, text_excess
from omnipub.domain.message import Content
from omnipub.errors import InvalidInputError
from omnipub.hints import Action, Hint


@dataclass(frozen=True, kw_only=True)
class Objection:
    """One thing that a channel cannot take; `excess` has the numbers where a limit is broken."""

    sentence: str
    excess: Excess | None = None


def admit(contents: Mapping[str, Content], channels: Mapping[str, Channel]) -> None:
    """Accept what every channel is to say (channel → its content), or refuse naming every limit that is broken.

    Raises:
        InvalidInputError: One problem per broken limit.
    """
    problems = [
        (f"channels.{name}", sentence)
        for name, content in contents.items()
        if network_of(name) in channels  # an edit may also be of what another release has accepted
        for sentence in objections(content, channels[network_of(name)])
    ]
    if problems:
        raise InvalidInputError(
            "A channel cannot take the message as it is.",
            hint=Hint(action=Action.LIST_LIMITS),
            problems=problems,
        )


def objections(content: Content, channel: Channel) -> list[str]:
    """What `channel` cannot take of `content` (already its own variant), in sentences; empty if all is well."""
    return [one.sentence for one in examined(content, channel)]


def examined(content: Content, channel: Channel) -> list[Objection]:
    """The same with its numbers."""
    text = channel.text(content)
    texts = text_excess(text, channel.limits, beside_images=bool(content.media))
    found = [(excess.sentence(), excess) for excess in (*texts, *_media(content, channel.limits))]
    others = [
        f"{media.content_type} is not accepted; {', '.join(channel.limits.image_types) or 'no images'} would be."
        for media in content.media
        if media.content_type not in channel.limits.image_types
    ]
    if not (text.strip() or content.link or content.media):
        others.append("Nothing is left to say here; give the variant a text.")
    return [
        Objection(sentence=f"{channel.title}: {sentence[0].upper()}{sentence[1:]}", excess=excess)
        for sentence, excess in (*found, *((one, None) for one in others))
    ]


def _media(content: Content, limits: Limits) -> Iterable[Excess]:
    if len(content.media) > limits.images:
        yield Excess(what="the post", found=len(content.media), most=limits.images, unit="images")
    for number, media in enumerate(content.media, 1):
        if media.size > limits.image_bytes:
            yield Excess(what=f"image {number}", found=media.size, most=limits.image_bytes, unit="bytes")
        if len(media.alt) > limits.alt_text:
            yield Excess(
                what=f"the alt text of image {number}",
                found=len(media.alt),
                most=limits.alt_text,
                unit="characters",
            )
