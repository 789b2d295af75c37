"""The shapes of messages, certifications and deliveries in JSON, which the API and the command line share.

Only type checkers and JSON Schema read these types. Whoever serialises imports them for type checking alone, as
`typing_extensions` costs time at a start. Moments are UTC in ISO 8601 with milliseconds.
"""

from typing import Any, NotRequired

from typing_extensions import TypedDict

from omnipub.services.json_formats import Day, Moment


class DoubleJson(TypedDict):
    """A further post of a delivery."""

    network_id: str
    permalink: str | None
    published_at: Moment
    revision: int


class ReasonJson(TypedDict):
    """Why a delivery has its status."""

    code: str
    sentence: str
    at: Moment


class UnpublishedJson(TypedDict):
    """Who took a post down, and when."""

    at: Moment
    by: str


class DeliveryJson(TypedDict):
    """A delivery's state in full."""

    channel: str
    account: str
    status: str
    due_at: Moment | None
    next_at: Moment | None
    not_after: Moment | None
    published_at: Moment | None
    lateness_ms: int | None
    permalink: str | None
    network_id: str | None
    doubles: list[DoubleJson]
    revision: int
    attempts_made: int
    may_be_out: bool
    reason: ReasonJson | None
    unpublished: UnpublishedJson | None


class AttemptJson(TypedDict):
    """One try of a delivery."""

    number: int
    started_at: Moment
    ended_at: Moment | None
    ended: str
    code: str | None
    sentence: str | None
    network_id: str | None


class DeliveryWithAttemptsJson(DeliveryJson):
    """A delivery with its tries."""

    attempts: list[AttemptJson]


class RowJson(TypedDict):
    """One line of a list of messages or certifications."""

    id: str
    owner: str
    excerpt: str
    created_at: Moment
    status: str
    deliveries: list[DeliveryJson]


class CreatedJson(TypedDict):
    """What a creating request answers."""

    id: str
    kind: str
    due_at: Moment
    zone: str
    channels: list[str]
    notes: NotRequired[list[str]]


class ScheduleJson(TypedDict):
    """The moment that was asked for, as it was typed."""

    at: Moment
    local: str
    zone: str


class PublicationJson(TypedDict):
    """What a message and a certification have in common, without their deliveries."""

    id: str
    owner: str
    created_at: Moment
    channels: list[str]
    schedule: ScheduleJson
    revision: int


class MediaJson(TypedDict):
    """An image of a message."""

    key: str
    alt: str
    content_type: str


class VariantJson(TypedDict):
    """What a message says differently on one channel."""

    text: str | None
    link: str | None
    hashtags: list[str] | None


class ContentJson(TypedDict):
    """What a message says."""

    text: str
    link: str | None
    link_title: str | None
    hashtags: list[str]
    media: list[MediaJson]
    variants: dict[str, VariantJson]


class MessageJson(PublicationJson):
    """A message without its deliveries."""

    content: ContentJson


class PhotoJson(TypedDict):
    """The photo of a certification."""

    key: str
    alt: str


class CertificationJson(PublicationJson):
    """A certification without its deliveries."""

    member: str
    type: str
    earned_on: Day
    linkedin_url: str | None
    personal_message: str | None
    photo: PhotoJson | None


class ShownMessageJson(MessageJson):
    """A message with its deliveries and their tries."""

    status: str
    deliveries: list[DeliveryWithAttemptsJson]


class ShownCertificationJson(CertificationJson):
    """A certification with its deliveries and their tries."""

    status: str
    deliveries: list[DeliveryWithAttemptsJson]


class ProblemJson(TypedDict):
    """What is wrong with a field of a message as a whole."""

    field: str
    sentence: str


class ChannelProblemJson(TypedDict):
    """What one channel does not take, with the count that was found and the most that it takes."""

    sentence: str
    what: str | None
    found: int | None
    most: int | None
    unit: str | None


class CountJson(TypedDict):
    """How much of what a channel limits is used."""

    found: int
    most: int
    unit: str


class ChannelCheckJson(TypedDict):
    """Whether one channel takes a message."""

    channel: str
    account: str | None
    ok: bool
    problems: list[ChannelProblemJson]
    counts: list[CountJson]


class PreviewImageJson(TypedDict):
    """An image as one channel would get it."""

    key: str
    content_type: str
    size: int
    alt: str


class ChannelPreviewJson(ChannelCheckJson):
    """What one channel would publish.

    `body` is the rendered request in the network's own words, without credentials. Keys in it that are made from the
    message's id are placeholders until there is one.
    """

    fixed: bool
    text: str
    link: str | None
    images: list[PreviewImageJson]
    body: dict[str, Any]
